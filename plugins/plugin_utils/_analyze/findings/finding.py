# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A finding, and how its sentence is composed: whatever a name contains, the sentence is printable and bounded."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings import times
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.kinds import KINDS

LISTED = 10
"""Findings of one kind on a VM that are listed one by one, and names in a sentence."""
VALUE_LIMIT = 300
"""Characters of a value in a sentence."""
NAME_LIMIT = 80
"""Characters of a name in an enumeration."""

_NO_NAME = "(no name)"


@dataclass(frozen=True)
class Finding:
    """A reason of a VM's verdict, or a finding of the fleet."""

    kind: str
    subject: str
    detail: str
    start: int | None = None
    end: int | None = None
    count: int | None = None
    seconds: float | None = None

    def as_json(self) -> dict[str, t.Any]:
        """Return it as in findings.json."""
        values = {
            "kind": self.kind,
            "subject": self.subject,
            "detail": self.detail,
            "from": None if self.start is None else times.iso(self.start),
            "to": None if self.end is None else times.iso(self.end),
            "count": self.count,
            "seconds": self.seconds,
        }
        return {name: value for name, value in values.items() if value is not None}


def finding(
    kind: str,
    subject: str,
    period: tuple[int, int] | None = None,
    count: int | None = None,
    seconds: float | None = None,
    **values: str,
) -> Finding:
    """Return a finding whose sentence is composed of these values."""
    start, end = period or (None, None)
    shown = {name: shortened(value, VALUE_LIMIT) for name, value in values.items()}
    detail = KINDS[kind].sentence.format(**shown)
    return Finding(kind, shortened(subject, VALUE_LIMIT) or _NO_NAME, detail, start, end, count, seconds)


def bounded(found: t.Sequence[Finding]) -> list[Finding]:
    """Return the first findings of a kind; the last of them says how many more there are."""
    if len(found) <= LISTED:
        return list(found)
    last, more = found[LISTED - 1], len(found) - LISTED
    detail = f"{last.detail} ({more:,} more {'finding' if more == 1 else 'findings'} of this kind)"
    return [*found[: LISTED - 1], Finding(**{**vars(last), "detail": detail})]


def number(count: int, noun: str, singular: str = "", plural: str = "") -> str:
    """Return a count with its noun, and the form of a verb that agrees with it."""
    verb = singular if count == 1 else plural
    return f"{count:,} {noun}{'' if count == 1 else 's'}{' ' if verb else ''}{verb}"


def enumeration(names: t.Sequence[str], limit: int = LISTED) -> str:
    """Return names as a list for a sentence, and the number of those that are too many."""
    shown = [shortened(name, NAME_LIMIT) for name in names]
    if len(shown) > limit:
        shown = [*shown[: limit - 1], f"{len(shown) - limit + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
