# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of a records file: ``time, file number, line number, original line``, separated by a byte that JSON cannot contain.

Their order as bytes is that of (time, file, line).
"""

from __future__ import annotations

TIME = slice(0, 19)
FILE = slice(20, 25)
LINE = slice(26, 35)
RAW = slice(36, None)
"""The original line with its line feed."""


def entry_format(file: int) -> bytes:
    """Return the format of an entry of this file, for its time in nanoseconds, line number and original line."""
    return b"%%019d\x1f%05d\x1f%%09d\x1f%%b" % file
