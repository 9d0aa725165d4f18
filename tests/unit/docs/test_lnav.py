# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The format file for lnav knows every field, and lnav accepts it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.variants import (
    flat_schema,
    schemas,
)

FORMAT = Path(__file__).parents[3] / "docs" / "lnav" / "aqtive_guard_log.json"
RECORD = {
    "id": "00000000-0000-4000-8000-000000000001",
    "created_at": "2026-10-25T12:00:00.123456Z",
    "hostname": "web1",
    "level": "error",
    "log_type": "web",
    "pid": 7,
    "method": "GET",
    "path": "/projects",
    "status_code": 503,
}


def test_fields_are_those_of_the_schemas() -> None:
    fields = {field for name in schemas() for field in flat_schema(name)["properties"]}
    documented = json.loads(FORMAT.read_text(encoding="utf-8"))["aqtive_guard_log"]
    special = {documented["timestamp-field"], documented["level-field"]}
    assert set(documented["value"]) | special == fields


@pytest.fixture
def lnav(tmp_path):
    """A function that runs lnav with the format file, and returns its output."""
    program = shutil.which("lnav")
    if not program:
        pytest.skip("lnav is not installed")
    folder = tmp_path / "formats" / "aqtive_guard"
    folder.mkdir(parents=True)
    shutil.copy(FORMAT, folder)

    def run(*arguments):
        command = [program, "-I", tmp_path, *arguments]
        environment = {**os.environ, "HOME": str(tmp_path), "TZ": "UTC"}
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    return run


def test_format_is_valid(lnav):
    assert lnav("-W", "-C") == ""


def test_records_are_shown_and_have_columns(lnav, tmp_path):
    log = tmp_path / "logs.jsonl"
    log.write_text(f"{json.dumps(RECORD)}\n{json.dumps({**RECORD, 'level': 'info', 'status_code': 200})}\n")
    first, _second = lnav("-n", log).splitlines()
    assert first.split() == ["2026-10-25", "12:00:00.123", "error", "web1", "web", "GET", "/projects", "503"]
    question = ";SELECT hostname, path, status_code FROM aqtive_guard_log WHERE log_level = 'error'"
    assert lnav("-n", "-c", question, log).split() == ["hostname", "path", "status_code", "web1", "/projects", "503"]
