# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is counted of a VM's records while they are read."""

from __future__ import annotations

import dataclasses
import typing as t
from collections import Counter

Violation = tuple[str, str, str]
"""Variant, JSON pointer, keyword of the schema."""

LISTED = 1000
"""Names of unknown fields, and kinds of violations, that are distinguished; the others are counted under the name ``OTHER``."""
OTHER = "(other)"
_NAME_LIMIT = 100


@dataclasses.dataclass
class Counts:
    """Numbers of records: by variant and level, with an unknown field, with a violation of their schema."""

    levels: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    unknown_fields: Counter[str] = dataclasses.field(default_factory=Counter)
    violations: Counter[Violation] = dataclasses.field(default_factory=Counter)
    examples: dict[Violation, tuple[int, int]] = dataclasses.field(default_factory=dict)
    """File and line of the first record with a violation."""
    invalid: int = 0
    """Records that violate their schema."""

    def add_unknown_field(self, name: str) -> None:
        """Count a record that has a field which its schema does not describe."""
        name = name[:_NAME_LIMIT]
        self.unknown_fields[name if name in self.unknown_fields or len(self.unknown_fields) < LISTED else OTHER] += 1

    def add_violations(self, variant: str, violations: t.Iterable[tuple[str, str]], file: int, line: int) -> None:
        """Count a record that violates its schema."""
        self.invalid += 1
        for pointer, keyword in violations:
            violation = (variant, pointer, keyword)
            if violation not in self.violations and len(self.violations) >= LISTED:
                violation = (OTHER, OTHER, OTHER)
            self.violations[violation] += 1
            self.examples.setdefault(violation, (file, line))

    def subtract(self, other: Counts) -> None:
        """Take back what was counted of records that are duplicates."""
        for variant, levels in other.levels.items():
            for level, number in levels.items():
                self.levels[variant][level] -= number
        self.unknown_fields -= other.unknown_fields
        self.violations -= other.violations
        self.invalid -= other.invalid
