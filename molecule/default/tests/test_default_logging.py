# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With the role's defaults, all VMs log alike to the journal, and nothing else on them has changed."""

import re
import time

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]

BLOCK = b"""\
# BEGIN ANSIBLE MANAGED BLOCK: community.aqtive_guard logging
%s# Written by the Ansible role community.aqtive_guard.aqtive_guard_logging: its next run overwrites manual changes.
LOG_LEVEL=info
# END ANSIBLE MANAGED BLOCK: community.aqtive_guard logging"""
# A file that exports variables exports the keys of the block as well.
EXPORTS = {"web1": b"export LOG_LEVEL\n", "worker1": b""}
# Assignments of logging keys, and nothing else, are removed outside the block.
MOVED = {
    "web1": rb"^export LOG_LEVEL=warning\r\n",
    "worker1": rb"^(  LOG_LEVEL_AUDIT=critical|LOG_LEVEL=error|LOG_LEVEL=critical)\n",
}
ATTRIBUTES = {"web1": "root:adm 440", "worker1": "daemon:daemon 600"}


@pytest.fixture(scope="module")
def block(name):
    # The file of web1 has CRLF, but a shell would read `export KEY` and a carriage return as another name.
    return BLOCK % EXPORTS[name]


def test_file_holds_exactly_one_block(config, block):
    assert config.count(block) == 1
    assert config.count(b"ANSIBLE MANAGED BLOCK") == 2


def test_every_byte_outside_the_block_is_unchanged(name, config, original, block):
    before, after = config.split(block)
    assert before.endswith(b"\n")
    if original.endswith(b"\n"):
        rest = before + after.removeprefix(b"\n")
    else:
        # The block has become the end of the file, and the file still ends without a line end.
        assert after == b""
        rest = before.removesuffix(b"\n")
    assert rest == re.sub(MOVED[name], b"", original, flags=re.MULTILINE)


def test_owner_and_mode_are_unchanged(host, name):
    assert host.check_output("sudo stat --format='%U:%G %a' /etc/cryptosense-analyzer/config") == ATTRIBUTES[name]


def test_only_backup_is_the_original_file(host, name, read, original):
    """So neither the check run nor the second run has written anything."""
    backups = host.check_output("sudo find /etc/cryptosense-analyzer -mindepth 1 ! -name config").splitlines()
    assert len(backups) == 1, backups
    assert re.fullmatch(r"/etc/cryptosense-analyzer/config\..+~", backups[0])
    assert read(backups[0]) == original
    assert host.check_output("sudo stat --format='%%U:%%G %%a' %s", backups[0]) == ATTRIBUTES[name]


def test_service_is_active_and_enabled(host, unit):
    assert host.check_output("systemctl is-active %s; systemctl is-enabled %s", unit, unit).split() == [
        "active",
        "enabled",
    ]


def test_journal_receives_records_of_the_configured_level(journal):
    levels = {record["level"].lower() for record in journal}
    assert "info" in levels
    assert "debug" not in levels
    assert {record["log_type"].lower() for record in journal} > {"audit"}


def test_records_keep_arriving(host, unit):
    def count():
        return int(host.check_output("sudo journalctl --output=cat --unit=%s | grep -c created_at", unit))

    before = count()
    deadline = time.monotonic() + 30
    while count() <= before:
        assert time.monotonic() < deadline, "no new record in 30 seconds"
        time.sleep(1)


def test_no_log_file_is_written(host):
    folders = "/var/log/cryptosense-analyzer /var/log/aqtive-guard-audit"
    assert host.check_output(f"sudo find {folders} -mindepth 1 2>/dev/null || true") == ""
