# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scan redacted records: every field against its grammar, and all texts."""

from __future__ import annotations

import contextlib
import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan import grammar
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.texts import TextScan

with contextlib.suppress(ImportError):  # see libraries.py
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
        self._seen: dict[str, set[str]] = {name: set() for name in (*grammar.PATTERNS, *grammar.WORDS)}
        self._keys: set[str] = set()

    def find(self, lines: t.Sequence[bytes], first: int) -> list[Hit]:
        """Return what is in lines of JSON, of which the first has this number."""
        hits: list[Hit] = []
        texts: list[str] = []
        places: list[tuple[int, str]] = []
        known = self._seen
        for number, line in enumerate(lines, first):
            try:
                record = orjson.loads(line)
            except ValueError:
                record = None
            if not isinstance(record, dict):
                hits.append(Hit(number, "line", "text that is no record"))
                continue
            for name, value in record.items():
                if value.__class__ is str and value in known.get(name, ()):
                    continue
                if name in grammar.TEXTS and isinstance(value, str):
                    texts.append(value)
                    places.append((number, name))
                elif value is not None and not self._is_valid(name, value, record):
                    hits.append(Hit(number, name if name in _NAMES else "unknown field", "value that is not redacted"))
        hits += [Hit(*places[index], what) for index, what in self._texts.find(texts)]
        return hits

    def _is_valid(self, name: str, value: t.Any, record: dict[str, t.Any]) -> bool:
        if value == grammar.MASK:
            return name in _NAMES or self._is_valid_key(name)
        if pattern := grammar.PATTERNS.get(name):
            return self._matches(name, value, pattern)
        if pattern := grammar.WORDS.get(name):
            return self._matches(name, value, pattern)
        if name in grammar.NUMBERS:
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        if name in grammar.BOOLEANS:
            return isinstance(value, bool)
        if name in grammar.VALUES and grammar.SETTING.fullmatch(str(record.get("setting"))):
            return isinstance(value, (int, bool)) or (isinstance(value, str) and not self._texts.first(value))
        return False

    def _matches(self, name: str, value: t.Any, pattern: re.Pattern[str]) -> bool:
        seen = self._seen[name]
        if not isinstance(value, str):
            return False
        if value in seen:
            return True
        if not pattern.fullmatch(value):
            return False
        if name in grammar.WORDS and self._texts.first(value):
            return False
        if len(seen) < _REMEMBERED:
            seen.add(value)
        return True

    def _is_valid_key(self, name: str) -> bool:
        if name not in self._keys:
            if not grammar.KEY.fullmatch(name) or self._texts.first(name):
                return False
            if len(self._keys) < _REMEMBERED:
                self._keys.add(name)
        return True


_NAMES = frozenset(
    (*grammar.PATTERNS, *grammar.WORDS, *grammar.TEXTS, *grammar.NUMBERS, *grammar.BOOLEANS, *grammar.VALUES)
)
