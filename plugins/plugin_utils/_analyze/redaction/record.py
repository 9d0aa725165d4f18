# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redact records, field by field."""

from __future__ import annotations

import re
import typing as t
from collections import Counter

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.variants import Record
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction import syntax
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import (
    FIELDS,
    KEPT_SETTINGS,
    MASK,
    Kind,
    Treatment,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.free_text import FreeText
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.known_values import host_of

_UUID4 = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")
_TIME = re.compile(r"[0-9TtZz:.,+ -]{19,40}")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""An unknown field whose name is kept."""
_TEXTS = tuple(name for name, field in FIELDS.items() if field.treatment in (Treatment.TEXT, Treatment.PATH))
_REPEATED = (Treatment.WORD, Treatment.TOKEN, Treatment.HOST, Treatment.ADDRESS)
_CACHED = 20_000
_CACHED_LENGTH = 10_000

Value = t.Callable[[t.Any], t.Any]


class Redactor:
    """Redacts the records of a VM, and counts what was replaced."""

    def __init__(self, text: FreeText) -> None:
        self.text = text
        self._record: Record = {}
        self._texts: dict[str, str] = {}
        self._caches: dict[str, dict[str, t.Any]] = {}
        """What was returned for a text, by the name of the field."""
        self._treatments = {name: self._treatment(name, field.treatment, field.kind) for name, field in FIELDS.items()}
        self._names: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        """Values that were replaced, by field; the values in texts are counted by ``FreeText``."""

    def prepare(self, records: t.Iterable[Record]) -> None:
        """Find the texts of records in which there is nothing to redact, all at once: it is faster, and changes no result."""
        texts = {
            value
            for record in records
            for name in _TEXTS
            if (value := record.get(name)) and isinstance(value, str) and value not in self._texts
        }
        if len(self._texts) + len(texts) > _CACHED:
            self._texts.clear()
        self._texts.update((text, text) for text in self.text.unchanged(list(texts)))

    def redact(self, record: Record) -> Record:
        """Return a redacted record. It conforms to the schema if the record does."""
        self._record = record
        result = {}
        treatments, caches, counts = self._treatments, self._caches, self.counts
        for name, value in record.items():
            redacted = caches[name].get(value) if value.__class__ is str and name in caches else None
            if redacted is None and value is not None:
                treatment = treatments.get(name)
                if treatment is None:
                    name, redacted = self._name(name), MASK
                else:
                    redacted = treatment(value)
            if redacted != value:
                counts[name] += 1
            result[name] = redacted
        if "setting" in record and str(record["setting"]).upper() in KEPT_SETTINGS:
            result.update({name: self._setting(record[name]) for name in ("old_value", "new_value") if name in record})
        return result

    def _treatment(self, name: str, treatment: Treatment, kind: Kind | None) -> Value:
        kind = kind or Kind.ID
        function: Value = {
            Treatment.UUID: lambda value: value if _matches(_UUID4, value) else self._token(Kind.ID, value),
            Treatment.TIME: lambda value: value if _matches(_TIME, value) else MASK,
            Treatment.NUMBER: lambda value: value if isinstance(value, (int, float)) and value is not True else MASK,
            Treatment.BOOLEAN: lambda value: value if isinstance(value, bool) else MASK,
            Treatment.WORD: self._word,
            Treatment.TOKEN: lambda value: self._token(kind, value),
            Treatment.HOST: self._host,
            Treatment.ADDRESS: self._addresses,
            Treatment.TEXT: self._redacted_text,
            Treatment.PATH: self._path,
            Treatment.SETTING: lambda value: MASK,
        }[treatment]
        return self._cached(name, function) if treatment in _REPEATED else function

    def _cached(self, name: str, redact: Value) -> Value:
        """Return a function that remembers what was returned for a text."""
        cache = self._caches[name] = {}

        def cached(value: t.Any) -> t.Any:
            redacted = redact(value)
            if isinstance(value, str):
                if len(cache) >= _CACHED:
                    cache.clear()
                cache[value] = redacted
            return redacted

        return cached

    def _token(self, kind: Kind, value: t.Any) -> str:
        if isinstance(value, (bool, float, dict, list)):
            return MASK
        text = str(value)
        return self.text.token(kind, text) if text.strip() else text

    def _word(self, value: t.Any) -> str:
        return value if _matches(_WORD, value) and self.text.redact(value) == value else MASK

    def _host(self, value: t.Any) -> str:
        if not isinstance(value, str):
            return MASK
        host = host_of(value) or value
        return self.text.address(host) or self._token(Kind.HOST, host)

    def _addresses(self, value: t.Any) -> str:
        if not isinstance(value, str):
            return MASK
        parts = [part.strip() for part in value.split(",")]
        return ", ".join(self.text.address(part) or self._token(Kind.ADDRESS, part) for part in parts)

    def _redacted_text(self, value: t.Any) -> t.Any:
        """Return a redacted text, which is remembered unless what is kept in it depends on the record."""
        if not isinstance(value, str):
            return MASK
        found = self._texts.get(value)
        if found is None:
            own = {each.lower() for name in ("id", "request_id") if isinstance(each := self._record.get(name), str)}
            found = self.text.redact(value, own)
            if len(value) < _CACHED_LENGTH and not ("-" in value and syntax.UUID.search(value)):
                if len(self._texts) >= _CACHED:
                    self._texts.clear()
                self._texts[value] = found
        return found

    def _path(self, value: t.Any) -> t.Any:
        text = self._redacted_text(value)
        return syntax.SEGMENT.sub(lambda match: self.text.token(Kind.ID, match[0]), text)

    def _setting(self, value: t.Any) -> t.Any:
        return value if value is None or isinstance(value, (bool, int)) else self._redacted_text(value)

    def _name(self, name: str) -> str:
        """Return the name of a field that the schemas do not have."""
        found = self._names.get(name)
        if found is None:
            is_kept = _NAME.fullmatch(name) and self.text.redact(name) == name
            found = name if is_kept else self.text.token(Kind.FIELD, name)
            if len(self._names) < _CACHED:
                self._names[name] = found
        return found


def _matches(pattern: re.Pattern[str], value: t.Any) -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))
