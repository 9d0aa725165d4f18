# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moments in time: whole microseconds since 1970-01-01 UTC, so that nothing is lost to rounding."""

import calendar
import re
import time
from typing import Dict, Tuple

SECOND = 1000000
DAY = 86400 * SECOND

_CREATED_AT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|\+00:00)?\Z"
)
_OPTION_FORMATS = [
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"), "%Y-%m-%d", DAY),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\Z"), "%Y-%m-%d %H:%M:%S", SECOND),
]

_day_texts: Dict[int, str] = {}
_day_starts: Dict[str, int] = {}


def now() -> int:
    return int(time.time() * SECOND)


def day(moment: int) -> int:
    """Number of the UTC day of a moment."""
    return moment // DAY


def to_text(moment: int) -> str:
    """`created_at` of a record."""
    number, rest = divmod(moment, DAY)
    text = _day_texts.get(number)
    if text is None:
        _day_texts.clear()
        text = _day_texts[number] = time.strftime("%Y-%m-%d", time.gmtime(number * 86400))
    seconds, fraction = divmod(rest, SECOND)
    minutes, second = divmod(seconds, 60)
    return f"{text}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}.{fraction:06d}Z"


def to_stamp(moment: int) -> str:
    """Ending of a rotated file."""
    return time.strftime("%Y-%m-%d_%H-%M-%S", time.gmtime(moment // SECOND))


def from_text(text: str) -> int:
    """Moment of a `created_at`; ValueError where there is none."""
    match = _CREATED_AT.match(text)
    if match is None:
        raise ValueError("not a UTC timestamp")
    date, hour, minute, second, fraction = match.groups()
    start = _day_starts.get(date)
    if start is None:
        start = _day_starts[date] = calendar.timegm(time.strptime(date, "%Y-%m-%d")) * SECOND
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second)
    return start + seconds * SECOND + (int((fraction + "00000")[:6]) if fraction else 0)


def from_option(text: str) -> Tuple[int, int]:
    """First moment of the day or second that a command line names, and the length of it."""
    for pattern, form, length in _OPTION_FORMATS:
        if pattern.match(text):
            try:
                return calendar.timegm(time.strptime(text, form)) * SECOND, length
            except ValueError:
                break  # well formed, but no such day or hour
    raise ValueError(f"'{text}' is no date: write YYYY-MM-DD or 'YYYY-MM-DD HH:MM:SS' (UTC)")
