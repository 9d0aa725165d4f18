# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file is, told by its first bytes; names and endings play no part."""

import io
import tarfile
import zipfile
import zlib
from typing import Optional

HEAD_SIZE = 65536
"""How many bytes of a file are enough for ``identify``."""

ENDINGS = {
    "gzip": ".log.gz",
    "tar.gz": ".tar.gz",
    "tar": ".tar",
    "zip": ".zip",
    "bzip2": ".log.bz2",
    "xz": ".log.xz",
    "zstd": ".log.zst",
    "text": ".log",
    "unknown": ".bin",
}
"""Every format that ``identify`` tells apart, and the ending that such a file of logs gets."""

_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_TAR_BLOCK = 512
_TAR_CHECKSUM = slice(148, 156)
_STEP = 1 << 20
# Logs become a tenth or so. What becomes less than a hundredth is carried as it is, and not blown up to be looked at.
_MOST_EXPANSION = 100


def identify(head: bytes) -> str:
    """The format of a file that begins with ``head``, a key of ``ENDINGS``."""
    if head.startswith(b"\x1f\x8b\x08"):
        return "tar.gz" if _is_tar(_start_of_gzip(head)) else "gzip"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if _is_tar(head):
        return "tar"
    return "unknown" if b"\x00" in head else "text"


def is_empty(head: bytes) -> bool:
    """Whether a file that begins with ``head`` holds nothing: no byte, or an archive of nothing, or of empty files."""
    if head.startswith(b"PK"):
        return _is_zip_of_nothing(head)
    if head.startswith(b"\x1f\x8b\x08"):
        inflater = zlib.decompressobj(wbits=31)
        try:
            head = inflater.decompress(head, HEAD_SIZE)
        except zlib.error:
            return False
        if not inflater.eof or inflater.unused_data:
            return False
    return not head or _is_tar_of_nothing(head)


def _is_zip_of_nothing(head: bytes) -> bool:
    """What goes on beyond its head is taken for something: nothing is not that long."""
    try:
        with zipfile.ZipFile(io.BytesIO(head)) as archive:
            return len(head) < HEAD_SIZE and not any(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        return False


def _is_tar_of_nothing(head: bytes) -> bool:
    if len(head) >= HEAD_SIZE or not _is_tar(head):
        return False
    try:
        with tarfile.open(fileobj=io.BytesIO(head), mode="r:") as archive:
            return not any(member.size for member in archive)
    except tarfile.TarError:
        return False


class GzipCheck:
    """Whether a gzip file is whole, told while it is read: in little memory, and in time that its size bounds."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(wbits=31)
        self._read = 0
        self._made = 0
        self._is_over = False
        self._is_damaged = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the file."""
        self._read += len(data)
        while data and not self._is_over:
            if self._inflater.eof:
                # Members follow one another, and zeros may fill the last block of a tape. Other bytes are no part of it.
                data = data.lstrip(b"\x00")
                if not data:
                    return
                if not data.startswith(b"\x1f"):
                    self._is_over = True
                    return
                self._inflater = zlib.decompressobj(wbits=31)
            data = self._inflate(data)

    def fault(self) -> Optional[str]:
        """What is wrong with the file, all of which has been read; None where nothing is."""
        while not self._is_over and not self._inflater.eof:
            before = self._made
            self._inflate(b"")
            if self._made == before:
                return "is cut off"
        return "is damaged" if self._is_damaged else None

    def _inflate(self, data: bytes) -> bytes:
        """Inflate at most one step of it, and return the rest."""
        try:
            self._made += len(self._inflater.decompress(data, _STEP))
        except zlib.error:
            self._is_over = self._is_damaged = True
            return b""
        if self._made > max(_MOST_EXPANSION * self._read, _STEP):
            self._is_over = True
        return self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail


def _start_of_gzip(head: bytes) -> bytes:
    """One block of what is compressed in ``head``, never more, however well it is compressed."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _TAR_BLOCK)
    except zlib.error:
        return b""


def _is_tar(head: bytes) -> bool:
    """Whether a tar header stands at the start: its checksum tells, for archives older than ``ustar`` as well."""
    block = head[:_TAR_BLOCK]
    if len(block) < _TAR_BLOCK or not block[0]:
        return False
    try:
        stated = int(block[_TAR_CHECKSUM].strip(b" \x00").decode("ascii"), 8)
    except ValueError:
        return False
    return stated == sum(block) - sum(block[_TAR_CHECKSUM]) + 8 * ord(" ")
