# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every variable of the role has another value than its default, and each takes effect on the VMs."""

import json
import posixpath
import re
import time

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]

LEVELS = ["debug", "info", "warning", "error", "critical"]
LEVEL = {"web1": "warning", "worker1": "error"}
BLOCK = """\
# BEGIN ANSIBLE MANAGED BLOCK: community.aqtive_guard logging
{exports}# Written by the Ansible role community.aqtive_guard.aqtive_guard_logging: its next run overwrites manual changes.
LOG_LEVEL={level}
LOG_FILE=/var/log/guard/general/guard.log
LOG_ROTATE_DAILY=true
LOG_ROTATE_MAX=2
LOG_LEVEL_AUDIT=debug
LOG_FILE_AUDIT=/var/log/guard-audit/audit.log
LOG_ROTATE_DAILY_AUDIT=true
LOG_ROTATE_MAX_AUDIT=1
# END ANSIBLE MANAGED BLOCK: community.aqtive_guard logging"""
# A file that exports variables exports the keys of the block as well.
EXPORTS = {
    "web1": "".join(f"export {line.partition('=')[0]}\n" for line in BLOCK.splitlines() if line.startswith("LOG_")),
    "worker1": "",
}
# Assignments of logging keys, and nothing else, move into the block.
MOVED = rb"^(LOG_LEVEL=(info|critical)|  export LOG_LEVEL_AUDIT=error|LOG_ROTATE_DAILY=false)\n"
LOG = "/srv/guard/var/log/guard/general/guard.log"
AUDIT = "/srv/guard/var/log/guard-audit/audit.log"


def test_links_are_kept(host):
    assert host.check_output("sudo readlink /etc/aqtive/config") == "/srv/guard/etc/cryptosense-analyzer/config"
    assert (
        host.check_output("sudo readlink /srv/guard/etc/cryptosense-analyzer/config") == "../../../secrets/aqtive.env"
    )


def test_block_is_in_the_real_file_and_every_other_byte_is_unchanged(name, read, original):
    content = read("/srv/secrets/aqtive.env")
    block = BLOCK.format(exports=EXPORTS[name], level=LEVEL[name]).encode()
    assert content.count(block) == 1
    before, after = content.split(block)
    assert (before + after.removeprefix(b"\n")).rstrip(b"\n") == re.sub(
        MOVED, b"", original, flags=re.MULTILINE
    ).rstrip(b"\n")
    assert content.endswith(b"\n") == original.endswith(b"\n")


def test_owner_and_mode_are_unchanged(host):
    assert host.check_output("sudo stat --format='%U:%G %a' /srv/secrets/aqtive.env") == "root:guard 640"


def test_neither_backup_nor_pending_link_is_left_beside_the_file_or_the_links(host):
    folders = "/srv/secrets /etc/aqtive /srv/guard/etc/cryptosense-analyzer"
    assert host.check_output("sudo find %s -mindepth 1 -printf '%%f\n'" % folders).split() == [
        "aqtive.env",
        "config",
        "config",
    ]


@pytest.mark.parametrize("folder", ["/srv/guard/var/log/guard", posixpath.dirname(LOG), posixpath.dirname(AUDIT)])
def test_log_directories_have_the_configured_owner_and_mode(host, folder):
    assert host.check_output("sudo stat --format='%%U:%%G %%a' %s", folder) == "guard:adm 2750"


@pytest.mark.parametrize("path", [LOG, AUDIT])
def test_log_files_belong_to_the_user_of_the_product(host, path):
    assert host.check_output("sudo stat --format='%%U:%%G %%a' %s", path) == "guard:adm 640"


def test_nothing_is_written_outside_the_root_of_the_product(host):
    assert host.check_output("sudo find /var/log/guard /var/log/guard-audit 2>/dev/null || true") == ""


@pytest.fixture
def records(read):
    """The records of a log file."""
    return lambda path: [json.loads(line) for line in read(path).split(b"\n")[:-1]]


def test_each_log_receives_records_of_its_level_and_type(name, records):
    log, audit = records(LOG), records(AUDIT)
    assert log and audit
    assert {record["level"].lower() for record in log} <= set(LEVELS[LEVELS.index(LEVEL[name]) :])
    assert "audit" not in {record["log_type"].lower() for record in log}
    assert {record["log_type"].lower() for record in audit} == {"audit"}
    assert {"debug", "info"} <= {record["level"].lower() for record in audit}


def test_records_keep_arriving_in_both_logs_and_not_in_the_journal(records, journal):
    before = {path: len(records(path)) for path in (LOG, AUDIT)}
    deadline = time.monotonic() + 30
    while not all(len(records(path)) > count for path, count in before.items()):
        assert time.monotonic() < deadline, "no new records in 30 seconds"
        time.sleep(1)
    assert journal == []


def test_health_url_is_requested(host):
    """Although its certificate is self-signed."""
    assert "FILE:healthy" in host.check_output("sudo journalctl --output=cat --unit=health").splitlines()
