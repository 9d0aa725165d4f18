# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what was read: what could not be, what was lost before, and records that are not as they should be."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.finding import (
    Finding,
    bounded,
    finding,
    number,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.summary import (
    Summary,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.damage import RULES

FILE_RULES: t.Final = {
    **dict.fromkeys(("file_unreadable", "truncated", "corrupt", "checksum", "archive_damaged"), "bundle_damaged"),
    **dict.fromkeys(("trailing_bytes", "encrypted", "compression_unsupported", "link"), "bytes_unreadable"),
    **dict.fromkeys(("nested_archives", "too_many_members", "expands_too_much"), "bytes_unreadable"),
}
"""The kind of a finding by rule, for the rules of files. All other rules are those of lines."""


def of_vm(summary: Summary) -> t.Iterator[Finding]:
    """Yield what the files and the records of a VM say."""
    places: dict[tuple[str, int | None], list[int]] = {}
    for each in summary.damage:
        places.setdefault((each["rule"], each["file"]), []).append(each["line"])
    unlisted = Counter(summary.damage_totals)
    unlisted.subtract(each["rule"] for each in summary.damage)
    places.update({(rule, None): [0] * count for rule, count in unlisted.items() if count > 0})
    for kind in ("bundle_damaged", "bytes_unreadable", "lines_unreadable"):
        yield from bounded(
            [
                _damaged_lines(summary, *place, lines)
                if kind == "lines_unreadable"
                else _damaged(summary, kind, *place)
                for place, lines in places.items()
                if FILE_RULES.get(place[0], "lines_unreadable") == kind
            ]
        )
    if summary.lost_messages:
        messages = number(summary.lost_messages, "message")
        yield finding("messages_lost", "journald", count=summary.lost_messages, messages=messages)
    if summary.id_conflicts:
        yield _id_conflict(summary)
    yield from bounded([_violation(summary, each) for each in summary.violations])


def _damaged(summary: Summary, kind: str, rule: str, file: int | None) -> Finding:
    return finding(kind, _name(summary, file), predicate=_predicate(rule))


def _damaged_lines(summary: Summary, rule: str, file: int | None, lines: t.Sequence[int]) -> Finding:
    """Return a finding of lines of a file, or of places that are not listed one by one."""
    first = f"Line {min(lines):,}" if file is not None else "A line"
    more = f"; {number(len(lines) - 1, 'other line', 'breaks', 'break')} the same rule" if len(lines) > 1 else ""
    predicate = _predicate(rule)
    return finding(
        "lines_unreadable", _name(summary, file), count=len(lines), lines=first, predicate=predicate, more=more
    )


def _id_conflict(summary: Summary) -> Finding:
    count, places = summary.id_conflicts, summary.id_conflict_places
    place = f", the first in line {places[0]['line']:,}" if places else ""
    records = f"{number(count, 'record', 'has', 'have')} the id of an earlier one"
    return finding(
        "id_conflict", _name(summary, places[0]["file"] if places else None), count=count, records=records, place=place
    )


def _violation(summary: Summary, violation: t.Mapping[str, t.Any]) -> Finding:
    count = violation["count"]
    return finding(
        "schema_violations",
        violation["pointer"],
        count=count,
        records=number(count, "record"),
        variant=violation["variant"],
        verb="does" if count == 1 else "do",
        keyword=violation["keyword"],
        pointer=violation["pointer"],
        line=f"{violation['line']:,}",
        file=_name(summary, violation["file"]),
    )


def _name(summary: Summary, file: int | None) -> str:
    return summary.files[file] if file is not None and file < len(summary.files) else "various files"


def _predicate(rule: str) -> str:
    return RULES.get(rule, "cannot be read")
