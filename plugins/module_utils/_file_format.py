# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file is, told by its first bytes; names and endings play no part."""

import zlib

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
    """Whether a file that begins with ``head`` holds nothing: no byte, or an archive of nothing."""
    if not head.startswith(b"\x1f\x8b\x08"):
        return not head or head.startswith(b"PK\x05\x06")
    inflater = zlib.decompressobj(wbits=31)
    try:
        return not inflater.decompress(head, 1) and inflater.eof and not inflater.unused_data
    except zlib.error:
        return False


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
