# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import uuid

import pytest
import zstandard

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.staging import stage
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.answers import QUESTIONS, answers
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.times import HOUR, SECOND
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.findings.findings_fleets import (
    START,
)


@pytest.fixture
def answers_about(tmp_path):
    """A function that returns the answers about the records of VMs: (seconds after the start, fields)."""

    def of_vms(**vms):
        files = []
        for vm, records in vms.items():
            lines = [
                b"%019d\x1f00000\x1f%09d\x1f%b\n"
                % (START + round(seconds * SECOND), number, json.dumps(fields).encode())
                for number, (seconds, fields) in enumerate(sorted(records, key=lambda record: record[0]))
            ]
            path = tmp_path / f"{vm}.records.zst"
            path.write_bytes(zstandard.compress(b"".join(lines)))
            files += stage(path, vm, tmp_path, tmp_path)
        return answers(files, tmp_path)

    return of_vms


def requests(*seconds, number=0):
    """Return a record of each of several requests."""
    return [(each, {"request_id": str(uuid.UUID(int=number + index))}) for index, each in enumerate(seconds)]


def test_without_records_there_are_no_answers(tmp_path):
    expected = {"request_times": [], "setting_changes": [], "shared_ids": []}
    assert answers([], tmp_path) == expected == {name: [] for name in QUESTIONS}


class TestRequestTimes:
    def test_first_records_of_shared_requests_are_compared(self, answers_about):
        one, other = requests(10, 20, 30), requests(15, 26, 37)
        (row,) = answers_about(b=[*other, *requests(500)], a=[*one, *requests(99, number=77)])["request_times"]
        assert (row["one"], row["other"], row["requests"]) == ("a", "b", 3)
        assert (row["low"], row["middle"], row["high"]) == pytest.approx((5.1, 6.0, 6.9))

    def test_vm_that_is_earlier(self, answers_about):
        (row,) = answers_about(a=requests(10.5), b=requests(7.25))["request_times"]
        assert row["middle"] == pytest.approx(-3.25)

    def test_each_pair_of_vms_is_compared(self, answers_about):
        rows = answers_about(a=requests(1), b=requests(2), c=requests(4))["request_times"]
        assert [(row["one"], row["other"], row["middle"]) for row in rows] == [
            ("a", "b", 1),
            ("a", "c", 3),
            ("b", "c", 2),
        ]

    def test_ids_that_occur_again_later_are_not_the_same_request(self, answers_about):
        hour = HOUR // SECOND
        assert answers_about(a=requests(0), b=requests(hour))["request_times"] == []
        assert len(answers_about(a=requests(0), b=requests(hour - 1))["request_times"]) == 1

    def test_of_many_requests_a_sample_is_compared(self, answers_about, monkeypatch):
        monkeypatch.setattr(
            "ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.answers.PAIRS", 60
        )
        seconds = [float(number) for number in range(100)]
        rows = answers_about(a=requests(*seconds), b=requests(*seconds), c=requests(*seconds))["request_times"]
        assert [row["requests"] for row in rows] == [20, 20, 20]


class TestSettingChanges:
    def change(self, setting="LOG_LEVEL", **fields):
        return {
            "action": "setting_change",
            "access_granted": True,
            "setting": setting,
            "old_value": "info",
            "new_value": "debug",
            **fields,
        }

    def test_changes_of_logging_keys_in_order(self, answers_about):
        rows = answers_about(b=[(5, self.change("log_file", old_value=None))], a=[(9, self.change())])[
            "setting_changes"
        ]
        assert [(row["vm"], row["setting"], row["old_value"], row["new_value"]) for row in rows] == [
            ("b", "log_file", None, "debug"),
            ("a", "LOG_LEVEL", "info", "debug"),
        ]
        assert rows[0]["time"].isoformat() == "2026-10-19T00:00:05"

    @pytest.mark.parametrize(
        "fields",
        [
            {"setting": "smtp_password"},
            {"setting": None},
            {"access_granted": False},
            {"access_granted": None},
            {"new_value": "info"},
            {"action": "update"},
        ],
    )
    def test_other_records_are_no_changes(self, answers_about, fields):
        assert answers_about(a=[(5, self.change(**fields))])["setting_changes"] == []

    def test_values_are_bounded(self, answers_about):
        (row,) = answers_about(a=[(5, self.change(new_value="x" * 5000))])["setting_changes"]
        assert row["new_value"] == "x" * 100


class TestSharedIds:
    def test_different_records_of_several_vms_with_the_same_id_are_counted(self, answers_about):
        one, other = (1, {"id": "x", "message": "one"}), (2, {"id": "y", "message": "one"})
        changed = [(seconds, {**fields, "message": "other"}) for seconds, fields in (one, other)]
        rows = answers_about(b=changed, a=[one, other], c=[changed[0]], d=[(3, {"id": "z"})])["shared_ids"]
        assert rows == [{"vms": ["a", "b"], "ids": 1}, {"vms": ["a", "b", "c"], "ids": 1}]

    def test_the_same_record_on_several_vms_is_no_conflict(self, answers_about):
        assert answers_about(a=[(1, {"id": "x"})], b=[(1, {"id": "x"})])["shared_ids"] == []

    def test_different_records_of_one_vm_are_not_shared(self, answers_about):
        records = [(1, {"id": "x", "message": "one"}), (2, {"id": "x", "message": "other"})]
        assert answers_about(a=records, b=[(1, {"id": "y"})])["shared_ids"] == []

    def test_records_without_an_id_share_none(self, answers_about):
        assert answers_about(a=[(1, {"message": "one"})], b=[(1, {"message": "other"})])["shared_ids"] == []
