# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role aqtive_guard_log_analysis and its playbook pass on."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.plugins.filter import core, mathstuff
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.kinds import KINDS

ROOT = Path(__file__).parents[3]
ROLE = ROOT / "roles/aqtive_guard_log_analysis"
PREFIX = "aqtive_guard_log_analysis"


def load(path: Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def task(action: str) -> dict[str, t.Any]:
    (found,) = [each for each in load(ROLE / "tasks/main.yml") if action in each]
    return dict(found)


def test_any_kind_of_finding_can_be_a_failure_and_nothing_else() -> None:
    options = load(ROLE / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert options[f"{PREFIX}_fail_on"]["choices"] == list(KINDS)


def test_all_tasks_run_once_for_the_fleet() -> None:
    assert all(each["run_once"] for each in load(ROLE / "tasks/main.yml"))


@pytest.mark.parametrize(
    ("kinds", "fail_on", "failures"),
    [
        (["silence", "vm_missing"], [], []),
        (["silence", "vm_missing"], ["days_missing"], []),
        (["silence", "vm_missing"], ["vm_missing", "days_missing"], ["vm_missing"]),
    ],
)
def test_the_chosen_kinds_of_findings_are_a_failure(kinds: list[str], fail_on: list[str], failures: list[str]) -> None:
    environment = NativeEnvironment()
    environment.filters |= core.FilterModule().filters() | mathstuff.FilterModule().filters()
    template = task("ansible.builtin.fail")["vars"][f"__{PREFIX}_failures"]
    values = {f"{PREFIX}_result": {"kinds": kinds}, f"{PREFIX}_fail_on": fail_on}
    found: object = environment.from_string(template).render(values)
    assert found == failures


def test_the_playbook_prefers_the_variables_of_a_vm_and_needs_none() -> None:
    (play,) = load(ROOT / "playbooks/analyze_logs.yml")
    assert play["hosts"] == "{{ target | default('aqtive_guard') }}:localhost"
