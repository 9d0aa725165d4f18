# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that the template shows, computed from findings, answers and facts."""

from __future__ import annotations

import typing as t
from collections import Counter
from datetime import datetime

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import charts, levels, text
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.axis import Axis, axis_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.bursts import bursts_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.facts import RunFacts
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.fleet import VERDICTS, Vm, fleet_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.grid import grid, lanes_table
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.headline import headline
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.history import History
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.kinds import Finding, findings_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.problems import (
    Problem,
    problems_of,
    worst,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.questions import (
    Answers,
    Record,
    ordered,
    total,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.sections import row_id, sections
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.tables import (
    Cell,
    Column,
    Row,
    Table,
)

SHOWN_VMS = 12
"""VMs that are shown at once; further ones are folded."""
LISTED_VMS = 100
"""VMs that the page shows at all."""
_FINDINGS = 60


def view(findings: t.Mapping[str, t.Any], answers: Answers, run: RunFacts) -> dict[str, t.Any]:
    """Return the variables of the template."""
    history = History(answers.get("records_by_time", ()))
    tables = ordered(answers)
    axis = axis_of(history, run)
    bursts = bursts_of(history, run.thresholds)
    found = findings_of(findings)
    fleet = fleet_of(findings, found, history, bursts, axis)
    vms = fleet[:LISTED_VMS]
    problems = problems_of(found, bursts, tables, run.thresholds)
    shown, nothing = sections(tables, len(fleet), run.query)
    denied = {row["vm"]: row["denied"] for row in answers["logins_by_vm"]} if "logins_by_vm" in answers else None
    changes = tables["setting_changes"]
    return {
        "title": text.name(run.title),
        "facts": _facts(run, fleet),
        "headline": headline(fleet, bursts, len(problems)),
        "worst": [_worst(problem, len(fleet)) for problem in worst(problems)],
        "folded": _folded(vms[SHOWN_VMS:]),
        "grids": _split(grid(vms, run.versions, denied)),
        "left_out": len(fleet) - len(vms),
        "axis": axis,
        "lanes": _split_lanes(charts.lanes(vms, history, axis, changes)) if axis else (),
        "is_drawn": bool(history.entries) or any(vm.gaps for vm in vms),
        "lanes_summary": charts.summary(fleet, axis) if axis else "",
        "changes_label": _changes_label(changes),
        "lanes_table": lanes_table(vms, Counter(row["vm"] for row in changes), _changes_label(changes)),
        "outside": _outside(history, axis, answers.get("records_by_time", ())),
        "findings": _findings(found),
        "findings_summary": text.plural(len(found), "finding"),
        "layers": charts.layers(history, axis) if axis else (),
        "levels": [*([levels.by_time(history, axis)] if axis else []), levels.by_vm(vms)],
        "records": text.plural(sum(vm.records for vm in fleet), "record"),
        "sections": shown,
        "nothing": nothing,
    }


def _facts(run: RunFacts, fleet: t.Sequence[Vm]) -> list[tuple[str, str]]:
    """Return the lines above the first sentence."""
    start = f"from {_time(run.window_from)}" if run.window_from else "from the oldest record"
    end = f"to {_time(run.window_to)}" if run.window_to else "to the newest"
    return [
        ("Window", f"{start} {end}"),
        ("Collected", _time(run.collected_at) if run.collected_at else "time unknown"),
        ("Records", f"{text.number(sum(vm.records for vm in fleet))} from {text.plural(len(fleet), 'VM')}"),
    ]


def _changes_label(changes: t.Sequence[Record]) -> str:
    """Return which setting changes are shown: the answer that has them is bounded."""
    everything = total(changes)
    shown = f": the newest {text.number(len(changes))} of {text.number(everything)}"
    return f"setting changes{shown if everything > len(changes) else ''}"


def _time(time: datetime) -> str:
    return f"{text.date(time)}\u00a0{time.year}, {text.clock(time)}\u00a0UTC"


def _worst(problem: Problem, fleet: int) -> dict[str, str]:
    facts = [
        text.vm_names(problem.vms, fleet) if problem.vms else "",
        text.period(problem.start, problem.end) if problem.start and problem.end else "",
        text.plural(problem.count, problem.noun) if problem.count else "",
    ]
    sample = text.cut(problem.sample) if problem.sample else ""
    return {
        "title": text.cut(problem.title),
        "link": problem.link,
        "facts": " · ".join(filter(None, facts)),
        "sample": sample,
    }


def _findings(found: t.Sequence[Finding]) -> Table:
    """Return all that speaks against the logs, as a table that links lead to."""
    rows = [
        Row(
            [
                Cell(text.name(finding.vm) if finding.vm else "the fleet"),
                Cell(finding.about.label, "bad" if finding.about.severity <= 2 else "warn"),
                Cell(text.cut(finding.subject)),
                Cell(text.cut(finding.detail)),
            ],
            row_id("findings", index),
        )
        for index, finding in enumerate(found[:_FINDINGS])
    ]
    more = (
        f"The first {_FINDINGS} of {text.number(len(found))}; findings.json has all of them."
        if len(found) > _FINDINGS
        else ""
    )
    columns = (Column("VM"), Column("Finding"), Column("Subject"), Column("Detail"))
    return Table("What speaks against the logs", columns, rows, more)


def _folded(vms: t.Sequence[Vm]) -> str:
    """Return what is folded: the number of VMs of each verdict."""
    counts = Counter(vm.verdict for vm in vms)
    verdicts = [f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict]]
    return f"{text.plural(len(vms), 'more VM')}: {', '.join(verdicts)}"


def _split(table: Table) -> tuple[Table, ...]:
    """Return the table of the VMs that are shown at once and that of the folded ones, if there are any."""
    return tuple(part for part in table.split(SHOWN_VMS) if part.rows)


def _split_lanes(lanes: t.Sequence[charts.Lane]) -> tuple[t.Sequence[charts.Lane], ...]:
    return tuple(part for part in (lanes[:SHOWN_VMS], lanes[SHOWN_VMS:]) if part)


def _outside(history: History, axis: Axis | None, rows: t.Sequence[Record]) -> list[str]:
    """Return what the charts do not show: records outside of the axis, and what a bounded answer lacks."""
    notes = []
    entries = [entry for entry in history.entries if axis is None or axis.slot(entry.bucket) is None]
    if entries:
        times = f"from {text.stamp(entries[0].bucket)} to {text.stamp(entries[-1].bucket)} UTC"
        records = text.plural(sum(entry.records for entry in entries), "record")
        notes.append(f"Not drawn, because it is outside of this period: {records} {times}.")
    if total(rows) > len(rows):
        notes.append(
            f"Not the whole period: only {text.number(len(rows))} of {text.number(total(rows))} counts were read."
        )
    return notes
