# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each field of a redacted record may contain. This says independently of the redaction what its result must be."""

from __future__ import annotations

import re
import typing as t

MASK = "***"

_ANY = r"(?:user|host|domain|addr|group|key|id|email|field)-[0-9a-f]{20}"
_ADDRESS = rf"(?:{_ANY}|addr-[0-9a-f.:]+|127\.[0-9.]+|0\.0\.0\.0|255\.[0-9.]+|::1?)"
_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"

TOKEN: t.Final = re.compile(rf"{_ANY}(?![0-9a-f])|addr-(?:[0-9a-f]*:[0-9a-f:]*|[0-9]+(?:\.[0-9]+){{3}})")
"""A token in a text."""
KEY: t.Final = re.compile(rf"[a-z][a-z0-9_]{{0,39}}|{_ANY}")
"""The name of an unknown field."""

_TOKEN = re.compile(rf"\s*|\*\*\*|{_ANY}")
_HOST = re.compile(rf"\s*|\*\*\*|{_ADDRESS}")
_ADDRESSES = re.compile(rf"\s*|\*\*\*|{_ADDRESS}(?:, {_ADDRESS})*")
_ID = re.compile(rf"\s*|\*\*\*|{_UUID}|{_ANY}")
_WORD = re.compile(r"\*\*\*|[A-Za-z][A-Za-z0-9_.-]{0,39}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?:[Zz]|[+-][0-9:]{4,5})?"
)

PATTERNS: t.Final = {
    "id": _ID,
    "request_id": _ID,
    "created_at": _TIME,
    "hostname": _HOST,
    "target": _HOST,
    "user_id": _TOKEN,
    "user_name": _TOKEN,
    "element_id": _TOKEN,
    "endpoint_id": _TOKEN,
    "computer_group": _TOKEN,
    "api_key": _TOKEN,
    "client_ip": _ADDRESSES,
    "forwarded_for_client_ip": _ADDRESSES,
}
"""Texts that match their field's pattern."""
WORDS: t.Final = dict.fromkeys(("level", "log_type", "action", "method"), _WORD)
"""Fields with a word that is no known value."""
TEXTS: t.Final = frozenset(
    ("stacktrace", "access_denied_reason", "element", "setting", "path", "module", "message", "error")
)
"""Fields with free text."""
NUMBERS: t.Final = frozenset(("pid", "status_code", "memory_mb"))
BOOLEANS: t.Final = frozenset(("access_granted",))
VALUES: t.Final = frozenset(("old_value", "new_value"))
"""Values of a setting: masked, or free text if the setting is a logging key."""
SETTING: t.Final = re.compile(r"LOG_(?:LEVEL|FILE|ROTATE_DAILY|ROTATE_MAX)(?:_AUDIT)?", re.IGNORECASE)


def schema() -> dict[str, t.Any]:
    """Return a schema of records that conform to this grammar, apart from unknown fields and from the values of logging keys."""
    texts = {name: {"type": ["string", "null"]} for name in TEXTS}
    patterns = {
        name: {"type": ["string", "null"], "pattern": f"^(?:{pattern.pattern})$"}
        for name, pattern in {**PATTERNS, **WORDS}.items()
    }
    numbers = {name: {"anyOf": [{"type": ["number", "null"]}, {"const": MASK}]} for name in NUMBERS}
    booleans = {name: {"enum": [True, False, None, MASK]} for name in BOOLEANS}
    values = {name: {"enum": [None, MASK]} for name in VALUES}
    properties = {**texts, **patterns, **numbers, **booleans, **values}
    return {"type": "object", "properties": properties, "additionalProperties": False}
