# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.evidence import (
    Collection,
    Evidence,
    evidence_of,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.times import DAY, HOUR
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.findings.findings_fleets import (
    END,
    NOW,
    START,
    damaged,
    entry,
    evidence,
    judged,
    kinds,
    only,
    request,
    steady,
    summary,
    without_summary,
)

NO_FILTERS: dict[str, list[str]] = {"log_types": [], "log_levels": []}
ERROR = {"phase": "run", "subject": "cs logs bundle", "cause": "exited with status 3", "remedy": "Run it manually"}


class TestMissing:
    def test_reason_is_the_first_error(self):
        reason = only(without_summary(status="failed", errors=[ERROR, {**ERROR, "cause": "other"}]))
        assert reason == {
            "kind": "vm_missing",
            "subject": "run",
            "detail": "Its logs were not collected: cs logs bundle exited with status 3",
        }

    @pytest.mark.parametrize(
        ("status", "cause"),
        [
            ("not_selected", "the run was limited to other VMs"),
            ("unfinished", "the run ended before that"),
            ("checked", "the run was in check mode"),
            ("unreachable", "no reason is known"),
        ],
    )
    def test_reason_is_the_status(self, status, cause):
        reason = only(without_summary(status=status))
        assert (reason["subject"], reason["detail"]) == (status, f"Its logs were not collected: {cause}")

    def test_vm_that_is_collected_but_has_no_files(self):
        assert only(without_summary())["subject"] == "files"

    def test_vm_that_another_run_collected_is_not_missing(self):
        failed = Collection(entry(status="failed", errors=[ERROR], clock=None, excluded_by_filters=None), request())
        vm = evidence()
        assert kinds(dataclasses.replace(vm, collections=(*vm.collections, failed))) == []
        assert kinds(dataclasses.replace(vm, collections=(failed, *vm.collections))) == []

    def test_verdict_is_incomplete(self):
        assert judged(without_summary(status="failed"))["vms"]["web1"] == {
            "verdict": "incomplete",
            "records": 0,
            "duplicates": 0,
            "reasons": [only(without_summary(status="failed"))],
        }


class TestNoRecords:
    def test_verdict_is_unknown(self):
        vm = evidence(summary([]), requested=request(date_from=None, date_to=None))
        assert judged(vm)["vms"]["web1"]["verdict"] == "unknown"
        assert only(vm)["detail"] == "There is no record: whether any is missing cannot be determined"

    @pytest.mark.parametrize(
        "requested",
        [{"date_from": "2026-01-01"}, {"date_to": "2026-01-01"}, {"log_types": ["AUDIT"]}, {"log_levels": ["ERROR"]}],
    )
    def test_request_that_may_select_nothing_is_named(self, requested):
        vm = evidence(summary([]), requested=request(**{"date_from": None, "date_to": None, **requested}))
        assert only(vm)["detail"].startswith("There is no record in what the request selects: ")

    def test_folder_without_records(self):
        assert kinds(Evidence("web1", summary([]))) == ["no_records"]

    def test_damage_explains_it(self):
        vm = evidence(damaged((0, 0, "corrupt"), times=[]))
        assert kinds(vm) == ["bundle_damaged"]


class TestFilters:
    def test_excluded_types_and_levels_are_named(self):
        vm = evidence(excluded_by_filters={"log_types": ["web", "tanium"], "log_levels": ["critical"]})
        found = judged(vm)["vms"]["web1"]
        assert [reason["detail"] for reason in found["reasons"]] == [
            "The filter log_types excludes records of the types tanium and web",
            "The filter log_levels excludes records of the level critical",
        ]
        assert [reason["subject"] for reason in found["reasons"]] == ["log_types", "log_levels"]
        assert found["verdict"] == "complete"

    def test_filters_that_are_not_known(self):
        assert kinds(evidence(excluded_by_filters=None)) == []


class TestEvidence:
    def manifest(self, start, **vms):
        return {"start": start, "request": request(date_from=start[:10]), "vms": vms}

    def test_vms_are_those_of_summaries_and_manifests_by_name(self):
        found = evidence_of({"b": summary(vm="b")}, [self.manifest("2026-10-20T00:00:00Z", c=entry(), a=entry())])
        assert [each.vm for each in found] == ["a", "b", "c"]
        assert [bool(each.summary) for each in found] == [False, True, False]
        assert [len(each.collections) for each in found] == [1, 0, 1]

    def test_latest_collection_is_the_last_one(self):
        runs = [self.manifest(f"2026-10-{day}T00:00:00Z", a=entry(bundle_seconds=float(day))) for day in (22, 20, 21)]
        (found,) = evidence_of({}, runs)
        assert [each.entry["bundle_seconds"] for each in found.collections] == [20, 21, 22]
        assert found.last.entry["bundle_seconds"] == 22

    def test_window_of_several_collections_is_that_of_all(self):
        runs = [
            self.manifest(f"2026-10-{day}T00:00:00Z", a=entry(start=f"2026-10-{day + 1}T00:00:00Z")) for day in (19, 21)
        ]
        (found,) = evidence_of({"a": summary(steady(START, START + 3 * DAY), "a")}, runs)
        assert (found.window.start, found.window.end) == (START, START + 3 * DAY)

    def test_window_is_that_of_the_request_of_the_vm(self):
        last = self.manifest("2026-10-20T00:00:00Z", a=entry(request=request(date_from="2026-10-19")), b=entry())
        last["request"]["date_from"] = "last"
        assert [each.window.start for each in evidence_of({}, [last])] == [START, None]

    def test_window_has_no_begin_if_one_request_has_none(self):
        runs = [self.manifest("2026-10-19T00:00:00Z", a=entry()), self.manifest("2026-10-20T00:00:00Z", a=entry())]
        runs[0]["request"]["date_from"] = None
        assert evidence_of({}, runs)[0].window.start is None

    def test_window_has_no_end_if_one_collection_has_none(self):
        vm = evidence(start=None, requested=request(date_to=None))
        assert vm.window.end is None
        assert dataclasses.replace(vm, collections=(*vm.collections, *evidence().collections)).window.end is None

    def test_latest_time_is_the_end_of_the_collection_or_now(self):
        assert evidence().latest(0) == END + HOUR // 12
        assert evidence(end=None).latest(NOW) == NOW
        assert Evidence("web1", None).latest(NOW) == NOW
