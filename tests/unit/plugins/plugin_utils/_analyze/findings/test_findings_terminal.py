# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.kinds import KINDS
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.terminal import (
    LINES_LIMIT,
    terminal_summary,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.times import HOUR
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.findings.findings_fleets import (
    END,
    SETTINGS,
    damaged,
    evidence,
    healthy,
    judged,
    steady,
    summary,
    without_summary,
)


def finding(kind, number=0, detail="detail"):
    return {"kind": kind, "subject": f"subject {number}", "detail": detail}


def vm(verdict="complete", reasons=(), records=1000, duplicates=0):
    return {"verdict": verdict, "records": records, "duplicates": duplicates, "reasons": list(reasons)}


def lines(vms, fleet=()):
    return terminal_summary({"format_version": 1, "vms": vms, "fleet": list(fleet)})


def test_healthy_fleet_takes_one_line():
    records = sum(each.summary.records for each in healthy())
    assert terminal_summary(judged(*healthy())) == [f"The logs of 5 of 5 VMs are complete, {records:,} records"]


def test_incomplete_and_unknown_vms_have_their_worst_reason():
    fleet = [
        evidence(summary(vm="web1"), "web1"),
        evidence(summary([], "web2"), "web2"),
        evidence(damaged((0, 0, "truncated"), vm="web3", duplicates=3, times=steady(end=END - 9 * HOUR)), "web3"),
    ]
    assert terminal_summary(judged(*fleet)) == [
        "The logs of 1 of 3 VMs are complete, 1 incomplete, 1 unknown, 19,618 records (3 duplicates dropped)",
        "VM    VERDICT     REASON",
        "web3  incomplete  web1/logs.gz: The file is truncated, so that records may be missing [bundle_damaged] (and 1 more reason)",
        "web2  unknown     logs: There is no record in what the request selects: whether any is missing cannot be determined [no_records]",
    ]


def test_other_findings_have_a_line_for_each_kind_and_those_of_the_fleet_for_each():
    warning = {**SETTINGS, "LOG_LEVEL": "warning"}
    fleet = [evidence(summary(vm=f"vm{number}"), f"vm{number}", logging_settings=warning) for number in range(5)]
    fleet.append(evidence(summary(vm="vm5"), "vm5"))
    assert terminal_summary(judged(*fleet))[1:] == [
        "LOG_LEVEL: It is 'info' on vm5; 'warning' on vm0, vm1 and 3 more [settings_differ]",
        (
            "vm0: LOG_LEVEL: It is warning, so that the VM writes no record of the level info [levels_suppressed, also on vm1, vm2 and"
            " 2 more]"
        ),
    ]


def test_vms_with_the_worst_reasons_come_first():
    reasons = {"a": "no_records", "b": "silence", "c": "vm_missing", "d": "lines_unreadable"}
    verdicts = {"no_records": "unknown"}
    vms = {name: vm(verdicts.get(kind, "incomplete"), [finding(kind)]) for name, kind in reasons.items()}
    assert [line[0] for line in lines(vms)[2:]] == ["c", "b", "d", "a"]


def test_subject_that_is_in_the_sentence_is_not_repeated():
    shown = lines({"web1": vm("incomplete", [finding("silence", detail="from subject 0 on")])})
    assert shown[-1] == "web1  incomplete  from subject 0 on [silence]"


def test_sentence_is_cut():
    exact, longer = ("x" * length for length in (160 - len("subject 0: "), 161 - len("subject 0: ")))
    shown = lines({}, [finding("settings_differ", detail=exact), finding("settings_differ", detail=longer)])
    assert shown[1:] == [f"subject 0: {exact} [settings_differ]", f"subject 0: {exact[:-3]}... [settings_differ]"]


def test_single_vm_and_record():
    assert lines({"web1": vm(records=1, duplicates=1)}) == [
        "The logs of 1 of 1 VM are complete, 1 record (1 duplicate dropped)"
    ]


def test_many_vms_are_bounded():
    shown = terminal_summary(judged(*(without_summary(status="failed") for _number in range(1))))
    assert len(shown) == 3
    vms = {f"vm{number:03}": vm("incomplete", [finding("vm_missing")]) for number in range(100)}
    shown = lines(vms)
    assert shown[0] == "The logs of 0 of 100 VMs are complete, 100 incomplete, 100,000 records"
    assert shown[-2].startswith("vm011 ") and shown[-1] == "and 88 more VMs: see findings.json"


@pytest.mark.parametrize("number", [12, 13])
def test_rest_of_the_vms_is_counted(number):
    shown = lines({f"vm{each}": vm("unknown", [finding("no_records")]) for each in range(number)})
    assert len(shown) == 14 + (number > 12)
    assert ("and 1 more VM: see findings.json" in shown) == (number > 12)


def test_everything_at_once_takes_at_most_30_lines():
    everything = [finding(kind, detail="x" * 10_000) for kind in KINDS]
    vms = {f"vm{number:03}": vm("incomplete", everything) for number in range(100)}
    shown = lines(vms, [finding("settings_differ", number) for number in range(50)])
    assert len(shown) == LINES_LIMIT
    assert shown[-1].startswith("and ") and shown[-1].endswith(" more findings: see findings.json")


def test_hostile_names_are_printable_and_short():
    name = "<script>\x1b[2J\u202e\n" * 500
    hostile = [{"kind": kind, "subject": name, "detail": name} for kind in KINDS]
    shown = lines({name: vm("incomplete", hostile)}, hostile)
    assert all(line.isprintable() and len(line) < 1500 for line in shown)
