# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read many lines at once."""

from __future__ import annotations

import typing as t


class Stream(t.Protocol):
    """What can be read in chunks."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most this many; none at the end."""


def blocks_of_lines(stream: Stream, size: int) -> t.Iterator[bytes]:
    """Yield whole lines in blocks of about a size in bytes, without the line feed at the end of a block."""
    rest = b""
    while chunk := stream.read(size):
        block, end, tail = chunk.rpartition(b"\n")
        if end:
            yield rest + block
            rest = tail
        else:
            rest += tail
    if rest:
        yield rest
