# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scan the lines of files in several processes."""

from __future__ import annotations

import collections
import os
import typing as t
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.records import (
    Hit,
    RecordScan,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.texts import TextScan
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.blocks import blocks_of_lines
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.child_process import end_with_parent

Place = tuple[str, Hit]
"""A file and a place in it."""

_BLOCK = 1 << 20

_scanner: RecordScan


class Blocks:
    """Scans blocks of lines, a few at a time."""

    def __init__(self, texts: TextScan, workers: int) -> None:
        self._count = max(1, min(workers, os.cpu_count() or 1))
        self._pool = ProcessPoolExecutor(self._count, get_context("fork"), _inherit, (texts,))
        self._pending: collections.deque[tuple[str, Future[tuple[list[Hit], int]]]] = collections.deque()
        self.sums: collections.Counter[str] = collections.Counter()
        """The sum of the hashes of the lines of each file: it is the same for the same lines in another order."""

    def __enter__(self) -> Blocks:
        return self

    def __exit__(self, *dummy: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def read(self, name: str, stream: t.Any, is_scanned: bool) -> list[Place]:
        """Scan the lines of a stream, or only add their hashes. Return what has been found so far, in any file."""
        found: list[Place] = []
        first = 1
        for block in blocks_of_lines(stream, _BLOCK):
            if not is_scanned:
                self.sums[name] += _sum(block.split(b"\n"))
                continue
            self._pending.append((name, self._pool.submit(_read, block, first)))
            first += block.count(b"\n") + 1
            while len(self._pending) > 2 * self._count:
                found += self._next()
        return found

    def rest(self) -> list[Place]:
        """Return what is found in the blocks that have not been waited for."""
        found: list[Place] = []
        while self._pending:
            found += self._next()
        return found

    def _next(self) -> list[Place]:
        name, job = self._pending.popleft()
        hits, hashes = job.result()
        self.sums[name] += hashes
        return [(name, hit) for hit in hits]


def _inherit(texts: TextScan) -> None:
    global _scanner
    end_with_parent()
    _scanner = RecordScan(texts)


def _read(block: bytes, first: int) -> tuple[list[Hit], int]:
    lines = block.split(b"\n")
    return _scanner.find(lines, first), _sum(lines)


def _sum(lines: t.Iterable[bytes]) -> int:
    """Return the sum of the hashes of lines. Forked processes have the same secret key for hashes."""
    return sum(map(hash, lines))
