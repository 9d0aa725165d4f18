# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The summary of a VM's records, which lies beside its records file."""

from __future__ import annotations

import dataclasses
import json
import typing as t

FORMAT_VERSION = 1


@dataclasses.dataclass
class Summary:
    """What is known of a VM's records. Files are numbers: indices of ``files``. Times are nanoseconds since 1970 in UTC."""

    vm: str
    files: list[str]
    """Names of the files, as they are in the bundle; a file in an archive is behind the archive's name."""
    records: int
    """Records in the records file: each of them once."""
    levels: dict[str, int]
    log_types: dict[str, int]
    variants: dict[str, dict[str, int]]
    """By name of the schema, then by level."""
    invalid: int
    """Records that violate their schema."""
    violations: list[dict[str, t.Any]]
    """Variant, pointer, keyword, count, and file and line of the first."""
    unknown_fields: dict[str, int]
    damage: list[dict[str, t.Any]]
    """File, line (0 is the whole file) and rule of what could not be read; a bounded list."""
    damage_totals: dict[str, int]
    """By rule, all of them."""
    oldest: int | None
    newest: int | None
    days: dict[str, int]
    hours: dict[str, int]
    gaps: list[list[int]]
    """The longest times without a record: of the record before, and of that after."""
    duplicates: int
    """Records that were there again, with the same id and content, and were dropped."""
    id_conflicts: int
    """Records whose id an earlier one of the VM has, with other content. They are kept."""
    id_conflict_places: list[dict[str, int]]
    """File and line of some of them."""
    lost_messages: int
    """Messages that journald says it dropped."""
    other_messages: int
    """Messages in exports of the journal that are no log records."""
    format_version: int = FORMAT_VERSION

    def to_json(self) -> str:
        """Return the summary as JSON."""
        return json.dumps(dataclasses.asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> Summary:
        """Return the summary that ``to_json`` wrote. Raise ``ValueError`` if this is no such text."""
        values = json.loads(text)
        names = {field.name for field in dataclasses.fields(cls)}
        if not isinstance(values, dict) or values.keys() != names or values["format_version"] != FORMAT_VERSION:
            raise ValueError(f"not a summary of format version {FORMAT_VERSION}")
        return cls(**values)


def ordered(counter: t.Mapping[str, int]) -> dict[str, int]:
    """Return positive counts, in the order of their names."""
    return {name: number for name, number in sorted(counter.items()) if number > 0}
