# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.times import DAY, HOUR, MINUTE
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.findings.findings_fleets import (
    END,
    SETTINGS,
    START,
    evidence,
    judged,
    kinds,
    only,
    reasons,
    request,
    steady,
    summary,
    without,
)

PLAIN = {"collections": ()}


def vm(*gaps, requested=None, **changes):
    return evidence(summary(without(steady(), *gaps)), requested=requested, **changes)


def test_missing_day_between_rotated_files_is_reported_as_a_day():
    reason = only(vm((START + 2 * DAY, START + 3 * DAY)))
    assert reason == {
        "kind": "days_missing",
        "subject": "2026-10-21",
        "detail": "There is no record from 2026-10-20 23:59:01 UTC to 2026-10-22 00:00:00 UTC, 1 whole day in all, although it logs"
        " at this time on other days",
        "from": "2026-10-21T00:00:00Z",
        "to": "2026-10-22T00:00:00Z",
    }


def test_days_that_are_missing_with_parts_of_others_are_reported_as_they_are():
    reason = only(vm((START + 2 * DAY - 5 * HOUR, START + 4 * DAY + 7 * HOUR)))
    assert (reason["kind"], reason["subject"]) == ("days_missing", "2026-10-21")
    assert (reason["from"], reason["to"]) == ("2026-10-20T18:59:01Z", "2026-10-23T07:00:00Z")
    assert "2 whole days" in reason["detail"]


def test_silence_is_reported_with_its_length():
    reason = only(vm((START + 50 * HOUR, START + 53 * HOUR + 30 * MINUTE)))
    assert reason["kind"] == "silence"
    assert reason["detail"].startswith("There is no record for 3 h 31 min, from 2026-10-21 01:59:01 UTC")
    assert (reason["from"], reason["to"]) == ("2026-10-21T01:59:01Z", "2026-10-21T05:30:10Z")


def test_only_the_first_of_many_silences_are_listed():
    gaps = [(START + 5 * HOUR * number, START + 5 * HOUR * number + HOUR) for number in range(1, 21)]
    found = reasons(evidence(summary(without(steady(), *gaps))))
    assert [reason["kind"] for reason in found] == ["silence"] * 10
    assert found[-1]["detail"].endswith("(10 more findings of this kind)")


class TestWindow:
    def test_window_that_begins_before_the_oldest_record(self):
        reason = only(evidence(summary(steady(START + 2 * DAY)), requested=request(date_from="2026-10-10")))
        assert reason["kind"] == "window_uncovered"
        assert (reason["from"], reason["to"]) == ("2026-10-10T00:00:00Z", "2026-10-21T00:00:00Z")
        assert reason["detail"] == (
            "The oldest record is of 2026-10-21 00:00:00 UTC, which is later than the window begins by 11 d: it keeps no older"
            " files (LOG_ROTATE_MAX=30)"
        )

    def test_no_rotation_explains_nothing(self):
        found = evidence(summary(steady(START + 2 * DAY)), logging_settings={"LOG_LEVEL": "info"})
        assert only(found)["detail"].endswith("by 2 d")

    def test_settings_that_are_not_known_explain_nothing(self):
        assert only(evidence(summary(steady(START + 2 * DAY)), logging_settings=None))["detail"].endswith("by 2 d")

    def test_window_that_ends_after_the_newest_record(self):
        reason = only(evidence(summary(steady(end=END - 3 * HOUR))))
        assert (reason["kind"], reason["to"]) == ("window_uncovered", "2026-10-26T00:00:00Z")
        assert "which is earlier than the window ends by 3 h" in reason["detail"]

    def test_window_without_an_end_ends_with_the_collection(self):
        assert kinds(evidence(summary(steady(end=END - 3 * HOUR)), requested=request(date_to=None))) == [
            "window_uncovered"
        ]
        assert kinds(evidence(summary(steady(end=END - 3 * HOUR)), requested=request(date_to="2027-01-01"))) == [
            "window_uncovered"
        ]

    def test_window_without_limits_and_times_is_covered(self):
        requested = request(date_from=None, date_to=None)
        assert (
            kinds(evidence(summary(steady(START + 2 * DAY, END - DAY)), requested=requested, start=None, end=None))
            == []
        )

    def test_window_that_begins_in_a_quiet_night_is_covered(self):
        times = [time for time in steady() if 7 <= time // HOUR % 24 < 19]
        assert kinds(evidence(summary(times))) == []

    def test_times_that_cannot_be_read_are_no_limit(self):
        assert kinds(evidence(summary(steady(START + 2 * DAY)), requested=request(date_from="last"))) == []


class TestFuture:
    def test_future_times_are_counted_and_hide_nothing(self):
        times = [*without(steady(), (START + 50 * HOUR, START + 53 * HOUR)), END + 3 * HOUR, END + 26_000 * DAY]
        found = reasons(evidence(summary(times)))
        assert [reason["kind"] for reason in found] == ["silence", "future_times"]
        assert found[1]["count"] == 2
        assert found[1]["detail"] == (
            "2 records are dated after 2026-10-26 00:05:00 UTC, when the logs were collected: the newest one has"
            " 2098-01-01 00:00:00 UTC"
        )

    def test_records_that_were_written_during_the_collection_are_not_in_the_future(self):
        assert kinds(evidence(summary([*steady(), END + 6 * MINUTE]))) == []

    def test_without_a_manifest_the_future_begins_now(self):
        plain = evidence(summary()).__class__("web1", summary())
        assert judged(plain, now=END)["vms"]["web1"]["reasons"] == []
        (reason,) = judged(plain, now=START + 3 * DAY)["vms"]["web1"]["reasons"]
        assert (reason["kind"], reason["count"]) == ("future_times", 4 * 24 * 60 - 1 - 120)


def test_file_without_rotation_is_not_explained_by_it():
    settings = {key: value for key, value in SETTINGS.items() if key != "LOG_ROTATE_MAX"}
    found = evidence(summary(steady(START + 2 * DAY)), logging_settings={**settings, "LOG_ROTATE_MAX_AUDIT": "7"})
    assert "LOG_ROTATE_MAX_AUDIT=7" in only(found)["detail"]


@pytest.mark.parametrize("hours", [1, 3, 12, 24, 30])
def test_healthy_vm_has_no_finding_whatever_the_length_of_its_log(hours):
    assert kinds(evidence(summary(steady(END - hours * HOUR)), requested=request(date_from=None))) == []
