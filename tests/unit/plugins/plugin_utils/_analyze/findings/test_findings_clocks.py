# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import itertools

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.evidence import Collection
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.findings.findings_fleets import (
    VMS,
    entry,
    evidence,
    judged,
    kinds,
    only,
    request,
)


def pairs(offsets, requests=100, spread=1.0):
    """Return the times of shared requests of VMs whose clocks are ahead by these seconds."""
    return [
        {
            "one": one,
            "other": other,
            "requests": requests,
            "low": offsets[other] - offsets[one] - spread,
            "middle": offsets[other] - offsets[one],
            "high": offsets[other] - offsets[one] + spread,
        }
        for one, other in itertools.combinations(sorted(offsets), 2)
    ]


def fleet(**offsets):
    return {**dict.fromkeys(VMS, 0.0), **offsets}


def found(rows):
    """Return the seconds by VM, and the findings of the fleet."""
    content = judged(*(evidence(vm=vm) for vm in VMS), request_times=rows)
    seconds = {vm: [reason["seconds"] for reason in value["reasons"]] for vm, value in content["vms"].items()}
    return {vm: value for vm, value in seconds.items() if value}, content["fleet"]


class TestMeasured:
    def test_wrong_clock(self):
        reason = only(evidence(clock={"offset": -5.2, "uncertainty": 0.1}))
        assert reason == {
            "kind": "clock_skew",
            "subject": "measurement",
            "detail": "Its clock was 5.2 s (± 0.1 s) behind the controller's at 2026-10-26T00:00:00Z: its records are at the wrong"
            " place in the order of all VMs",
            "seconds": -5.2,
        }

    def test_clock_is_ahead(self):
        assert (
            "ahead of the controller's:" in only(evidence(clock={"offset": 5, "uncertainty": 0}, start=None))["detail"]
        )

    @pytest.mark.parametrize(("offset", "uncertainty"), [(3.0, 0.0), (-3.0, 0.0), (5.0, 2.0), (5.0, 60.0)])
    def test_difference_that_may_be_small_is_no_finding(self, offset, uncertainty):
        assert kinds(evidence(clock={"offset": offset, "uncertainty": uncertainty})) == []

    def test_clock_that_was_not_measured_is_no_finding(self):
        assert kinds(evidence(clock=None)) == []

    def test_worst_of_several_measurements_counts(self):
        offsets = (4.0, -9.0, 5.0)
        entries = [entry(clock={"offset": offset, "uncertainty": 0.1}) for offset in offsets]
        vm = dataclasses.replace(evidence(), collections=tuple(Collection(each, request()) for each in entries))
        assert only(vm)["seconds"] == -9.0


class TestRequests:
    @pytest.mark.parametrize("seconds", [4.5, -40.0, 1800.0])
    def test_clock_of_one_vm_is_wrong(self, seconds):
        assert found(pairs(fleet(worker1=seconds))) == ({"worker1": [seconds]}, [])

    def test_sentence(self):
        vm = judged(*(evidence(vm=vm) for vm in VMS), request_times=pairs(fleet(web3=-7.25)))["vms"]["web3"]
        assert vm["verdict"] == "complete"
        assert vm["reasons"][0]["subject"] == "requests"
        assert vm["reasons"][0]["detail"] == (
            "In 400 shared requests, its records are about 7.2 s behind those of 4 other VMs: its records are at the wrong place"
            " in the order of all VMs"
        )

    @pytest.mark.parametrize("seconds", [0.0, 2.0, -2.0, 4.0])
    def test_small_differences_are_no_finding(self, seconds):
        assert found(pairs(fleet(worker1=seconds))) == ({}, [])

    def test_delays_that_vary_are_no_finding(self):
        rows = [{**row, "low": 0.2, "middle": 30.0, "high": 130.0} for row in pairs(fleet())]
        assert found(rows) == ({}, [])
        rows = [{**row, "low": 10.0, "middle": 30.0, "high": 130.0} for row in pairs(fleet())]
        assert found(rows) == ({}, [])

    def test_times_may_differ_as_much_as_the_clocks(self):
        assert found(pairs(fleet(web1=10.0), spread=5.0)) == ({"web1": [10.0]}, [])
        assert found(pairs(fleet(web1=10.0), spread=5.001)) == ({}, [])

    def test_too_few_requests_are_no_finding(self):
        assert found(pairs(fleet(web1=60.0), requests=19)) == ({}, [])
        assert found(pairs(fleet(web1=60.0), requests=20)) == ({"web1": [60.0]}, [])

    def test_two_vms_that_differ_are_a_finding_of_the_fleet(self):
        vms, (finding,) = found(pairs({"web1": 0.0, "worker1": -8.00049}))
        assert vms == {}
        assert (finding["subject"], finding["seconds"]) == ("worker1 and web1", 8.0)
        assert finding["detail"].startswith(
            "Of 100 shared requests, nearly all reach web1 about 8.0 s later than worker1. If this is no delay, their clocks differ"
        )

    def test_long_names_leave_room_for_the_sentence(self):
        _vms, (finding,) = found(pairs({"a" * 500: 0.0, "b" * 500: 8.0}))
        assert f"reach {'b' * 60} about 8.0 s later than {'a' * 60}. If this is no delay" in finding["detail"]

    def test_delay_between_all_vms_of_two_kinds_accuses_none(self):
        vms, findings = found(pairs(fleet(worker1=8.0, worker2=8.0)))
        assert vms == {}
        assert len(findings) == 6

    def test_findings_of_many_pairs_are_bounded(self):
        offsets = {f"vm{number:02}": 10.0 * number for number in range(30)}
        assert len(found(pairs(offsets))[1]) == 10
