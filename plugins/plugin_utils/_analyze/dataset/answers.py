# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answers to the questions of ``questions/``, about Parquet files of records."""

from __future__ import annotations

import contextlib
import re
import typing as t
from datetime import timezone
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.columns import FIELDS
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.database import (
    connection,
    literal,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.masking import masked

with contextlib.suppress(ImportError):  # see libraries.py
    import duckdb

Rows = list[dict[str, t.Any]]

LIMIT = 100
"""Rows of an answer. How many there would be is in the column ``total`` of each row."""

# A time line is of no use without its end, nor is a grid without its last VM, and the traces of failed requests are bounded by the question itself.
_LIMITS = {"records_by_time": 100_000, "failed_requests": 500, "logins_by_vm": 1_000}

_FOLDER = Path(__file__).parent
QUESTIONS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((_FOLDER / "questions").glob("*.sql"))}
COLUMNS = [name for name in FIELDS if any(re.search(rf"\b{name}\b", query) for query in QUESTIONS.values())]
"""The columns of fields that the questions need."""
_FUNCTIONS = (_FOLDER / "engines" / "duckdb.sql").read_text(encoding="utf-8")


def answers(files: t.Sequence[Path], temporary: Path) -> dict[str, Rows]:
    """Return the first rows of the answer to each question about all records in Parquet files.

    Times are in UTC; ``vms`` is sorted; secrets are masked. Without a file there is no answer: every list is empty.
    """
    if not files:
        return {name: [] for name in QUESTIONS}
    with connection(temporary) as database:
        prepare(database, files)
        return {name: [masked(row) for row in answer(database, name)] for name in QUESTIONS}


def prepare(database: duckdb.DuckDBPyConnection, files: t.Sequence[Path]) -> None:
    """Create the view ``records`` and the functions that the questions need."""
    database.execute(_FUNCTIONS)
    # Views take no parameters; the paths are literals.
    view = "CREATE VIEW records AS SELECT *, time::DATE AS day FROM read_parquet([{}], hive_partitioning = false)"
    database.execute(view.format(", ".join(map(literal, files))))


def answer(database: duckdb.DuckDBPyConnection, name: str) -> Rows:
    """Return the first rows of the answer to one question about the view ``records``."""
    result = database.execute(f"{QUESTIONS[name]} LIMIT {_LIMITS.get(name, LIMIT)}")
    names = [column[0] for column in result.description]
    return [
        {column: _value(column, value) for column, value in zip(names, row, strict=True)} for row in result.fetchall()
    ]


def _value(column: str, value: t.Any) -> t.Any:
    if column == "vms":
        return sorted(value)
    return value.replace(tzinfo=timezone.utc) if hasattr(value, "tzinfo") else value
