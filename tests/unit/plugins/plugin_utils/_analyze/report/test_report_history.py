# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.axis import (
    SLOTS,
    Axis,
    axis_of,
    round_width,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.bursts import bursts_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.facts import RunFacts, Thresholds
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.history import History

START = datetime(2026, 10, 24, tzinfo=timezone.utc)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def entry(time, records=100, vm="web1", level="info", minutes=60):
    return {"bucket": time, "minutes": minutes, "vm": vm, "level": level, "records": records}


def run(**values):
    return RunFacts(title="run", query="query {question}", **values)


def hourly(hours, **values):
    return [entry(START + number * HOUR, **values) for number in range(hours)]


def test_records_are_counted_by_level_vm_and_bucket():
    naive = START.replace(tzinfo=None)
    history = History(
        [
            entry(START + HOUR, 5, level="error"),
            entry(START + HOUR, 2, level="critical"),
            entry(naive, 7, level="notice"),
            entry(START, 1, "web10"),
            entry(START, 1, "web2", "error"),
        ]
    )
    assert history.by_level("web1") == {"other": 7, "error": 5, "critical": 2}
    assert history.errors("web1") == {START + HOUR: 7}
    assert history.totals == {START: 9, START + HOUR: 7}
    assert history.width == HOUR
    assert history.vms == ["web1", "web2", "web10"]
    assert history.span("web1") == (START, START + HOUR)
    assert history.span("unknown") is None and history.by_level("unknown") == {}


def test_the_width_of_a_bucket_is_that_of_the_question_however_far_they_are_from_each_other():
    assert History([entry(START, minutes=5), entry(START + 9 * HOUR, minutes=5)]).width == 5 * MINUTE
    assert History([]).width == HOUR


@pytest.mark.parametrize(
    ("least", "width"),
    [
        (timedelta(seconds=1), MINUTE),
        (MINUTE, MINUTE),
        (MINUTE * 11, MINUTE * 15),
        (DAY, DAY),
        (DAY * 3, DAY * 7),
        (DAY * 14, DAY * 14),
        (DAY * 15, DAY * 28),
        (DAY * 29, DAY * 42),
    ],
)
def test_slots_have_a_round_width(least, width):
    assert round_width(least) == width


def test_the_axis_is_that_of_the_window():
    axis = axis_of(History(hourly(2)), run(window_from=START, window_to=START + 3 * DAY))
    assert (axis.start, axis.end, axis.width) == (START, START + 3 * DAY, HOUR)


def test_an_open_window_ends_with_the_records():
    axis = axis_of(History(hourly(48)), run())
    assert (axis.start, axis.end) == (START, START + 48 * HOUR)


def test_the_axis_does_not_reach_beyond_the_collection():
    collected = START + 30 * HOUR
    for window_to in (None, START + 9 * DAY):
        axis = axis_of(History(hourly(48)), run(window_to=window_to, collected_at=collected))
        assert axis.end == collected


def test_the_axis_begins_and_ends_at_round_times():
    minutes = History([entry(START, minutes=5), entry(START + 5 * MINUTE, minutes=5)])
    axis = axis_of(minutes, run(window_from=START + 7 * MINUTE, window_to=START + 2 * DAY + 7 * MINUTE))
    assert axis.width == 30 * MINUTE
    assert (axis.start, axis.end) == (START, START + 2 * DAY + 30 * MINUTE)
    assert axis.slots <= SLOTS


@pytest.mark.parametrize("days", [1, 7, 30, 365, 3650, 36500])
def test_an_axis_has_a_bounded_number_of_slots(days):
    axis = axis_of(History([]), run(window_from=START + MINUTE, window_to=START + days * DAY))
    assert axis.slots <= SLOTS
    assert axis.start <= START + MINUTE and axis.end >= START + days * DAY


def test_without_records_and_window_there_is_no_axis():
    assert axis_of(History([]), run()) is None
    assert axis_of(History([]), run(window_from=START)) is None
    assert axis_of(History([]), run(window_from=START, window_to=START)) is None
    assert axis_of(History(hourly(2)), run(collected_at=START - DAY)) is None


def test_a_few_records_with_wrong_clocks_do_not_stretch_the_axis():
    strays = [entry(datetime(year, 1, 1, tzinfo=timezone.utc), 1) for year in (1970, 1971, 2099)]
    axis = axis_of(History([*strays, *hourly(48)]), run())
    assert (axis.start, axis.end) == (START, START + 48 * HOUR)


def test_many_or_near_records_do_stretch_the_axis():
    old = START - 300 * DAY
    assert axis_of(History([entry(old, 5), *hourly(48)]), run()).start <= old
    assert axis_of(History([entry(START - 2 * HOUR, 1), *hourly(48)]), run()).start == START - 2 * HOUR


def test_a_time_has_a_slot_and_a_position():
    axis = Axis(START, HOUR, 4)
    times = [START - MINUTE, START, START + HOUR - MINUTE, START + HOUR, START + 4 * HOUR - MINUTE, START + 4 * HOUR]
    assert [axis.slot(time) for time in times] == [None, 0, 0, 1, 3, None]
    assert [axis.percent(START + hours * HOUR) for hours in (-1, 0, 1, 4, 5)] == [0, 0, 25, 100, 100]


def test_ticks_are_at_round_times_and_name_the_day_at_midnight():
    assert Axis(START, HOUR, 48).ticks() == [
        (25.0, "12:00"),
        (50.0, "25\u00a0Oct"),
        (75.0, "12:00"),
    ]
    assert Axis(START + 7 * HOUR, HOUR, 3).ticks() == [(16.67, "07:30"), (33.33, "08:00"), (50.0, "08:30"), (66.67, "09:00"), (83.33, "09:30")]  # fmt: skip


def errors(*counts, vm="worker1"):
    """Return the errors of each minute, and other records."""
    found = [entry(START + number * MINUTE, count, vm, "error", 1) for number, count in enumerate(counts) if count]
    return [*found, *(entry(START + number * MINUTE, vm=vm, minutes=1) for number in range(len(counts)))]


def test_a_burst_is_found_with_its_time_and_factor():
    quiet = errors(*[2] * 60, vm="web1")
    (burst,) = bursts_of(History([*errors(*[2] * 30, 24, 30, *[2] * 28), *quiet]), Thresholds())
    assert (burst.vm, burst.start, burst.end) == ("worker1", START + 30 * MINUTE, START + 32 * MINUTE)
    assert (burst.errors, burst.peak, burst.usual, burst.factor) == (54, 30, 2, 15)
    assert burst.clause == "errors rose 15-fold at 00:30 UTC on 24 October on worker1"


def test_where_no_errors_are_usual_the_clause_has_their_number():
    (burst,) = bursts_of(History(errors(*[0] * 30, 240, *[0] * 29)), Thresholds())
    assert burst.clause == "errors rose to 240 at 00:30 UTC on 24 October on worker1"


def test_bursts_with_a_pause_are_two():
    found = bursts_of(History(errors(*[0] * 30, 240, 0, 50, *[0] * 60)), Thresholds())
    assert [burst.errors for burst in found] == [240, 50]


@pytest.mark.parametrize(("peak", "found"), [(19, 0), (20, 1), (49, 1)])
def test_few_errors_are_no_burst(peak, found):
    assert len(bursts_of(History(errors(*[0] * 30, peak, *[0] * 29)), Thresholds())) == found


@pytest.mark.parametrize(("peak", "found"), [(49, 0), (50, 1)])
def test_a_burst_is_so_many_times_what_is_usual(peak, found):
    assert len(bursts_of(History(errors(*[10] * 30, peak, *[10] * 29)), Thresholds())) == found


def test_thresholds_can_be_changed():
    history = History(errors(*[10] * 30, 40, *[10] * 29))
    assert len(bursts_of(history, Thresholds(burst_factor=4))) == 1
    assert not bursts_of(history, Thresholds(burst_factor=4, burst_minimum=41))


def test_a_record_from_the_future_makes_no_quiet_buckets():
    future = [entry(datetime(2099, 1, 1, tzinfo=timezone.utc), 1, "worker1")]
    assert not bursts_of(History([*errors(*[10] * 30, 49, *[10] * 29), *future]), Thresholds())


def test_without_records_there_is_no_burst():
    assert bursts_of(History([]), Thresholds()) == ()
