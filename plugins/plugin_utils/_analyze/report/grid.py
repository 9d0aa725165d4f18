# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of each VM, a row a VM: whether its logs can be trusted, and what they show."""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.fleet import Vm, total
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.history import ERRORS
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.tables import (
    Cell,
    Column,
    Row,
    Table,
)

_TONES = {"complete": "good", "incomplete": "bad", "unknown": "warn"}
_LISTED = 3

_GRID = (
    Column("VM"),
    Column("Verdict"),
    Column("From – to (UTC)"),
    Column("Gaps"),
    Column("Clock"),
    Column("Unreadable lines", "number"),
    Column("Records", "number"),
    Column("Errors", "number"),
    Column("Denied log-ins", "number"),
)
_LANES = (
    Column("VM"),
    Column("Records", "number"),
    Column("Errors", "number"),
    Column("Gaps"),
    Column("Bursts of errors"),
)


def grid(vms: t.Sequence[Vm], versions: t.Mapping[str, str], denied: t.Mapping[str, int] | None) -> Table:
    """Return the grid; ``denied`` has the denied log-ins of each VM, or is None where they were not counted."""
    rows = [
        Row(_grid_row(vm, versions.get(vm.name, ""), None if denied is None else denied.get(vm.name, 0))) for vm in vms
    ]
    return Table("Each VM: its verdict and what its logs show", _GRID, rows)


def lanes_table(vms: t.Sequence[Vm], changes: t.Mapping[str, int], changes_label: str) -> Table:
    """Return what the time line shows as a table; ``changes`` has the setting changes of each VM."""
    columns = (*_LANES, Column(changes_label.capitalize(), "number"))
    return Table("The time line as a table", columns, [Row(_lane_row(vm, changes.get(vm.name, 0))) for vm in vms])


def _grid_row(vm: Vm, version: str, denied: int | None) -> list[Cell]:
    labels = list(dict.fromkeys(finding.about.label for finding in vm.findings))
    unreadable = sum(finding.count or 1 for finding in vm.findings if finding.kind == "lines_unreadable")
    return [
        Cell(text.name(vm.name), note=text.name(version) if version else ""),
        Cell(vm.verdict, _TONES[vm.verdict], _listed(labels)),
        Cell(f"{text.short(vm.span[0])}\u00a0– {text.short(vm.span[1])}" if vm.span else "no records"),
        _gaps(vm),
        _clock(vm),
        Cell(text.number(unreadable), "warn" if unreadable else ""),
        Cell(text.number(vm.records), "" if vm.records else "warn"),
        _errors(vm),
        Cell(text.number(denied)),
    ]


def _gaps(vm: Vm) -> Cell:
    return Cell(text.plural(len(vm.gaps), "gap"), "bad", text.duration(total(vm.gaps))) if vm.gaps else Cell("none")


def _clock(vm: Vm) -> Cell:
    skews = [finding.seconds for finding in vm.findings if finding.kind == "clock_skew"]
    if not skews:
        return Cell("no skew")
    worst = max((seconds for seconds in skews if seconds is not None), key=abs, default=None)
    if worst is None:
        return Cell("skewed", "warn")
    return Cell(f"{abs(worst):,.1f} s {'ahead' if worst > 0 else 'behind'}", "warn")


def _errors(vm: Vm) -> Cell:
    errors, critical = sum(vm.levels.get(level, 0) for level in ERRORS), vm.levels.get("critical", 0)
    notes = [
        f"{text.number(critical)} critical" if critical else "",
        text.plural(len(vm.bursts), "burst") if vm.bursts else "",
    ]
    return Cell(text.number(errors), "bad" if vm.bursts else "", ", ".join(filter(None, notes)))


def _lane_row(vm: Vm, changes: int) -> list[Cell]:
    gaps = [text.period(start, end) for start, end in vm.gaps]
    bursts = [f"{text.moment(burst.start)}: {text.plural(burst.errors, 'error')}" for burst in vm.bursts]
    return [
        Cell(text.name(vm.name)),
        Cell(text.number(vm.records)),
        Cell(text.number(sum(vm.levels.get(level, 0) for level in ERRORS))),
        Cell(_listed(gaps, "; ") or "none"),
        Cell(_listed(bursts, "; ") or "none"),
        Cell(text.number(changes)),
    ]


def _listed(items: t.Sequence[str], separator: str = ", ") -> str:
    more = [f"{len(items) - _LISTED} more"] if len(items) > _LISTED else []
    return separator.join([*items[:_LISTED], *more])
