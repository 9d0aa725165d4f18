# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a VM logged: records by hour and by day, and the longest times without a record."""

from __future__ import annotations

import bisect
import dataclasses
import datetime
import heapq
import typing as t
from collections import Counter

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.entry import TIME

MINUTE = 60 * 10**9
HOURS_LIMIT = 50_000
"""Hours that are counted one by one. Days are always counted."""
GAPS_LIMIT = 100
GAP_MINIMUM = 2 * MINUTE
"""Nanoseconds. Shorter times without a record are not listed."""
_DAY_HOURS = 24


@dataclasses.dataclass
class Timeline:
    """Counts entries that come in order. Times are nanoseconds since 1970 in UTC."""

    records: int = 0
    oldest: int | None = None
    newest: int | None = None
    _hours: Counter[int] = dataclasses.field(default_factory=Counter)
    _days: Counter[int] = dataclasses.field(default_factory=Counter)
    _gaps: list[tuple[int, int]] = dataclasses.field(default_factory=list)

    def add(self, entries: t.Sequence[bytes]) -> None:
        """Count the next entries, a minute at a time."""
        index = 0
        while index < len(entries):
            time = int(entries[index][TIME])
            self._add_gap(time)
            minute = time // MINUTE
            end = bisect.bisect_left(entries, b"%019d" % ((minute + 1) * MINUTE), index)
            self._days[minute // 60 // _DAY_HOURS] += end - index
            if minute // 60 in self._hours or len(self._hours) < HOURS_LIMIT:
                self._hours[minute // 60] += end - index
            self.newest = int(entries[end - 1][TIME])
            index = end
        self.records += len(entries)

    def days(self) -> dict[str, int]:
        """Return the number of records by day, as ``2026-10-25``."""
        return {_text(day * _DAY_HOURS)[:10]: number for day, number in self._days.items()}

    def hours(self) -> dict[str, int]:
        """Return the number of records by hour, as ``2026-10-25T14``."""
        return {_text(hour): number for hour, number in self._hours.items()}

    def gaps(self) -> list[tuple[int, int]]:
        """Return the longest times without a record, in order: the records before and after."""
        return sorted((end - length, end) for length, end in self._gaps)

    def _add_gap(self, time: int) -> None:
        if self.newest is None:
            self.oldest = time
        elif time - self.newest >= GAP_MINIMUM:
            heapq.heappush(self._gaps, (time - self.newest, time))
            if len(self._gaps) > GAPS_LIMIT:
                heapq.heappop(self._gaps)


def _text(hour: int) -> str:
    time = datetime.datetime(1970, 1, 1) + datetime.timedelta(hours=hour)
    return time.isoformat(timespec="hours")
