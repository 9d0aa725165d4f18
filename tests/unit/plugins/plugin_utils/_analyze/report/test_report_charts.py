# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import charts
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.axis import Axis
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.bursts import Burst
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.fleet import fleet_of, total
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.history import History
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.kinds import findings_of
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.report.report_fleets import (
    counts,
    reason,
    rows,
    verdict,
)

START = datetime(2026, 10, 24, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
AXIS = Axis(START, HOUR, 4)


def history(*values):
    return History(counts(*((START + hour * HOUR, *rest) for hour, *rest in values)))


def fleet(vms, counted=None, bursts=(), axis=AXIS):
    findings = {"vms": vms, "fleet": []}
    return fleet_of(findings, findings_of(findings), counted or history(), bursts, axis)


def gap(start, end, kind="silence"):
    return reason(kind, "", "", **{"from": (START + start * HOUR).isoformat(), "to": (START + end * HOUR).isoformat()})


def burst(vm, hour):
    return Burst(vm, START + hour * HOUR, START + (hour + 1) * HOUR, 40, 40, 2)


def test_vms_that_need_attention_come_first():
    vms = {
        "web10": verdict(),
        "web2": verdict(),
        "web3": verdict(),
        "worker2": verdict("incomplete"),
        "worker1": verdict("unknown"),
    }
    assert [vm.name for vm in fleet(vms, bursts=[burst("web3", 1)])] == ["worker2", "worker1", "web3", "web2", "web10"]


def test_a_vm_has_its_own_findings_bursts_and_counts():
    counted = history((0, "a", "info", 5), (2, "a", "error", 1), (1, "b", "info", 3))
    first, second = fleet(
        {"a": verdict(reasons=[reason("filtered", "", "")]), "b": verdict()}, counted, [burst("b", 1)]
    )
    assert (first.name, first.levels, first.span, first.findings) == (
        "b",
        {"info": 3},
        (START + HOUR, START + HOUR),
        (),
    )
    assert [item.start for item in first.bursts] == [START + HOUR]
    assert (second.levels, second.span, second.bursts) == ({"info": 5, "error": 1}, (START, START + 2 * HOUR), ())
    assert [finding.kind for finding in second.findings] == ["filtered"]


def test_gaps_are_those_of_findings_with_a_period():
    vms = {
        "a": verdict(
            "incomplete",
            reasons=[gap(2, 3), gap(0, 1, "days_missing"), gap(0, 4, "clock_skew"), reason("silence", "", "")],
        )
    }
    (vm,) = fleet(vms)
    assert vm.gaps == ((START, START + HOUR), (START + 2 * HOUR, START + 3 * HOUR))


def test_a_vm_that_was_not_collected_is_one_gap():
    vms = {"a": verdict("incomplete", reasons=[reason("vm_missing", "", "")])}
    assert fleet(vms)[0].gaps == ((AXIS.start, AXIS.end),)
    assert fleet(vms, axis=None)[0].gaps == ()


def test_what_two_gaps_cover_counts_once():
    hours = [(0, 4), (1, 2), (3, 5), (7, 8)]
    assert total([(START + start * HOUR, START + end * HOUR) for start, end in hours]) == 6 * HOUR
    assert total([]) == timedelta()


def test_a_lane_has_its_records_on_its_own_scale_and_errors_on_that_of_the_fleet():
    counted = history((0, "a", "info", 50), (1, "a", "info", 100), (3, "a", "error", 10), (0, "b", "error", 20))
    first, second = charts.lanes(fleet({"a": verdict(), "b": verdict()}, counted), counted, AXIS, [])
    assert first.records == "M0 100V50h1V0h1V100h-1V100h-1zM3 100V90h1V100h-1z"
    assert first.errors == "M3 100V50h1V100h-1z"
    assert (second.records, second.errors) == ("M0 100V0h1V100h-1z",) * 2


def test_a_single_record_is_seen():
    counted = history((0, "a", "info", 1), (1, "a", "info", 100000))
    (lane,) = charts.lanes(fleet({"a": verdict()}, counted), counted, AXIS, [])
    assert lane.records == "M0 100V98h1V0h1V100h-1V100h-1z"


def test_records_outside_of_the_axis_are_not_drawn():
    counted = history((-1, "a", "info", 7), (4, "a", "info", 7))
    (lane,) = charts.lanes(fleet({"a": verdict()}, counted), counted, AXIS, [])
    assert (lane.records, lane.errors) == ("", "")


def test_gaps_bursts_and_changes_have_positions():
    changes = rows(
        "time vm", (START + 3 * HOUR, "a"), (START, "a"), (START, "a"), (START, "b"), (START + 4 * HOUR, "a")
    )
    vms = fleet(
        {"a": verdict("incomplete", reasons=[gap(1, 2), gap(3, 9), gap(5, 6)])}, bursts=[burst("a", 2), burst("a", 9)]
    )
    (lane,) = charts.lanes(vms, history(), AXIS, changes)
    assert lane.gaps == [(25.0, 25.0), (75.0, 25.0)]
    assert lane.bursts == [50.0]
    assert lane.changes == [0.0, 75.0]
    assert (lane.name, lane.verdict) == ("a", "incomplete")


def test_a_lane_has_a_bounded_number_of_marks():
    axis = Axis(START, HOUR, 500)
    changes = rows("time vm", *((START + hour * HOUR, "a") for hour in range(500)))
    vms = fleet({"a": verdict("incomplete", reasons=[gap(hour, hour + 1) for hour in range(500)])}, axis=axis)
    (lane,) = charts.lanes(vms, history(), axis, changes)
    assert len(lane.changes) == len(lane.gaps) == 100


def test_levels_are_stacked_with_the_worst_at_the_bottom():
    counted = history((0, "a", "info", 30), (0, "b", "error", 10), (2, "a", "info", 20), (0, "a", "notice", 10))
    assert [(layer.level, layer.path) for layer in charts.layers(counted, AXIS)] == [
        ("error", "M0 100V80h1V100h-1z"),
        ("info", "M0 80V20h1V80h-1zM2 100V60h1V100h-1z"),
        ("other", "M0 20V0h1V20h-1z"),
    ]
    assert charts.layers(history(), AXIS) == ()


def test_the_time_line_is_also_said_in_words():
    vms = fleet(
        {"a": verdict("incomplete", reasons=[gap(1, 2)]), "b": verdict()}, bursts=[burst("b", 1), burst("b", 3)]
    )
    assert charts.summary(vms, AXIS) == (
        "Records and errors of 2 VMs from 00:00 UTC on 24 October to 04:00 UTC on 24 October: 1 gap and 2 bursts of errors. "
        "The table below says the same."
    )
