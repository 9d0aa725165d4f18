# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Molecule's scenario `alternative` sets every variable of the roles to something else than its default."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SCENARIO = ROOT / "molecule" / "alternative"
VMS = ["web1", "worker1"]
REMOVAL = "aqtive_guard_logging_state"
"""Its other value removes what the scenario tests. The integration target `playbooks` tests it."""


def load(path: Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


DEFAULTS: dict[str, t.Any] = {
    name: value
    for role in ("aqtive_guard_logging", "aqtive_guard_log_bundle")
    for name, value in load(ROOT / "roles" / role / "defaults" / "main.yml").items()
    if name != REMOVAL
}


def variables(vm: str) -> dict[str, t.Any]:
    """What the scenario sets for a VM: in its inventory, or for a playbook that it imports."""
    group = load(SCENARIO / "inventory" / "site.yml")["aqtive_guard"]
    found = {**group["vars"], **group["hosts"][vm]}
    for playbook in ("converge.yml", "side_effect.yml"):
        for play in load(SCENARIO / playbook):
            found.update(play.get("vars", {}))
    return found


@pytest.mark.parametrize("vm", VMS)
@pytest.mark.parametrize("name", DEFAULTS)
def test_a_variable_has_another_value_than_its_default(name: str, vm: str) -> None:
    found = variables(vm)
    assert name in found, (
        f"set {name} in molecule/alternative/inventory/site.yml, and look at what it does in the scenario's tests"
    )
    assert found[name] != DEFAULTS[name]


def test_the_vms_are_those_of_the_scenario() -> None:
    assert [platform["name"] for platform in load(SCENARIO / "molecule.yml")["platforms"]] == VMS
