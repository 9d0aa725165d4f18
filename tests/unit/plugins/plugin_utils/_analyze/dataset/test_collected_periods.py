# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import growth
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.last_collections import (
    LastCollection,
    Period,
    next_date_from,
    read,
)

NOON = datetime(2026, 10, 25, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def collect(tmp_path, stage_records):
    """A function that adds the records of a VM at some minutes after noon, collected up to a time."""

    def add(vm, until, *minutes, since=None):
        records = [{"minute": minute, "id": str(minute)} for minute in minutes]
        growth.append(tmp_path / "set", {vm: stage_records(vm, *records)}, {vm: [Period(since, until)]})

    return add


def test_vm_without_records_is_asked_for_everything(tmp_path, collect):
    assert next_date_from(tmp_path / "set", "a") is None
    collect("a", NOON, -10)
    collect("b", NOON)
    assert next_date_from(tmp_path / "set", "b") is None
    assert next_date_from(tmp_path / "set", "c") is None


def test_vm_is_asked_for_what_follows_its_newest_record(tmp_path, collect):
    collect("a", NOON + HOUR, 5, 10)
    collect("b", NOON + HOUR, 20)
    assert next_date_from(tmp_path / "set", "a") == NOON + timedelta(minutes=10) - HOUR
    assert next_date_from(tmp_path / "set", "a", timedelta(minutes=1)) == NOON + timedelta(minutes=9)


def test_record_dated_2099_does_not_count(tmp_path, collect):
    collect("a", NOON + HOUR, 10, 60 * 24 * 365 * 73)
    assert next_date_from(tmp_path / "set", "a", timedelta(0)) == NOON + timedelta(minutes=10)


def test_record_at_the_time_of_the_collection_counts(tmp_path, collect):
    collect("a", NOON, 0)
    assert next_date_from(tmp_path / "set", "a", timedelta(0)) == NOON


def test_records_in_the_future_alone_leave_everything_to_be_asked_for(tmp_path, collect):
    collect("a", NOON, 1)
    assert next_date_from(tmp_path / "set", "a") is None


def test_vm_that_was_down_for_three_nights_is_asked_for_them(tmp_path, collect):
    collect("a", NOON, -10)
    collect("b", NOON, -10)
    for night in (1, 2, 3):
        collect("b", NOON + night * DAY, night * 24 * 60 - 10)
    assert next_date_from(tmp_path / "set", "a") == NOON - timedelta(minutes=10) - HOUR
    assert next_date_from(tmp_path / "set", "b") == NOON + 3 * DAY - timedelta(minutes=10) - HOUR


def test_collection_without_new_records_changes_nothing(tmp_path, collect):
    collect("a", NOON, -10)
    collect("a", NOON + DAY)
    assert next_date_from(tmp_path / "set", "a", timedelta(0)) == NOON - timedelta(minutes=10)


def test_older_collection_that_is_added_later_changes_nothing(tmp_path, collect):
    collect("a", NOON, -10)
    collect("a", NOON - DAY, -24 * 60 - 10)
    assert read(tmp_path / "set") == {"a": LastCollection(NOON, NOON - timedelta(minutes=10))}


def test_records_behind_a_gap_do_not_count(tmp_path, collect):
    collect("a", NOON, -10)
    collect("a", NOON + DAY, 24 * 60 - 5, since=NOON + DAY - HOUR)
    assert next_date_from(tmp_path / "set", "a", timedelta(0)) == NOON - timedelta(minutes=10)


def test_records_that_overlap_with_those_before_count(tmp_path, collect):
    collect("a", NOON, -10)
    collect("a", NOON + DAY, 24 * 60 - 5, since=NOON - timedelta(minutes=10))
    assert next_date_from(tmp_path / "set", "a", timedelta(0)) == NOON + DAY - timedelta(minutes=5)


def test_periods_of_several_runs_count_in_the_order_of_their_times(tmp_path, stage_records):
    staged = {"a": stage_records("a", {"minute": -1}, {"minute": 24 * 60 - 1}, {"minute": 48 * 60 - 1})}
    periods = [Period(NOON + DAY - HOUR, NOON + 2 * DAY), Period(NOON - HOUR, NOON + DAY), Period(None, NOON)]
    growth.append(tmp_path / "set", staged, {"a": periods})
    assert next_date_from(tmp_path / "set", "a", timedelta(0)) == NOON + 2 * DAY - timedelta(minutes=1)


def test_first_collection_with_a_begin_does_not_count(tmp_path, collect):
    collect("a", NOON, -10, since=NOON - HOUR)
    assert next_date_from(tmp_path / "set", "a") is None


def test_records_that_were_not_collected_do_not_count(tmp_path, stage_records):
    growth.append(tmp_path / "set", {"a": stage_records("a", {})}, {})
    assert next_date_from(tmp_path / "set", "a") is None


def test_collection_in_another_zone_is_the_same_time(tmp_path, collect):
    collect("a", NOON.astimezone(timezone(timedelta(hours=5))), -1, 1)
    assert next_date_from(tmp_path / "set", "a", timedelta(0)) == NOON - timedelta(minutes=1)
