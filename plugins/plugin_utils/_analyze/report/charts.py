# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Geometry of the charts: bars as SVG paths, and positions on the axis of time in percent."""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import dataclass

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.axis import Axis
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.fleet import Vm
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.history import (
    ERRORS,
    LEVELS,
    OTHER,
    History,
    summed,
)

HEIGHT = 100
"""Units between the base line of bars and their top."""
_MARKS = 100
"""Gaps, bursts or setting changes that one lane shows at most."""


@dataclass(frozen=True)
class Lane:
    """A VM's part of the time line."""

    name: str
    verdict: str
    records: str
    """The path of its records, upwards on the scale of the lane."""
    errors: str
    """The path of its errors, downwards on the scale of the fleet."""
    gaps: t.Sequence[tuple[float, float]]
    """Start and width."""
    bursts: t.Sequence[float]
    changes: t.Sequence[float]


@dataclass(frozen=True)
class Layer:
    """A level's part of the bars of the whole fleet."""

    level: str
    path: str


def lanes(
    vms: t.Sequence[Vm], history: History, axis: Axis, changes: t.Sequence[t.Mapping[str, t.Any]]
) -> tuple[Lane, ...]:
    """Return the lanes of the VMs, in their order."""
    errors = {vm.name: _slots(history, axis, vm.name, ERRORS) for vm in vms}
    most_errors = max((max(counts) for counts in errors.values()), default=0)
    return tuple(_lane(vm, history, axis, changes, errors[vm.name], most_errors) for vm in vms)


def layers(history: History, axis: Axis) -> tuple[Layer, ...]:
    """Return the bars of the whole fleet, one layer a level that occurs, the worst level at the bottom."""
    base = [0] * axis.slots
    stacked = []
    for level in (*reversed(LEVELS), OTHER):
        counts = _slots(history, axis, None, (level,))
        if any(counts):
            top = [below + count for below, count in zip(base, counts, strict=True)]
            stacked.append((level, base, top))
            base = top
    most = max(base)
    return tuple(Layer(level, _band(bottom, top, most)) for level, bottom, top in stacked)


def _lane(
    vm: Vm,
    history: History,
    axis: Axis,
    changes: t.Sequence[t.Mapping[str, t.Any]],
    errors: t.Sequence[int],
    most_errors: int,
) -> Lane:
    records = _slots(history, axis, vm.name, (*LEVELS, OTHER))
    times = [text.utc(change["time"]) for change in changes if change["vm"] == vm.name]
    gaps = [(axis.percent(start), axis.percent(end)) for start, end in vm.gaps[:_MARKS]]
    return Lane(
        name=text.name(vm.name),
        verdict=vm.verdict,
        records=_band([0] * axis.slots, records, max(records)),
        errors=_band([0] * axis.slots, errors, most_errors),
        gaps=[(start, round(end - start, 2)) for start, end in gaps if end > start],
        bursts=_positions(axis, [burst.start for burst in vm.bursts]),
        changes=_positions(axis, times),
    )


def _positions(axis: Axis, times: t.Iterable[t.Any]) -> list[float]:
    return sorted({axis.percent(time) for time in times if axis.slot(time) is not None})[:_MARKS]


def _slots(history: History, axis: Axis, vm: str | None, levels: t.Container[str]) -> list[int]:
    entries = history.entries if vm is None else history.of(vm)
    counts = summed((axis.slot(entry.bucket), entry.records) for entry in entries if entry.level in levels)
    return [counts[slot] for slot in range(axis.slots)]


def _band(bottom: t.Sequence[int], top: t.Sequence[int], most: int) -> str:
    """Return the path of bars between two lines of numbers, the y axis downwards from 0 at ``most`` to HEIGHT at 0."""
    parts = []
    for start, end in _runs([high > low for low, high in zip(bottom, top, strict=True)]):
        forward = [f"V{_y(top[slot], most)}h1" for slot in range(start, end)]
        backward = [f"V{_y(bottom[slot], most)}h-1" for slot in reversed(range(start, end))]
        parts.append(f"M{start} {_y(bottom[start], most)}{''.join(forward)}{''.join(backward)}z")
    return "".join(parts)


def _y(count: int, most: int) -> int:
    """Return the height of a number: a number above 0 is seen, however small it is."""
    return HEIGHT - max(round(HEIGHT * count / most), 2) if count else HEIGHT


def _runs(flags: t.Sequence[bool]) -> list[tuple[int, int]]:
    """Return where each run of true flags starts and ends."""
    groups = [(flag, len(list(group))) for flag, group in itertools.groupby(flags)]
    ends = itertools.accumulate(length for _flag, length in groups)
    return [(end - length, end) for (flag, length), end in zip(groups, ends, strict=True) if flag]


def summary(vms: t.Sequence[Vm], axis: Axis) -> str:
    """Return the time line in words, for those who do not see it."""
    gaps, bursts = sum(len(vm.gaps) for vm in vms), sum(len(vm.bursts) for vm in vms)
    return (
        f"Records and errors of {text.plural(len(vms), 'VM')} from {text.moment(axis.start)} to {text.moment(axis.end)}: "
        f"{text.plural(gaps, 'gap')} and {text.plural(bursts, 'burst')} of errors. The table below says the same."
    )
