# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times in nanoseconds since 1970 in UTC, as text and back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

SECOND = 10**9
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def parsed(text: str | None) -> int | None:
    """Return the time of a text in a manifest, such as ``2026-10-25`` or ``2026-10-25T14:05:00Z``; None if it is no time."""
    try:
        time = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    time = time if time.tzinfo else time.replace(tzinfo=timezone.utc)
    return (time - _EPOCH) // timedelta(microseconds=1) * 1000


def utc(time: int) -> datetime:
    """Return a time to the microsecond."""
    return _EPOCH + timedelta(microseconds=time // 1000)


def iso(time: int) -> str:
    """Return a time as in findings.json."""
    return f"{_to_second(time).isoformat()}Z"


def shown(time: int) -> str:
    """Return a time for a sentence."""
    return f"{_to_second(time).isoformat(' ')} UTC"


def day(time: int) -> str:
    """Return the day of a time, as ``2026-10-25``."""
    return utc(time).date().isoformat()


def hour(time: int) -> str:
    """Return the hour of a time, as ``2026-10-25T14``."""
    return _to_second(time).isoformat(timespec="hours")


def duration(length: int) -> str:
    """Return a length of time for a sentence: its two largest units."""
    minutes = length // MINUTE
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{minutes} min"


def _to_second(time: int) -> datetime:
    # strftime does not pad the years before 1000.
    return utc(time).replace(microsecond=0, tzinfo=None)
