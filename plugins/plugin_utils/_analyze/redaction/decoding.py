# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undo the encodings in which a text can contain another: escapes, percent-encoding, entities, Unicode forms, base64."""

from __future__ import annotations

import binascii
import functools
import html
import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.normal import visible

_ROUNDS = 8
_WORD = 40
_BYTES = re.compile(r"(?:%[0-9A-Fa-f]{2})+|(?:\\x[0-9A-Fa-f]{2})+|(?:\\[0-3][0-7]{2})+")
_ESCAPE = re.compile(
    r"\\(?:u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|U([0-9A-Fa-f]{8})|([\"'\\/bfnrt]))|%u([0-9A-Fa-f]{4})"
)
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_RUN = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_PART = re.compile(r"[A-Za-z0-9]{6,}")
_PRINTABLE = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*")
NO_TEXT = "+/-_"
"""What begins with one of these characters is no text in base64: it would begin with a byte that UTF-8 has not."""
_URL_SAFE = str.maketrans("-_", "+/")


def is_encoded(text: str) -> bool:
    """Return whether ``decoded`` may change a text."""
    return "\\" in text or "%" in text or "&" in text or not (text.isascii() or visible(text) == text)


def decoded(text: str) -> str | None:
    """Return a text without encodings, however often they were applied; None if they are nested too deep."""
    for dummy in range(_ROUNDS):
        before = text
        text = visible(text)
        if "%" in text or "\\" in text:
            text = _ESCAPE.sub(_unescaped, _BYTES.sub(_text, text))
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if "&" in text:
            text = html.unescape(text)
        if text == before:
            return text
    return None


def base64_runs(text: str) -> t.Iterator[tuple[int, int, str]]:
    """Yield where something in base64 is in a text, and what it is."""
    for match in _RUN.finditer(text):
        run = match[0]
        if run[0] not in NO_TEXT and (found := _from_base64(run)):
            yield match.start(), match.end(), found
        elif not run.isalnum():
            for part in _PART.finditer(run):
                if found := _from_base64(part[0]):
                    yield match.start() + part.start(), match.start() + part.end(), found


def _from_base64(run: str) -> str:
    """Return the text that is encoded in a run of letters and digits; an empty one if there is none."""
    return _of_word(run) if len(run) <= _WORD else _of_run(run)


def _of_run(run: str) -> str:
    if len(run) % 4 == 1:
        run = run[:-1]
    try:
        data = binascii.a2b_base64(f"{run.translate(_URL_SAFE)}{'=' * (-len(run) % 4)}")
    except binascii.Error:
        return ""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return text if _PRINTABLE.fullmatch(text) else ""


_of_word = functools.lru_cache(1 << 16)(_of_run)
"""Words of the language are there again and again."""


def _text(match: re.Match[str]) -> str:
    run = match[0]
    if run.startswith("%"):
        data = bytes.fromhex(run.replace("%", ""))
    elif run.startswith("\\x"):
        data = bytes.fromhex(run.replace("\\x", ""))
    else:
        data = bytes(int(digits, 8) for digits in run[1:].split("\\"))
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _unescaped(match: re.Match[str]) -> str:
    short, braced, long, char, percent = match.groups()
    if char:
        return _CONTROLS.get(char, char)
    code = int(short or braced or long or percent, 16)
    return chr(code) if code < 0x110000 else match[0]
