# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scan the lines of files in several processes."""

from __future__ import annotations

import collections
import hashlib
import os
import typing as t
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.records import (
    Hit,
    RecordScan,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.texts import TextScan

Place = tuple[str, Hit]
"""A file and a place in it."""

_BLOCK = 1 << 20
_DIGEST_SIZE = 16

_scanner: RecordScan
_key: bytes


class Blocks:
    """Scans blocks of lines, a few at a time."""

    def __init__(self, texts: TextScan, workers: int) -> None:
        self._count = max(1, min(workers, os.cpu_count() or 1))
        self._pool = ProcessPoolExecutor(self._count, get_context("fork"), _inherit, (texts, os.urandom(_DIGEST_SIZE)))
        self._pending: collections.deque[tuple[str, Future[tuple[list[Hit], int]]]] = collections.deque()
        self.sums: collections.Counter[str] = collections.Counter()
        """The sum of keyed digests of the lines of each file: it is the same for the same lines in another order."""

    def __enter__(self) -> Blocks:
        return self

    def __exit__(self, *dummy: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def read(self, name: str, stream: t.Any, is_scanned: bool) -> list[Place]:
        """Scan the lines of a stream, or only add their digests. Return what has been found so far, in any file."""
        found: list[Place] = []
        first = 1
        while lines := stream.readlines(_BLOCK):
            self._pending.append((name, self._pool.submit(_read, lines, first, is_scanned)))
            first += len(lines)
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
        hits, digests = job.result()
        self.sums[name] += digests
        return [(name, hit) for hit in hits]


def _inherit(texts: TextScan, key: bytes) -> None:
    global _scanner, _key
    _scanner, _key = RecordScan(texts), key


def _read(lines: list[bytes], first: int, is_scanned: bool) -> tuple[list[Hit], int]:
    digests = (hashlib.blake2b(line, key=_key, digest_size=_DIGEST_SIZE).digest() for line in lines)
    return _scanner.find(lines, first) if is_scanned else [], sum(int.from_bytes(each, "big") for each in digests)
