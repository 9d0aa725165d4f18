# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from pathlib import Path

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import libraries

ROOT = Path(__file__).parents[5]


@pytest.fixture
def without(monkeypatch):
    """Make libraries impossible to find."""

    def remove(*names):
        find = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in names else find(name))

    return remove


def test_installed_libraries_are_no_error():
    libraries.require()


@pytest.mark.parametrize(
    ("names", "subject"),
    [
        (["orjson"], "The Python library orjson"),
        (["orjson", "duckdb"], "The Python libraries duckdb, orjson"),
    ],
)
def test_all_missing_libraries_are_named_with_the_command_that_installs_them(without, names, subject):
    without(*names)
    with pytest.raises(Failure) as raised:
        libraries.require()
    (error,) = raised.value.errors
    assert error["subject"] == subject
    assert sys.executable in error["cause"]
    command, dummy, path = error["remedy"].rpartition(" ")
    assert command == f"Run {sys.executable} -m pip install -r"
    assert Path(path).samefile(ROOT / "meta/ee-requirements.txt")


def test_the_requirements_are_the_libraries():
    listed = (ROOT / "meta/ee-requirements.txt").read_text(encoding="utf-8")
    names = re.findall(r"^([a-z-]+)>=", listed, re.MULTILINE)
    assert sorted(name.replace("-", "_") for name in names) == sorted(libraries.NAMES)


@pytest.mark.parametrize("tests", ["unit", "integration"])
def test_tests_use_the_versions_that_are_recommended(tests):
    pinned, used = (
        set(
            re.findall(
                r"^((?:ahocorasick-rs|duckdb|isal|jsonschema-rs|orjson|pyrage|zstandard)==[\d.]+)",
                (ROOT / path).read_text(),
                re.MULTILINE,
            )
        )
        for path in ("requirements/analysis.txt", f"tests/{tests}/requirements.txt")
    )
    assert pinned == used
