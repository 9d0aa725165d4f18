# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a text says to a reader who decodes it. The scan has its own decoders, so that it does not share errors with the redaction."""

from __future__ import annotations

import base64
import functools
import html
import re
import typing as t
import unicodedata
import urllib.parse

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan import grammar

_ROUNDS = 10
_WORD = 40
_DEPTH = 3
_ESCAPES = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\x([0-9a-fA-F]{2})|\\([nrtbf\"/\\])")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]{6,}")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_FORMAT = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0001\U000e0020-\U000e007f]"
)
_BOUNDARY = "\x1e"


class TooDeep(Exception):
    """A text is encoded too often."""


def views(text: str) -> t.Iterator[str]:
    """Yield the decoded text without tokens, and what is in it in base64. Raise ``TooDeep`` if it is encoded too often."""
    plain = _decoded(grammar.TOKEN.sub(_BOUNDARY, text).replace(grammar.MASK, _BOUNDARY))
    yield plain
    contents = [plain]
    for dummy in range(_DEPTH):
        contents = [_decoded(found) for each in contents for found in _contents(each)]
        if not contents:
            return
        yield _BOUNDARY.join(contents)


def folded(text: str) -> str:
    """Return a text in which equal names are equal."""
    if text.isascii():
        return text.lower()
    seen = _FORMAT.sub("", text)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())


def _decoded(text: str) -> str:
    for dummy in range(_ROUNDS):
        before = text
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
        if "\\" in text:
            text = _ESCAPES.sub(_unescaped, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if "%" in text:
            text = urllib.parse.unquote(text)
        if "&" in text:
            text = html.unescape(text)
        if text == before:
            return text
    raise TooDeep


def _unescaped(match: re.Match[str]) -> str:
    short, long, byte, char = match.groups()
    if char:
        return _CONTROLS.get(char, char)
    if byte:
        return f"%{byte}"
    code = int(short or long, 16)
    return chr(code) if code < 0x110000 else ""


def _contents(text: str) -> t.Iterator[str]:
    runs = set(_RUN.findall(text))
    runs |= {part for run in runs if not run.isalnum() for part in _ALPHANUMERIC.findall(run)}
    for run in runs:
        if found := _from_base64(run):
            yield found


def _from_base64(run: str) -> str:
    return _of_word(run) if len(run) <= _WORD else _of_run(run)


def _of_run(run: str) -> str:
    whole = run[: len(run) - 1] if len(run) % 4 == 1 else run
    try:
        text = base64.b64decode(whole.replace("-", "+").replace("_", "/") + "==="[: -len(whole) % 4]).decode()
    except ValueError:
        return ""
    return text if all(char.isprintable() or char in "\r\n\t" for char in text) else ""


_of_word = functools.lru_cache(1 << 16)(_of_run)
