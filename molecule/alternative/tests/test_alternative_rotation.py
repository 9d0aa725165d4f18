# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Four midnights have passed: both logs have rotated daily, and the oldest files have been deleted."""

import datetime
import json
import posixpath
from typing import NamedTuple

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]


class Log(NamedTuple):
    path: str
    limit: int


LOGS = {
    "general": Log("/srv/guard/var/log/guard/general/guard.log", 2),
    "audit": Log("/srv/guard/var/log/guard-audit/audit.log", 1),
}
LEVELS = ["debug", "info", "warning", "error", "critical"]
THRESHOLDS = {
    "general": {"web1": "warning", "worker1": "error"},
    "audit": {"web1": "debug", "worker1": "debug"},
}


@pytest.fixture(scope="module", params=LOGS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def log(kind):
    return LOGS[kind]


@pytest.fixture(scope="module")
def files(host, read, log):
    """Names and records of a log's files, the oldest first and the current one last."""
    folder, current = posixpath.split(log.path)
    names = sorted(host.check_output("sudo ls -A %s", folder).splitlines())
    assert current in names
    names.remove(current)
    return [(name, parse(read(f"{folder}/{name}"))) for name in [*names, current]]


def parse(data):
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def test_rotated_files_beyond_the_limit_are_deleted(files, log):
    assert len(files) == log.limit + 1


def test_each_file_holds_one_day_by_the_clock_of_the_vm(host, files):
    today = datetime.date.fromisoformat(host.check_output("date --utc +%F"))
    days = [{record["created_at"][:10] for record in records} for _name, records in files]
    expected = [today - datetime.timedelta(days=back) for back in reversed(range(len(files)))]
    assert days == [{day.isoformat()} for day in expected]
    assert today > datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=2)


def test_rotated_file_is_named_after_its_first_record(files, log):
    for name, records in files[:-1]:
        timestamp = records[0]["created_at"][:19].replace("T", "_").replace(":", "-")
        assert name == f"{posixpath.basename(log.path)}.{timestamp}"


def test_every_record_has_a_level_and_a_type_of_its_log(name, kind, files):
    records = [record for _name, records in files for record in records]
    levels = {record["level"].lower() for record in records}
    threshold = THRESHOLDS[kind][name]
    assert threshold in levels
    assert levels <= set(LEVELS[LEVELS.index(threshold) :])
    assert {record["log_type"].lower() == "audit" for record in records} == {kind == "audit"}
