# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drop the records that are there twice: the same time and the same line, wherever they come from."""

from __future__ import annotations

import hashlib
import itertools
import operator
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.entry import RAW, TIME

# Different records of one and the same time of which the digests are remembered.
_REMEMBERED = 500_000
_DIGEST_SIZE = 16


class Duplicates:
    """Passes on the first of equal records, in lines that are sorted by time."""

    def __init__(self, dropped: t.Callable[[list[bytes]], None]) -> None:
        self._dropped = dropped
        self._time = b""
        self._digests: set[bytes] = set()
        self._last = b""

    def are_later(self, entries: list[bytes]) -> bool:
        """Return whether each entry is later than the one before it, which means that none is a duplicate."""
        times = [entry[TIME] for entry in entries]
        if not times or times[0] <= self._time or not all(map(operator.lt, times, itertools.islice(times, 1, None))):
            return False
        self._remember(entries[-1])
        return True

    def without(self, entries: list[bytes]) -> list[bytes]:
        """Return the entries that are no duplicates. Those that follow are given to the next call."""
        if self.are_later(entries):
            return entries
        kept: list[bytes] = []
        dropped: list[bytes] = []
        for entry in entries:
            (kept if self._is_new(entry) else dropped).append(entry)
        if dropped:
            self._dropped(dropped)
        return kept

    def _remember(self, entry: bytes) -> None:
        self._time, self._digests, self._last = entry[TIME], set(), entry

    def _is_new(self, entry: bytes) -> bool:
        if entry[TIME] != self._time:
            self._remember(entry)
            return True
        if self._last:
            self._digests.add(_digest(self._last))
            self._last = b""
        digest = _digest(entry)
        if digest in self._digests:
            return False
        if len(self._digests) < _REMEMBERED:
            self._digests.add(digest)
        return True


def _digest(entry: bytes) -> bytes:
    return hashlib.blake2b(entry[RAW], digest_size=_DIGEST_SIZE).digest()
