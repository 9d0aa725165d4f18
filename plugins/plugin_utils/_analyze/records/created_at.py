# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convert ``created_at`` to nanoseconds since 1970-01-01 UTC."""

from __future__ import annotations

import datetime
import re

MINUTE = 60_000_000_000
"""Nanoseconds."""
LATEST = 2**63 - 1
"""The latest time that 64 bits hold: in the year 2262."""

_CACHED_MINUTES = 4096
_FORM = re.compile(
    r"(?P<minute>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}):(?P<second>[0-5][0-9]|60)(?:[.,](?P<fraction>[0-9]{1,9}))?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-3]):?(?P<minutes>[0-5][0-9]))?"
)
_minutes: dict[str, int] = {}


def of_valid(text: str) -> int:
    """Return the time of a ``created_at`` that conforms to the schema. Raise as ``to_nanoseconds`` does."""
    minute = _minutes.get(text[:16])
    if minute is not None and text[26:] == "Z":
        return minute + int(text[17:19] + text[20:26]) * 1000
    return to_nanoseconds(text)


def to_nanoseconds(text: str) -> int:
    """Return the time of a ``created_at``; one without an offset is in UTC.

    Raise ``ValueError`` if it is not an ISO 8601 time, and ``OverflowError`` if it is before 1970 or does not fit into 64 bits.
    """
    match = _FORM.fullmatch(text)
    if not match:
        raise ValueError("not an ISO 8601 time")
    offset = 0
    if match["sign"]:
        offset = int(match["hours"]) * 60 + int(match["minutes"])
        offset = -offset if match["sign"] == "-" else offset
    fraction = int((match["fraction"] or "").ljust(9, "0"))
    time = _minute(match["minute"]) - offset * MINUTE + int(match["second"]) * 1_000_000_000 + fraction
    if not 0 <= time <= LATEST:
        raise OverflowError("before 1970, or beyond 64 bits")
    return time


def _minute(text: str) -> int:
    """Return the nanoseconds of ``YYYY-MM-DDTHH:MM``, and remember those that every time with this text may use."""
    parsed = datetime.datetime.fromisoformat(f"{text[:10]}T{text[11:]}+00:00")
    minute = int(parsed.timestamp()) * 1_000_000_000
    if 0 <= minute <= LATEST - 2 * MINUTE:
        if len(_minutes) >= _CACHED_MINUTES:
            _minutes.clear()
        _minutes[text] = minute
    return minute
