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

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering import fleet
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.runs import RunReader, RunWriter
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.summary import Summary
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.vm import (
    analyze_vm,
    records_path,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.entry import RAW
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


def collect(vm: str, files: t.Mapping[str, Path], work: Path) -> tuple[Summary, Collected]:
    """Read the files of a VM, write its records file, and return its summary and the known values of its records."""
    with os_errors("store", work):
        summary = analyze_vm(vm, files, work)
        collected = Collected()
        for entries in _entries(records_path(work, vm)):
            for entry in entries:
                collected.add(orjson.loads(entry[RAW]))
    return summary, collected


def redact(vm: str, token: str, work: Path, redacted: Path, text: FreeText) -> Redacted:
    """Write the redacted records of a VM: its records file, ``<token>.jsonl.gz`` and ``<token>.tokens``."""
    with os_errors("store", redacted):
        table = TokenTable(redacted / f"{token}.tokens")
        redactor = Redactor(text.with_table(table))
        writer = RunWriter(records_path(redacted, token))
        records = 0
        for entries in _entries(records_path(work, vm)):
            records += len(entries)
            lines = [orjson.loads(entry[RAW]) for entry in entries]
            redactor.prepare(lines)
            writer.write(
                [entry[_HEADER] + _line(redactor.redact(line)) for entry, line in zip(entries, lines, strict=True)]
            )
        writer.close()
        table.close()
        fleet.merge([token], redacted, redacted / f"{token}.jsonl.gz")
    return Redacted(records, redactor.counts, redactor.text.counts)


def _line(record: Record) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _entries(path: Path) -> t.Iterator[list[bytes]]:
    with contextlib.closing(RunReader(path)) as reader:
        while reader.lines:
            yield reader.take(_AT_ONCE)
