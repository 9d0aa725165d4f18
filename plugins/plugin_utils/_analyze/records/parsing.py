# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse a line strictly, and say which rule it breaks: what orjson refuses or misreads in silence is found here."""

from __future__ import annotations

import contextlib
import functools
import json
import math
import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.variants import Record

with contextlib.suppress(ImportError):  # see libraries.py
    import orjson

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_INTEGERS = range(-(2**63), 2**64)


class Unreadable(Exception):
    """A line breaks a rule of ``damage.RULES``."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Parsed(t.NamedTuple):
    """A record, and whether it has integers beyond 64 bits, which orjson makes floats of."""

    record: Record
    has_big_integers: bool


def parse(line: bytes) -> Parsed:
    """Return the record in a line, or raise ``Unreadable``."""
    try:
        record = orjson.loads(line)
    except ValueError:
        return _parse_strictly(line)
    if isinstance(record, dict) and has_unique_keys(line, record) and not any(map(_may_be_misread, record.values())):
        return Parsed(record, False)
    return _parse_strictly(line)


def has_unique_keys(line: bytes, record: Record) -> bool:
    """Return whether no key occurs twice in the line that this record was parsed from, and it has no other objects in it.

    Outside of strings, a colon is behind a key and nowhere else.
    """
    return _STRING.sub(b"", line).count(b":") == len(record)


def _may_be_misread(value: t.Any) -> bool:
    """Return whether a value may be an integer beyond 64 bits, or contain one."""
    return isinstance(value, (dict, list)) or (isinstance(value, float) and abs(value) >= 2**63)


def _parse_strictly(line: bytes) -> Parsed:
    if line.startswith(_BYTE_ORDER_MARK):
        raise Unreadable("byte_order_mark")
    if b"\0" in line:
        raise Unreadable("nul_byte")
    big: list[str] = []
    try:
        text = line.decode()
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_float,
            parse_int=functools.partial(_integer, big),
        )
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise Unreadable("invalid_utf8") from None
    except UnicodeEncodeError:
        raise Unreadable("lone_surrogate") from None
    except RecursionError:
        raise Unreadable("nested_too_deep") from None
    except ValueError:
        raise Unreadable("invalid_json") from None
    if not isinstance(value, dict):
        raise Unreadable("not_an_object")
    try:
        orjson.loads(line)
    except ValueError:
        # Its limit is lower, and is that of every consumer of the records file.
        raise Unreadable("nested_too_deep") from None
    return Parsed(value, bool(big))


def _unique(pairs: list[tuple[str, t.Any]]) -> Record:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise Unreadable("duplicate_key")
    return record


def _refuse_constant(dummy: str) -> t.NoReturn:
    raise Unreadable("not_a_number")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Unreadable("number_out_of_range")
    return value


def _integer(big: list[str], text: str) -> int | float:
    """Return an integer, or what orjson makes of one beyond 64 bits."""
    if len(text) <= len("-9223372036854775808") and int(text) in _INTEGERS:
        return int(text)
    big.append(text[:1])
    return _float(text)
