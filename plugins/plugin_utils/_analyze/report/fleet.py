# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VMs of the report, and what is known of each."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.axis import Axis
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.bursts import Burst
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.history import History
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.kinds import GAPS, Finding

VERDICTS = ("incomplete", "unknown", "complete")
"""The verdicts that need attention first."""

Period = tuple[datetime, datetime]


@dataclass(frozen=True)
class Vm:
    name: str
    verdict: str
    records: int
    findings: tuple[Finding, ...]
    bursts: tuple[Burst, ...]
    levels: t.Mapping[str, int]
    """Records by level."""
    span: Period | None
    """The first bucket with records, and the last."""
    gaps: tuple[Period, ...]


def fleet_of(
    findings: t.Mapping[str, t.Any],
    all_findings: t.Sequence[Finding],
    history: History,
    bursts: t.Sequence[Burst],
    axis: Axis | None,
) -> tuple[Vm, ...]:
    """Return the VMs, those that need attention first."""
    vms = [
        _vm(name, verdict, [item for item in all_findings if item.vm == name], history, bursts, axis)
        for name, verdict in findings["vms"].items()
    ]
    return tuple(sorted(vms, key=lambda vm: (VERDICTS.index(vm.verdict), not vm.bursts, text.natural(vm.name))))


def _vm(
    name: str,
    verdict: t.Mapping[str, t.Any],
    own: t.Sequence[Finding],
    history: History,
    bursts: t.Sequence[Burst],
    axis: Axis | None,
) -> Vm:
    return Vm(
        name=name,
        verdict=verdict["verdict"],
        records=verdict["records"],
        findings=tuple(own),
        bursts=tuple(burst for burst in bursts if burst.vm == name),
        levels=history.by_level(name),
        span=history.span(name),
        gaps=_gaps(own, axis),
    )


def _gaps(own: t.Iterable[Finding], axis: Axis | None) -> tuple[Period, ...]:
    periods = (_gap(finding, axis) for finding in own if finding.kind in GAPS)
    return tuple(sorted(period for period in periods if period))


def _gap(finding: Finding, axis: Axis | None) -> Period | None:
    if finding.start and finding.end:
        return finding.start, finding.end
    return (axis.start, axis.end) if axis and finding.kind == "vm_missing" else None


def total(periods: t.Iterable[Period]) -> timedelta:
    """Return the length of periods; what several of them cover counts once."""
    length, reached = timedelta(), None
    for start, end in sorted(periods):
        begin = max(start, reached) if reached else start
        length += max(end - begin, timedelta())
        reached = max(end, reached) if reached else end
    return length
