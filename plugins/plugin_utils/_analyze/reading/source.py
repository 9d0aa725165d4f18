# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a file while it is read: its number and name, where its damage is reported, and what it may expand to."""

from __future__ import annotations

import dataclasses

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.damage import DamageLog

MEMBER_LIMIT = 10_000
"""Files that the archives of a VM may contain in all."""
RATIO_LIMIT = 500
"""How many times its own size a file may expand to, all its layers added up."""
_EXPANSION_MINIMUM = 256 << 20
_NAME_LIMIT = 300


class Damaged(Exception):
    """What is being read is damaged from here on; the rule is a key of ``damage.RULES``."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclasses.dataclass
class Budget:
    """The number of bytes that may still be decompressed of a file on disk."""

    left: int

    @classmethod
    def of(cls, size: int) -> Budget:
        """Return the budget of a file of this size in bytes."""
        return cls(max(size * RATIO_LIMIT, _EXPANSION_MINIMUM))

    def spend(self, size: int) -> None:
        """Count decompressed bytes."""
        self.left -= size
        if self.left < 0:
            raise Damaged("expands_too_much")


@dataclasses.dataclass
class Files:
    """The names of a VM's files, and of the files in archives: the number of a file is its index."""

    damage: DamageLog
    names: list[str] = dataclasses.field(default_factory=list)
    reported: set[tuple[int, str]] = dataclasses.field(default_factory=set)
    """Files that are damaged, and by which rule."""

    def add(self, name: str, budget: Budget) -> Source:
        """Number a file."""
        self.names.append(name[:_NAME_LIMIT])
        return Source(len(self.names) - 1, self, budget)


@dataclasses.dataclass(frozen=True)
class Source:
    """A file, or a file in an archive, that is being read."""

    number: int
    files: Files
    budget: Budget

    def report(self, rule: str) -> None:
        """Report that the file is damaged; the same damage of several layers of it is reported once."""
        if (self.number, rule) not in self.files.reported:
            self.files.reported.add((self.number, rule))
            self.files.damage.add(self.number, 0, rule)

    def member(self, name: bytes) -> Source:
        """Return the source of a file in this archive."""
        if len(self.files.names) >= MEMBER_LIMIT:
            raise Damaged("too_many_members")
        return self.files.add(f"{self.files.names[self.number]}/{name.decode(errors='replace')}", self.budget)
