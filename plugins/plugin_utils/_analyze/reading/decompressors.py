# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decompressors of all methods, with the interface of ``bz2.BZ2Decompressor``: the output of a call is bounded."""

from __future__ import annotations

import bz2
import contextlib
import lzma
import struct
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.source import Damaged

with contextlib.suppress(ImportError):  # see libraries.py
    import zstandard
    from isal import igzip_lib

_XZ_MEMORY = 128 << 20
_ZSTD_WINDOW = 128 << 20
# A byte of input gives at most some tens of kilobytes of output.
_ZSTD_INPUT = 512
_GZIP_HEADER_LIMIT = 128 << 10
_GZIP_TRAILER = struct.Struct("<II")


class Decompressor(t.Protocol):
    """The interface of ``bz2.BZ2Decompressor``."""

    @property
    def eof(self) -> bool:
        """Whether the compressed stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether there is no more output without more input."""

    @property
    def unused_data(self) -> bytes:
        """The input behind the end."""

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        """Return the next output."""


def deflate() -> igzip_lib.IgzipDecompressor:
    """Return a decompressor of raw deflate; its ``crc`` is the CRC-32 of the output."""
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP_NO_HDR)


class Gzip:
    """A gzip member. Its checksum is compared when all of its output has been returned, so that a wrong one costs nothing."""

    def __init__(self) -> None:
        self._deflate = deflate()
        self._header = b""
        self._trailer = b""
        self._size = 0
        self._is_in_header = True
        self.eof = False
        self.unused_data = b""

    @property
    def needs_input(self) -> bool:
        return self._is_in_header or self._deflate.eof or self._deflate.needs_input

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        if self._is_in_header:
            self._header += data
            end = _end_of_gzip_header(self._header)
            if end is None:
                if len(self._header) > _GZIP_HEADER_LIMIT:
                    raise Damaged("corrupt")
                return b""
            data, self._header, self._is_in_header = self._header[end:], b"", False
        output = b""
        if not self._deflate.eof:
            output = self._deflate.decompress(data, max_length)
            self._size += len(output)
            data = self._deflate.unused_data
        if self._deflate.eof:
            self._read_trailer(data)
        return output

    def _read_trailer(self, data: bytes) -> None:
        self._trailer += data
        if len(self._trailer) >= _GZIP_TRAILER.size:
            self.eof, self.unused_data = True, self._trailer[_GZIP_TRAILER.size :]

    def verify(self) -> None:
        """Raise ``Damaged`` if the checksum or the size at the end is wrong."""
        if _GZIP_TRAILER.unpack_from(self._trailer) != (self._deflate.crc, self._size & 0xFFFFFFFF):
            raise Damaged("checksum")


def _end_of_gzip_header(data: bytes) -> int | None:
    """Return where the deflated data begins, or None if the header is not complete."""
    if len(data) < 10:
        return None
    flags, end = data[3], 10
    if flags & 4:
        if len(data) < end + 2:
            return None
        end += 2 + int.from_bytes(data[end : end + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            end = data.find(b"\0", end) + 1
            if not end:
                return None
    end += 2 if flags & 2 else 0
    return end if len(data) >= end else None


class Zstandard:
    """A frame of Zstandard. Its input is cut so small that its output is bounded."""

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        self._input = b""
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def needs_input(self) -> bool:
        return not self._input

    def decompress(self, data: bytes, dummy: int = -1, /) -> bytes:
        data = self._input + data
        self._input = data[_ZSTD_INPUT:]
        output = self._frame.decompress(data[:_ZSTD_INPUT])
        if self._frame.eof:
            self.unused_data, self._input = self._frame.unused_data + self._input, b""
        return output


def xz() -> lzma.LZMADecompressor:
    """Return a decompressor of xz with bounded memory."""
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


def errors() -> tuple[type[Exception], ...]:
    """Return what decompressors raise for damaged input."""
    own = t.cast(type[Exception], igzip_lib.error)
    return EOFError, OSError, ValueError, lzma.LZMAError, zstandard.ZstdError, own


_METHODS: t.Final[t.Mapping[bytes, t.Callable[[], Decompressor]]] = {
    b"\x1f\x8b\x08": Gzip,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": xz,
    b"\x28\xb5\x2f\xfd": Zstandard,
}

MAGIC_SIZE = max(map(len, _METHODS))


def method(head: bytes) -> t.Callable[[], Decompressor] | None:
    """Return the decompressor of a stream that begins with ``head``, or None if it is not compressed."""
    return next((create for magic, create in _METHODS.items() if head.startswith(magic)), None)
