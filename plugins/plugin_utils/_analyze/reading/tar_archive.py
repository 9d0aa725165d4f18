# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the files of a tar archive one after the other, without seeking, and find the next one behind a damaged header."""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.source import Damaged, Source
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.streams import Part, Stream

_BLOCK = 512
_REGULAR = (b"0", b"\0", b"7", b"S")
_LINKS = (b"1", b"2")
_LONG_NAME, _EXTENDED = b"L", b"x"
# Bytes of a long name, or of an extended header: they are held in memory.
_NOTE_LIMIT = 1 << 20
_DIGITS = 20


def is_header(block: bytes) -> bool:
    """Return whether a block is a tar header, by its checksum: archives older than ``ustar`` have no magic."""
    if len(block) < _BLOCK or not block[0]:
        return False
    checksum = _number(block[148:156])
    return checksum == sum(block[:_BLOCK]) - sum(block[148:156]) + 8 * ord(" ")


def members(stream: Stream, archive: Source) -> t.Iterator[tuple[Source, Stream]]:
    """Yield the regular files. What the caller leaves of one is skipped."""
    has_ended = is_damaged = False
    note: dict[str, bytes] = {}
    while block := stream.read(_BLOCK):
        if not block.strip(b"\0"):
            has_ended = True
            continue
        if not is_header(block):
            if not is_damaged:
                archive.report("trailing_bytes" if has_ended else "archive_damaged")
            is_damaged = True
            continue
        has_ended = is_damaged = False
        kind, is_note = block[156:157], block[156:157] in (_LONG_NAME, _EXTENDED)
        size = _number(block[124:136] if is_note else note.get("size", block[124:136]))
        if size is None:
            archive.report("archive_damaged")
            continue
        if is_note:
            note = {**note, **_read_note(stream, kind, size, archive)}
            continue
        name = note.get("path") or block[:100].rstrip(b"\0")
        note = {}
        yield from _member(stream, kind, name, size, archive)
        stream.read(-size % _BLOCK)
    if not has_ended:
        archive.report("truncated")


def _member(stream: Stream, kind: bytes, name: bytes, size: int, archive: Source) -> t.Iterator[tuple[Source, Stream]]:
    if kind not in _REGULAR:
        if kind in _LINKS:
            archive.report("link")
        Part(stream, size if kind not in _LINKS else 0, archive.report).skip()
        return
    source = archive.member(name)
    content = Part(stream, size, source.report)
    yield source, content
    content.skip()


def _read_note(stream: Stream, kind: bytes, size: int, archive: Source) -> dict[str, bytes]:
    """Read what the archive says about the next file in front of it: its name, and its size where that is too large for its header."""
    if size > _NOTE_LIMIT:
        raise Damaged("archive_damaged")
    data = Part(stream, size, archive.report).read(size)
    stream.read(-size % _BLOCK)
    if kind == _LONG_NAME:
        return {"path": data.rstrip(b"\0")}
    note = {}
    while data:
        length, dummy, dummy = data.partition(b" ")
        if not 0 < _decimal(length) <= len(data):
            archive.report("archive_damaged")
            break
        key, dummy, value = data[len(length) + 1 : _decimal(length) - 1].partition(b"=")
        if key == b"path":
            note["path"] = value
        elif key == b"size":
            note["size"] = b"%o" % _decimal(value)
        data = data[_decimal(length) :]
    return note


def _decimal(digits: bytes) -> int:
    """Return a number, or 0 if it is none or too large."""
    return int(digits) if digits.isdigit() and len(digits) < _DIGITS else 0


def _number(field: bytes) -> int | None:
    """Return the number in a field of a header: octal digits, or binary behind a byte of 128."""
    if field[0] == 128:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    try:
        return int(digits, 8) if digits.isdigit() else None if digits else 0
    except ValueError:
        return None
