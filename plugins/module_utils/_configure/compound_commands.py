# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the compound commands, functions, arrays and substitutions of a shell that span several lines.

Removing the only command of such a body would be a syntax error. What is never closed is none, because systemd reads the
same words as part of a value.
"""

import bisect
import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.lines import QUOTED, Line

_QUOTED = re.compile(b"(?:" + QUOTED + rb")|\\.", re.DOTALL)
_TOKEN = re.compile(rb"\([ \t]*\)|[()`;&|<>]|[^\s()`;&|<>]+")
_CLOSERS = {
    b"if": b"fi",
    b"for": b"done",
    b"while": b"done",
    b"until": b"done",
    b"select": b"done",
    b"case": b"esac",
}
# After these tokens, a reserved word is one.
_BEFORE_COMMAND = frozenset(b"; & | ( ) ` { ! if then elif else while until do time".split())


class CompoundCommands:
    """The state of one pass over the lines of a file."""

    def __init__(self) -> None:
        self._open = []  # type: t.List[t.Tuple[bytes, int]]  # the token that closes it, and the offset of its first line
        self._count = {}  # type: t.Dict[bytes, int]  # of each token in _open
        self._starts = []  # type: t.List[int]
        self._ends = []  # type: t.List[int]

    def read(self, line: Line) -> None:
        previous, begins_command = b"", True
        for token in _TOKEN.findall(_QUOTED.sub(b"x", line.code)):
            closes = self._count.get(token) and (begins_command or token in b")`")
            closer = self._closer(token, previous, begins_command)
            if closes:
                self._close(token, line.start)
            elif closer:
                self._open.append((closer, line.start))
                self._count[closer] = self._count.get(closer, 0) + 1
            previous, begins_command = token, token in _BEFORE_COMMAND or token.startswith(b"(")

    def contains(self, line: Line) -> bool:
        """Return whether a line is inside one, once all lines are read."""
        index = bisect.bisect_right(self._ends, line.start)
        return index < len(self._ends) and self._starts[index] < line.start

    @staticmethod
    def _closer(token: bytes, previous: bytes, begins_command: bool) -> t.Optional[bytes]:
        """Return what closes that which a token opens, if any."""
        if token == b"{":
            return b"}"
        if token == b"`":
            return b"`"
        if token == b"(":
            # Not those of a text such as a(b), which is an error for a shell.
            return b")" if begins_command or previous[-1:] in (b"$", b"<", b">", b"=") else None
        return _CLOSERS.get(token) if begins_command else None

    def _close(self, token: bytes, end: int) -> None:
        closer = None
        while closer != token:
            closer, start = self._open.pop()
            self._count[closer] -= 1
        while self._starts and self._starts[-1] >= start:
            self._starts.pop()
            self._ends.pop()
        self._starts.append(start)
        self._ends.append(end)
