# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples for DuckDB in the guide to the data set, extracted from it, answer from a data set."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ansible_collections.community.aqtive_guard.tests.unit.docs import pages

GUIDE = pages.ROOT / "docs/docsite/rst/dataset.rst"
(PROGRAM,) = [block for block in pages.code_blocks(GUIDE, "python") if "import duckdb" in block]
(TRACE,) = [block for block in pages.code_blocks(GUIDE, "sql") if "request_id" in block]
(REQUEST,) = re.findall(r"request_id = '([^']+)'", TRACE)


@pytest.fixture
def directory(tmp_path: Path, stage_records) -> Path:
    """A directory as the examples expect it: with the collection's plugins, and a data set of two records."""
    failed = {"level": "error", "message": "it failed", "stacktrace": "analyzer.errors.JobFailed: no"}
    (file,) = stage_records("web1", {"minute": 1, "request_id": REQUEST, **failed}, {"message": "another"})
    day = tmp_path / "dataset" / "records" / "day=2026-10-25"
    day.mkdir(parents=True)
    file.rename(day / "records.parquet")
    (tmp_path / "plugins").symlink_to(pages.ROOT / "plugins")
    return tmp_path


def test_the_program_prints_the_errors_of_a_day_and_the_exceptions(directory: Path) -> None:
    found = subprocess.run([sys.executable, "-c", PROGRAM], cwd=directory, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    errors, exceptions = found.stdout.splitlines()
    assert "'web1', 'it failed'" in errors
    assert "another" not in errors
    assert "analyzer.errors.JobFailed" in exceptions


def test_the_question_about_a_request_finds_its_records(directory: Path) -> None:
    pattern = directory / "dataset" / "records" / "*" / "*.parquet"
    database = duckdb.connect()
    database.execute(f"CREATE VIEW records AS SELECT * FROM read_parquet('{pattern}', hive_partitioning = true)")
    ((_time, vm, raw),) = database.execute(TRACE).fetchall()
    assert vm == "web1"
    assert REQUEST in raw
