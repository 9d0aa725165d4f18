# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records import created_at
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.created_at import (
    of_valid,
    to_nanoseconds,
)

SECOND = 1_000_000_000
TIMES = st.datetimes(
    datetime.datetime(1970, 1, 1), datetime.datetime(2261, 12, 31), timezones=st.just(datetime.timezone.utc)
)


def nanoseconds(time):
    return (
        (time - datetime.datetime.fromtimestamp(0, datetime.timezone.utc)) // datetime.timedelta(microseconds=1) * 1000
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01 00:00:01+00:00", SECOND),
        ("1970-01-01T00:00:00.1Z", SECOND // 10),
        ("1970-01-01T00:00:00.123456789Z", 123456789),
        ("1970-01-01T00:00:00,5Z", SECOND // 2),
        ("1970-01-01t00:00:00z", 0),
        ("1970-01-01T00:00:00", 0),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1970-01-01T02:00:00+0200", 0),
        ("1969-12-31T18:30:00-05:30", 0),
        ("2016-12-31T23:59:60Z", 1483228800 * SECOND),
        ("2262-04-11T23:47:16.854775807Z", 2**63 - 1),
    ],
)
def test_form_is_converted(text, expected):
    assert to_nanoseconds(text) == expected
    assert of_valid(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1761400000",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-10-25T24:00:00Z",
        "2026-10-25T14:60:00Z",
        "2026-10-25T14:05:61Z",
        "2026-10-25T14:05:00.Z",
        "2026-10-25T14:05:00.1234567890Z",
        "2026-10-25T14:05:00.12345 Z",
        "2026-10-25T14:05:00.1_3456Z",
        "2026-10-25T14:05:00.١٢٣٤٥٦Z",
        "2026-10-25T14:05:+1.123456Z",
        "2026-10-25T14:05Z",
        "2026-10-25T14:05:00.123456Z\n",
        " 2026-10-25T14:05:00Z",
        "2026-10-25T14:05:00+2:00",
        "2026-10-25T14:05:00+02:60",
        "2026-10-25T14:05:00+24:00",
    ],
)
def test_other_text_is_refused(text):
    to_nanoseconds("2026-10-25T14:05:00.000000Z")
    with pytest.raises(ValueError):
        to_nanoseconds(text)


@pytest.mark.parametrize(
    "text",
    ["1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "2262-04-11T23:47:16.854775808Z", "9999-12-31T00:00:00Z"],
)
def test_time_that_does_not_fit_is_refused(text):
    with pytest.raises(OverflowError):
        to_nanoseconds(text)


@given(TIMES)
def test_every_time_is_converted(time):
    text = time.isoformat(timespec="microseconds")
    expected = nanoseconds(time)
    assert to_nanoseconds(text) == expected
    assert of_valid(text.replace("+00:00", "Z")) == expected
    assert of_valid(text.replace("+00:00", "Z")) == expected


def test_remembered_minutes_are_bounded(monkeypatch):
    monkeypatch.setattr(created_at, "_CACHED_MINUTES", 3)
    for minute in range(10):
        assert of_valid(f"1970-01-01T00:0{minute}:01.000000Z") == (minute * 60 + 1) * SECOND
    assert len(created_at._minutes) <= 3
