# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With SELinux in enforcing mode, contexts are preserved or the policy's, logs are written and collected, and nothing is denied."""

import gzip
import json
import os
import posixpath
import re
import subprocess
import time
from pathlib import Path

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]

SCENARIO = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])
COLLECTED = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "collected")
ROLL_OUT_SECONDS = 400

CONFIG = "/etc/cryptosense-analyzer/config"
# Set by prepare.yml.
CONTEXT = "system_u:object_r:httpd_config_t:s0"
LOG = "/srv/guard/log/general/guard.log"
AUDIT = "/var/log/aqtive-guard-audit/audit.log"
NEW_DIRECTORIES = {
    "/srv/guard": "var_t",
    "/srv/guard/log": "var_log_t",
    "/srv/guard/log/general": "var_log_t",
    "/var/log/aqtive-guard-audit": "var_log_t",
}

# Denials that have nothing to do with the collection: domain, type and reason.
FILTERED = {
    ("udev_t", "sysctl_fs_t"): "udev reads the limit of open files at the boot",
    ("udev_t", "udev_t"): "udev raises its limit of open files at the boot",
    ("systemd_tmpfiles_t", "etc_t"): "systemd-tmpfiles sets the label of /etc/mtab, which is right already",
    ("systemd_tmpfiles_t", "user_home_dir_t"): "and that of /root",
}
DENIAL = re.compile(r"avc:  denied .* scontext=\w+:\w+:(?P<domain>\w+):\S+ tcontext=\w+:\w+:(?P<type>\w+)[: ]")


@pytest.fixture(scope="module")
def contexts(host):
    """A function that returns the contexts of files by their paths."""

    def read_contexts(*paths):
        lines = host.check_output("sudo stat --format='%%C %%n' %s" % " ".join(paths)).splitlines()
        return {path: context for context, dummy, path in (line.partition(" ") for line in lines)}

    return read_contexts


@pytest.fixture(scope="module")
def backups(host):
    """A function that returns the paths of the configuration file's backups."""
    return lambda: host.check_output("sudo find /etc/cryptosense-analyzer -name 'config.*~'").splitlines()


@pytest.fixture(scope="module")
def rolled_back(host, read, backups):
    """The configuration file before a roll-out that fails, the result of the roll-out, and the backups that it has added."""
    host.check_output(
        'sudo sed --in-place \'s/"misbehaviour": "[^"]*"/"misbehaviour": "refuse_change"/\' /etc/aqtive-guard-simulator.json'
    )
    before, backups_before = read(CONFIG), backups()
    command = ["ansible-playbook", "--inventory", os.environ["MOLECULE_INVENTORY_FILE"]]
    command += ["--extra-vars", "aqtive_guard_logging_level=debug", str(SCENARIO / "converge.yml")]
    result = subprocess.run(
        command,
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=ROLL_OUT_SECONDS,
        check=False,
    )
    return before, result, sorted(set(backups()) - set(backups_before))


def test_selinux_is_enforcing_with_the_default_policy(host):
    status = dict(re.findall(r"(.*?): +(.*)", host.check_output("sudo sestatus")))
    assert (status["Current mode"], status["Loaded policy name"]) == ("enforcing", "default")


def test_change_preserves_the_context_of_the_configuration_file(config, contexts):
    assert b"\nLOG_FILE=/srv/guard/log/general/guard.log\n" in config
    assert contexts(CONFIG) == {CONFIG: CONTEXT}


def test_backup_has_the_context_of_the_configuration_file(contexts, backups):
    """So neither of the two runs has written anything but the change."""
    (backup,) = backups()
    assert contexts(backup) == {backup: CONTEXT}


def test_new_log_directories_have_the_context_of_the_policy(host, contexts):
    assert host.check_output("sudo matchpathcon -V %s" % " ".join(NEW_DIRECTORIES)).count(" verified.") == 4
    types = {path: context.split(":")[2] for path, context in contexts(*NEW_DIRECTORIES).items()}
    assert types == NEW_DIRECTORIES


@pytest.mark.parametrize("path", [LOG, AUDIT])
def test_service_writes_its_logs_into_the_new_directories(host, read, contexts, path):
    assert contexts(path)[path].split(":")[2] == NEW_DIRECTORIES[posixpath.dirname(path)]
    before = read(path)
    deadline = time.monotonic() + 60
    while read(path) == before:
        assert time.monotonic() < deadline, "no new record in 60 seconds"
        time.sleep(1)


def test_collection_is_complete(name, read):
    run = max(COLLECTED.iterdir())
    manifest = json.loads((run / "manifest.json").read_bytes())
    assert (manifest["complete"], manifest["vms"][name]["status"]) == (True, "collected")
    (file,) = manifest["vms"][name]["files"]
    collected = set(gzip.decompress((run / file["path"]).read_bytes()).splitlines())
    logged = (read(LOG) + read(AUDIT)).splitlines()
    missing = [line for line in logged if line not in collected]
    assert len(collected) > 0
    assert [line for line in missing if json.loads(line)["created_at"] < manifest["vms"][name]["start"]] == []


def test_nothing_is_left_on_the_vm(host):
    assert host.check_output("sudo find /home /root /tmp /var/tmp -name '*aqtive_guard_log_bundle*'") == ""


def test_rollback_preserves_the_context_of_the_configuration_file(rolled_back, read, contexts):
    before, result, _backups = rolled_back
    assert result.returncode != 0
    assert "was rolled back: its old configuration file is in place again" in " ".join(result.stdout.split())
    assert read(CONFIG) == before
    assert contexts(CONFIG) == {CONFIG: CONTEXT}


def test_backup_of_the_rollback_has_the_context_of_the_configuration_file(rolled_back, contexts):
    (backup,) = rolled_back[2]
    assert contexts(backup) == {backup: CONTEXT}


def test_service_is_active_after_the_rollback(host, unit, rolled_back):
    assert host.check_output("systemctl is-active %s", unit) == "active"


def test_selinux_has_denied_nothing_since_the_boot(host, rolled_back):
    """The last test, because it covers the roll-outs, the collection and the rollback."""
    assert host.check_output("cat /sys/fs/selinux/enforce") == "1"
    messages = host.check_output(
        "sudo journalctl --boot --output=cat _TRANSPORT=audit + _TRANSPORT=kernel"
    ).splitlines()
    assert any(
        "lsm=selinux res=1" in message for message in messages
    )  # the policy was loaded: nothing before it is missing
    denials = [match for message in messages if (match := DENIAL.search(message))]
    # So denials are found, and none of the list is outdated.
    assert FILTERED.keys() <= {(match["domain"], match["type"]) for match in denials}
    assert [match.string for match in denials if (match["domain"], match["type"]) not in FILTERED] == []
