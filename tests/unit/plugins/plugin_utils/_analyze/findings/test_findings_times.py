# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings import times
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.times import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-02", DAY),
        ("1970-01-01 00:00:01", SECOND),
        ("1970-01-01T01:00:00Z", HOUR),
        ("1970-01-01T01:00:00.25+01:00", SECOND // 4),
        ("0001-01-01", -719_162 * DAY),
        ("last", None),
        ("", None),
        (None, None),
    ],
)
def test_times_in_manifests(text, expected):
    assert times.parsed(text) == expected


@pytest.mark.parametrize(
    ("time", "iso", "shown"),
    [
        (0, "1970-01-01T00:00:00Z", "1970-01-01 00:00:00 UTC"),
        (DAY + HOUR + SECOND + 999_999_999, "1970-01-02T01:00:01Z", "1970-01-02 01:00:01 UTC"),
        (-719_162 * DAY, "0001-01-01T00:00:00Z", "0001-01-01 00:00:00 UTC"),
        (2**63 - 1, "2262-04-11T23:47:16Z", "2262-04-11 23:47:16 UTC"),
    ],
)
def test_times_are_shown_to_the_second(time, iso, shown):
    assert (times.iso(time), times.shown(time)) == (iso, shown)
    assert (times.day(time), times.hour(time)) == (iso[:10], iso[:13])


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (59 * SECOND, "0 min"),
        (30 * MINUTE, "30 min"),
        (HOUR, "1 h"),
        (3 * HOUR + 31 * MINUTE, "3 h 31 min"),
        (DAY, "1 d"),
        (2 * DAY + 5 * HOUR + MINUTE, "2 d 5 h"),
    ],
)
def test_durations_have_their_two_largest_units(length, expected):
    assert times.duration(length) == expected
