# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Split a stream of bytes into lines, at line feeds alone: U+2028 is legal in JSON."""

from __future__ import annotations

import dataclasses
import io
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.streams import CHUNK, Stream

LINE_LIMIT = 4 << 20
"""Bytes that a line may have. Of a longer one, only this many are ever in memory, and it is no record."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclasses.dataclass
class Block:
    """Some lines with their line feeds, and their numbers."""

    numbers: t.Sequence[int]
    lines: list[bytes]


class _BoundedLines(io.RawIOBase):
    """A stream whose lines are cut behind the limit."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._stream = stream
        self._line_size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        while data := self._stream.read1(len(buffer)):
            if data := self._cut(data):
                buffer[: len(data)] = data
                return len(data)
        return 0

    def _cut(self, data: bytes) -> bytes:
        """Return the data without what exceeds the limit in a line that began before it."""
        first_end = data.find(b"\n")
        size = len(data) if first_end < 0 else first_end
        room = max(LINE_LIMIT + 1 - self._line_size, 0)
        self._line_size = self._line_size + size if first_end < 0 else len(data) - data.rindex(b"\n") - 1
        return data if size <= room else data[:room] + data[size:]


def split(stream: Stream) -> t.Iterator[Block]:
    """Yield the lines of a stream, each with a line feed. A byte order mark at its start is no part of a line."""
    if stream.peek(len(_BYTE_ORDER_MARK)).startswith(_BYTE_ORDER_MARK):
        stream.read(len(_BYTE_ORDER_MARK))
    number = 1
    reader = io.BufferedReader(_BoundedLines(stream), CHUNK)
    while lines := reader.readlines(CHUNK):
        if not lines[-1].endswith(b"\n"):
            lines[-1] += b"\n"
        yield Block(range(number, number + len(lines)), lines)
        number += len(lines)
