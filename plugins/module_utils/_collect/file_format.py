# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identify a file's format by its content, and check whether it is empty."""

import io
import tarfile
import zipfile
import zlib

HEAD_SIZE = 65536
"""How many bytes of a file ``identify`` and ``is_empty`` need."""

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
"""Every format that ``identify`` returns, and the ending of such a bundle's name."""

_GZIP = b"\x1f\x8b\x08"
_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_TAR_BLOCK = 512
_TAR_CHECKSUM = slice(148, 156)


def identify(head: bytes) -> str:
    """Return the format, a key of ``ENDINGS``, of a file that begins with ``head``."""
    if head.startswith(_GZIP):
        return "tar.gz" if _is_tar(_start_of_gzip(head)) else "gzip"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if _is_tar(head):
        return "tar"
    return "unknown" if b"\x00" in head else "text"


def is_empty(head: bytes) -> bool:
    """Return whether a file that begins with ``head`` has no content: no byte, or an archive of empty files at most."""
    if len(head) >= HEAD_SIZE:
        return False
    if head.startswith(b"PK"):
        return _is_empty_zip(head)
    if head.startswith(_GZIP):
        inflater = zlib.decompressobj(wbits=31)
        try:
            head = inflater.decompress(head, HEAD_SIZE)
        except zlib.error:
            return False
        if not inflater.eof or inflater.unused_data:
            return False
    return not head or _is_empty_tar(head)


def _is_empty_zip(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return not any(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        return False


def _is_empty_tar(data: bytes) -> bool:
    if not _is_tar(data):
        return False
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            has_content = any(member.size for member in archive)
            end = data[archive.offset :]
    except tarfile.TarError:
        return False
    # A damaged header ends the iteration as well; only blocks of zeros mark the end.
    return not has_content and bool(end) and not end.strip(b"\x00")


def _start_of_gzip(head: bytes) -> bytes:
    """Return the first block of the decompressed data, and decompress no more than that."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _TAR_BLOCK)
    except zlib.error:
        return b""


def _is_tar(head: bytes) -> bool:
    """Return whether a tar header is at the start, by its checksum: archives older than ``ustar`` have no magic."""
    block = head[:_TAR_BLOCK]
    if len(block) < _TAR_BLOCK or not block[0]:
        return False
    try:
        checksum = int(block[_TAR_CHECKSUM].strip(b" \x00").decode("ascii"), 8)
    except ValueError:
        return False
    return checksum == sum(block) - sum(block[_TAR_CHECKSUM]) + 8 * ord(" ")
