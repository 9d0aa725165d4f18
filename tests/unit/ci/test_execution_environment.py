# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-builder reads: the metadata for execution environments."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
DEFINITION: dict[str, t.Any] = yaml.safe_load((ROOT / "meta/execution-environment.yml").read_text(encoding="utf-8"))


def entries(path: str) -> list[str]:
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_it_names_files_of_the_collection() -> None:
    assert DEFINITION["dependencies"] == {"python": "meta/ee-requirements.txt", "system": "meta/ee-bindep.txt"}


def test_python_packages_have_a_lower_bound_and_no_other() -> None:
    packages = entries("meta/ee-requirements.txt")
    assert packages
    assert [line for line in packages if not re.fullmatch(r"[a-z][a-z0-9-]*>=[\d.]+", line)] == []
    assert not [line for line in packages if line.startswith("ansible")]


def test_packages_of_the_system_name_their_platform() -> None:
    packages = entries("meta/ee-bindep.txt")
    assert {re.sub(r".*\[(.*)\]", r"\1", line) for line in packages} == {"platform:rpm", "platform:dpkg"}
