# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the time that a VM's records cover: days and hours without any, ends of the window, and times in the future."""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings import times
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.evidence import Evidence
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.finding import (
    Finding,
    bounded,
    finding,
    number,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.rhythm import (
    Interval,
    Rhythm,
    rhythm_of,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.times import DAY, HOUR
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.summary import (
    Summary,
)

# By which a rotation may be late. A gap between rotated files begins and ends that close to midnight.
_ROTATION = 1 * HOUR


def of_vm(evidence: Evidence, summary: Summary, now: int) -> t.Iterator[Finding]:
    """Yield what the times of a VM's records say. ``now`` is nanoseconds since 1970."""
    latest = evidence.latest(now)
    if rhythm := rhythm_of(summary, latest):
        unusual = [gap for gap in rhythm.gaps if rhythm.is_unusual(*gap)]
        yield from bounded([_days_missing(gap) for gap in unusual if _whole_days(gap)])
        yield from bounded([_silence(gap) for gap in unusual if not _whole_days(gap)])
        yield from _uncovered(evidence, rhythm)
    if future := _records_after(summary, latest + HOUR):
        newest = times.shown(summary.newest or 0)
        records = number(future, "record", "is", "are")
        yield finding("future_times", newest, count=future, records=records, limit=times.shown(latest), newest=newest)


def _whole_days(gap: Interval) -> int:
    return max(gap[1] // DAY - -(-gap[0] // DAY), 0)


def _days_missing(gap: Interval) -> Finding:
    days = _whole_days(gap)
    first = -(-gap[0] // DAY) * DAY
    is_between_files = first - gap[0] <= _ROTATION and gap[1] - (first + days * DAY) <= _ROTATION
    start, end = times.shown(gap[0]), times.shown(gap[1])
    return finding(
        "days_missing",
        times.day(first),
        (first, first + days * DAY) if is_between_files else gap,
        days=number(days, "whole day"),
        start=start,
        end=end,
    )


def _silence(gap: Interval) -> Finding:
    start, end = times.shown(gap[0]), times.shown(gap[1])
    return finding("silence", start, gap, duration=times.duration(gap[1] - gap[0]), start=start, end=end)


def _uncovered(evidence: Evidence, rhythm: Rhythm) -> t.Iterator[Finding]:
    """Yield the ends of the window at which the VM has no records, although it usually logs."""
    window = evidence.window
    if window.start is not None and rhythm.is_unusual(window.start, rhythm.start):
        yield finding(
            "window_uncovered",
            times.shown(window.start),
            (window.start, rhythm.start),
            what=f"The oldest record is of {times.shown(rhythm.start)}, which is later than the window begins",
            duration=times.duration(rhythm.start - window.start),
            explanation=_rotation(evidence),
        )
    if window.end is not None and rhythm.is_unusual(rhythm.end, window.end):
        yield finding(
            "window_uncovered",
            times.shown(window.end),
            (rhythm.end, window.end),
            what=f"The newest record is of {times.shown(rhythm.end)}, which is earlier than the window ends",
            duration=times.duration(window.end - rhythm.end),
            explanation="",
        )


def _rotation(evidence: Evidence) -> str:
    settings = (evidence.last.entry["logging_settings"] if evidence.last else None) or {}
    limits = [f"{key}={settings[key]}" for key in ("LOG_ROTATE_MAX", "LOG_ROTATE_MAX_AUDIT") if settings.get(key)]
    return f": it keeps no older files ({', '.join(limits)})" if limits else ""


def _records_after(summary: Summary, time: int) -> int:
    """Return the number of records after a time, to the hour."""
    day, hour = times.day(time), times.hour(time)
    after = sum(records for name, records in summary.days.items() if name > day)
    return after + sum(records for name, records in summary.hours.items() if name > hour and name[:10] == day)
