# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redact records, field by field."""

from __future__ import annotations

import contextlib
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
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.free_text import FreeText, Kept
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.known_values import host_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.shapes import Shapes

with contextlib.suppress(ImportError):  # see libraries.py
    import jsonschema_rs

_UUID4 = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")
_TIME = re.compile(r"[0-9TtZz:.,+ -]{19,40}")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""An unknown field whose name is kept."""
_KEPT: dict[Treatment, dict[str, t.Any]] = {
    Treatment.UUID: {"type": ["string", "null"], "pattern": f"^{_UUID4.pattern}$"},
    Treatment.TIME: {"type": ["string", "null"], "pattern": f"^{_TIME.pattern}$"},
    Treatment.NUMBER: {"type": ["number", "null"]},
    Treatment.BOOLEAN: {"type": ["boolean", "null"]},
}
_REPLACED = frozenset(name for name, field in FIELDS.items() if field.treatment not in _KEPT)
_ORDINARY = {
    "type": "object",
    "properties": {name: _KEPT.get(field.treatment, True) for name, field in FIELDS.items()},
    "additionalProperties": False,
}
"""A schema of records whose other fields are kept. It is faster than to check them one by one."""
_REPEATED = (Treatment.WORD, Treatment.TOKEN, Treatment.HOST, Treatment.ADDRESS)
_CACHED = 20_000
_PLANS = 1000

Value = t.Callable[[t.Any], t.Any]


class Redactor:
    """Redacts the records of a VM, and counts what was replaced."""

    def __init__(self, text: FreeText) -> None:
        self.text = text
        self._record: Record = {}
        self._shapes, self._path_shapes = Shapes(text, FreeText.redact), Shapes(text, _redacted_path)
        self._is_ordinary = jsonschema_rs.Draft202012Validator(_ORDINARY).is_valid
        self._caches: dict[str, dict[str, t.Any]] = {name: {} for name in _REPLACED}
        """What was returned for a text, by the name of the field."""
        self._plans: dict[tuple[str, ...], list[tuple[str, dict[str, t.Any], Value]]] = {}
        self._treatments = {name: self._treatment(name, field.treatment, field.kind) for name, field in FIELDS.items()}
        self._names: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        """Values that were replaced, by field; the values in texts are counted by ``FreeText``."""

    def redact(self, record: Record) -> Record:
        """Return a redacted record. It conforms to the schema if the record does."""
        self._record = record
        result = record.copy() if self._is_ordinary(record) else self._checked(record)
        names = tuple(result)
        for name, cache, treatment in self._plans.get(names) or self._planned(names):
            value = result[name]
            if value is None:
                continue
            redacted = cache.get(value) if value.__class__ is str else None
            if redacted is None:
                redacted = treatment(value)
            if redacted != value:
                self.counts[name] += 1
                result[name] = redacted
        return result

    def _planned(self, names: tuple[str, ...]) -> list[tuple[str, dict[str, t.Any], Value]]:
        """Return the fields whose values are replaced, of records that have fields with these names."""
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        plan = [(name, self._caches[name], self._treatments[name]) for name in names if name in _REPLACED]
        self._plans[names] = plan
        return plan

    def _checked(self, record: Record) -> Record:
        """Return a record in which the fields that are kept have values of the expected form, and the names of the others are plain."""
        result = {}
        for name, value in record.items():
            if name in _REPLACED:
                result[name] = value
                continue
            redacted = value if value is None else self._treatments[name](value) if name in FIELDS else MASK
            shown = name if name in FIELDS else self._name(name)
            if redacted != value:
                self.counts[shown] += 1
            result[shown] = redacted
        return result

    def _treatment(self, name: str, treatment: Treatment, kind: Kind | None) -> Value:
        kind = kind or Kind.ID
        function: Value = {
            Treatment.UUID: lambda value: value if _matches(_UUID4, value) else self._token(Kind.ID, value),
            Treatment.TIME: lambda value: value if _matches(_TIME, value) else MASK,
            Treatment.NUMBER: lambda value: (
                value if isinstance(value, (int, float)) and not isinstance(value, bool) else MASK
            ),
            Treatment.BOOLEAN: lambda value: value if isinstance(value, bool) else MASK,
            Treatment.WORD: self._word,
            Treatment.TOKEN: lambda value: self._token(kind, value),
            Treatment.HOST: self._host,
            Treatment.ADDRESS: self._addresses,
            Treatment.TEXT: self._redacted_text,
            Treatment.PATH: self._path,
            Treatment.SETTING: self._setting,
        }[treatment]
        return self._cached(name, function) if treatment in _REPEATED else function

    def _cached(self, name: str, redact: Value) -> Value:
        """Return a function that remembers what was returned for a text."""
        cache = self._caches[name]

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
        if not isinstance(value, str):
            return MASK
        if "-" in value and syntax.UUID.search(value):
            return self.text.redact(value, self._own())
        return self._shapes.redact(value)

    def _path(self, value: t.Any) -> t.Any:
        if not isinstance(value, str):
            return MASK
        if "-" in value and syntax.UUID.search(value):
            return _redacted_path(self.text, value, self._own())
        return self._path_shapes.redact(value)

    def _own(self) -> set[str]:
        """Return the ids of the record itself, which are kept in its texts."""
        return {each.lower() for name in ("id", "request_id") if isinstance(each := self._record.get(name), str)}

    def _setting(self, value: t.Any) -> t.Any:
        """Return the old or new value of a setting."""
        if str(self._record.get("setting")).upper() not in KEPT_SETTINGS:
            return MASK
        return value if isinstance(value, (bool, int)) else self._redacted_text(value)

    def _name(self, name: str) -> str:
        """Return the name of a field that the schemas do not have."""
        found = self._names.get(name)
        if found is None:
            is_kept = _NAME.fullmatch(name) and self.text.redact(name) == name
            found = name if is_kept else self.text.token(Kind.FIELD, name)
            if len(self._names) < _CACHED:
                self._names[name] = found
        return found


def _redacted_path(text: FreeText, value: str, kept: Kept = ()) -> str:
    return syntax.SEGMENT.sub(lambda match: text.token(Kind.ID, match[0]), text.redact(value, kept))


def _matches(pattern: re.Pattern[str], value: t.Any) -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))
