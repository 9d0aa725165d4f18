# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.last_collections import (
    Period,
    next_date_from,
    update,
)

NOON = datetime(2026, 10, 25, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def record(root, **newest_of):
    """Record a collection at noon for VMs, with the times of their newest records."""
    update(root, {vm: [Period(None, NOON)] for vm in newest_of}, lambda vm, dummy: newest_of[vm])


def test_earlier_of_record_and_collection_counts(tmp_path):
    record(tmp_path, a=NOON + HOUR, b=NOON - HOUR)
    assert next_date_from(tmp_path, "a", timedelta(0)) == NOON
    assert next_date_from(tmp_path, "b", timedelta(0)) == NOON - HOUR
    assert next_date_from(tmp_path, "b") == NOON - 2 * HOUR


def test_vm_that_is_not_in_the_file_is_asked_for_everything(tmp_path):
    assert next_date_from(tmp_path, "a") is None
    record(tmp_path, b=NOON)
    assert next_date_from(tmp_path, "a") is None


@pytest.mark.parametrize(
    ("since", "expected"), [(NOON - HOUR, NOON + HOUR), (NOON, NOON + HOUR), (NOON + timedelta(seconds=1), NOON)]
)
def test_period_counts_unless_it_leaves_a_gap(tmp_path, since, expected):
    record(tmp_path, a=NOON)
    update(tmp_path, {"a": [Period(since, NOON + HOUR)]}, lambda dummy, limit: limit)
    assert next_date_from(tmp_path, "a", timedelta(0)) == expected


def test_period_without_earlier_records_must_have_no_begin(tmp_path):
    record(tmp_path, a=None)
    update(tmp_path, {"a": [Period(NOON, NOON + HOUR)]}, lambda dummy, limit: limit)
    assert next_date_from(tmp_path, "a") is None


def test_periods_count_in_the_order_of_their_begin(tmp_path):
    periods = [Period(NOON + HOUR, NOON + 2 * HOUR), Period(NOON - HOUR, NOON + HOUR), Period(None, NOON)]
    update(tmp_path, {"a": periods}, lambda dummy, limit: limit)
    assert next_date_from(tmp_path, "a", timedelta(0)) == NOON + 2 * HOUR


def test_vm_without_records_remains_without(tmp_path):
    record(tmp_path, a=None)
    record(tmp_path, a=None)
    assert next_date_from(tmp_path, "a") is None


def test_times_never_become_earlier(tmp_path):
    record(tmp_path, a=NOON)
    update(tmp_path, {"a": [Period(None, NOON - HOUR)]}, lambda dummy, limit: limit)
    update(tmp_path, {"a": [Period(None, NOON)]}, lambda dummy, limit: None)
    assert next_date_from(tmp_path, "a", timedelta(0)) == NOON


def test_newest_record_is_looked_for_up_to_the_end_of_the_period(tmp_path):
    calls = []
    update(tmp_path, {"a": [Period(None, NOON)]}, lambda vm, limit: calls.append((vm, limit)))
    assert calls == [("a", NOON)]


def test_file_is_documented_json(tmp_path):
    record(tmp_path, b=None, ä=NOON)
    record(tmp_path, a=NOON)
    time = "2026-10-25T12:00:00+00:00"
    vms = {name: {"collected_at": time, "newest_record": time if name != "b" else None} for name in "abä"}
    assert json.loads((tmp_path / "collections.json").read_text(encoding="utf-8")) == {"format_version": 1, "vms": vms}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"vms": 5}',
        '{"vms": {"a": 5}}',
        '{"vms": {"a": {}}}',
        '{"vms": {"a": {"collected_at": 5}}}',
    ],
)
def test_damaged_file_is_an_error_with_a_remedy(tmp_path, text):
    path = tmp_path / "collections.json"
    path.write_text(text)
    with pytest.raises(Failure) as caught:
        next_date_from(tmp_path, "a")
    assert caught.value.errors == [
        {
            "phase": "read",
            "subject": str(path),
            "cause": "is damaged: it is not a list of collections in JSON",
            "remedy": "Remove it: the next collection then asks each VM for everything, and what is new is added",
        }
    ]
