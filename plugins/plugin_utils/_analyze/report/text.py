# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of unknown origin as text for a page: bounded, printable, and the same in every locale."""

from __future__ import annotations

import re
import typing as t
from datetime import datetime, timedelta, timezone
from datetime import time as time_of_day

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import printable

CELL_LIMIT = 500
"""Characters of a foreign text that one cell shows."""
NAME_LIMIT = 80
"""Characters of a name in a sentence or a chart."""
NOTHING = "–"

# strftime would use the controller's locale.
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def cut(value: object, limit: int = CELL_LIMIT) -> str:
    """Return a value as at most ``limit`` printable characters; line breaks remain, other control characters are escaped."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    lines = text[: limit + 1].replace("\r\n", "\n").replace("\t", "    ").split("\n")
    shown = "\n".join(printable(line) for line in lines)
    return shown if len(text) <= limit and len(shown) <= limit else shown[: limit - 1] + "…"


def name(value: object) -> str:
    """Return a name of unknown origin for a sentence: one short line."""
    return printable(cut(value, NAME_LIMIT))


def number(value: object) -> str:
    """Return a number with separators of thousands, and at most one decimal."""
    if not isinstance(value, (int, float)):
        return cut(value)
    return f"{value:,.1f}" if isinstance(value, float) and not value.is_integer() else f"{value:,.0f}"


def plural(count: int, noun: str) -> str:
    """Return a count with its regular noun."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def utc(time: datetime) -> datetime:
    """Return a time in UTC; one without a zone is in UTC already."""
    return time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)


def parsed(value: object) -> datetime | None:
    """Return the time of an ISO 8601 text; None where there is none."""
    # Python 3.10 does not read the Z.
    return utc(datetime.fromisoformat(value.replace("Z", "+00:00"))) if isinstance(value, str) else None


def stamp(time: datetime | None) -> str:
    """Return a time (UTC) to the second, as the logs have it."""
    return NOTHING if time is None else utc(time).replace(microsecond=0, tzinfo=None).isoformat(" ")


def day(time: datetime) -> str:
    return f"{time.day} {_MONTHS[time.month - 1]}"


def clock(time: datetime) -> str:
    return f"{time.hour:02}:{time.minute:02}"


def date(time: datetime) -> str:
    """Return a day for a chart; it stays on one line."""
    return f"{time.day}\u00a0{_MONTHS[time.month - 1][:3]}"


def short(time: datetime) -> str:
    """Return a day and a time of day for a narrow column."""
    return f"{date(time)}\u00a0{clock(time)}"


def moment(time: datetime) -> str:
    """Return a time for a sentence."""
    return f"{clock(time)} UTC on {day(time)}"


def period(start: datetime, end: datetime) -> str:
    """Return a period for a sentence: whole days as days, all others to the minute."""
    if start.time() == end.time() == time_of_day.min and end > start:
        last = end - timedelta(days=1)
        return day(start) if last == start else f"{day(start)} to {day(last)}"
    if start.date() == end.date():
        return f"{clock(start)} to {clock(end)} UTC on {day(start)}"
    return f"{clock(start)} UTC on {day(start)} to {moment(end)}"


def duration(length: timedelta) -> str:
    """Return a duration in its two largest units, down to seconds."""
    seconds = round(length.total_seconds())
    days = seconds // 86400
    units = (
        ("day" if days == 1 else "days", days),
        ("h", seconds // 3600 % 24),
        ("min", seconds // 60 % 60),
        ("s", seconds % 60),
    )
    first = next((index for index, (_unit, count) in enumerate(units) if count), len(units) - 1)
    parts = [f"{count} {unit}" for unit, count in units[first : first + 2] if count]
    return " ".join(parts) or "0 s"


def natural(text: str) -> list[tuple[int, str]]:
    """Return a key that sorts web2 before web10."""
    return [
        (int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", text)
    ]


def vm_names(vms: t.Sequence[str], fleet: int) -> str:
    """Return the VMs of a fleet of that size that something happened on."""
    if not vms:
        return NOTHING
    if len(vms) == fleet > 1:
        return f"all {fleet} VMs"
    names = [name(vm) for vm in sorted(vms, key=natural)]
    shown = names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} more"]
    return ", ".join(shown)
