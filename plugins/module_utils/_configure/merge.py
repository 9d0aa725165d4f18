# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse the managed block that is to be written, and merge it into a configuration file or remove it."""

import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.document import (
    BEGIN,
    BYTE_ORDER_MARK,
    END,
    Assignment,
    Document,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    BY_NAME,
    Settings,
    check,
    in_order,
)

_UNSAFE_IN_COMMENT = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]|\\\\\\Z")


class Block(t.NamedTuple):
    lines: t.List[bytes]
    settings: Settings
    errors: t.List[Error]
    warnings: t.List[str]


NO_BLOCK = Block([], {}, [], [])


def parse_block(text: str) -> Block:
    """Parse and validate a block: comments, blank lines, and each logging key at most once as ``KEY=value``."""
    lines = [line.rstrip(" \t\r") for line in text.strip("\r\n").split("\n")]
    settings = {}  # type: Settings
    errors = []
    for number, line in enumerate(lines, 1):
        key, equals, value = line.partition("=")
        problem, remedy = None, "Remove the line from the block"
        if not line or line.lstrip(" \t").startswith("#"):
            if _UNSAFE_IN_COMMENT.search(line) or line.strip(" \t").encode("utf-8") in (BEGIN, END):
                problem = "is a comment with a control character, a trailing backslash, or the text of a marker"
        elif line.lstrip(" \t").startswith(";"):
            problem = "is a comment that begins with ;, which is a syntax error for a shell"
            remedy = "Begin the comment with #"
        elif not equals or key not in BY_NAME:
            problem = "is neither blank, nor a comment that begins with #, nor a logging key as KEY=value"
        elif key in settings:
            problem = f"sets {key} a second time"
        else:
            settings[key] = value
        if problem:
            errors.append(error("validate", f"block, line {number}", problem, remedy))
    violations, warnings = check(settings)
    return Block([line.encode("utf-8", "replace") for line in lines], in_order(settings), errors + violations, warnings)


def merge(original: bytes, document: Document, block: Block) -> bytes:
    """Return the file with the block in it and no other assignment of a logging key. Every other byte stays."""
    if document.block is None:
        newline = b"\r\n" if 2 * original.count(b"\r\n") > original.count(b"\n") else b"\n"
        before, after = _without(original, 0, len(original), document.where(managed=False)), b""
        if before and not before.endswith(b"\n"):
            # Never CRLF, whose carriage return a shell would read as part of the last value.
            before += b"\n"
    else:
        start, end = document.block
        newline = _newline_of_block(original, start)
        strays = document.where(managed=False)
        before, after = _without(original, 0, start, strays), _without(original, end, len(original), strays)
    exports = _exports(document, block.settings)
    if exports:
        # For a shell, a carriage return would be part of a name, and an error.
        newline = b"\n"
    ends_in_newline = not original or original.endswith(b"\n")
    lines = newline.join([BEGIN, *exports, *block.lines, END])
    return before + lines + (newline if after or ends_in_newline else b"") + after


def remove_block(original: bytes, document: Document, replacement: Block = NO_BLOCK) -> bytes:
    """Return the file without the block: as it was before, apart from assignments that the block has replaced.

    Keys of the ``replacement`` that nothing else in the file sets are assigned where the block was.
    """
    if document.block is None:
        return original
    start, end = document.block
    before = original[:start]
    if before.endswith(BYTE_ORDER_MARK):
        # It would become part of the next line.
        before = before[: -len(BYTE_ORDER_MARK)]
    others = {each.key for each in document.where(managed=False)}
    settings = {key: value for key, value in replacement.settings.items() if key not in others}
    lines = _exports(document, settings) + [f"{key}={value}".encode() for key, value in settings.items()]
    newline = b"\n" if document.exports else _newline_of_block(original, start)
    ends_in_newline = original[:end].endswith(b"\n")
    if not ends_in_newline and not lines and before.endswith(b"\n"):
        before = before[:-1]
    return before + newline.join(lines) + (newline if lines and ends_in_newline else b"") + original[end:]


def _exports(document: Document, settings: Settings) -> t.List[bytes]:
    """Return the lines that export the keys, if the file exports variables."""
    # systemd ignores these lines. python-dotenv reads a name without a value, so they precede the assignments.
    return [b"export " + key.encode() for key in settings] if document.exports else []


def _without(data: bytes, start: int, end: int, removed: t.Iterable[Assignment]) -> bytes:
    kept = []
    for line in (each.line for each in removed):
        if start <= line.start < end:
            kept.append(data[start : line.start])
            # A comment behind an assignment stays: it may be anything, even an assignment that was disabled.
            comment = line.start + len(line.code)
            start = comment if data.startswith(b"#", comment) else line.end
    kept.append(data[start:end])
    return b"".join(kept)


def _newline_of_block(data: bytes, start: int) -> bytes:
    """Return the newline that the block was written with; that of most lines may have changed since."""
    return b"\r\n" if data[start : data.index(b"\n", start)].endswith(b"\r") else b"\n"
