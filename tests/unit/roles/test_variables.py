# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A role's defaults and its argument specification name the same variables."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.role_variables import (
    OF_PLAYBOOKS,
    RESULTS,
    name_errors,
)

ROOT = Path(__file__).parents[3]
ROLES = ["aqtive_guard_logging", "aqtive_guard_log_bundle", "aqtive_guard_log_analysis", "aqtive_guard_simulator"]


def load(role: str, path: str) -> t.Any:
    return yaml.safe_load((ROOT / "roles" / role / path).read_text(encoding="utf-8"))


def options(role: str) -> dict[str, dict[str, t.Any]]:
    """The role's own variables. A role may also document one of another role that it reads."""
    documented = load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    return {
        name: option
        for name, option in documented.items()
        if not any(name.startswith(f"{other}_") for other in ROLES if other != role)
    }


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_argument_specification_name_the_same_variables(role: str) -> None:
    assert sorted(load(role, "defaults/main.yml")) == sorted(options(role))


@pytest.mark.parametrize("role", ROLES)
def test_documented_defaults_are_the_real_ones(role: str) -> None:
    documented = {name: option["default"] for name, option in options(role).items() if "default" in option}
    defaults = load(role, "defaults/main.yml")
    assert {name: defaults[name] for name in documented} == documented


@pytest.mark.parametrize("role", ROLES)
def test_only_what_is_computed_or_long_or_not_set_has_no_documented_default(role: str) -> None:
    documented = options(role)
    for name, value in load(role, "defaults/main.yml").items():
        assert "default" in documented[name] or value is None or "{{" in str(value) or "\n" in str(value), name


@pytest.mark.parametrize("role", ROLES)
def test_variables_carry_the_name_of_their_role(role: str) -> None:
    assert all(name.startswith(f"{role}_") for name in options(role))


def test_statistics_are_accepted_as_variables_of_the_next_job_of_a_workflow() -> None:
    tasks = [*ROOT.glob("playbooks/tasks/*.yml"), *ROOT.glob("roles/*/tasks/*.yml")]
    text = "".join(path.read_text(encoding="utf-8") for path in tasks)
    statistics = re.findall(r"set_stats:\n *data:\n *(\w+):\n", text)
    known = [name for role in ROLES for name in options(role)] + [*OF_PLAYBOOKS, *RESULTS]
    assert sorted(statistics) == [
        "aqtive_guard_analyzed_logs",
        "aqtive_guard_collected_logs",
        "aqtive_guard_compared_logging",
    ]
    assert name_errors(statistics, known) == []
