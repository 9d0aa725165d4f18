# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.rhythm import Rhythm, rhythm_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.times import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
)
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.findings.findings_fleets import (
    END,
    NOW,
    START,
    steady,
    summary,
    without,
)


def unusual(times, latest=NOW):
    rhythm = rhythm_of(summary(times), latest)
    return [gap for gap in rhythm.gaps if rhythm.is_unusual(*gap)]


def hours(*gaps):
    """Return unusual gaps, to the hour, as hours after the start."""
    return [tuple(round((time - START) / HOUR) for time in gap) for gap in gaps]


def office_hours(days, step=MINUTE):
    """Return the times of records from 8 to 18 o'clock on working days."""
    times = steady(START, START + days * DAY, step)
    return [time for time in times if 8 <= time // HOUR % 24 < 18 and (time - START) // DAY % 7 < 5]


class TestUnusual:
    def test_steady_log_has_no_gap(self):
        assert unusual(steady()) == []

    @pytest.mark.parametrize(("begin", "end"), [(50, 51), (50, 53), (50, 60), (24, 48), (30, 100), (120, 144)])
    def test_gap_in_a_steady_log_is_found(self, begin, end):
        gap = (START + begin * HOUR, START + end * HOUR)
        assert hours(*unusual(without(steady(), gap))) == [(begin, end)]

    def test_several_gaps_are_found(self):
        gaps = [(START + begin * HOUR, START + (begin + 3) * HOUR) for begin in (10, 60, 90)]
        assert hours(*unusual(without(steady(), *gaps))) == [(10, 13), (60, 63), (90, 93)]

    def test_gap_is_found_within_one_day(self):
        gap = (START + 12 * HOUR, START + 13 * HOUR)
        assert hours(*unusual(without(steady(end=START + DAY), gap))) == [(12, 13)]

    def test_missing_day_is_found_in_three_days_that_include_a_weekend(self):
        saturday = START + 5 * DAY
        times = steady(saturday, saturday + 3 * DAY)
        assert len(unusual(without(times, (saturday + DAY, saturday + 2 * DAY)))) == 1

    def test_short_interruption_is_not_unusual(self):
        assert unusual(without(steady(step=10 * SECOND), (START + 50 * HOUR, START + 50 * HOUR + 25 * MINUTE))) == []

    def test_day_is_missing_although_every_night_is_quiet(self):
        tuesday = (START + DAY, START + 2 * DAY)
        assert hours(*unusual(without(office_hours(5), tuesday))) == [(18, 56)]

    def test_gap_of_more_than_a_day_is_no_quiet_night(self):
        assert hours(*unusual(without(office_hours(3), (START + DAY, START + 2 * DAY)))) == [(18, 56)]

    def test_day_is_not_missing_if_too_few_others_are_known(self):
        nights = [time for time in steady(START, START + 3 * DAY, HOUR) if not 18 <= time // HOUR % 24 < 22]
        assert unusual(without(nights, (START + DAY, START + 2 * DAY))) == []


class TestOrdinary:
    @pytest.mark.parametrize("days", [2, 3, 5, 7, 8, 14, 21])
    def test_quiet_nights_and_weekends(self, days):
        assert unusual(office_hours(days), START + 30 * DAY) == []

    def test_one_quiet_night_of_a_vm_that_is_known_for_a_day(self):
        times = [time for time in steady(START + 12 * HOUR, START + 36 * HOUR) if not 20 <= time // HOUR % 24 < 22]
        quiet = without(times, (START + 22 * HOUR, START + 30 * HOUR))
        assert unusual(quiet) == []

    def test_weekend_of_a_vm_that_also_logs_at_night_and_is_known_for_a_week(self):
        weekend = (START + 4 * DAY + 20 * HOUR, START + 7 * DAY + 6 * HOUR)
        assert unusual(without(steady(end=START + 9 * DAY), weekend), START + 10 * DAY) == []

    def test_pause_of_every_night(self):
        assert unusual([time for time in steady() if not 2 <= time // HOUR % 24 < 4]) == []

    @pytest.mark.parametrize("seed", range(8))
    @pytest.mark.parametrize("minutes", [0.5, 5, 60, 600])
    def test_records_at_random_times(self, seed, minutes):
        source = random.Random(f"{seed} {minutes}")
        times = [START]
        while times[-1] < END and len(times) < 20_000:
            times.append(times[-1] + int(source.expovariate(1 / (minutes * MINUTE))))
        assert unusual(times[:-1]) == []

    @pytest.mark.parametrize("seed", range(8))
    def test_bursts_at_random_times(self, seed):
        source = random.Random(seed)
        begins = [START + source.randrange(END - START) for _number in range(60)]
        assert unusual([begin + number * SECOND for begin in begins for number in range(30)]) == []

    @pytest.mark.parametrize("seed", range(8))
    def test_intervals_that_differ_by_orders_of_magnitude(self, seed):
        source = random.Random(seed)
        times = [START]
        while times[-1] < END and len(times) < 5_000:
            times.append(times[-1] + int(source.lognormvariate(3, 1.5) * 10 * SECOND))
        assert unusual(times[:-1]) == []

    def test_more_gaps_than_are_listed(self):
        assert unusual(steady(step=10 * MINUTE)) == []
        gaps = [(START + 2 * DAY, START + 3 * DAY), (START + 100 * HOUR, START + 105 * HOUR)]
        assert len(unusual(without(steady(step=10 * MINUTE), *gaps))) == 2

    def test_single_records(self):
        assert unusual([START]) == []
        assert unusual([START, START + 3 * DAY]) == []
        assert unusual([START, START + HOUR, START + 3 * DAY]) == []


class TestCompared:
    def shifted(self, part, times):
        return [(time[0] - part[0]) / DAY for time in times if time[1] - time[0] == part[1] - part[0]]

    def test_nearest_fourteen_days_on_either_side(self):
        rhythm, part = Rhythm(START, START + 60 * DAY, ()), (START + 30 * DAY, START + 30 * DAY + 2 * HOUR)
        assert self.shifted(part, rhythm._days_before(part)) == [-day for day in range(1, 15)]
        assert self.shifted(part, rhythm._days_after(part, part[1])) == list(range(1, 15))

    def test_days_behind_a_gap_that_is_longer_than_a_day(self):
        rhythm, part = Rhythm(START, START + 9 * DAY, ()), (START + 2 * DAY, START + 3 * DAY)
        assert self.shifted(part, rhythm._days_after(part, START + 4 * DAY + HOUR)) == [3, 4, 5, 6]
        assert self.shifted(part, rhythm._days_after(part, START + 4 * DAY)) == [2, 3, 4, 5, 6]

    @pytest.mark.parametrize(("lacking", "days"), [(3 * MINUTE, 1), (3 * MINUTE + 1, 0)])
    def test_a_fortieth_of_a_comparable_time_may_be_lacking(self, lacking, days):
        length = 2 * HOUR
        rhythm, part = Rhythm(START, START + 2 * DAY, ()), (START + DAY - lacking, START + DAY - lacking + length)
        assert len(rhythm._days_before(part)) == days
        rhythm = Rhythm(START, START + 2 * DAY + length - lacking, ())
        part = (START + DAY, START + DAY + length)
        assert len(rhythm._days_after(part, part[1])) == days
        rhythm = Rhythm(START, START + 3 * DAY, ())
        assert len(rhythm._days_after(part, part[0] + DAY + lacking)) == days

    @pytest.mark.parametrize(("gap", "is_busy"), [(6 * MINUTE - 1, True), (6 * MINUTE, False)])
    def test_gap_of_a_twentieth_of_a_comparable_time_is_too_long(self, gap, is_busy):
        rhythm = Rhythm(START, START + DAY, ((START + HOUR, START + HOUR + gap),))
        assert rhythm._is_busy((START, START + 2 * HOUR)) == is_busy
        assert Rhythm(START, START + DAY, (), gap)._is_busy((START, START + 2 * HOUR)) == is_busy

    def test_only_the_part_of_a_gap_that_is_in_a_comparable_time_counts(self):
        rhythm = Rhythm(START, START + DAY, ((START + HOUR, START + 3 * HOUR),))
        assert rhythm._is_busy((START + 3 * HOUR - 5 * MINUTE, START + 5 * HOUR))
        assert rhythm._is_busy((START - HOUR, START + HOUR + 5 * MINUTE))
        assert not rhythm._is_busy((START - HOUR, START + 2 * HOUR))

    def test_neighbours_are_next_to_the_gap(self):
        rhythm = Rhythm(START, START + 10 * HOUR, ())
        hours = [
            ((begin - START) / HOUR, (end - START) / HOUR)
            for begin, end in rhythm._neighbours(START + 3 * HOUR, START + 5 * HOUR)
        ]
        assert hours == [(1, 3), (5, 7), (7, 9)]
        assert rhythm._neighbours(START + 3 * HOUR, START + 3 * HOUR + 29 * MINUTE) == []

    def test_neighbours_of_a_gap_of_more_than_a_day_are_shorter(self):
        neighbours = Rhythm(START, START + 3 * DAY, ())._neighbours(START + DAY, START + 2 * DAY + 9 * HOUR)
        assert {end - start for start, end in neighbours} == {39 * HOUR // 13}
        assert len(neighbours) == 8 + 5
        assert Rhythm(START, START + 3 * DAY, ())._neighbours(START + DAY, START + 2 * DAY) == [
            (START, START + DAY),
            (START + 2 * DAY, START + 3 * DAY),
        ]

    def test_neighbours_of_the_ends_of_a_window(self):
        rhythm = Rhythm(START, START + 6 * HOUR, ())
        assert len(rhythm._neighbours(START - HOUR, START)) == 6
        assert len(rhythm._neighbours(START + 6 * HOUR, START + 7 * HOUR)) == 6


class TestOfSummary:
    def test_no_records_have_no_rhythm(self):
        assert rhythm_of(summary([]), NOW) is None

    def test_records_in_the_future_alone_have_no_rhythm(self):
        assert rhythm_of(summary([NOW + DAY]), NOW) is None

    def test_records_in_the_future_do_not_count(self):
        rhythm = rhythm_of(summary([*steady(), NOW + 26_000 * DAY]), NOW)
        assert rhythm.end == steady()[-1] and rhythm.gaps == ()

    def test_records_shortly_after_the_latest_time_end_the_rhythm_there(self):
        assert rhythm_of(summary(), END - HOUR).end == END - HOUR

    def test_few_records_of_a_clock_that_was_not_set_do_not_count(self):
        rhythm = rhythm_of(summary([5 * SECOND, 9 * SECOND, *steady()]), NOW)
        assert rhythm.start == steady()[0] and rhythm.gaps == ()

    def test_old_logs_count(self):
        old = steady(START - 500 * DAY, START - 499 * DAY)
        assert rhythm_of(summary([*old, *steady()]), NOW).start == old[0]

    def test_hours_with_records_are_counted(self):
        assert rhythm_of(summary([START, START + MINUTE, START + HOUR, START + DAY]), NOW).active_hours == {
            START // DAY: 2,
            START // DAY + 1: 1,
        }
