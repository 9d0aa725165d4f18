# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about clocks: as measured when the logs were collected, and as the records of shared requests show. Nothing is corrected."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.answers import Row
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.evidence import Evidence
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.finding import (
    Finding,
    bounded,
    finding,
    number,
)

TOLERANCE = 3.0
"""Seconds. Records of clocks that differ by more are not in a reliable order."""

# Requests that two VMs have to share.
_REQUESTS = 20
# How much the times of 9 of 10 shared requests may differ, as a share of the difference itself. Delays differ by more.
_SPREAD = 1.0


@dataclass(frozen=True)
class Difference:
    """By how many seconds requests reach one VM later than another, if that is nearly constant, else 0."""

    one: str
    other: str
    requests: int
    seconds: float

    def ahead(self, vm: str) -> float:
        """Return by how many seconds the clock of one of the two VMs is ahead of the other's."""
        return self.seconds if vm == self.other else -self.seconds


def of_vm(evidence: Evidence) -> t.Iterator[Finding]:
    """Yield whether a VM's clock was wrong when its logs were collected."""
    clocks = [(each.entry["clock"], each.entry["start"]) for each in evidence.collected if each.entry["clock"]]
    # Even if the measurement is as inaccurate as it may be.
    wrong = [(clock, start) for clock, start in clocks if abs(clock["offset"]) - clock["uncertainty"] > TOLERANCE]
    if wrong:
        clock, start = max(wrong, key=lambda each: abs(each[0]["offset"]))
        offset, uncertainty = clock["offset"], clock["uncertainty"]
        when = f" at {start}" if start else ""
        what = f"Its clock was {_seconds(offset)} (± {uncertainty:,.1f} s) {_direction(offset)} the controller's{when}"
        yield finding("clock_skew", "measurement", seconds=offset, what=what)


def of_requests(rows: t.Iterable[Row]) -> tuple[dict[str, Finding], list[Finding]]:
    """Return which VMs have a wrong clock according to the requests that VMs share, and findings about pairs of VMs.

    A difference between two VMs may be a delay as well. It is the clock of one VM if this one differs in the same
    direction from all others, while each of these agrees with some other VM.
    """
    by_vm: dict[str, list[Difference]] = defaultdict(list)
    differences = [_difference(row) for row in rows if row["requests"] >= _REQUESTS]
    for each in differences:
        by_vm[each.one].append(each)
        by_vm[each.other].append(each)
    found = {vm: _skew(vm, own) for vm, own in by_vm.items() if _is_wrong(vm, own, by_vm)}
    rest = [each for each in differences if each.seconds and each.one not in found and each.other not in found]
    return found, bounded([_pair(each) for each in rest])


def _difference(row: Row) -> Difference:
    low, middle, high = row["low"], row["middle"], row["high"]
    is_constant = min(abs(low), abs(high)) > TOLERANCE and low * high > 0 and high - low <= _SPREAD * abs(middle)
    return Difference(row["one"], row["other"], row["requests"], middle if is_constant else 0.0)


def _is_wrong(vm: str, own: t.Sequence[Difference], by_vm: t.Mapping[str, t.Sequence[Difference]]) -> bool:
    ahead = [each.ahead(vm) for each in own]
    if not (min(ahead) > 0 or max(ahead) < 0):
        return False
    others = [each.one if each.one != vm else each.other for each in own]
    return all(any(not each.seconds for each in by_vm[other]) for other in others)


def _skew(vm: str, own: t.Sequence[Difference]) -> Finding:
    ahead = sorted(each.ahead(vm) for each in own)
    seconds = ahead[len(ahead) // 2]
    requests = number(sum(each.requests for each in own), "shared request")
    vms = number(len(own), "other VM")
    what = f"In {requests}, its records are about {_seconds(seconds)} {_direction(seconds)} those of {vms}"
    return finding("clock_skew", "requests", seconds=round(seconds, 3), what=what)


def _pair(difference: Difference) -> Finding:
    first, second = difference.one, difference.other
    if difference.seconds < 0:
        first, second = second, first
    what = (
        f"Of {number(difference.requests, 'shared request')}, nearly all reach {second[:60]} about"
        f" {_seconds(difference.seconds)} later than {first[:60]}. If this is no delay, their clocks differ"
    )
    return finding("clock_skew", f"{first} and {second}", seconds=round(abs(difference.seconds), 3), what=what)


def _seconds(value: float) -> str:
    return f"{abs(value):,.1f} s"


def _direction(value: float) -> str:
    return "ahead of" if value > 0 else "behind"
