# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import time

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import health

PATTERN = ["cryptosense-analyzer-*.service"]


def unit(name="cryptosense-analyzer-web.service", active="active", enabled="enabled"):
    return {
        "Id": name,
        "LoadState": "loaded",
        "ActiveState": active,
        "SubState": "x",
        "Result": "y",
        "UnitFileState": enabled,
    }


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self):
        self.now = 1000.0

    def time(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def wait(answers, timeout=10, interval=1, settle=2):
    """Wait on a VM that gives these answers, one a look, the last one for ever."""
    clock = Clock()
    left = list(answers)

    def look():
        return (left.pop(0) if len(left) > 1 else left[0]), {"a.service": "active"}

    return health.wait(look, timeout, interval, settle, clock=clock.time, sleep=clock.sleep)


class TestParseUnits:
    def test_units_are_separated_by_an_empty_line(self):
        text = (
            "Id=a.service\nLoadState=loaded\nActiveState=active\n\nId=b.service\nLoadState=loaded\nActiveState=failed\n"
        )
        assert [(found["Id"], found["ActiveState"]) for found in health.parse_units(text)] == [
            ("a.service", "active"),
            ("b.service", "failed"),
        ]

    def test_a_unit_that_systemd_does_not_know_is_none(self):
        assert health.parse_units("Id=a.service\nLoadState=not-found\nActiveState=inactive\n") == []

    @pytest.mark.parametrize("text", ["", "\n", "nonsense\n\n=\n"])
    def test_no_unit_at_all(self, text):
        assert health.parse_units(text) == []


class TestUnitProblems:
    def test_active_units_are_well(self):
        assert health.unit_problems([unit(), unit("cryptosense-analyzer-worker.service")], PATTERN) == []

    def test_where_no_units_are_asked_for_none_are_missed(self):
        assert health.unit_problems([], []) == []

    @pytest.mark.parametrize("installed_only", [False, True])
    def test_a_pattern_that_matches_nothing_names_the_variable_to_set(self, installed_only):
        (problem,) = health.unit_problems([], PATTERN, installed_only)
        assert PATTERN[0] in problem and "aqtive_guard_logging_units" in problem

    @pytest.mark.parametrize("state", ["failed", "activating", "deactivating", "inactive"])
    def test_an_enabled_unit_has_to_be_active(self, state):
        (problem,) = health.unit_problems([unit(active=state), unit("other.service")], PATTERN)
        assert "cryptosense-analyzer-web.service is " + state in problem and "journalctl" in problem

    def test_a_unit_that_is_not_meant_to_run_does_not_count(self):
        assert health.unit_problems([unit(), unit("m.service", "inactive", "static")], PATTERN) == []

    def test_unless_it_was_asked_for_by_name(self):
        assert len(health.unit_problems([unit("m.service", "inactive", "static")], ["m.service"])) == 1

    def test_one_unit_at_least_has_to_run(self):
        (problem,) = health.unit_problems([unit("m.service", "inactive", "static")], PATTERN)
        assert "none of the units m.service is active" == problem

    def test_a_name_that_is_not_there_is_named_beside_those_that_are(self):
        (problem,) = health.unit_problems([unit()], ["cryptosense-analyzer-web.service", "typo.service"])
        assert "typo.service" in problem

    def test_what_is_installed_need_not_run(self):
        assert health.unit_problems([unit(active="failed")], PATTERN, installed_only=True) == []


class TestFileProblem:
    def test_a_file_that_has_grown_since_is_a_good_sink(self, tmp_path):
        path = tmp_path / "log"
        path.write_text("{}\n")
        assert health.file_problem(str(path), os.stat(str(path)), time.time() - 60) is None

    def test_a_file_that_is_not_there(self):
        assert "does not exist" in health.file_problem("/l", None, 0)

    def test_an_empty_file(self, tmp_path):
        path = tmp_path / "log"
        path.write_text("")
        assert "is empty" in health.file_problem(str(path), os.stat(str(path)), 0)

    def test_a_file_whose_records_are_from_before_the_restart(self, tmp_path):
        path = tmp_path / "log"
        path.write_text("{}\n")
        assert "no record since" in health.file_problem(str(path), os.stat(str(path)), time.time() + 60)


class TestLocalTimestamp:
    @pytest.mark.parametrize("stamp", [1795530118.25, 1795530118.0])
    def test_it_reads_what_the_command_module_writes(self, stamp):
        import datetime

        assert health.local_timestamp(str(datetime.datetime.fromtimestamp(stamp))) == stamp

    @pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30 00:00:00", "2026-11-24T14:00:00"])
    def test_anything_else_is_refused(self, text):
        with pytest.raises(ValueError):
            health.local_timestamp(text)


class TestWait:
    def test_well_from_the_start_takes_as_long_as_it_has_to_settle(self):
        assert wait([[]]) == ([], 2.0, {"a.service": "active"})

    def test_it_waits_for_a_slow_start(self):
        assert wait([["down"], ["down"], []])[:2] == ([], 4.0)

    def test_a_service_that_dies_after_its_start_is_not_well(self):
        assert wait([[], ["died"]])[:2] == (["died"], 10.0)

    def test_a_relapse_starts_the_settling_again(self):
        assert wait([[], ["died"], []])[:2] == ([], 4.0)

    def test_without_patience_it_looks_once(self):
        assert wait([["down"], []], timeout=0, interval=0, settle=0)[:2] == (["down"], 0.0)

    def test_too_short_a_time_to_settle_is_said(self):
        problems, waited, dummy = wait([["down"]] * 10 + [[]])
        assert problems == ["was well for less than 2 s when the time was over"] and waited == 10
