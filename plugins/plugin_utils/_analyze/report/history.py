# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many records there were: by time, VM and level."""

from __future__ import annotations

import typing as t
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text

LEVELS = ("debug", "info", "warning", "error", "critical")
OTHER = "other"
ERRORS = ("error", "critical")


@dataclass(frozen=True)
class Entry:
    """The records of one level of a VM in a bucket of time."""

    bucket: datetime
    vm: str
    level: str
    records: int


class History:
    """The answer of ``records_by_time``."""

    def __init__(self, rows: t.Sequence[t.Mapping[str, t.Any]]) -> None:
        self.entries = sorted(map(_entry, rows), key=lambda entry: (entry.bucket, entry.vm, entry.level))
        self.totals = summed((entry.bucket, entry.records) for entry in self.entries)
        """Records in each bucket, in the order of time."""
        self.width = timedelta(minutes=rows[0]["minutes"] if rows else 60)
        self._by_vm = defaultdict(list)
        for entry in self.entries:
            self._by_vm[entry.vm].append(entry)
        self.vms = sorted(self._by_vm, key=text.natural)

    def of(self, vm: str) -> list[Entry]:
        """Return the entries of a VM in the order of time."""
        return self._by_vm.get(vm, [])

    def by_level(self, vm: str) -> Counter[str]:
        """Return the records of a VM by level."""
        return summed((entry.level, entry.records) for entry in self.of(vm))

    def errors(self, vm: str) -> Counter[datetime]:
        """Return the errors of a VM, critical ones included, in each bucket that has any."""
        return summed((entry.bucket, entry.records) for entry in self.of(vm) if entry.level in ERRORS)

    def span(self, vm: str) -> tuple[datetime, datetime] | None:
        """Return the first and the last bucket with records of a VM."""
        entries = self.of(vm)
        return (entries[0].bucket, entries[-1].bucket) if entries else None


Key = t.TypeVar("Key")


def summed(pairs: t.Iterable[tuple[Key, int]]) -> Counter[Key]:
    """Return the sum of the numbers of each key."""
    result: Counter[Key] = Counter()
    for key, count in pairs:
        result[key] += count
    return result


def _entry(row: t.Mapping[str, t.Any]) -> Entry:
    level = row["level"] if row["level"] in LEVELS else OTHER
    return Entry(text.utc(row["bucket"]), row["vm"], level, row["records"])
