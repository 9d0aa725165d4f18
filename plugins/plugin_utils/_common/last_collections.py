# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a data set has got from each VM, and so what the next collection has to request."""

from __future__ import annotations

import json
import os
import typing as t
from datetime import datetime, timedelta, timezone
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import (
    open_regular_file,
    os_errors,
    write_private_file,
)

OVERLAP = timedelta(hours=1)
"""How far collections overlap: for records that are written late, and for clocks that differ. Records are added once all the same."""

FILE = "collections.json"


class Period(t.NamedTuple):
    """A time of which all records of a VM were collected, whatever their type and level."""

    since: datetime | None
    """None is no limit."""
    until: datetime


class LastCollection(t.NamedTuple):
    """The last collection of a VM that left no gap behind what the data set had of it."""

    collected_at: datetime
    newest_record: datetime | None
    """The time of the newest record that is not later than the collection."""

    @property
    def complete_until(self) -> datetime | None:
        """The time up to which the data set has all records of the VM; None if it has none."""
        return min(self.newest_record, self.collected_at) if self.newest_record else None


def next_date_from(root: Path, vm: str, overlap: timedelta = OVERLAP) -> datetime | None:
    """Return since when a data set lacks records of a VM, or None if it has none: then everything has to be collected.

    This is the time of its newest record, or of its last collection if that is earlier, minus the overlap. A record with
    a time in the future does not count, and of a VM that could not be collected for days these days are still lacking.
    """
    last = read(root).get(vm)
    return last.complete_until - overlap if last and last.complete_until else None


def read(root: Path) -> dict[str, LastCollection]:
    """Return the last collection of each VM, as far as one is recorded."""
    path = root / FILE
    if not os.path.lexists(path):
        return {}
    with os_errors("read", path), open_regular_file(path) as stream:
        text = stream.read()
    try:
        return {vm: _last_collection(**values) for vm, values in json.loads(text)["vms"].items()}
    except (ValueError, LookupError, TypeError, AttributeError) as problem:
        remedy = "Remove it: the next collection then asks each VM for everything, and what is new is added"
        raise failure("read", str(path), "is damaged: it is not a list of collections in JSON", remedy) from problem


def update(
    root: Path, periods: t.Mapping[str, t.Sequence[Period]], newest: t.Callable[[str, datetime], datetime | None]
) -> None:
    """Record that the records of these periods were added, in whatever order that is done.

    A period that begins later than the records before it end changes nothing: the time between the two is still lacking.
    ``newest`` returns the time of the newest record of a VM that is not later than a time.
    """
    recorded = read(root)
    for vm, of_vm in periods.items():
        for period in sorted(of_vm, key=_begin):
            old = recorded.get(vm)
            if period.since is None or (old and old.complete_until and period.since <= old.complete_until):
                recorded[vm] = _later(old, LastCollection(period.until, newest(vm, period.until)))
    vms = {
        vm: {name: value and value.isoformat() for name, value in last._asdict().items()}
        for vm, last in sorted(recorded.items())
    }
    text = json.dumps({"format_version": 1, "vms": vms}, indent=2, ensure_ascii=False)
    write_private_file(root / FILE, f"{text}\n".encode())


def _begin(period: Period) -> datetime:
    return period.since or datetime.min.replace(tzinfo=timezone.utc)


def _later(old: LastCollection | None, new: LastCollection) -> LastCollection:
    """Return the latest times of two collections."""
    if not old:
        return new
    newest = max(filter(None, (old.newest_record, new.newest_record)), default=None)
    return LastCollection(max(old.collected_at, new.collected_at), newest)


def _last_collection(collected_at: str, newest_record: str | None) -> LastCollection:
    return LastCollection(_utc(collected_at), _utc(newest_record) if newest_record is not None else None)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(timezone.utc)
