# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.reading import FILE_RULES
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.damage import RULES
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.findings.findings_fleets import (
    damaged,
    evidence,
    judged,
    kinds,
    only,
    reasons,
    summary,
)

FILES = ["web1/logs.tar.gz", "web1/logs.tar.gz/app.log"]


def vm(*places, **changes):
    return evidence(damaged(*places, **{"files": FILES, **changes}))


def changed(**changes):
    return evidence(summary(**{"files": FILES, **changes}))


class TestFiles:
    def test_truncated_bundle(self):
        assert only(vm((0, 0, "truncated"))) == {
            "kind": "bundle_damaged",
            "subject": "web1/logs.tar.gz",
            "detail": "The file is truncated, so that records may be missing",
        }

    def test_encrypted_member(self):
        reason = only(vm((1, 0, "encrypted")))
        assert (reason["kind"], reason["subject"]) == ("bytes_unreadable", "web1/logs.tar.gz/app.log")
        assert reason["detail"] == "The file is encrypted, so that it was not read, or not completely"

    @pytest.mark.parametrize("rule", RULES)
    def test_every_rule_is_a_finding_that_makes_the_vm_incomplete(self, rule):
        found = judged(vm((0, 0 if rule in FILE_RULES else 7, rule)))["vms"]["web1"]
        assert found["verdict"] == "incomplete"
        (reason,) = found["reasons"]
        assert reason["kind"] == FILE_RULES.get(rule, "lines_unreadable")
        assert RULES[rule] in reason["detail"]

    def test_each_file_and_rule_is_named_once(self):
        found = vm((0, 0, "checksum"), (1, 0, "checksum"), (0, 0, "checksum"), (0, 0, "truncated"))
        assert kinds(found) == ["bundle_damaged"] * 3

    def test_only_the_first_of_many_files_are_listed(self):
        found = reasons(vm(*((number, 0, "corrupt") for number in range(40)), files=list("abcdefgh" * 5)))
        assert len(found) == 10
        assert found[-1]["detail"].endswith(", so that records may be missing (30 more findings of this kind)")


class TestLines:
    def test_single_line(self):
        reason = only(vm((1, 90_412, "invalid_json")))
        assert reason == {
            "kind": "lines_unreadable",
            "subject": "web1/logs.tar.gz/app.log",
            "detail": "Line 90,412 is not valid JSON",
            "count": 1,
        }

    def test_lines_of_a_file_that_break_the_same_rule_are_counted(self):
        reason = only(vm((1, 7, "nul_byte"), (1, 5, "nul_byte"), (1, 9, "nul_byte")))
        assert (reason["count"], reason["detail"]) == (
            3,
            "Line 5 contains NUL bytes; 2 other lines break the same rule",
        )
        assert only(vm((1, 7, "nul_byte"), (1, 5, "nul_byte")))["detail"].endswith(
            "; 1 other line breaks the same rule"
        )

    def test_lines_that_are_not_listed_are_counted(self):
        found = reasons(vm((1, 5, "invalid_json"), damage_totals={"invalid_json": 1000, "nul_byte": 1, "truncated": 1}))
        assert [(reason["kind"], reason["subject"], reason.get("count")) for reason in found] == [
            ("bundle_damaged", "various files", None),
            ("lines_unreadable", "web1/logs.tar.gz/app.log", 1),
            ("lines_unreadable", "various files", 999),
            ("lines_unreadable", "various files", 1),
        ]
        assert found[2]["detail"] == "A line is not valid JSON; 998 other lines break the same rule"

    def test_rule_and_file_that_are_not_known(self):
        reason = only(vm((99, 5, "new_rule")))
        assert (reason["subject"], reason["detail"]) == ("various files", "Line 5 cannot be read")


class TestRecords:
    def test_lost_messages_make_a_vm_incomplete(self):
        vm = changed(lost_messages=1200)
        assert only(vm)["detail"] == "journald dropped 1,200 messages: its rate limit was exceeded"
        assert only(vm)["count"] == 1200
        assert judged(vm)["vms"]["web1"]["verdict"] == "incomplete"

    def test_other_messages_duplicates_and_unknown_fields_are_no_findings(self):
        vm = changed(other_messages=5, duplicates=7, unknown_fields={"new": 3})
        assert judged(vm)["vms"]["web1"]["reasons"] == []
        assert judged(vm)["vms"]["web1"]["duplicates"] == 7

    def test_id_conflict_names_the_first_place(self):
        vm = changed(id_conflicts=2, id_conflict_places=[{"file": 1, "line": 5000}, {"file": 0, "line": 1}])
        reason = only(vm)
        assert (reason["kind"], reason["subject"], reason["count"]) == ("id_conflict", FILES[1], 2)
        assert reason["detail"] == (
            "2 records have the id of an earlier one with different content, the first in line 5,000: all were kept"
        )
        assert judged(vm)["vms"]["web1"]["verdict"] == "complete"

    def test_id_conflict_without_a_place(self):
        reason = only(changed(id_conflicts=1))
        assert reason["subject"] == "various files"
        assert reason["detail"] == "1 record has the id of an earlier one with different content: all were kept"

    def test_schema_violations(self):
        places = {"variant": "web", "pointer": "/status_code", "keyword": "type", "file": 1, "line": 1234}
        found = reasons(
            changed(invalid=3, violations=[{**places, "count": 2}, {**places, "pointer": "/path", "count": 1}])
        )
        assert [(reason["subject"], reason["count"]) for reason in found] == [("/status_code", 2), ("/path", 1)]
        assert found[0]["detail"] == (
            "2 records of the variant web do not conform to the schema: type at /status_code, first in line 1,234 of"
            " web1/logs.tar.gz/app.log"
        )
        assert "1 record of the variant web does not conform" in found[1]["detail"]

    def test_only_the_first_of_many_violations_are_listed(self):
        places = {"variant": "web", "keyword": "type", "file": 1, "line": 1, "count": 1}
        violations = [{**places, "pointer": f"/{number}"} for number in range(11)]
        found = reasons(changed(violations=violations))
        assert [reason["subject"] for reason in found] == [f"/{number}" for number in range(10)]
        assert "at /9, first" in found[-1]["detail"]
        assert found[-1]["detail"].endswith("(1 more finding of this kind)")
        assert len(reasons(changed(violations=violations[:10]))) == 10
        assert "more" not in reasons(changed(violations=violations[:10]))[-1]["detail"]
