# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
from datetime import datetime

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import logging_keys
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.logging_keys import KEYS, LEVELS
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records import reader
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.findings.findings_fleets import (
    SETTINGS,
    evidence,
    judged,
    kinds,
    only,
    reasons,
    request,
)


def test_keys_and_levels_are_those_of_the_product():
    assert {key.name: key.default or "" for key in logging_keys.KEYS} == KEYS
    assert logging_keys.BY_NAME["LOG_LEVEL"].choices == LEVELS == reader.LEVELS


class TestSuppressed:
    def vm(self, requested=None, **settings):
        return evidence(logging_settings={**SETTINGS, **settings}, requested=request(**(requested or {})))

    def test_levels_below_the_threshold_are_named(self):
        vm = self.vm(LOG_LEVEL="error")
        reason = only(vm)
        assert (reason["kind"], reason["subject"]) == ("levels_suppressed", "LOG_LEVEL")
        assert reason["detail"] == "It is error, so that the VM writes no record of the levels info and warning"
        assert judged(vm)["vms"]["web1"]["verdict"] == "complete"

    def test_single_level_is_named(self):
        assert only(self.vm(LOG_LEVEL_AUDIT="warning"))["detail"].endswith("no record of the level info")

    @pytest.mark.parametrize("level", ["debug", "info", "<7 characters, not shown>", ""])
    def test_levels_that_nobody_expects_are_not_missing(self, level):
        assert kinds(self.vm(LOG_LEVEL=level, LOG_LEVEL_AUDIT=level)) == []

    def test_debug_is_missing_if_it_was_requested(self):
        vm = self.vm({"log_levels": ["DEBUG", "ERROR"], "log_types": ["APPLICATION"]})
        assert only(vm)["detail"] == "It is info, so that the VM writes no record of the level debug"

    def test_levels_that_were_not_requested_are_not_missing(self):
        assert kinds(self.vm({"log_levels": ["ERROR"]}, LOG_LEVEL="error", LOG_LEVEL_AUDIT="error")) == []

    @pytest.mark.parametrize(
        ("types", "expected"),
        [
            ([], ["LOG_LEVEL", "LOG_LEVEL_AUDIT"]),
            (["AUDIT"], ["LOG_LEVEL_AUDIT"]),
            (["ANALYSIS", "APPLICATION"], ["LOG_LEVEL"]),
            (["AUDIT", "APPLICATION"], ["LOG_LEVEL", "LOG_LEVEL_AUDIT"]),
        ],
    )
    def test_only_keys_of_requested_types_count(self, types, expected):
        found = reasons(self.vm({"log_types": types}, LOG_LEVEL="critical", LOG_LEVEL_AUDIT="critical"))
        assert [reason["subject"] for reason in found] == expected

    def test_default_of_the_audit_level_is_info(self):
        found = reasons(self.vm({"log_levels": ["DEBUG"]}))
        assert [reason["subject"] for reason in found] == ["LOG_LEVEL", "LOG_LEVEL_AUDIT"]

    def test_settings_that_are_not_known(self):
        assert kinds(evidence(logging_settings=None, requested=request(log_levels=["DEBUG"]))) == []


class TestChanged:
    def change(self, **changes):
        values = {"vm": "web1", "time": datetime(2026, 10, 21, 14, 5, 7), "setting": "log_level"}
        return {**values, "old_value": "info", "new_value": "debug", **changes}

    def test_record_of_a_change(self):
        reason = only(evidence(), setting_changes=[self.change(), self.change(vm="web2")])
        assert reason == {
            "kind": "settings_changed",
            "subject": "LOG_LEVEL",
            "detail": "It was changed from 'info' to 'debug' at 2026-10-21 14:05:07 UTC, so that its logs before and after that"
            " are different",
            "from": "2026-10-21T14:05:07Z",
            "to": "2026-10-21T14:05:07Z",
        }

    def test_key_that_was_not_set(self):
        assert "from not set to 'debug'" in only(evidence(), setting_changes=[self.change(old_value=None)])["detail"]

    def test_only_the_first_of_many_changes_are_listed(self):
        assert len(reasons(evidence(), setting_changes=[self.change()] * 500)) == 10

    def collections(self, *settings):
        vms = [evidence(logging_settings=each) for each in settings]
        return dataclasses.replace(vms[0], collections=tuple(vm.collections[0] for vm in vms))

    def test_settings_that_differ_between_collections(self):
        vm = self.collections(SETTINGS, {**SETTINGS, "LOG_LEVEL": "debug"}, {**SETTINGS, "LOG_LEVEL": "debug"})
        reason = only(vm)
        assert (reason["kind"], reason["subject"]) == ("settings_changed", "LOG_LEVEL")
        assert reason["detail"].startswith("It was 'info' at one collection and 'debug' at the next, so that")

    def test_collections_whose_settings_are_the_same_or_not_known(self):
        assert kinds(self.collections(SETTINGS, {**SETTINGS, "LOG_LEVEL_AUDIT": "info"}, None, SETTINGS)) == []


class TestDiffering:
    def fleet(self, *settings):
        vms = [evidence(vm=f"vm{number}", logging_settings=each) for number, each in enumerate(settings, start=1)]
        return judged(*vms)["fleet"]

    def test_value_of_a_minority_comes_first(self):
        (found,) = self.fleet(SETTINGS, SETTINGS, {**SETTINGS, "LOG_LEVEL": "warning"}, SETTINGS)
        assert found == {
            "kind": "settings_differ",
            "subject": "LOG_LEVEL",
            "detail": "It is 'warning' on vm3; 'info' on vm1, vm2 and vm4",
        }

    def test_each_key_is_a_finding(self):
        other = {"LOG_LEVEL": "debug", "LOG_FILE": "/other"}
        assert [each["subject"] for each in self.fleet(SETTINGS, other)] == [
            "LOG_LEVEL",
            "LOG_FILE",
            "LOG_ROTATE_DAILY",
            "LOG_ROTATE_MAX",
        ]

    def test_key_that_is_not_set(self):
        (found,) = self.fleet({**SETTINGS, "LOG_ROTATE_MAX": ""}, SETTINGS)
        assert found["detail"] == "It is not set on vm1; '30' on vm2"

    def test_default_equals_the_same_value(self):
        defaults = {"LOG_LEVEL_AUDIT": "info", "LOG_ROTATE_DAILY_AUDIT": "false"}
        assert self.fleet(SETTINGS, {**SETTINGS, **defaults}) == []

    def test_settings_that_are_not_known_do_not_differ(self):
        assert self.fleet(SETTINGS, None) == []

    def test_many_values_and_vms_are_bounded(self):
        (found,) = self.fleet(*({**SETTINGS, "LOG_FILE": f"/{number % 5}"} for number in range(100)))
        assert found["detail"].endswith("; '/2' on vm3, vm8 and 18 more; and others")
        assert len(found["detail"]) < 400
