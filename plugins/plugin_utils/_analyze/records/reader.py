# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines to records: parse, validate, date and count each line."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.lines import LINE_LIMIT, Block
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.counts import Counts
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.created_at import (
    of_valid,
    to_nanoseconds,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.damage import DamageLog
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.entry import entry_format
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.parsing import (
    Unreadable,
    has_unique_keys,
    parse,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.variants import Record, Variants

with contextlib.suppress(ImportError):  # see libraries.py
    import orjson

LEVELS: t.Final = ("debug", "info", "warning", "error", "critical")
UNRECOGNIZED_LEVEL = "unrecognized"


class RecordReader:
    """Reads the records of one VM, and keeps count."""

    def __init__(self) -> None:
        self._variants = Variants()
        self.counts = Counts({name: dict.fromkeys((*LEVELS, UNRECOGNIZED_LEVEL), 0) for name in self._variants.by_name})
        self._ordinary = {
            key: (variant.is_ordinary, self.counts.levels[variant.name])
            for key, variant in self._variants.by_name_and_action().items()
        }
        self.damage = DamageLog()

    def read(self, file: int, block: Block) -> tuple[list[bytes], list[str]]:
        """Return an entry of the records file for each record in the lines, and the ids of these records.

        The loop handles the ordinary record: valid, and without unknown fields. It has at least as many ``":`` as keys, unless there is
        white space between the two: if it has just as many, no key occurs twice. Every other line is read carefully.
        """
        entries: list[bytes] = []
        ids: list[str] = []
        loads, ordinary = orjson.loads, self._ordinary
        entry = entry_format(file)
        lines = block.lines
        data = b"".join(lines)
        if b"\r" in data:
            lines = [line.rstrip(b"\r\n") + b"\n" for line in lines]
            data = b"".join(lines)
        is_compact = not any(space in data for space in (b" :", b"\t", b"\r"))
        for number, line in zip(block.numbers, lines, strict=True):
            try:
                record = loads(line)
                name = record.get("action") or record["log_type"]
                if name == "tanium" and "target" in record:
                    name = "tanium_api_request"
                is_ordinary, levels = ordinary[name]
                if is_ordinary(record) and (
                    (is_compact and line.count(b'":') == len(record)) or has_unique_keys(line, record)
                ):
                    entries.append(entry % (of_valid(record["created_at"]), number, line))
                    levels[record["level"]] += 1
                    ids.append(record["id"])
                    continue
            except (ValueError, LookupError, ArithmeticError, TypeError, AttributeError):
                # Not a record: the careful way says why.
                pass
            self._read_carefully(file, number, line, entries, ids)
        return entries, ids

    def _read_carefully(self, file: int, number: int, line: bytes, entries: list[bytes], ids: list[str]) -> None:
        if not line.strip():
            return
        try:
            if len(line) > LINE_LIMIT:
                raise Unreadable("line_too_long")
            record, has_big_integers = parse(line)
            time = _time_of(record)
        except Unreadable as unreadable:
            self.damage.add(file, number, unreadable.rule)
            return
        variant = self._variants.of(record)
        violations = variant.violations(record)
        if has_big_integers:
            violations.append(("/", "64-bit integers"))
        if violations:
            self.counts.add_violations(variant.name, violations, file, number)
        for name in record.keys() - variant.fields:
            self.counts.add_unknown_field(name)
        level = record.get("level")
        self.counts.levels[variant.name][level if level in LEVELS else UNRECOGNIZED_LEVEL] += 1
        entries.append(entry_format(file) % (time, number, line))
        if isinstance(record.get("id"), str):
            ids.append(record["id"])


def _time_of(record: Record) -> int:
    if "created_at" not in record:
        raise Unreadable("created_at_missing")
    try:
        return to_nanoseconds(record["created_at"])
    except OverflowError:
        raise Unreadable("created_at_out_of_range") from None
    except (ValueError, TypeError):
        raise Unreadable("created_at_unreadable") from None
