# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sorted runs of lines on disk, compressed, and their readers."""

from __future__ import annotations

import contextlib
import io
import os
import typing as t
from pathlib import Path

with contextlib.suppress(ImportError):  # see libraries.py
    import zstandard


_BUFFER = 256 << 10
_READ_SIZE = 128 << 10
_WRITTEN_AT_ONCE = 500
# A quarter less time than at -1, for a tenth more bytes.
_LEVEL = -5


class RunWriter:
    """Writes lines to a new private file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "wb", _BUFFER)
        # A window that is smaller than the level's own, so that many runs can be read at once.
        parameters = zstandard.ZstdCompressionParameters.from_level(_LEVEL, window_log=17)
        self._compressor = zstandard.ZstdCompressor(compression_params=parameters).stream_writer(self._file)

    def write(self, lines: list[bytes]) -> None:
        """Append lines."""
        for index in range(0, len(lines), _WRITTEN_AT_ONCE):
            self._compressor.write(b"".join(lines[index : index + _WRITTEN_AT_ONCE]))

    def close(self) -> None:
        """Make the file survive a crash of the controller."""
        self._compressor.flush(zstandard.FLUSH_FRAME)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


class RunReader:
    """Reads a run in blocks of lines; ``lines`` are those that have not been taken."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        decompressor = zstandard.ZstdDecompressor().stream_reader(self._file, read_size=_READ_SIZE // 4)
        self._stream = io.BufferedReader(t.cast(io.RawIOBase, decompressor), _READ_SIZE)
        self.lines: list[bytes] = []
        self.refill()

    def refill(self) -> None:
        """Read the next lines if all have been taken; at the end, there are none."""
        if not self.lines:
            self.lines = self._stream.readlines(_READ_SIZE)

    def take(self, number: int) -> list[bytes]:
        """Return the next lines of those that have been read."""
        taken, self.lines = self.lines[:number], self.lines[number:]
        self.refill()
        return taken

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        self._file.close()
