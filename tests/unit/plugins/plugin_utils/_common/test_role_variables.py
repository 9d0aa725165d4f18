# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.role_variables import (
    OF_PLAYBOOKS,
    RESULTS,
    SERIAL,
    fact_errors,
    form_errors,
    name_errors,
    strategy_errors,
)

KNOWN = ("aqtive_guard_logging_file", "aqtive_guard_logging_level", "aqtive_guard_log_bundle_date_from")

ROLES = Path(__file__).parents[5] / "roles"


def test_results_are_what_the_tasks_of_the_roles_set():
    tasks = "".join(path.read_text(encoding="utf-8") for path in ROLES.glob("aqtive_guard_log*/tasks/*.yml"))
    names = re.findall(
        r"^ +(?:register: )?(aqtive_guard_log(?:ging|_bundle|_analysis)_\w+)(?::|$)", tasks, re.MULTILINE
    )
    assert sorted(RESULTS) == sorted(set(names))


def test_the_playbooks_read_their_variables():
    playbooks = "".join(path.read_text(encoding="utf-8") for path in ROLES.parent.glob("playbooks/**/*.yml"))
    assert all(re.search(rf"\b{name}\b", playbooks) for name in OF_PLAYBOOKS)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "nearest"),
        [
            ("aqtive_guard_logging_flie", "aqtive_guard_logging_file"),
            ("aqtive_guard_log_bundle_date_form", "aqtive_guard_log_bundle_date_from"),
            ("aqtive_guard_loging_level", "aqtive_guard_logging_level"),
        ],
    )
    def test_the_nearest_name_is_the_remedy(self, name, nearest):
        (only,) = name_errors([name, *KNOWN], KNOWN)
        assert only == {
            "phase": "validate",
            "subject": name,
            "cause": "is not a variable of this collection",
            "remedy": f"Correct it to {nearest}",
        }

    @pytest.mark.parametrize("role", ["logging", "log_bundle", "simulator"])
    def test_a_name_like_no_other_is_refused_behind_the_prefix_of_a_role(self, role):
        (only,) = name_errors([f"aqtive_guard_{role}_quite_different"], KNOWN)
        assert only["remedy"] == "Remove it, or see the README's tables of variables"

    @pytest.mark.parametrize(
        "name", ["aqtive_guard_site", "aqtive_guard", "logging_file", "__aqtive_guard_logging_x", ""]
    )
    def test_other_variables_are_the_users_own(self, name):
        assert name_errors([name], KNOWN) == []


class TestFacts:
    @pytest.mark.parametrize(
        "name", ["aqtive_guard_log_bundle_dest", "__aqtive_guard_logging_block", "__configure_logging_vms", "target"]
    )
    def test_with_the_name_of_a_variable_are_errors(self, name):
        (only,) = fact_errors([name, "distribution", "my_aqtive_guard_x", "targets"], "web1")
        assert (only["phase"], only["subject"]) == ("validate", name)
        assert only["cause"] == "is a fact of web1, but must not be a fact, which a VM could set"
        assert only["remedy"] == (
            "Set it in the inventory or with -e; if a fact cache is in use, clear it with --flush-cache"
        )

    def test_a_hostile_name_is_printable_and_short(self):
        (only,) = fact_errors(["aqtive_guard_\x1b[2J" + "x" * 10000], "web1")
        assert only["subject"].startswith("aqtive_guard_\\x1b[2J") and len(only["subject"]) < 300


class TestForms:
    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("list", []),
            ("list", ["a"]),
            ("int", 5),
            ("int", "5"),
            ("int", -1),
            ("bool", True),
            ("bool", "yes"),
            ("bool", "False"),
            ("str", ""),
            ("str", "a"),
            ("str", 4711),
            ("str", datetime.date(2026, 1, 31)),
            ("path", "/a"),
            ("raw", {}),
            *[(kind, value) for kind in ("list", "int", "bool", "str", "path") for value in (None, "{{ x }}")],
        ],
    )
    def test_values_of_their_form_are_accepted(self, kind, value):
        assert form_errors({"x": value}, {"x": {"type": kind}}) == []

    @pytest.mark.parametrize(
        ("kind", "value", "rule"),
        [
            ("list", "log", "a list"),
            ("list", {"a": 1}, "a list"),
            ("list", 3, "a list"),
            ("int", "soon", "a whole number"),
            ("int", "", "a whole number"),
            ("int", 1.5, "a whole number"),
            ("int", True, "a whole number"),
            ("int", [5], "a whole number"),
            ("bool", "perhaps", "true or false"),
            ("bool", 2, "true or false"),
            ("bool", [], "true or false"),
            ("str", [], "text"),
            ("str", {}, "text"),
            ("str", True, "text"),
            ("path", ["/a"], "text"),
        ],
    )
    def test_others_are_errors(self, kind, value, rule):
        assert form_errors({"x": value}, {"x": {"type": kind}}) == [
            {
                "phase": "validate",
                "subject": "x",
                "cause": f"is {value!r}, but must be {rule}",
                "remedy": "Correct it in the inventory, or where -e sets it",
            }
        ]

    def test_text_is_the_default(self):
        assert form_errors({"x": []}, {"x": {}})[0]["cause"] == "is [], but must be text"

    def test_elements_are_among_the_choices(self):
        specification = {"x": {"type": "list", "choices": ["log", "audit"]}}
        assert form_errors({"x": ["audit", "log"]}, specification) == []
        assert form_errors({"x": ["log", "x"]}, specification)[0]["cause"] == (
            "is ['log', 'x'], but must be a list of log, audit"
        )

    def test_text_is_one_of_the_choices(self):
        specification = {"x": {"type": "str", "choices": ["present", "absent"]}}
        assert form_errors({"x": "absent"}, specification) == []
        assert form_errors({"x": "gone"}, specification)[0]["cause"] == "is 'gone', but must be one of present, absent"

    @pytest.mark.parametrize("value", [1, "2", "25%", "100%", [1, "50%", 10]])
    def test_a_number_of_vms_is_a_batch(self, value):
        assert form_errors({SERIAL: value}, {}) == []

    @pytest.mark.parametrize("value", [0, -1, "one", "0%", "101%", "", [], [1, 0], True, 1.5, {"a": 1}])
    def test_nothing_else_is(self, value):
        (only,) = form_errors({SERIAL: value}, {})
        assert only["cause"].endswith("a number of VMs of at least 1, a percentage such as '25%', or a list of them")


class TestStrategy:
    @pytest.mark.parametrize("strategy", ["free", "ansible.builtin.free", "host_pinned", "mitogen_free"])
    def test_vms_must_not_run_ahead_of_each_other(self, strategy):
        (only,) = strategy_errors(strategy)
        assert (only["subject"], only["remedy"]) == ("strategy", "Set `strategy: ansible.builtin.linear` for the play")
        assert only["cause"].startswith(f"is {strategy}, but ")

    @pytest.mark.parametrize("strategy", ["linear", "ansible.builtin.linear", "debug", "mitogen_linear"])
    def test_others_are_accepted(self, strategy):
        assert strategy_errors(strategy) == []


def test_an_invalid_value_behind_values_that_are_not_checked_is_an_error():
    values = {"a": None, "b": "{{ x }}", "c": "x", "d": 1}
    specification = {**{key: {"type": "list"} for key in values}, "d": {"type": "int"}}
    (only,) = form_errors(values, specification)
    assert (only["phase"], only["subject"], only["cause"]) == ("validate", "c", "is 'x', but must be a list")


def test_a_strategy_is_an_error_of_the_validation():
    (only,) = strategy_errors("free")
    assert (only["phase"], only["subject"]) == ("validate", "strategy")
    assert only["remedy"] == "Set `strategy: ansible.builtin.linear` for the play"
