# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text of unknown origin, made safe for one line of a message, a table or a log."""

LIMIT = 200
"""Characters of a foreign text that a message shows."""


def printable(text: str) -> str:
    """Return the text with every character that is not printable escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def shortened(text: str, limit: int = LIMIT) -> str:
    """Return the printable start of a text; where it is longer than ``limit``, its length follows."""
    start = printable(text[:limit])
    return start if len(text) <= limit else f"{start}... ({len(text)} characters)"


def on_one_line(text: str) -> str:
    """Return the text with runs of white space folded, without a trailing full stop, safe to print."""
    return printable(" ".join(text.split())).rstrip(". ")
