# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find ids that different records share: eight bytes a record in memory, however many there are."""

from __future__ import annotations

import typing as t
from array import array

_AT_ONCE = 500_000


class Ids:
    """Collects ids as 64-bit hashes."""

    def __init__(self) -> None:
        self._hashes = array("q")

    def add(self, ids: t.Iterable[str]) -> None:
        """Add ids."""
        self._hashes.extend(map(hash, ids))

    def repeated(self) -> int:
        """Return how many of the ids are there already."""
        parts = len(self._hashes) // _AT_ONCE + 1
        if parts == 1:
            return len(self._hashes) - len(set(self._hashes))
        distinct = (len({value for value in self._hashes if value % parts == part}) for part in range(parts))
        return len(self._hashes) - sum(distinct)

    def repeated_hashes(self) -> set[int]:
        """Return the hashes of ids that are there more than once, or of a part of them if they are very many."""
        seen: set[int] = set()
        repeated: set[int] = set()
        parts = len(self._hashes) // _AT_ONCE + 1
        for part in range(parts):
            seen.clear()
            for value in self._hashes:
                if value % parts == part:
                    (repeated if value in seen else seen).add(value)
            if len(repeated) >= _AT_ONCE:
                break
        return repeated
