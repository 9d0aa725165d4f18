# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that a compressed file is complete, in little memory and in time proportional to its size."""

import struct
import typing as t
import zipfile
import zlib

try:
    import bz2
    import lzma
except ImportError:  # A Python that was built without them. Such files are not checked there.
    HAS_BZ2_AND_LZMA = False
else:
    HAS_BZ2_AND_LZMA = True

_STEP = 1 << 20
# Logs shrink to about a tenth. Decompression stops where a file shrank to less than a hundredth: it may be a bomb.
_MAXIMUM_RATIO = 100
# As much as `xz -9` needs.
_XZ_MEMORY = 70 << 20

_ERRORS = (zlib.error, struct.error, zipfile.BadZipFile, OSError, EOFError, ValueError)  # type: t.Tuple[t.Type[Exception], ...]
if HAS_BZ2_AND_LZMA:
    _ERRORS += (lzma.LZMAError,)
_DAMAGED = "is damaged"
_TRUNCATED = "is truncated"


class _GzipDecompressor:
    """zlib's decompressor with the interface of bz2's and lzma's."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflater.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inflater.decompress(self._inflater.unconsumed_tail + data, max_length)


def _xz_decompressor() -> t.Any:
    return lzma.LZMADecompressor(memlimit=_XZ_MEMORY)


_STREAMS = {
    "gzip": (_GzipDecompressor, b"\x1f"),
    "tar.gz": (_GzipDecompressor, b"\x1f"),
}  # type: t.Dict[str, t.Tuple[t.Callable[[], t.Any], bytes]]
"""By format: what creates a decompressor, and how a member of the file begins."""
if HAS_BZ2_AND_LZMA:
    _STREAMS.update(bzip2=(bz2.BZ2Decompressor, b"B"), xz=(_xz_decompressor, b"\xfd"))


class Check:
    """A format that has no check."""

    def feed(self, data: bytes) -> None:
        """Process the next bytes of the file."""

    def defect(self, stream: t.IO[bytes]) -> t.Optional[str]:
        """Return what is wrong with the file after all of it was fed, as a predicate, or None."""
        return None


def check_of(file_type: str) -> Check:
    """Return the check for a format, a key of ``file_format.ENDINGS``."""
    if file_type == "zip":
        return _ZipCheck()
    return _StreamCheck(*_STREAMS[file_type]) if file_type in _STREAMS else Check()


class _StreamCheck(Check):
    """Decompress the file while it is read."""

    def __init__(self, new_decompressor: t.Callable[[], t.Any], first_byte: bytes) -> None:
        self._new_decompressor = new_decompressor
        self._first_byte = first_byte
        self._decompressor = new_decompressor()
        self._compressed = 0
        self._decompressed = 0
        self._is_finished = False
        self._is_damaged = False

    def feed(self, data: bytes) -> None:
        self._compressed += len(data)
        while not self._is_finished and (data or not (self._decompressor.eof or self._decompressor.needs_input)):
            if self._decompressor.eof:
                # Another member or padding may follow. Anything else is ignored, as gzip does.
                data = data.lstrip(b"\x00")
                if not data.startswith(self._first_byte):
                    self._is_finished = bool(data)
                    return
                self._decompressor = self._new_decompressor()
            data = self._decompress(data)

    def defect(self, stream: t.IO[bytes]) -> t.Optional[str]:
        if self._is_damaged:
            return _DAMAGED
        return None if self._is_finished or self._decompressor.eof else _TRUNCATED

    def _decompress(self, data: bytes) -> bytes:
        """Decompress one step at most, and return what follows the end of the member."""
        try:
            self._decompressed += len(self._decompressor.decompress(data, _STEP))
        except _ERRORS as error:
            # A file that needs more memory cannot be judged.
            self._is_finished, self._is_damaged = True, "memory" not in str(error).lower()
            return b""
        if self._decompressed > max(_MAXIMUM_RATIO * self._compressed, _STEP):
            self._is_finished = True
        return self._decompressor.unused_data if self._decompressor.eof else b""


class _ZipCheck(Check):
    """Read the members once the file is there: its directory is at its end."""

    def feed(self, data: bytes) -> None:
        pass

    def defect(self, stream: t.IO[bytes]) -> t.Optional[str]:
        left = max(_MAXIMUM_RATIO * stream.seek(0, 2), _STEP)
        try:
            with zipfile.ZipFile(stream) as archive:
                for member in archive.infolist():
                    if left <= 0:
                        break
                    with archive.open(member) as content:
                        # One read beyond the end, which compares the checksum.
                        for chunk in iter(lambda: content.read(_STEP), b""):
                            left -= len(chunk)
                            if left <= 0:
                                break
        except (NotImplementedError, RuntimeError):
            return None  # It is encrypted, or compressed by a method that this Python lacks.
        except _ERRORS as error:
            return _TRUNCATED if "not a zip file" in str(error) else _DAMAGED
        return None
