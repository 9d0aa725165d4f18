# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records file of a VM becomes Parquet files of typed columns."""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import columns
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.database import (
    PARQUET,
    connection,
    literal,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.blocks import blocks_of_lines

with contextlib.suppress(ImportError):  # see libraries.py
    import zstandard

BLOCK = 4 << 20
"""Bytes of records, and at most a further line, that are converted at once. DuckDB needs many times as much memory."""

_LINES = "(SELECT unnest(string_split($1, chr(10))) AS line)"


def stage(records: Path, vm: str, directory: Path, temporary: Path) -> list[Path]:
    """Write the records of a VM to Parquet files in a directory, and return these files in the order of the records.

    ``records`` has a line for each record: its time in nanoseconds, the numbers of its file and line, and its JSON text,
    separated by U+001F.
    """
    query, files = columns.select(vm, _LINES), []
    with records.open("rb") as compressed, connection(temporary) as database:
        stream = zstandard.ZstdDecompressor().stream_reader(compressed, read_across_frames=True)
        for number, block in enumerate(blocks_of_lines(stream, BLOCK)):
            file = directory / f"{records.name}.{number:06}.parquet"
            database.execute(f"COPY ({query}) TO {literal(file)} ({PARQUET})", [block.decode()])
            files.append(file)
    return files


def stage_rows(rows: t.Mapping[str, Path], names: t.Sequence[str], directory: Path, temporary: Path) -> list[Path]:
    """Write some columns of the records of each VM to a Parquet file in a directory, from files of rows. Return these files."""
    files = [directory / f"{path.name}.parquet" for path in rows.values()]
    with connection(temporary) as database:
        for (vm, path), file in zip(rows.items(), files, strict=True):
            database.execute(f"COPY ({columns.select_rows(vm, path, names)}) TO {literal(file)} ({PARQUET})")
    return files
