# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a text that are replaced, and with what."""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import MASK


class Span(t.NamedTuple):
    """A part of a text, and what replaces it."""

    start: int
    end: int
    replacement: str


def merged(spans: t.Iterable[Span]) -> list[Span]:
    """Return spans in order that do not overlap, and cover what these cover. What several of them cover partly is masked."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start, -each.end)):
        last = result[-1] if result else None
        if last is None or span.start >= last.end:
            result.append(span)
        elif span.end > last.end:
            result[-1] = Span(last.start, span.end, MASK)
    return result


def replaced(text: str, spans: t.Sequence[Span]) -> str:
    """Return a text with its spans replaced, which do not overlap and are in order."""
    parts: list[str] = []
    position = 0
    for start, end, replacement in spans:
        parts += text[position:start], replacement
        position = end
    return "".join([*parts, text[position:]])
