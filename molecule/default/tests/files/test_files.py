# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log files were asked for, and four midnights have passed: both logs have rotated, and the oldest files are gone."""

import datetime
import json
import posixpath
from typing import NamedTuple

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]

BLOCK = [
    "# BEGIN ANSIBLE MANAGED BLOCK: community.aqtive_guard logging",
    "# Written by the Ansible role community.aqtive_guard.aqtive_guard_logging: a change by hand is lost at its next run.",
    "LOG_LEVEL=warning",
    "LOG_FILE=/var/log/cryptosense-analyzer/aqtive-guard.log",
    "LOG_ROTATE_DAILY=true",
    "LOG_ROTATE_MAX=2",
    "LOG_LEVEL_AUDIT=info",
    "LOG_FILE_AUDIT=/var/log/aqtive-guard-audit/audit.log",
    "LOG_ROTATE_DAILY_AUDIT=true",
    "LOG_ROTATE_MAX_AUDIT=1",
    "# END ANSIBLE MANAGED BLOCK: community.aqtive_guard logging",
]


class Log(NamedTuple):
    path: str
    kept: int
    unwanted: set


LOG = Log("/var/log/cryptosense-analyzer/aqtive-guard.log", 2, {"debug", "info"})
AUDIT = Log("/var/log/aqtive-guard-audit/audit.log", 1, {"debug"})


@pytest.fixture(params=[LOG, AUDIT], ids=["log", "audit"])
def log(request):
    return request.param


@pytest.fixture
def files(host, read, log):
    """Names and records of a log's files, the oldest first and the current one last."""
    folder = posixpath.dirname(log.path)
    names = sorted(host.check_output("sudo ls -A %s", folder).splitlines())
    current = posixpath.basename(log.path)
    assert current in names
    names.remove(current)
    return [(name, records(read(f"{folder}/{name}"))) for name in [*names, current]]


def records(data):
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def test_the_block_is_the_same_on_every_vm(config):
    lines = config.decode("latin-1").splitlines()
    assert lines[lines.index(BLOCK[0]) : lines.index(BLOCK[-1]) + 1] == BLOCK


def test_old_files_beyond_the_limit_are_gone(files, log):
    assert len(files) == log.kept + 1


def test_each_file_holds_one_day_of_the_vms_own_clock(host, files):
    today = datetime.date.fromisoformat(host.check_output("date --utc +%F"))
    days = [{record["created_at"][:10] for record in records} for _name, records in files]
    expected = [today - datetime.timedelta(days=back) for back in reversed(range(len(files)))]
    assert days == [{day.isoformat()} for day in expected]
    assert today > datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=2)


def test_a_rotated_file_is_named_after_its_first_record(files, log):
    for name, records in files[:-1]:
        stamp = records[0]["created_at"][:19].replace("T", "_").replace(":", "-")
        assert name == f"{posixpath.basename(log.path)}.{stamp}"


def test_records_at_the_wanted_level_arrive(files, log):
    found = [record for _name, records in files for record in records]
    assert not {record["level"].lower() for record in found} & log.unwanted
    assert "warning" in {record["level"].lower() for record in found}
    assert {record["log_type"].lower() == "audit" for record in found} == {log == AUDIT}


def test_the_journal_receives_records_no_more(journal):
    assert journal == []
