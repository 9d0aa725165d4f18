# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.units import (
    PROPERTIES,
    existence_errors,
    parse_units,
    state_errors,
)

PATTERN = ["cryptosense-analyzer-*.service"]
WEB = "cryptosense-analyzer-web.service"


def unit(name=WEB, active="active", enabled="enabled"):
    return {
        "Id": name,
        "LoadState": "loaded",
        "ActiveState": active,
        "SubState": "dead",
        "Result": "exit-code",
        "UnitFileState": enabled,
    }


def subjects(errors):
    return [error["subject"] for error in errors]


class TestParseUnits:
    def test_every_property_that_is_read_is_requested(self):
        assert set(PROPERTIES) == set(unit())

    def test_units_are_separated_by_an_empty_line(self):
        text = "Id=a.service\nLoadState=loaded\nActiveState=active\n\nId=b.service\nDescription=x=y\n"
        assert parse_units(text) == [
            {"Id": "a.service", "LoadState": "loaded", "ActiveState": "active"},
            {"Id": "b.service", "Description": "x=y"},
        ]

    def test_a_unit_that_systemd_does_not_know_is_skipped(self):
        text = "Id=a.service\nLoadState=not-found\nActiveState=inactive\n\nId=b.service\nLoadState=loaded\n"
        assert [found["Id"] for found in parse_units(text)] == ["b.service"]

    @pytest.mark.parametrize("text", ["", "\n", "nonsense\n\n=\n", "Id=\nLoadState=loaded\n", "LoadState=loaded\n"])
    def test_output_without_a_unit(self, text):
        assert parse_units(text) == []


class TestExistenceErrors:
    def test_units_that_match_a_pattern_or_a_name_exist(self):
        assert existence_errors("health", [unit()], PATTERN) == []
        assert existence_errors("health", [unit()], [WEB]) == []

    def test_no_requested_units_is_no_error(self):
        assert existence_errors("health", [], []) == []

    def test_no_matching_unit_is_an_error_that_names_the_variable(self):
        assert existence_errors("check", [], [*PATTERN, "a.service"]) == [
            {
                "phase": "check",
                "subject": "cryptosense-analyzer-*.service, a.service",
                "cause": "matches no systemd unit",
                "remedy": "Set units (role variable aqtive_guard_logging_units) to the product's units"
                " (`systemctl list-units 'cryptosense*'` lists them), or to [] where there is no systemd",
            }
        ]

    def test_each_missing_name_is_an_error_beside_units_that_exist(self):
        assert existence_errors("health", [unit()], ["aX.service", WEB, "b.service"]) == [
            {
                "phase": "health",
                "subject": "unit {0}.service".format(name),
                "cause": "does not exist",
                "remedy": "Set units (role variable aqtive_guard_logging_units) to the product's units",
            }
            for name in ("aX", "b")
        ]

    @pytest.mark.parametrize("pattern", ["other-*.service", "other-?.service", "other-[ab].service"])
    def test_a_pattern_may_match_nothing_beside_units_that_exist(self, pattern):
        assert existence_errors("health", [unit()], [WEB, pattern]) == []


class TestStateErrors:
    def test_active_units_are_no_error(self):
        assert state_errors("health", [unit(), unit("cryptosense-analyzer-worker.service")], PATTERN) == []

    def test_no_units_are_no_error(self):
        assert state_errors("health", [], []) == []

    @pytest.mark.parametrize("state", ["failed", "activating", "deactivating", "inactive"])
    def test_an_enabled_unit_must_be_active(self, state):
        assert state_errors("health", [unit(active=state), unit("other.service")], PATTERN) == [
            {
                "phase": "health",
                "subject": "unit {0}".format(WEB),
                "cause": "is {0} (dead, result exit-code), but must be active".format(state),
                "remedy": "Run `journalctl -u {0} -n 50` on the VM to see why".format(WEB),
            }
        ]

    def test_a_failed_unit_must_be_active_even_if_not_enabled(self):
        assert len(state_errors("health", [unit(), unit("m.service", "failed", "static")], PATTERN)) == 1

    def test_an_idle_unit_that_matches_a_pattern_is_ignored(self):
        assert state_errors("health", [unit(), unit("m.service", "inactive", "static")], PATTERN) == []

    def test_an_idle_unit_that_is_requested_by_name_must_be_active(self):
        assert len(state_errors("health", [unit("m.service", "inactive", "static")], ["m.service"])) == 1

    @pytest.mark.parametrize("first", [unit("m.service", "inactive", "static"), unit("m.service", "active")])
    def test_a_failed_unit_is_found_behind_an_idle_or_active_one(self, first):
        assert subjects(state_errors("health", [first, unit(active="failed")], PATTERN)) == ["unit {0}".format(WEB)]

    def test_every_failed_unit_is_an_error(self):
        assert len(state_errors("health", [unit(active="failed"), unit("b.service", "failed")], PATTERN)) == 2

    def test_at_least_one_unit_must_be_active(self):
        idle = [unit("m.service", "inactive", "static"), unit("a.service", "inactive", "disabled")]
        assert state_errors("health", idle, PATTERN) == [
            {
                "phase": "health",
                "subject": "units a.service, m.service",
                "cause": "are inactive and not enabled, but at least one unit must be active",
                "remedy": "Enable and start AQtive Guard",
            }
        ]
