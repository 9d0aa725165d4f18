# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What findings are derived from: for each VM, its records, and what the manifests say of its collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings import times
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.summary import (
    Summary,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.created_at import LATEST

Manifest = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Collection:
    """What a run collected from a VM: the VM's entry in the run's manifest, and what was requested."""

    entry: t.Mapping[str, t.Any]
    request: t.Mapping[str, t.Any]

    @property
    def is_collected(self) -> bool:
        return bool(self.entry["status"] == "collected")


@dataclass(frozen=True)
class Window:
    """The requested time, in nanoseconds since 1970; None is no limit."""

    start: int | None
    end: int | None


@dataclass(frozen=True)
class Evidence:
    """A VM. One without a collection is a folder of files that came by other means."""

    vm: str
    summary: Summary | None
    collections: tuple[Collection, ...] = ()
    """Of all runs that name the VM, the latest last."""

    @property
    def collected(self) -> tuple[Collection, ...]:
        return tuple(collection for collection in self.collections if collection.is_collected)

    @property
    def last(self) -> Collection | None:
        """The latest collection."""
        return self.collected[-1] if self.collected else None

    @property
    def window(self) -> Window:
        """What all collections requested together, up to the time at which the last one began, by the VM's clock."""
        starts = [times.parsed(each.request["date_from"]) for each in self.collected]
        ends = [_end(each) for each in self.collected]
        return Window(
            min((each for each in starts if each is not None), default=None) if None not in starts else None,
            max((each for each in ends if each is not None), default=None) if None not in ends else None,
        )

    def latest(self, now: int) -> int:
        """Return the latest time that a record can have: when the last collection ended, or now."""
        ends = [times.parsed(each.entry["end"]) for each in self.collected]
        return min(max((each for each in ends if each is not None), default=now), LATEST)


def evidence_of(summaries: t.Mapping[str, Summary], manifests: t.Iterable[Manifest]) -> list[Evidence]:
    """Return the evidence of all VMs that have records or are in one of the manifests, by name."""
    collections: dict[str, list[Collection]] = {vm: [] for vm in summaries}
    for manifest in sorted(manifests, key=lambda manifest: str(manifest["start"])):
        for vm, entry in manifest["vms"].items():
            collections.setdefault(vm, []).append(Collection(entry, entry["request"] or manifest["request"]))
    return [Evidence(vm, summaries.get(vm), tuple(collections[vm])) for vm in sorted(collections)]


def _end(collection: Collection) -> int | None:
    ends = (times.parsed(collection.request["date_to"]), times.parsed(collection.entry["start"]))
    return min((each for each in ends if each is not None), default=None)
