# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scan redacted records: every field against its grammar, and all texts."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan import grammar
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.texts import TextScan

with contextlib.suppress(ImportError):  # see libraries.py
    import jsonschema_rs
    import orjson

_REMEMBERED = 50_000


class Hit(t.NamedTuple):
    """Where in a file something is that must not be there, and of what kind it is."""

    line: int
    field: str
    what: str


class RecordScan:
    """Scans blocks of lines."""

    def __init__(self, texts: TextScan) -> None:
        self._texts = texts
        self._is_ordinary = jsonschema_rs.Draft202012Validator(grammar.schema()).is_valid
        self._seen: set[str] = set()
        """Words and names of unknown fields that contain nothing."""

    def find(self, lines: t.Sequence[bytes], first: int) -> list[Hit]:
        """Return what is in lines of JSON, of which the first has this number."""
        hits: list[Hit] = []
        texts: list[str] = []
        places: list[tuple[int, str]] = []
        for number, line in enumerate(lines, first):
            try:
                record = orjson.loads(line)
            except ValueError:
                record = None
            if not isinstance(record, dict):
                hits.append(Hit(number, "line", "text that is no record"))
                continue
            for name in self._wrong(record):
                hits.append(Hit(number, name if name in _NAMES else "unknown field", "value that is not redacted"))
            for name in grammar.TEXTS:
                text = record.get(name)
                if text.__class__ is str:
                    texts.append(text)
                    places.append((number, name))
        hits += [Hit(*places[index], what) for index, what in self._texts.find(texts)]
        return hits

    def _wrong(self, record: dict[str, t.Any]) -> list[str]:
        """Return the fields that are not as they must be, apart from what is in their texts."""
        if not self._is_ordinary(record):
            return [name for name, value in record.items() if not self._is_valid(name, value, record)]
        words = ((name, record.get(name)) for name in grammar.WORDS)
        return [
            name for name, word in words if word is not None and word not in self._seen and not self._is_clean(word)
        ]

    def _is_valid(self, name: str, value: t.Any, record: dict[str, t.Any]) -> bool:
        """Return whether a field is as it must be; the words and texts are scanned apart from that."""
        if name not in _NAMES:
            return value in (None, grammar.MASK) and bool(grammar.KEY.fullmatch(name)) and self._is_clean(name)
        if value is None or value == grammar.MASK:
            return True
        if pattern := grammar.PATTERNS.get(name) or grammar.WORDS.get(name):
            is_word = name in grammar.WORDS
            return isinstance(value, str) and bool(pattern.fullmatch(value)) and (not is_word or self._is_clean(value))
        if name in grammar.TEXTS:
            return isinstance(value, str)
        if name in grammar.NUMBERS:
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        if name in grammar.BOOLEANS:
            return isinstance(value, bool)
        is_kept = grammar.SETTING.fullmatch(str(record.get("setting")))
        return bool(is_kept) and (
            isinstance(value, (int, bool)) or (isinstance(value, str) and not self._texts.first(value))
        )

    def _is_clean(self, text: str) -> bool:
        """Return whether a text that occurs again and again contains nothing."""
        if text not in self._seen:
            if self._texts.first(text):
                return False
            if len(self._seen) < _REMEMBERED:
                self._seen.add(text)
        return True


_NAMES = frozenset(
    (*grammar.PATTERNS, *grammar.WORDS, *grammar.TEXTS, *grammar.NUMBERS, *grammar.BOOLEANS, *grammar.VALUES)
)
