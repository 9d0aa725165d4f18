# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sort a VM's entries with bounded memory: in batches, which are spilled to disk as runs, and merged."""

from __future__ import annotations

import contextlib
import itertools
import operator
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.duplicates import Duplicates
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.merging import merge
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.runs import RunReader, RunWriter
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.timeline import Timeline

BATCH_SIZE = 24 << 20
"""Bytes that are sorted in memory at once."""
OPEN_RUNS = 48
"""Runs that are merged at once."""

Drop = t.Callable[[list[bytes]], None]


class _Run:
    """A sorted file without duplicates while it is written."""

    def __init__(self, path: Path, drop: Drop) -> None:
        self.path = path
        self.last = b""
        self.timeline = Timeline()
        self._duplicates = Duplicates(drop)
        self._writer = RunWriter(path)

    def write(self, entries: list[bytes]) -> None:
        """Append entries that come behind all others."""
        self.last = entries[-1]
        entries = self._duplicates.without(entries)
        self.timeline.add(entries)
        self._writer.write(entries)

    def append(self, entries: list[bytes]) -> bool:
        """Append entries if they come behind all others, in order."""
        if self._duplicates.are_later(entries):
            self.last = entries[-1]
            self.timeline.add(entries)
            self._writer.write(entries)
            return True
        if entries[0] > self.last and all(map(operator.lt, entries, itertools.islice(entries, 1, None))):
            self.write(entries)
            return True
        return False

    def close(self) -> None:
        """Complete the file, and free the memory of its compression."""
        self._writer.close()
        del self._writer


class Sorter:
    """Collects entries in any order. What continues a run is appended to it, so that a sorted file is written once."""

    def __init__(self, directory: Path, drop: Drop) -> None:
        self._directory, self._drop = directory, drop
        self._batch: list[bytes] = []
        self._size = 0
        self._numbers = itertools.count()
        self._runs = [self._new_run()]

    def add(self, entries: list[bytes]) -> None:
        """Add entries. Those that continue a run are written at once, the others when there are enough to sort."""
        if not entries:
            return
        if not self._batch and self._runs[-1].append(entries):
            return
        self._batch += entries
        self._size += sum(map(len, entries))
        if self._size >= BATCH_SIZE:
            self._spill()

    def finish(self) -> tuple[Path, Timeline]:
        """Return a file of all entries in order, without duplicates, and what their times are."""
        self._spill()
        self._runs[-1].close()
        while len(self._runs) > 1:
            first, self._runs = self._runs[:OPEN_RUNS], self._runs[OPEN_RUNS:]
            self._runs.append(self._merge(first))
        return self._runs[0].path, self._runs[0].timeline

    def _spill(self) -> None:
        if not self._batch:
            return
        self._batch.sort()
        if self._batch[0] < self._runs[-1].last:
            self._runs[-1].close()
            self._runs.append(self._new_run())
        self._runs[-1].write(self._batch)
        self._batch, self._size = [], 0

    def _merge(self, runs: list[_Run]) -> _Run:
        merged = self._new_run()
        with contextlib.ExitStack() as stack:
            readers = [stack.enter_context(contextlib.closing(RunReader(run.path))) for run in runs]
            for entries in merge(readers, _whole):
                merged.write(entries)
        merged.close()
        for run in runs:
            run.path.unlink()
        return merged

    def _new_run(self) -> _Run:
        return _Run(self._directory / f"run-{next(self._numbers)}.zst", self._drop)


def _whole(entry: bytes) -> bytes:
    return entry
