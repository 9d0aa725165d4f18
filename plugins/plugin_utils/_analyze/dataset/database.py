# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DuckDB in this process, with bounded memory."""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import on_one_line

with contextlib.suppress(ImportError):  # see libraries.py
    import duckdb


MEMORY_LIMIT = "250MB"
"""What DuckDB's buffers may take. The process needs about 100 MB more."""

PARQUET = (
    "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 40960, ROW_GROUP_SIZE_BYTES '16MB',"
    " DICTIONARY_SIZE_LIMIT 100"
)
"""How Parquet files are written. Larger groups of rows need more memory while they are written, larger dictionaries more time."""


def literal(text: object) -> str:
    """Return a text or path as a literal of SQL."""
    return "'{}'".format(str(text).replace("'", "''"))


@contextlib.contextmanager
def connection(temporary: Path) -> t.Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that spills to files in a private directory, and loads nothing from elsewhere.

    Errors of DuckDB become a ``Failure``.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(temporary),
        "threads": 1,
        "preserve_insertion_order": False,  # a single thread keeps it; otherwise ROW_GROUP_SIZE_BYTES is ignored
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        with contextlib.closing(duckdb.connect(config=settings)) as database:
            yield database
    except duckdb.Error as problem:
        # Other messages may quote a record.
        is_quotable = isinstance(
            problem, (duckdb.IOException, duckdb.InvalidInputException, duckdb.OutOfMemoryException)
        )
        reason = on_one_line(str(problem)) if is_quotable else type(problem).__name__
        cause = f"failed in {temporary.parent}: {reason}"
        remedy = "Check the free disk space and memory; restore or remove a file of the data set that is damaged"
        raise failure("store", "DuckDB", cause, remedy) from problem
