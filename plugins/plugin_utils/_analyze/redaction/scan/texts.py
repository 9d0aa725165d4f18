# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find known values, and secrets by their syntax, in texts that should have none."""

from __future__ import annotations

import contextlib
import ipaddress
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import Kind
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.known_values import Collected
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.rules import RULES
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.shapes import Shapes
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.views import (
    TooDeep,
    folded,
    views,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.words import WORDS

with contextlib.suppress(ImportError):  # see libraries.py
    import ahocorasick_rs

_SHORT = 4
_AT_ONCE = 20
_LONG = 200
"""Characters of the shortest text that is remembered as it is: most are stack traces, which occur again and again."""
_REMEMBERED = 8 << 20
"""Characters of what is remembered."""
_SEPARATOR = "\n\x1e\n"
_NOTHING = "\x00"
_ALL_WORDS = "\n".join(WORDS)


class _Remembered(set[str]):
    """Texts that contain nothing. Their number is bounded by their length."""

    _length = 0

    def add_all(self, texts: t.Collection[str]) -> None:
        """Remember texts; if these are too many, forget all others."""
        if self._length > _REMEMBERED:
            self.clear()
            self._length = 0
        self.update(texts)
        self._length += sum(map(len, texts))


class TextScan:
    """Searches texts in all their decoded forms."""

    def __init__(self, collected: Collected) -> None:
        forms = {form: kind.value for kind, values in collected.values.items() for form in _forms(kind, values)}
        forms.update({folded(secret): "secret" for secret in collected.secrets})
        self._kinds = list(forms.values())
        self._patterns = list(forms)
        self._whole = [_is_whole(form) for form in forms]
        self._shapes = Shapes(self._patterns)
        self._clean_shapes, self._clean_texts = _Remembered(), _Remembered()
        self._automaton = ahocorasick_rs.AhoCorasick(self._patterns or [_NOTHING])

    def find(self, texts: t.Sequence[str]) -> list[tuple[int, str]]:
        """Return the numbers of the texts that contain something, and what.

        One of each shape is searched, all at once, and all texts one by one if there is anything.
        """
        new = [text for text in dict.fromkeys(texts) if text not in self._clean_texts]
        shapes = {shape: text for text in new if (shape := self._shapes.of(text)) not in self._clean_shapes}
        plain = [text for text in shapes.values() if text.isascii()]
        other = [text for text in shapes.values() if not text.isascii()]
        # Of other characters the automaton counts the positions from the beginning, for every match.
        groups = [plain, *(other[at : at + _AT_ONCE] for at in range(0, len(other), _AT_ONCE))]
        found: list[tuple[int, str]] = []
        if any(group and self.first(_SEPARATOR.join(group)) for group in groups):
            found = [(number, what) for number, text in enumerate(texts) if (what := self.first(text))]
        if not found:
            self._clean_shapes.add_all(shapes)
            self._clean_texts.add_all([text for text in new if len(text) > _LONG])
        return found

    def first(self, text: str) -> str:
        """Return what is in a text; an empty text if there is nothing."""
        try:
            return next((what for view in views(text) if (what := self._first(view))), "")
        except TooDeep:
            return "text that is encoded too often"

    def _first(self, view: str) -> str:
        text = folded(view)
        for pattern, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            if not (self._whole[pattern] and _is_part(text, start, end)):
                return f"known {self._kinds[pattern]}"
        return next((name for name, rule in RULES.items() if rule.keyword in text and rule.pattern.search(view)), "")


def _forms(kind: Kind, values: t.Iterable[str]) -> t.Iterator[str]:
    """Yield the folded forms of values that must not be in a text."""
    for value in values:
        texts = [value]
        if kind is Kind.USER:
            texts += [value.rpartition("\\")[2], value.partition("@")[0]]
        elif kind is Kind.HOST and not _is_address(value):
            host = value.partition("://")[2].partition("/")[0] or value
            texts += [host, host.partition(".")[0]]
            texts += [domain for domain in [host.partition(".")[2].partition(":")[0]] if "." in domain]
        for text in texts:
            form = folded(text).strip()
            if form not in WORDS and any(map(str.isalnum, form)) and not _is_common(kind, form):
                yield form


def _is_common(kind: Kind, form: str) -> bool:
    """Return whether a number is too common to be looked for, or an address is that of every machine."""
    if form.isdigit():
        return kind is not Kind.USER or len(form) < _SHORT
    return form in ("0.0.0.0", "::", "::1") or (_is_address(form) and form.startswith(("127.", "255.")))  # noqa: S104


def _is_part(text: str, start: int, end: int) -> bool:
    """Return whether a part of a text belongs to a longer word, or a number to a date, a time or a larger number."""
    joining = "-:.," if text[start:end].isdigit() else ""
    before, after = text[start - 1 : start], text[end : end + 1]
    if joining and after in (".", ","):
        after = text[end + 1 : end + 2] if text[end + 1 : end + 2].isdigit() else ""
    return any(char.isalnum() or (char and char in joining) for char in (before, after))


def _is_whole(form: str) -> bool:
    """Return whether a form counts as a whole word alone: short ones, numbers, addresses, and parts of common words."""
    return len(form) < _SHORT or form.isdigit() or _is_address(form) or form in _ALL_WORDS


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
