# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the files of a zip archive one after the other, by their own headers: without its directory, which a truncated one lacks."""

from __future__ import annotations

import bz2
import contextlib
import struct
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.decompression import Decompressed
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.decompressors import (
    Decompressor,
    Zstandard,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.source import Damaged, Source
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.streams import Part, Stream

with contextlib.suppress(ImportError):  # see libraries.py
    from isal import igzip_lib, isal_zlib

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
"""The first bytes of an archive, and of an empty one."""

_LOCAL = b"PK\x03\x04"
_DIRECTORY = (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x08")
_DESCRIPTOR = b"PK\x07\x08"
_HEADER = struct.Struct("<HHHHHIIIHH")
_ENCRYPTED, _HAS_DESCRIPTOR = 1, 8
_STORED = 0
_UNKNOWN = 0xFFFFFFFF
_METHODS: t.Final[t.Mapping[int, t.Callable[[], Decompressor]]] = {
    8: lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE),
    12: bz2.BZ2Decompressor,
    93: Zstandard,
}


class _Header(t.NamedTuple):
    flags: int
    method: int
    crc: int
    size: int
    is_zip64: bool
    name: bytes


class _Checked(Stream):
    """A stream, and the CRC-32 of what was read of it."""

    def __init__(self, stream: Stream, report: t.Callable[[str], None]) -> None:
        super().__init__(report)
        self._stream = stream
        self.crc = 0

    def next_chunk(self) -> bytes:
        data = self._stream.read1()
        self.crc = isal_zlib.crc32(data, self.crc)
        return data


def members(stream: Stream, archive: Source) -> t.Iterator[tuple[Source, Stream]]:
    """Yield the files. What the caller leaves of one is skipped."""
    while (signature := stream.read(4)) == _LOCAL:
        header = _read_header(stream)
        if header.name.endswith(b"/") and not header.size:
            continue
        source = archive.member(header.name)
        create = _METHODS.get(header.method)
        packed: Stream = stream
        has_size = header.size or not header.flags & _HAS_DESCRIPTOR
        if has_size:
            packed = Part(stream, header.size, source.report)
        if header.flags & _ENCRYPTED or (header.method != _STORED and not create) or not (has_size or create):
            source.report("encrypted" if header.flags & _ENCRYPTED else "compression_unsupported")
            if not has_size:
                raise Damaged("archive_damaged")
            packed.skip()
            continue
        content = _Checked(Decompressed(packed, create(), source) if create else packed, source.report)
        yield source, content
        content.skip()
        if has_size:
            packed.skip()
        crc = _read_descriptor(stream, header) if header.flags & _HAS_DESCRIPTOR else header.crc
        if crc != content.crc:
            source.report("checksum")
    if signature not in _DIRECTORY:
        raise Damaged("archive_damaged" if len(signature) == 4 else "truncated")
    stream.skip()


def _read_header(stream: Stream) -> _Header:
    data = stream.read(_HEADER.size)
    if len(data) < _HEADER.size:
        raise Damaged("truncated")
    dummy, flags, method, dummy, dummy, crc, size, full_size, name_size, extra_size = _HEADER.unpack(data)
    name, extra = stream.read(name_size), stream.read(extra_size)
    is_zip64 = False
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == 1:
            is_zip64 = True
            values = extra[4 : 4 + length]
            if size == _UNKNOWN:
                start = 8 if full_size == _UNKNOWN else 0
                size = int.from_bytes(values[start : start + 8], "little")
        extra = extra[4 + length :]
    return _Header(flags, method, crc, size, is_zip64, name)


def _read_descriptor(stream: Stream, header: _Header) -> int:
    """Read what follows a file whose size was not known when its header was written; return its CRC-32."""
    data = stream.read(4)
    if data == _DESCRIPTOR:
        data = stream.read(4)
    stream.read(16 if header.is_zip64 else 8)
    return int.from_bytes(data, "little")
