# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/contributing/molecule.md describes every scenario, with the right number of VMs."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]


def test_documentation_lists_every_scenario_and_its_number_of_vms() -> None:
    scenarios = {
        path.parent.name: len(yaml.safe_load(path.read_text(encoding="utf-8"))["platforms"])
        for path in ROOT.glob("molecule/*/molecule.yml")
    }
    page = (ROOT / "docs" / "contributing" / "molecule.md").read_text(encoding="utf-8")
    documented = {name: int(vms) for name, vms in re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE)}
    assert documented == scenarios
