# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two passes over the records of a VM: the first collects known values, the second redacts."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t
from collections import Counter
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.columns import row
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering import fleet
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.runs import RunReader, RunWriter
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.summary import Summary
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.vm import (
    analyze_vm,
    kept_summary,
    records_path,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.entry import (
    FILE,
    LINE,
    RAW,
    TIME,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.variants import Record
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.free_text import FreeText
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.known_values import Collected
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.record import Redactor
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.token_table import TokenTable
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import os_errors

with contextlib.suppress(ImportError):  # see libraries.py
    import orjson

_AT_ONCE = 1000
_HEADER = slice(0, RAW.start)


@dataclasses.dataclass(frozen=True)
class Redacted:
    """What was redacted of a VM, and how often values of fields and parts of texts were replaced."""

    records: int
    fields: Counter[str]
    texts: Counter[str]


def collect(vm: str, files: t.Mapping[str, Path], directory: Path) -> tuple[Summary, Collected]:
    """Return the summary of a VM and the known values of its records, which are in the directory, or are read from its files."""
    with os_errors("store", directory):
        summary = kept_summary(vm, directory) or analyze_vm(vm, files, directory)
        collected = Collected()
        for entries in _entries(records_path(directory, vm)):
            for entry in entries:
                collected.add(orjson.loads(entry[RAW]))
    return summary, collected


def rows_path(redacted: Path, token: str) -> Path:
    """Return the path of the file with the redacted records of a VM for the answers to the report's questions."""
    return redacted / f"{token}.rows.zst"


def redact(vm: str, token: str, directory: Path, redacted: Path, text: FreeText) -> Redacted:
    """Write the redacted records of a VM: its records file, its rows and ``<token>.jsonl.gz``, and beside the original records their tokens."""
    with os_errors("store", redacted):
        table = TokenTable(directory / f"{token}.tokens")
        redactor = Redactor(text.with_table(table))
        writer, rows = RunWriter(records_path(redacted, token)), RunWriter(rows_path(redacted, token))
        compressed = fleet.GzipWriter(redacted / f"{token}.jsonl.gz")
        records = 0
        for entries in _entries(records_path(directory, vm)):
            records += len(entries)
            lines = [_line(redactor.redact(orjson.loads(entry[RAW]))) for entry in entries]
            compressed.write(b"".join(lines))
            writer.write([entry[_HEADER] + line for entry, line in zip(entries, lines, strict=True)])
            rows.write(
                [row(entry[TIME], entry[FILE], entry[LINE], line) for entry, line in zip(entries, lines, strict=True)]
            )
        for each in (writer, rows, compressed, table):
            each.close()
    return Redacted(records, redactor.counts, redactor.text.counts)


def _line(record: Record) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _entries(path: Path) -> t.Iterator[list[bytes]]:
    with contextlib.closing(RunReader(path)) as reader:
        while reader.lines:
            yield reader.take(_AT_ONCE)
