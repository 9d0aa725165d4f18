# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text


def at(day, hour=0, minute=0, second=0):
    return datetime(2026, 10, day, hour, minute, second, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        ("", "–"),
        (0, "0"),
        (True, "yes"),
        (False, "no"),
        ("Zoë", "Zoë"),
        ("a\tb", "a    b"),
        ("a\r\nb\nc", "a\nb\nc"),
        ("a\rb\x00\x1b[31m", "a\\rb\\x00\\x1b[31m"),
        ("\u202egpj.exe\u2028\ufeff\ud800", "\\u202egpj.exe\\u2028\\ufeff\\ud800"),
        ("x" * 500, "x" * 500),
        ("x" * 501, "x" * 499 + "…"),
        ("\x00" * 200, ("\\x00" * 200)[:499] + "…"),
    ],
)
def test_a_cell_is_printable_and_has_at_most_500_characters(value, shown):
    assert text.cut(value) == shown
    assert len(shown) <= 500


def test_a_name_is_one_short_line():
    assert text.name("web\n1") == "web\\n1"
    assert len(text.name("w" * 200)) == 80
    assert len(text.name("\n" * 80)) == 160


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (1234567, "1,234,567"), (12.5, "12.5"), (1800.0, "1,800"), (None, "–"), ("many", "many")],
)
def test_numbers_have_separators_of_thousands(value, shown):
    assert text.number(value) == shown


def test_a_noun_follows_its_count():
    assert [text.plural(count, "gap") for count in (0, 1, 1200)] == ["0 gaps", "1 gap", "1,200 gaps"]


def test_times_are_in_utc_whatever_zone_they_come_in():
    east = timezone(timedelta(hours=2))
    assert text.stamp(datetime(2026, 10, 25, 1, 30, 5, 999999, tzinfo=east)) == "2026-10-24 23:30:05"
    assert text.stamp(datetime(2026, 10, 25, 1, 30)) == "2026-10-25 01:30:00"
    assert text.stamp(None) == "–"


def test_a_time_is_read_from_iso_8601_and_only_from_text():
    assert text.parsed("2026-10-25T01:30:00Z") == text.parsed("2026-10-25T03:30:00+02:00") == at(25, 1, 30)
    assert text.parsed(None) is None


def test_a_time_stays_on_one_line():
    assert text.short(at(5, 7, 9)) == "5\u00a0Oct\u00a007:09"
    assert text.date(at(5)) == "5\u00a0Oct"
    assert text.moment(at(5, 7, 9)) == "07:09 UTC on 5 October"


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (at(25), at(26), "25 October"),
        (at(25), at(28), "25 October to 27 October"),
        (at(25, 3, 10), at(25, 5, 40), "03:10 to 05:40 UTC on 25 October"),
        (at(25, 3, 10), at(26), "03:10 UTC on 25 October to 00:00 UTC on 26 October"),
        (at(25), at(25), "00:00 to 00:00 UTC on 25 October"),
    ],
)
def test_a_period_is_named_by_days_where_it_is_whole_days(start, end, shown):
    assert text.period(start, end) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (9000, "2 h 30 min"),
        (86400, "1 day"),
        (180000, "2 days 2 h"),
        (86460, "1 day"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds, shown):
    assert text.duration(timedelta(seconds=seconds)) == shown


def test_names_are_sorted_by_their_numbers():
    assert sorted(["web10", "web2", "web", "web2a", "²", "9"], key=text.natural) == [
        "9",
        "web",
        "web2",
        "web2a",
        "web10",
        "²",
    ]


@pytest.mark.parametrize(
    ("vms", "shown"),
    [
        ([], "–"),
        (["web1"], "web1"),
        (["web10", "web2"], "web2, web10"),
        (["d", "c", "b", "a"], "a, b, c, d"),
        (["e", "d", "c", "b", "a"], "a, b, c, 2 more"),
        (["a", "b", "c", "d", "e", "f"], "all 6 VMs"),
    ],
)
def test_vms_are_listed_up_to_four(vms, shown):
    assert text.vm_names(vms, 6) == shown


def test_the_only_vm_of_a_fleet_has_its_name():
    assert text.vm_names(["web1"], 1) == "web1"
