# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What could not be read: file, line and rule, never the text."""

from __future__ import annotations

import dataclasses
import typing as t
from collections import Counter

LISTED = 1000
"""Damaged lines of a VM that are listed one by one; all are counted. Damaged files are always listed."""

RULES: t.Final = {
    # Of a line.
    "invalid_utf8": "is not valid UTF-8",
    "byte_order_mark": "begins with a byte order mark in the middle of a file",
    "nul_byte": "contains NUL bytes",
    "invalid_json": "is not valid JSON",
    "not_an_object": "is valid JSON, but not an object",
    "duplicate_key": "has the same key twice",
    "lone_surrogate": "has an escaped surrogate without its other half",
    "number_out_of_range": "has a number that no 64-bit type can represent, such as 1e400",
    "not_a_number": "has NaN or Infinity, which JSON does not allow",
    "nested_too_deep": "is nested too deep",
    "line_too_long": "is longer than the limit",
    "created_at_missing": "has no created_at",
    "created_at_unreadable": "has a created_at that is not an ISO 8601 time",
    "created_at_out_of_range": "has a created_at before 1970 or after 2261",
    "journal_message_missing": "is a journal entry without its message: export with --all",
    "journal_message_unprintable": "is a journal entry whose message was replaced by its size: export with --all",
    "journal_message_incomplete": "is a part of a journal message whose other parts are missing",
    # Of a file, or of a member of it.
    "file_unreadable": "cannot be read, or is not a regular file",
    "truncated": "is truncated",
    "corrupt": "is damaged: its remainder cannot be decompressed",
    "checksum": "does not match its checksum",
    "archive_damaged": "is an archive with a damaged header",
    "trailing_bytes": "has other bytes behind its end",
    "encrypted": "is encrypted",
    "compression_unsupported": "is compressed by an unsupported method",
    "link": "is a link in an archive, which is not followed",
    "nested_archives": "is nested too deep in other archives",
    "too_many_members": "has too many members",
    "expands_too_much": "expands to far more than its own size",
}
"""Every rule, and a predicate of the line or the file."""


@dataclasses.dataclass(frozen=True)
class Damage:
    """A damaged place: the number of the file, and of the line. Line 0 is the file as a whole."""

    file: int
    line: int
    rule: str


@dataclasses.dataclass
class DamageLog:
    """The damaged places of a VM: a bounded list, and the number of each rule."""

    listed: list[Damage] = dataclasses.field(default_factory=list)
    totals: Counter[str] = dataclasses.field(default_factory=Counter)

    def add(self, file: int, line: int, rule: str) -> None:
        """Add a damaged place; ``rule`` is a key of ``RULES``."""
        self.totals[rule] += 1
        if line == 0 or len(self.listed) < LISTED:
            self.listed.append(Damage(file, line, rule))
