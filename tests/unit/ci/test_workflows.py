# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflows run commands that exist."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def load(path: Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def values_of(value: t.Any, *keys: str) -> t.Iterator[str]:
    """Yield the texts below these keys, at any depth."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key in keys:
                yield from [each] if isinstance(each, str) else each if isinstance(each, list) else []
            yield from values_of(each, *keys)
    elif isinstance(value, list):
        for each in value:
            yield from values_of(each, *keys)


def test_there_is_one_for_pull_requests_and_one_for_each_week() -> None:
    triggers = [set(load(path)["on"]) for path in WORKFLOWS]
    assert any("pull_request" in each for each in triggers)
    assert any("schedule" in each for each in triggers)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_commands_exist(path: Path) -> None:
    commands = "\n".join(values_of(load(path), "command", "run"))
    known = {target for targets in TARGETS for target in targets.split()}
    assert set(re.findall(r"\bmake ([a-z-]+)", commands)) <= known
    scripts = re.findall(r"(?<!\S)(\.ci/[\w-]+|tests/\S+\.py)", commands)
    assert [script for script in scripts if not (ROOT / script).is_file()] == []
    assert "make " in commands or scripts


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_local_or_have_a_major_version(path: Path) -> None:
    for action in values_of(load(path), "uses"):
        if action.startswith("./"):
            assert (ROOT / action / "action.yml").is_file()
        else:
            assert re.fullmatch(r"actions/[\w-]+@v\d+", action)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_permissions_are_restricted(path: Path) -> None:
    assert "permissions" in load(path)
