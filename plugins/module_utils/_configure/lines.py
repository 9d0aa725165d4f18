# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Split a configuration file into logical lines, and detect where its readers would not split it alike.

The file may be read by systemd, sh, bash or python-dotenv, whose rules for quotes, backslashes and comments differ. One
conservative rule stands for all of them: a logical line is *closed* if every quote ends on the physical line on which it
begins, or is the first character of a value and ends where all readers end it, and if every physical line that a trailing
backslash may join to the next one is closed on its own.
"""

import re
import typing as t


class Line(t.NamedTuple):
    """A logical line."""

    number: int
    start: int
    end: int  # after the line feed
    code: bytes  # without comments and line feed
    closed: bool


def _quoted(quote: bytes, escape: bytes, excluded: bytes) -> bytes:
    """Return a pattern for a quoted string that all readers end at the same quote.

    Readers disagree about a backslash directly before a quote, except where it is an escape (``escape``) for all of them.
    """
    plain = b"[^" + quote + rb"\\" + excluded + b"]*"
    backslashes = rb"\\+(?![" + quote + rb"\\" + excluded + b"])" + escape
    return quote + plain + b"(?:(?:" + backslashes + b")" + plain + b")*" + quote


_DOUBLE_ESCAPE = rb'|\\(?:\\\\)*"'
QUOTED = _quoted(b'"', _DOUBLE_ESCAPE, b"") + b"|" + _quoted(b"'", b"", b"")
_QUOTED_ON_ONE_LINE = _quoted(b'"', _DOUBLE_ESCAPE, rb"\r\n") + b"|" + _quoted(b"'", b"", rb"\r\n")

_PLAIN = rb"[^\"'\\\r\n#]*"
# A shell reads a number sign as part of a word unless the word begins with it.
_BEGINS_WORD = rb"(?<![^ \t\n;&|()])"
_WITHIN_WORD = rb"(?<=[^ \t\n;&|()])"
_CODE = (
    _PLAIN + rb"(?:(?:" + _QUOTED_ON_ONE_LINE + rb"|\\(?:[^\r\n]|\r+(?=\n|\Z))|" + _WITHIN_WORD + b"#)" + _PLAIN + b")*"
)
_COMMENT = _BEGINS_WORD + rb"#(?:[^\\\r\n]|\\[^\r\n])*"
# A comment for systemd, but an assignment for python-dotenv.
_SEMICOLON = rb";(?:[^\\\r\n=]|\\[^\r\n]|=[ \t]*(?:" + _QUOTED_ON_ONE_LINE + rb")|=(?![ \t]*[\"']))*"
_QUOTED_VALUE = rb"[ \t]*(?:export[ \t]+)?[^\s=\"'\\#;]+[ \t]*=[ \t]*(?:" + QUOTED + b")"
_LINE = re.compile(
    rb"(?P<code>[ \t]*(?=;)|(?:" + _QUOTED_VALUE + b")?" + _CODE + b")(?:" + _COMMENT + b"|" + _SEMICOLON + b")?"
)
_END = re.compile(rb"(?:(?P<joins>\\)|\\?\r+|)(?=\n|\Z)")

# A here-document, or a shell operator after which the command continues.
_CONTINUES = re.compile(rb"<<|(?:\||&&)[ \t]*\Z")


def split(data: bytes) -> t.Iterator[Line]:
    """Yield the logical lines of a file in order."""
    number, start = 1, 0
    while start < len(data):
        end, code, closed = _logical_line(data, start)
        yield Line(number, start, end, code, closed)
        number += data.count(b"\n", start, end)
        start = end


def _logical_line(data: bytes, start: int) -> t.Tuple[int, bytes, bool]:
    codes = []
    position = start
    while True:
        match = _LINE.match(data, position)  # type: t.Any
        end = _END.match(data, match.end())
        is_joined = position > start
        if end is None or (is_joined and b"\n" in match.group()) or _is_ambiguous(match):
            break
        codes.append(match.group("code"))
        if not end.group("joins"):
            return min(end.end() + 1, len(data)), b"\n".join(codes), True
        position = end.end() + 1
        if position >= len(data):
            break
    stop = data.find(b"\n", position) + 1 or len(data)
    return stop, data[start:stop].rstrip(b"\n"), False


def _is_ambiguous(match: t.Match[bytes]) -> bool:
    code, text = match.group("code"), match.group().lstrip(b" \t")
    # For systemd, the key is everything before an equals sign that is not its first character.
    key, _equals, value = text[1:].partition(b"=")
    if code.strip() and value.lstrip(b" \t").startswith((b'"', b"'")) and re.search(rb"[\"'#]", text[:1] + key):
        return True
    return _CONTINUES.search(code) is not None and _CONTINUES.search(re.sub(QUOTED, b"", code)) is not None
