# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VM's rhythm: whether a time without records is unlike the rest of its log, by comparison with the same time of other days."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings import times
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.times import DAY, HOUR, MINUTE
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.summary import (
    Summary,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.timeline import (
    GAP_MINIMUM,
    GAPS_LIMIT,
)

SHORTEST = 30 * MINUTE
"""Nanoseconds. A shorter time without records is never unusual: a restart takes a while."""

# How many times as long as every gap in a comparable time an unusual one is.
_FACTOR = 20
# Comparable times on either side that are looked at.
_COMPARED = 14
# Share of the comparable times in which the VM has to log without such gaps.
_BUSY_SHARE = 0.75
# Times of the same length before and after a gap that are compared if no other day can be.
_NEIGHBOURS = 12
# A gap of this length on a weekend is compared with other weekends alone.
_WEEKEND = 6 * HOUR
# Days on either side that a day without records is compared with, the number of them with records that is needed, and hours
# of each of these in which there have to be records.
_NEAR = 31
_OTHER_DAYS = 3
_ACTIVE_HOURS = 6
# A gap that separates a few stray records, such as those of a VM that booted without the time, from all others.
_STRAY_GAP = 366 * DAY
_STRAY_SHARE = 0.01

Interval = tuple[int, int]


@dataclass(frozen=True)
class Rhythm:
    """The time from a VM's oldest record to its newest one, and the gaps in it, in order."""

    start: int
    end: int
    gaps: tuple[Interval, ...]
    resolution: int = GAP_MINIMUM
    """The length below which gaps are not known."""
    active_hours: t.Mapping[int, int] = field(default_factory=dict)
    """By number of the day since 1970: hours with records."""

    def is_unusual(self, start: int, end: int) -> bool:
        """Return whether the VM usually logs at such a time. Where that is not certain, it is not unusual."""
        if end - start < SHORTEST:
            return False
        return self._is_far_longer_than_others(start, end) or self._has_day_unlike_others(start, end)

    def _has_day_unlike_others(self, start: int, end: int) -> bool:
        """Return whether there is a whole day in a gap, and on every other day of this kind the VM logs for hours."""
        days = range(-(-start // DAY), end // DAY)
        first, last = self.start // DAY, self.end // DAY
        # The log may begin and end in the middle of a day.
        partial = [day for day in (first, last) if self.active_hours.get(day, 0) < _ACTIVE_HOURS]
        near = range(max(first, days.start - _NEAR), min(last + 1, days.stop + _NEAR))
        known = [day for day in near if day not in days and day not in partial]
        for is_weekend in {_is_weekend((day * DAY, (day + 1) * DAY)) for day in days[:7]}:
            others = [day for day in known if _is_weekend((day * DAY, (day + 1) * DAY)) == is_weekend]
            hours = [self.active_hours[day] for day in others if day in self.active_hours]
            if len(hours) >= max(_OTHER_DAYS, _BUSY_SHARE * len(others)) and min(hours) >= _ACTIVE_HOURS:
                return True
        return False

    def _is_far_longer_than_others(self, start: int, end: int) -> bool:
        """Return whether, at this time of other days, every gap is far shorter."""
        length = end - start
        # Of a longer gap, the day next to the records is compared.
        part = (start, min(end, start + DAY)) if start >= self.start else (max(start, end - DAY), end)
        other_days = [*self._days_before(part), *self._days_after(part, end)]
        of_same_kind = [each for each in other_days if _is_weekend(each) == _is_weekend(part)]
        if compared := of_same_kind or (other_days if not _is_weekend(part) else []):
            return sum(map(self._is_busy, compared)) >= _BUSY_SHARE * len(compared)
        if length >= _WEEKEND and _is_weekend((start, end)):
            return False
        neighbours = self._neighbours(start, end)
        return len(neighbours) >= _NEIGHBOURS and all(map(self._is_busy, neighbours))

    def _days_before(self, part: Interval) -> list[Interval]:
        """Return the same time of the nearest days before."""
        days = min((part[0] + _slack(part) - self.start) // DAY, _COMPARED)
        return [(part[0] - day * DAY, part[1] - day * DAY) for day in range(1, days + 1)]

    def _days_after(self, part: Interval, end: int) -> list[Interval]:
        """Return the same time of the nearest days after the end of the gap."""
        first, last = -((part[0] + _slack(part) - end) // DAY), (self.end + _slack(part) - part[1]) // DAY
        return [
            (part[0] + day * DAY, part[1] + day * DAY) for day in range(first, min(last, first + _COMPARED - 1) + 1)
        ]

    def _neighbours(self, start: int, end: int) -> list[Interval]:
        """Return the times before and after a gap, cut into times of its length, or shorter ones if it is longer than a day."""
        before, after = (self.start, min(start, self.end)), (max(end, self.start), self.end)
        length = end - start
        if length > DAY:
            length = sum(max(each[1] - each[0], 0) for each in (before, after)) // (_NEIGHBOURS + 1)
        if length < SHORTEST:
            return []
        return [
            *((each - length, each) for each in range(before[1], before[0] + length - 1, -length)),
            *((each, each + length) for each in range(after[0], after[1] - length + 1, length)),
        ][: 4 * _COMPARED]

    def _is_busy(self, time: Interval) -> bool:
        """Return whether every gap in a time is far shorter than the time itself."""
        longest = max((min(end, time[1]) - max(start, time[0]) for start, end in self.gaps), default=0)
        return max(longest, self.resolution) * _FACTOR < time[1] - time[0]


def rhythm_of(summary: Summary, latest: int) -> Rhythm | None:
    """Return the rhythm of the records up to a time; None if there are none."""
    if summary.oldest is None or summary.newest is None or summary.oldest > latest:
        return None
    gaps = sorted((start, end) for start, end in summary.gaps)
    resolution = min(end - start for start, end in gaps) if len(gaps) >= GAPS_LIMIT else GAP_MINIMUM
    start, end = summary.oldest, min(summary.newest, latest)
    for gap in gaps:
        if gap[1] - gap[0] > _STRAY_GAP and _records_until(summary, gap[0]) <= _STRAY_SHARE * summary.records:
            start = gap[1]
        if gap[0] <= latest < gap[1]:
            end = gap[0]
    inside = tuple(gap for gap in gaps if start <= gap[0] and gap[1] <= end)
    hours = Counter((date.fromisoformat(hour[:10]) - date(1970, 1, 1)).days for hour in summary.hours)
    return Rhythm(start, end, inside, resolution, hours) if start <= end else None


def _records_until(summary: Summary, time: int) -> int:
    return sum(records for day, records in summary.days.items() if day <= times.day(time))


def _slack(time: Interval) -> int:
    """Return what may be lacking of a comparable time: the records of a day begin and end a few seconds apart."""
    return (time[1] - time[0]) // (2 * _FACTOR)


def _is_weekend(time: Interval) -> bool:
    """Return whether the middle of a time is on a Saturday or Sunday."""
    return times.utc((time[0] + time[1]) // 2).weekday() >= 5
