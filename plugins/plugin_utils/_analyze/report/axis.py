# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The axis of time that all charts of the page share."""

from __future__ import annotations

import itertools
import typing as t
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.facts import RunFacts
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.history import History

SLOTS = 120
"""Bars of a chart at most."""
_TICKS = 6
# Of all records, the share that may be too early or too late to be drawn.
_STRAY = 0.001
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 20160)


@dataclass(frozen=True)
class Axis:
    """Slots of equal width from a start."""

    start: datetime
    width: timedelta
    slots: int

    @property
    def end(self) -> datetime:
        return self.start + self.slots * self.width

    @property
    def first_day(self) -> str:
        return text.date(self.start)

    def slot(self, time: datetime) -> int | None:
        """Return the slot of a time; None where it is not on the axis."""
        index = (time - self.start) // self.width
        return index if 0 <= index < self.slots else None

    def percent(self, time: datetime) -> float:
        """Return where on the axis a time is, from 0 to 100; what is outside is at the nearer end."""
        share = (time - self.start) / (self.end - self.start)
        return round(100 * min(max(share, 0), 1), 2)

    def ticks(self) -> list[tuple[float, str]]:
        """Return the positions and labels of a few round times: the day at midnight, the time of day otherwise."""
        step = round_width((self.end - self.start) / _TICKS)
        times = [_floor(self.start, step) + number * step for number in range(1, _TICKS + 2)]
        return [(self.percent(time), _label(time)) for time in times if self.start < time < self.end]


def round_width(least: timedelta) -> timedelta:
    """Return the smallest round width that is not below this one."""
    widths = (timedelta(minutes=minutes) for minutes in _MINUTES)
    longest = timedelta(minutes=_MINUTES[-1])
    return next((width for width in widths if width >= least), -(-least // longest) * longest)


def axis_of(history: History, run: RunFacts) -> Axis | None:
    """Return the axis of the window, or of the records where the window is open; None where there is neither."""
    totals = history.totals
    start = text.utc(run.window_from) if run.window_from else _first(totals)
    last = _last(totals)
    end = text.utc(run.window_to) if run.window_to else last and last + history.width
    if run.collected_at and end:
        end = min(end, text.utc(run.collected_at))
    if start is None or end is None or end <= start:
        return None
    width = round_width(max((end - start) / (SLOTS - 1), history.width))
    first = _floor(start, width)
    return Axis(first, width, -((first - end) // width))


def _floor(time: datetime, width: timedelta) -> datetime:
    return _EPOCH + (time - _EPOCH) // width * width


def _label(time: datetime) -> str:
    return text.date(time) if text.clock(time) == "00:00" else text.clock(time)


def _first(totals: Counter[datetime]) -> datetime | None:
    return _without_strays(sorted(totals), totals)


def _last(totals: Counter[datetime]) -> datetime | None:
    return _without_strays(sorted(totals, reverse=True), totals)


def _without_strays(buckets: t.Sequence[datetime], totals: Counter[datetime]) -> datetime | None:
    """Return the first bucket, but not one of few records that is much farther from the next than that is from the middle."""
    if not buckets:
        return None
    found, middle = buckets[0], buckets[len(buckets) // 2]
    most, before = _STRAY * sum(totals.values()), 0
    for bucket, following in itertools.pairwise(buckets):
        before += totals[bucket]
        if before > most:
            break
        if abs(following - bucket) > 2 * abs(middle - following):
            found = following
    return found
