# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.bursts import Burst
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.fleet import fleet_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.headline import headline
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.history import History
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.kinds import findings_of
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.report.report_fleets import (
    reason,
    verdict,
)

START = datetime(2026, 10, 25, 14, 5, tzinfo=timezone.utc)


def burst(vm, errors):
    return Burst(vm, START, START + timedelta(minutes=1), errors, errors, 2)


def sentence(vms, bursts=(), found=1):
    findings = {"vms": vms, "fleet": []}
    return headline(fleet_of(findings, findings_of(findings), History([]), bursts, None), bursts, found)


def incomplete(*kinds):
    return verdict("incomplete", reasons=[reason(kind, "", "") for kind in kinds])


def test_a_fleet_without_a_problem_is_complete_and_usual():
    assert (
        sentence({"a": verdict(), "b": verdict()}, found=0)
        == "The logs of all 2 VMs are complete; nothing unusual was found."
    )
    assert sentence({"a": verdict()}, found=0) == "The logs of a are complete; nothing unusual was found."
    assert sentence({"a": verdict()}) == "The logs of a are complete."


def test_what_is_missing_and_what_rose_follows_the_verdicts():
    vms = {"worker1": verdict(), "web1": verdict(), "web2": incomplete("filtered", "vm_missing")}
    assert sentence(vms, [burst("worker1", 24), burst("web1", 20)]) == (
        "The logs of 2 of 3 VMs are complete; web2 was not collected; errors rose 12-fold at 14:05 UTC on 25 October on worker1."
    )


def test_the_worst_two_vms_are_named():
    vms = {"a": incomplete("filtered"), "b": incomplete("clock_skew"), "c": incomplete("bundle_damaged")}
    assert (
        sentence(vms) == "The logs of none of 3 VMs are complete; the bundle of c is damaged; the clock of b is wrong."
    )


def test_a_verdict_that_is_not_known_is_said():
    vms = {"a": verdict("unknown"), "b": verdict(), "c": verdict("incomplete")}
    assert sentence(vms) == "The logs of 1 of 3 VMs are complete, of 1 it is not known."


def test_no_records_and_no_vms_are_said():
    assert sentence({}) == "No VM was analyzed."
    assert sentence({"a": verdict(records=0)}) == "There is no record of a in this window."
    vms = {"a": verdict(records=0), "b": {**incomplete("vm_missing"), "records": 0}}
    assert sentence(vms) == "There is no record of any of the 2 VMs in this window; b was not collected."
