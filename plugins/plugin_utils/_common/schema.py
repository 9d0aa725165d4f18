# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schemas for JSON data of unknown origin: what a VM answers, records and manifests.

A schema is a type; None; one of the classes below; a tuple of alternatives; a list with the schema of all items; or a
mapping with the schema of each key, or under the key ``str`` the schema of all values.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened

MAXIMUM_INTEGER = (1 << 63) - 1
_TYPES: dict[t.Any, str] = {None: "null", bool: "a boolean", int: "an integer", float: "a number", str: "text"}


@dataclasses.dataclass(frozen=True)
class Text:
    """Printable text of limited length."""

    limit: int = 4096
    """Characters."""
    pattern: str = ""
    """A regular expression for the whole text."""
    lines: bool = False
    """Whether it may contain line feeds and tabs."""

    def accepts(self, value: t.Any) -> bool:
        if not isinstance(value, str) or len(value) > self.limit:
            return False
        if not (re.sub("[\n\t]", "", value) if self.lines else value).isprintable():
            return False
        return not self.pattern or bool(re.fullmatch(self.pattern, value))

    def __str__(self) -> str:
        matching = f" that match {self.pattern}" if self.pattern else ""
        return f"text of at most {self.limit} printable characters{matching}"


@dataclasses.dataclass(frozen=True)
class Integer:
    minimum: int = 0
    maximum: int = MAXIMUM_INTEGER

    def accepts(self, value: t.Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.minimum <= value <= self.maximum

    def __str__(self) -> str:
        return f"an integer from {self.minimum} to {self.maximum}"


@dataclasses.dataclass(frozen=True)
class Number:
    """An integer or a finite floating-point number."""

    minimum: float = 0.0
    maximum: float = 1e12

    def accepts(self, value: t.Any) -> bool:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        # False for NaN as well. No conversion: an integer may be too large for a floating-point number.
        return is_number and self.minimum <= value <= self.maximum

    def __str__(self) -> str:
        return f"a number from {self.minimum:g} to {self.maximum:g}"


@dataclasses.dataclass(frozen=True)
class OneOf:
    values: tuple[str, ...]

    def accepts(self, value: t.Any) -> bool:
        return isinstance(value, str) and value in self.values

    def __str__(self) -> str:
        return f"one of {', '.join(self.values)}"


@dataclasses.dataclass(frozen=True)
class Some:
    """A mapping with any of the keys of this one."""

    keys: t.Mapping[str, t.Any]


_LEAVES = (Text, Integer, Number, OneOf)
SHA256 = Text(64, "[0-9a-f]{64}")


class Violation(t.NamedTuple):
    """The name of a field, and a predicate of it: ``size`` ``is '5', but must be an integer``."""

    field: str
    cause: str


def violations(value: t.Any, schema: t.Any, field: str = "") -> t.Iterator[Violation]:
    """Yield what violates the schema, down to the single field."""
    if isinstance(schema, Some) and isinstance(value, dict):
        known = {key: each for key, each in schema.keys.items() if key in value}
        yield from _in_mapping(value, known, field)
    elif isinstance(schema, dict) and isinstance(value, dict):
        yield from _in_mapping(value, schema, field)
    elif isinstance(schema, list) and isinstance(value, list):
        for index, each in enumerate(value):
            yield from violations(each, schema[0], f"{field}[{index}]")
    elif not _accepts(value, schema):
        yield Violation(field, f"is {shortened(repr(value), 100)}, but must be {_description(schema)}")


def matches(value: t.Any, schema: t.Any) -> bool:
    """Return whether a value conforms to the schema."""
    return next(violations(value, schema), None) is None


def _in_mapping(value: dict[t.Any, t.Any], schema: dict[t.Any, t.Any], field: str) -> t.Iterator[Violation]:
    def named(key: t.Any) -> str:
        name = shortened(str(key), 100)
        return f"{field}.{name}" if field else name

    of_all_values = schema.get(str)
    for key in schema.keys() - value.keys() if of_all_values is None else ():
        yield Violation(named(key), "is missing")
    for key, each in value.items():
        if not isinstance(key, str) or len(key) > 100 or (of_all_values is None and key not in schema):
            yield Violation(named(key), "is an unknown key")
        else:
            yield from violations(each, schema[key] if of_all_values is None else of_all_values, named(key))


def _accepts(value: t.Any, schema: t.Any) -> bool:
    if isinstance(schema, _LEAVES):
        return schema.accepts(value)
    if isinstance(schema, tuple):
        return any(matches(value, alternative) for alternative in schema)
    if schema is None:
        return value is None
    if not isinstance(schema, type):
        return False
    # bool is a subclass of int.
    return isinstance(value, schema) and (schema is bool or not isinstance(value, bool))


def _description(schema: t.Any) -> str:
    if isinstance(schema, _LEAVES):
        return str(schema)
    if isinstance(schema, tuple):
        return " or ".join(map(_description, schema))
    if isinstance(schema, list):
        return "a list"
    return "a mapping" if isinstance(schema, (dict, Some)) else _TYPES[schema]
