# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records by level: over time, and of each VM."""

from __future__ import annotations

import typing as t
from collections import Counter
from datetime import datetime

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.axis import Axis, round_width
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.fleet import Vm
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.history import (
    LEVELS,
    OTHER,
    History,
    summed,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.tables import (
    Cell,
    Column,
    Row,
    Table,
)

_ROWS = 24
_TONES = {"critical": "bad", "error": "bad", "warning": "warn"}


def by_time(history: History, axis: Axis) -> Table:
    """Return the records of the whole fleet by level in at most 24 periods of equal length."""
    width = round_width((axis.end - axis.start) / (_ROWS - 1))
    counts: dict[datetime, Counter[str]] = {}
    for entry in history.entries:
        if axis.slot(entry.bucket) is not None:
            start = axis.start + (entry.bucket - axis.start) // width * width
            counts.setdefault(start, Counter())[entry.level] += entry.records
    rows = [(text.short(start), counts[start]) for start in sorted(counts)]
    return _table(f"Records of all VMs in each {text.duration(width)}", "From (UTC)", rows)


def by_vm(vms: t.Sequence[Vm]) -> Table:
    """Return the records of each VM by level."""
    return _table("Records of each VM", "VM", [(text.name(vm.name), Counter(vm.levels)) for vm in vms])


def _table(caption: str, heading: str, rows: t.Sequence[tuple[str, Counter[str]]]) -> Table:
    present = summed((level, count) for _name, counts in rows for level, count in counts.items())
    levels = [level for level in (*LEVELS, OTHER) if present[level]]
    return Table(
        caption,
        [Column(heading), *(Column(level.capitalize(), "number") for level in levels), Column("All", "number")],
        [
            Row(
                [
                    Cell(name),
                    *(
                        Cell(text.number(counts[level]), _TONES.get(level, "") if counts[level] else "")
                        for level in levels
                    ),
                    Cell(text.number(sum(counts.values()))),
                ]
            )
            for name, counts in rows
        ],
    )
