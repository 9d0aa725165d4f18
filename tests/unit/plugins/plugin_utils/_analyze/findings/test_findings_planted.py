# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From bundles to findings: a healthy fleet has none, and every planted fault is found."""

from __future__ import annotations

import gzip
import json
import random
import uuid

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.staging import stage
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.answers import answers
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.evidence import evidence_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.kinds import KINDS
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.terminal import terminal_summary
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.times import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    iso,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.verdict import findings_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.vm import (
    analyze_vm,
    records_path,
)
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.findings.findings_fleets import (
    NOW,
    SETTINGS,
    START,
    VMS,
    entry,
    request,
)

LENGTH = 4 * DAY
STEP = 3 * MINUTE
ERROR = {"phase": "prepare", "subject": "connection", "cause": "failed: no route to host", "remedy": "Check the VM"}


class Bundle:
    """The log of a VM: a record about every three minutes, of which every second one belongs to a request that other VMs log as well."""

    def __init__(self, vm, ahead=0, gap=(0, 0)):
        self._random = random.Random(vm)
        self.vm = vm
        self.lines = []
        for number in range(LENGTH // STEP):
            time = START + number * STEP + self._random.randrange(2 * SECOND) + ahead
            if not gap[0] <= time < gap[1]:
                shared = {} if number % 2 else {"request_id": str(uuid.UUID(int=number, version=4))}
                self.add(time, **shared)

    def add(self, time, **fields):
        record = {
            "id": str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            "created_at": iso(time).replace("Z", f".{time % SECOND // 1000:06}Z"),
            "hostname": self.vm,
            "level": "info",
            "log_type": "application",
            "pid": 1,
            "message": f"message {len(self.lines)}",
            **fields,
        }
        self.lines.append(json.dumps(record).encode() + b"\n")

    def add_setting_change(self, **fields):
        audit = {"log_type": "audit", "action": "setting_change", "access_granted": True, "client_ip": "192.0.2.1"}
        self.add(START + 3 * HOUR, **audit, **fields)


def manifest(**entries):
    fleet = {
        vm: {"start": "2026-10-23T00:00:00Z", "end": "2026-10-23T00:01:00Z", **fields} for vm, fields in entries.items()
    }
    return {
        "start": "2026-10-23T00:00:00Z",
        "request": request(date_to=None),
        "vms": {vm: entry(**fields) for vm, fields in fleet.items()},
    }


@pytest.fixture
def findings(tmp_path):
    """A function that returns the findings of bundles, (VM, content of its file), with this manifest."""

    def analyze(bundles, *manifests):
        summaries, staged = {}, []
        for vm, content in bundles.items():
            path = tmp_path / f"{vm}.log"
            path.write_bytes(content)
            summaries[vm] = analyze_vm(vm, {f"{vm}/logs.gz": path}, tmp_path)
            staged += stage(records_path(tmp_path, vm), vm, tmp_path, tmp_path)
        return findings_of(evidence_of(summaries, manifests), answers(staged, tmp_path), NOW)

    return analyze


def content(bundle):
    return gzip.compress(b"".join(bundle.lines), 1)


def test_healthy_fleet_has_no_finding(findings):
    found = findings({vm: content(Bundle(vm)) for vm in VMS}, manifest(**{vm: {} for vm in VMS}))
    assert found["fleet"] == []
    assert {vm: (value["verdict"], value["reasons"]) for vm, value in found["vms"].items()} == dict.fromkeys(
        VMS, ("complete", [])
    )
    assert len(terminal_summary(found)) == 1


def test_healthy_folder_without_a_manifest_has_no_finding(findings):
    found = findings({"web1": content(Bundle("web1"))})
    assert found["vms"]["web1"] == {"verdict": "complete", "records": LENGTH // STEP, "duplicates": 0, "reasons": []}


def test_the_same_id_on_two_vms_is_a_finding_of_the_fleet_and_both_records_are_kept(findings):
    bundles = [Bundle("web1"), Bundle("web2")]
    for each in bundles:
        each.add(START + HOUR, id="00000000-0000-4000-8000-000000000001", message=each.vm)
    found = findings({each.vm: content(each) for each in bundles})
    assert [(each["kind"], each["count"]) for each in found["fleet"]] == [("id_conflict", 1)]
    assert [vm["records"] for vm in found["vms"].values()] == [LENGTH // STEP + 1] * 2
    assert [vm["reasons"] for vm in found["vms"].values()] == [[], []]


def test_no_vm_has_no_finding(findings):
    assert findings({}) == {"format_version": 1, "vms": {}, "fleet": []}


def test_faults_of_every_kind_are_found_and_none_is_invented(findings):
    a_day = (START + DAY, START + 2 * DAY)
    an_hour = (START + 30 * HOUR, START + 32 * HOUR)
    bundles = {
        vm: Bundle(vm)
        for vm in ("ids", "lines", "future", "schema", "changed", "filtered", "suppressed", "twin1", "twin2")
    }
    bundles |= {"day": Bundle("day", gap=a_day), "hours": Bundle("hours", gap=an_hour)}
    bundles |= {"late": Bundle("late", gap=(START, START + DAY)), "ahead": Bundle("ahead", ahead=40 * SECOND)}
    ids = bundles["ids"].lines
    ids += [ids[7], ids[8].replace(b'"message ', b'"massage ')]
    bundles["lines"].lines[10:12] = [b"not a record\n", b"[1]\n"]
    bundles["future"].add(NOW + 26_000 * DAY)
    bundles["schema"].add(START + HOUR, pid="one")
    bundles["changed"].add_setting_change(setting="LOG_LEVEL", old_value="info", new_value="error")
    bundles["changed"].add_setting_change(setting="theme", old_value="light", new_value="dark")
    contents = {vm: content(bundle) for vm, bundle in bundles.items()}
    truncated = Bundle("truncated")
    contents["truncated"] = content(truncated)[:-1000]
    contents["trailing"] = content(Bundle("trailing")) + b"something else"
    contents["empty"] = b""
    lost = {
        "__CURSOR": "c",
        "_PID": "1",
        "SYSLOG_IDENTIFIER": "systemd-journald",
        "MESSAGE": "Suppressed 5 messages from cs.service",
    }
    journal = [
        {**lost, "SYSLOG_IDENTIFIER": "cs", "MESSAGE": line.decode().strip()} for line in Bundle("lost").lines
    ] + [lost]
    contents["lost"] = b"".join(json.dumps(line).encode() + b"\n" for line in journal)
    twin = {"machine_id_digest": "ee" * 32}
    run = manifest(
        **{vm: {} for vm in contents},
        failed={"status": "failed", "errors": [ERROR], "clock": None, "logging_settings": None},
    )
    run["vms"]["twin1"].update(twin)
    run["vms"]["twin2"].update(twin)
    run["vms"]["filtered"]["excluded_by_filters"] = {"log_types": ["web"], "log_levels": []}
    run["vms"]["suppressed"]["logging_settings"] = {**SETTINGS, "LOG_LEVEL": "warning"}
    run["vms"]["day"]["clock"] = {"offset": 60.0, "uncertainty": 0.5}

    found = findings(contents, run)

    kinds = {vm: [reason["kind"] for reason in value["reasons"]] for vm, value in found["vms"].items()}
    covered = kinds.pop("truncated")
    assert covered[0] == "bundle_damaged" and set(covered) <= {"bundle_damaged", "lines_unreadable", "window_uncovered"}
    assert kinds == {
        "ahead": ["clock_skew"],
        "changed": ["settings_changed"],
        "day": ["days_missing", "clock_skew"],
        "empty": ["no_records"],
        "failed": ["vm_missing"],
        "filtered": ["filtered"],
        "future": ["future_times"],
        "hours": ["silence"],
        "ids": ["id_conflict"],
        "late": ["window_uncovered"],
        "lines": ["lines_unreadable", "lines_unreadable"],
        "lost": ["messages_lost"],
        "schema": ["schema_violations"],
        "suppressed": ["levels_suppressed"],
        "trailing": ["bytes_unreadable"],
        "twin1": [],
        "twin2": [],
    }
    assert [finding["kind"] for finding in found["fleet"]] == ["settings_differ", "machine_id_shared"]
    assert {kind for each in kinds.values() for kind in each} | {"settings_differ", "machine_id_shared"} | set(
        covered
    ) == set(KINDS)
    verdicts = {vm: value["verdict"] for vm, value in found["vms"].items()}
    incomplete = {"day", "failed", "hours", "late", "lines", "lost", "trailing", "truncated"}
    assert {vm for vm, verdict in verdicts.items() if verdict == "incomplete"} == incomplete
    assert [vm for vm, verdict in verdicts.items() if verdict == "unknown"] == ["empty"]
    assert found["vms"]["ids"]["duplicates"] == 1
    (skew,) = found["vms"]["ahead"]["reasons"]
    assert skew["seconds"] == pytest.approx(40, abs=1)
    assert "LOG_LEVEL" in found["vms"]["changed"]["reasons"][0]["subject"]
