# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams in streams. Damage ends a stream, and is reported; what precedes it is not lost."""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.source import Damaged

CHUNK = 64 << 10


class Stream:
    """Bytes that come from ``next_chunk``, up to its end or the first damage."""

    def __init__(self, report: t.Callable[[str], None]) -> None:
        self._report = report
        self._buffer = b""
        self._has_ended = False

    def next_chunk(self) -> bytes:
        """Return the next bytes, and none at the end. Raise ``Damaged`` where they are damaged."""
        raise NotImplementedError

    def peek(self, size: int) -> bytes:
        """Return what is buffered, which is at least this number of bytes except at the end."""
        while len(self._buffer) < size and not self._has_ended:
            try:
                chunk = self.next_chunk()
            except Damaged as damaged:
                self._report(damaged.rule)
                chunk = b""
            self._has_ended = not chunk
            self._buffer += chunk
        return self._buffer

    def read(self, size: int) -> bytes:
        """Return the next bytes; fewer only at the end."""
        data = self.peek(size)
        self._buffer = data[size:]
        return data[:size]

    def read1(self, limit: int = CHUNK) -> bytes:
        """Return some of the next bytes, and none at the end."""
        data = self.peek(1)
        self._buffer = data[limit:]
        return data[:limit]

    def skip(self) -> None:
        """Read everything up to the end."""
        while self.read1():
            pass


class FileStream(Stream):
    """The bytes of a file."""

    def __init__(self, file: t.BinaryIO, report: t.Callable[[str], None]) -> None:
        super().__init__(report)
        self._file = file

    def next_chunk(self) -> bytes:
        try:
            return self._file.read(CHUNK)
        except OSError:
            raise Damaged("file_unreadable") from None


class Part(Stream):
    """The next bytes of a stream."""

    def __init__(self, stream: Stream, size: int, report: t.Callable[[str], None]) -> None:
        super().__init__(report)
        self._stream = stream
        self._left = size

    def next_chunk(self) -> bytes:
        data = self._stream.read1(min(CHUNK, self._left)) if self._left else b""
        if not data and self._left:
            raise Damaged("truncated")
        self._left -= len(data)
        return data
