# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read compressed streams up to the first damage."""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.decompressors import (
    MAGIC_SIZE,
    Decompressor,
    Gzip,
    errors,
    method,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.source import Damaged, Source
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.streams import Stream

# Bytes that are decompressed at once: as much is lost before damage in the compressed data.
_OUTPUT = 16 << 10


class Decompressed(Stream):
    """What one compressed stream contains. Nothing is consumed beyond its end."""

    def __init__(self, stream: Stream, decompressor: Decompressor, source: Source) -> None:
        super().__init__(source.report)
        self._stream, self._decompressor, self._budget = stream, decompressor, source.budget
        self._peeked = 0

    def next_chunk(self) -> bytes:
        while not self._decompressor.eof:
            try:
                output = self._decompressor.decompress(self._input(), _OUTPUT)
            except errors():
                raise Damaged("corrupt") from None
            self._consume_if_ended()
            if output:
                self._budget.spend(len(output))
                return output
        if isinstance(self._decompressor, Gzip):
            self._decompressor.verify()
        return b""

    def _consume_if_ended(self) -> None:
        """Consume what was peeked of the compressed data, but nothing beyond its end."""
        if self._decompressor.eof:
            self._stream.read(self._peeked - len(self._decompressor.unused_data))

    def _input(self) -> bytes:
        """Return the next compressed bytes if the decompressor needs any. They are consumed when it needs more than these."""
        if not self._decompressor.needs_input:
            return b""
        self._stream.read(self._peeked)
        data = self._stream.peek(1)
        if not data:
            raise Damaged("truncated")
        self._peeked = len(data)
        return data


class Concatenated(Stream):
    """What compressed streams of one method that follow each other contain, as ``cat a.gz b.gz`` makes them."""

    def __init__(self, stream: Stream, create: t.Callable[[], Decompressor], source: Source) -> None:
        super().__init__(source.report)
        self._stream, self._create, self._source = stream, create, source
        self._current = Decompressed(stream, create(), source)

    def next_chunk(self) -> bytes:
        while True:
            data = self._current.next_chunk()
            if data or not self._begin_next():
                return data

    def _begin_next(self) -> bool:
        """Begin the stream that follows the one that ended. Zeros behind the last one are padding."""
        while (data := self._stream.peek(1)) and not data.strip(b"\0"):
            self._stream.read(len(data))
        self._stream.read(len(data) - len(data.lstrip(b"\0")))
        if not data:
            return False
        if method(self._stream.peek(MAGIC_SIZE)) is not self._create:
            raise Damaged("trailing_bytes")
        self._current = Decompressed(self._stream, self._create(), self._source)
        return True
