# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Merge sorted runs: block by block, so that the work for a line is done by the sort of the standard library."""

from __future__ import annotations

import bisect
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.runs import RunReader

Key = t.Callable[[bytes], bytes]


def merge(readers: t.Sequence[RunReader], key: Key) -> t.Iterator[list[bytes]]:
    """Yield the lines of all runs in the order of (key, run). Each run is sorted by the key."""
    while active := [(index, reader) for index, reader in enumerate(readers) if reader.lines]:
        # Up to here, nothing can come that has not been read.
        bound, last = min((key(reader.lines[-1]), index) for index, reader in active)
        merged: list[bytes] = []
        parts = 0
        for index, reader in active:
            find = bisect.bisect_right if index <= last else bisect.bisect_left
            if number := find(reader.lines, bound, key=key):
                merged += reader.take(number)
                parts += 1
        if parts > 1:
            merged.sort(key=key)
        yield merged
