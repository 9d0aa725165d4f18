# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site enforces its strict rules, and no log contains its password or secrets."""

import os
import re
from pathlib import Path

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]

EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])


def test_sshd_listens_on_another_port(host):
    ports = {
        line.split()[3].rpartition(":")[2]
        for line in host.check_output("sudo ss -Hltnp").splitlines()
        if "sshd" in line
    }
    assert ports == {"2222"}


def test_sudo_requires_a_tty_and_a_password(host):
    as_limited = "sudo --user=limited sudo --non-interactive true"
    assert "you must have a tty" in host.run(as_limited).stderr
    assert "a password is required" in host.run("script --quiet --return --command '%s' /dev/null" % as_limited).stdout


def test_every_task_ran_as_the_login_user_on_a_tty(host):
    entries = host.check_output("sudo journalctl --output=cat --identifier=sudo").splitlines()
    done = [entry for entry in entries if entry.strip().startswith("limited : TTY=pts/") and "BECOME-SUCCESS" in entry]
    assert len(done) > 10


@pytest.fixture(scope="module")
def ansible_log():
    return (PROJECT / "build" / "molecule" / "logs" / "alternative" / "ansible.log").read_bytes()


@pytest.fixture(scope="module")
def whole_journal(host):
    """Modules log their arguments there, and sudo its commands."""
    return host.run("sudo journalctl --output=cat").stdout_bytes


def test_logs_contain_tasks_arguments_and_diffs(ansible_log, whole_journal):
    assert b"Create the bundle and download it" in ansible_log
    assert b"\n+LOG_FILE=/var/log/guard/general/guard.log" in ansible_log  # the diff
    assert b"LOG_FILE=/var/log/guard/general/guard.log" in whole_journal  # the arguments of a module


def test_no_log_contains_the_password(ansible_log, whole_journal):
    password = (EPHEMERAL / "password").read_bytes().split()[0]
    assert len(password) == 32
    assert password not in ansible_log
    assert password not in whole_journal


def test_no_log_contains_a_secret_of_the_configuration_file(ansible_log, whole_journal, original):
    secrets = re.findall(rb"\w+-secret-\w+", original)
    assert len(secrets) >= 2
    assert [secret for secret in secrets if secret in ansible_log or secret in whole_journal] == []


def test_no_temporary_file_is_left(host):
    found = host.check_output(
        "sudo find /home/limited /root /tmp /var/tmp /srv/bundles -mindepth 1 ! -path '*/.ssh*'"
        " ! -name '.bash*' ! -name .profile ! -name '.*-unix' ! -path '*/systemd-private-*'"
    )
    assert set(found.splitlines()) <= {
        "/home/limited/.ansible",
        "/home/limited/.ansible/tmp",
        "/root/.ansible",
        "/root/.ansible/tmp",
    }
