# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Analyze the files of one VM: from bundles to a sorted records file and its summary."""

from __future__ import annotations

import contextlib
import os
import tempfile
import typing as t
import urllib.parse
from collections import Counter
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.ids import Ids
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.runs import RunReader
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.sorting import Sorter
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.summary import Summary, ordered
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.containers import texts
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.journal import Journal
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.lines import Block, split
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.source import Files
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.entry import FILE, LINE, RAW
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.reader import RecordReader
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.variants import log_type_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import write_private_file

with contextlib.suppress(ImportError):  # see libraries.py
    import orjson

_PLACES = 20
_VIOLATION = ("variant", "pointer", "keyword", "count", "file", "line")


def records_path(directory: Path, vm: str) -> Path:
    """Return the path of a VM's records file."""
    return directory / f"{urllib.parse.quote(vm, safe=' ')}.records.zst"


def summary_path(directory: Path, vm: str) -> Path:
    """Return the path of a VM's summary."""
    return directory / f"{urllib.parse.quote(vm, safe=' ')}.summary.json"


def kept_summary(vm: str, directory: Path) -> Summary | None:
    """Return the summary of a VM that ``analyze_vm`` has written; None if there is none."""
    path = summary_path(directory, vm)
    return Summary.from_json(path.read_bytes()) if path.exists() else None


def analyze_vm(vm: str, files: t.Mapping[str, Path], directory: Path) -> Summary:
    """Read a VM's files, by the names that they are to be reported with; write its records file and summary to a directory."""
    with tempfile.TemporaryDirectory(prefix=".analysis-", dir=directory) as temporary:
        analysis = _Analysis(vm, Path(temporary))
        for name, path in files.items():
            analysis.read(name, path)
        records, summary = analysis.finish()
        os.replace(records, records_path(directory, vm))
    write_private_file(summary_path(directory, vm), summary.to_json().encode())
    return summary


class _Analysis:
    def __init__(self, vm: str, directory: Path) -> None:
        self._vm = vm
        self._reader, self._dropped = RecordReader(), RecordReader()
        self._files = Files(self._reader.damage)
        self._journal = Journal()
        self._ids = Ids()
        self._duplicates = self._dropped_ids = 0
        self._sorter = Sorter(directory, self._drop)

    def read(self, name: str, path: Path) -> None:
        """Read a file, whatever it contains."""
        for source, stream in texts(path, name, self._files):

            def report(line: int, rule: str, file: int = source.number) -> None:
                self._reader.damage.add(file, line, rule)

            for block in self._journal.unwrap(split(stream), report):
                entries, ids = self._reader.read(source.number, block)
                self._ids.add(ids)
                self._sorter.add(entries)

    def finish(self) -> tuple[Path, Summary]:
        """Return the sorted records file, and the summary."""
        records, timeline = self._sorter.finish()
        counts, damage = self._reader.counts, self._reader.damage
        counts.subtract(self._dropped.counts)
        conflicts = self._ids.repeated() - self._dropped_ids
        levels: Counter[str] = Counter()
        log_types: Counter[str] = Counter()
        for name, of_variant in counts.levels.items():
            levels.update(of_variant)
            log_types[log_type_of(name)] += sum(of_variant.values())
        return records, Summary(
            vm=self._vm,
            files=self._files.names,
            records=timeline.records,
            levels=ordered(levels),
            log_types=ordered(log_types),
            variants={name: ordered(numbers) for name, numbers in sorted(counts.levels.items()) if ordered(numbers)},
            invalid=counts.invalid,
            violations=[
                dict(zip(_VIOLATION, (*key, number, *counts.examples[key]), strict=True))
                for key, number in sorted(counts.violations.items())
            ],
            unknown_fields=ordered(counts.unknown_fields),
            damage=[{"file": each.file, "line": each.line, "rule": each.rule} for each in damage.listed],
            damage_totals=ordered(damage.totals),
            oldest=timeline.oldest,
            newest=timeline.newest,
            days=timeline.days(),
            hours=timeline.hours(),
            gaps=[list(gap) for gap in timeline.gaps()],
            duplicates=self._duplicates,
            id_conflicts=conflicts,
            id_conflict_places=_places(records, self._ids.repeated_hashes()) if conflicts else [],
            lost_messages=self._journal.lost,
            other_messages=self._journal.others,
        )

    def _drop(self, entries: list[bytes]) -> None:
        """Count duplicates, in order to subtract what was counted of them when they were read."""
        self._duplicates += len(entries)
        dummy, ids = self._dropped.read(0, Block(range(len(entries)), [entry[RAW] for entry in entries]))
        self._dropped_ids += len(ids)


def _places(records: Path, repeated: t.Container[int]) -> list[dict[str, int]]:
    """Return where some of the records are whose id an earlier record has."""
    seen: set[str] = set()
    places: list[dict[str, int]] = []
    with contextlib.closing(RunReader(records)) as reader:
        while reader.lines and len(places) < _PLACES:
            for entry in reader.take(len(reader.lines)):
                name = orjson.loads(entry[RAW]).get("id")
                if not isinstance(name, str) or hash(name) not in repeated:
                    continue
                if name in seen:
                    places.append({"file": int(entry[FILE]), "line": int(entry[LINE])})
                seen.add(name)
    return places[:_PLACES]
