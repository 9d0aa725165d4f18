# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that fields contain, and the encodings in which a text may have them."""

from __future__ import annotations

import base64
import html
import json
import typing as t
import unicodedata
import urllib.parse

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.free_text import FreeText
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.known_values import (
    Collected,
    KnownValues,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.record import Redactor
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.tokens import Tokens, key_of

KEY = "k3y-of-the-tests-0123456789-abcdefghijklmnopqrstuvw"
RECORD = {
    "id": "00000000-0000-4000-8000-000000000001",
    "created_at": "2026-10-25T12:00:00Z",
    "hostname": "guard-web00.corp.example",
    "level": "info",
    "log_type": "application",
    "pid": 1,
    "message": "started",
}
KNOWN: list[dict[str, t.Any]] = [
    {"user_name": "andré.müller", "hostname": "guard-web00.corp.example", "client_ip": "10.1.2.3"},
    {"user_name": "CORP\\mcgrath", "user_id": 4711, "forwarded_for_client_ip": "2a00:babe::303"},
    {"user_name": "ab", "user_id": 7, "computer_group": "Rechner Köln"},
    {"user_name": "export", "element_id": "slot-zürich"},
    {"setting": "smtp_password", "old_value": "s3cr3t-of-old", "new_value": {"deep": ["n3w-secret-value"]}},
]

VALUES = [
    "andré.müller",
    "CORP\\mcgrath",
    "guard-web00.corp.example",
    "Rechner Köln",
    "slot-zürich",
    "n3w-secret-value",
]
"""One of each kind that a text must not contain."""
ENCODINGS: dict[str, t.Callable[[str], str]] = {
    "plain": str,
    "upper": str.upper,
    "lower": str.lower,
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "wide": lambda text: "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text),
    "zero width": lambda text: "\u200b".join(text),
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "percent twice": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""),
    "every byte in percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "HTML": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace").decode(),
    "JSON": lambda text: json.dumps(text),
    "JSON twice": lambda text: json.dumps(json.dumps({"name": text})),
    "escapes": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "bytes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(f"user:{text}".encode()).decode().rstrip("="),
    "base64 of percent": lambda text: base64.b64encode(urllib.parse.quote(text).encode()).decode(),
}


def free_text(*records, elements=("report",)):
    collected = Collected()
    for record in records or KNOWN:
        collected.add(record)
    return FreeText(KnownValues(collected), Tokens(key_of(KEY)), elements)


def redactor(*records):
    return Redactor(free_text(*records))
