# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse a VM's configuration file: its logging keys, the managed block, and everything that makes it unsafe to change.

The file also holds credentials. Errors name lines by number; no text but that of logging keys leaves this module.
"""

import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.compound_commands import (
    CompoundCommands,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.lines import QUOTED, Line, split
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    KEYS,
    Settings,
    in_order,
    is_plain,
    shown,
)

BEGIN = b"# BEGIN ANSIBLE MANAGED BLOCK: community.aqtive_guard logging"
END = b"# END ANSIBLE MANAGED BLOCK: community.aqtive_guard logging"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LISTED_LINES = 10
_RETURNED_LINES = 100

_KEY = b"(?:" + b"|".join(key.name.encode() for key in KEYS) + b")(?![A-Za-z0-9_])"
_MARKER = re.compile(rb"(?:" + BYTE_ORDER_MARK + rb")?[ \t]*(?P<marker>" + BEGIN + b"|" + END + rb")[ \t\r]*\n?")
# With a plain value, the one form that all readers recognize as an assignment of this key and of nothing else.
_ASSIGNMENT = re.compile(
    rb"[ \t]*(?:export[ \t]+)?(?P<key>" + _KEY + rb")=(?P<quote>[\"']?)(?P<value>[^\s\"']*)(?P=quote)[ \t]*"
)
_EXPORT = re.compile(rb"[ \t]*export[ \t]")
_EXPORT_OF_NAMES = re.compile(rb"[ \t]*export(?:[ \t]+\w+)+[ \t]*")
_EXPORT_OF_KEYS = re.compile(rb"[ \t]*export(?:[ \t]+" + _KEY + rb")+[ \t]*")

# Quoted text inside a word is data; a quoted word may be a command's argument or the name of a key.
_QUOTED_IN_WORD = re.compile(rb"(?<=\S)(?:" + QUOTED + b")|(" + QUOTED + rb"|\\.)", re.DOTALL)
_MENTION = re.compile(rb"(?:^|[\s;&|(]|(?<!\$)\{)[\"']?" + _KEY)
_NEXT_LINE = re.compile(rb"\n[ \t]*(?:export[ \t]+)?" + _KEY + rb"[ \t]*=")
_REFERENCE = re.compile(rb"\$\{?[#!]?(" + _KEY + b")")

# Each problem of a line: cause and remedy.
_MARKERS = (
    "is a marker of the managed block, which must begin once and end once, in this order",
    "Remove the markers that are too many, or restore the one that is missing",
)
_NUL = "contains a NUL byte, so the file is not UTF-8 text", "Save the file as UTF-8"
_FOREIGN = "is in the managed block, but is not an assignment of a logging key", "Move it out of the block"
_AMBIGUOUS = (
    "mentions a logging key, but is not a single plain assignment that systemd, shells and python-dotenv read alike",
    "Write KEY=value on a line of its own, without white space or special characters in the value, or remove the line",
)
_REFERS = "uses the value of a logging key that is set before it", "Write the value itself"
_RUNS_ON = (
    "may continue on the next lines because of a quote, a backslash or a shell operator, and so hide a logging key or the block",
    "Write it on one line, with every quote closed and no backslash at the end",
)
_IN_COMPOUND = (
    "is inside a compound command, function, array or substitution of the shell",
    "Move the logging keys out of it, or remove them",
)


class Assignment(t.NamedTuple):
    key: str
    value: str
    line: Line
    managed: bool  # in the managed block

    @property
    def text(self) -> str:
        return f"{self.key}={shown(self.key, self.value)}"


class Document(t.NamedTuple):
    assignments: t.List[Assignment]
    block: t.Optional[t.Tuple[int, int]]
    exports: bool  # whether any variable is exported
    errors: t.List[Error]

    @property
    def settings(self) -> Settings:
        """The effective settings: the last assignment of each key."""
        return in_order({each.key: each.value for each in self.assignments})

    @property
    def duplicates(self) -> t.List[t.Dict[str, t.Any]]:
        lines = {}  # type: t.Dict[str, t.List[int]]
        for each in self.assignments:
            lines.setdefault(each.key, []).append(each.line.number)
        return [
            {"key": key.name, "lines": lines[key.name][:_RETURNED_LINES]}
            for key in KEYS
            if len(lines.get(key.name, ())) > 1
        ]

    def where(self, managed: bool) -> t.List[Assignment]:
        """Return the assignments inside or outside the managed block."""
        return [each for each in self.assignments if each.managed == managed]


def parse(data: bytes, path: str = "the file", strays: bool = True) -> Document:
    """Parse a file; ``strays`` says whether assignments outside the managed block are to be removed from it."""
    parser = _Parser(data, strays)
    for line in split(data):
        parser.read(line)
    return Document(parser.assignments, parser.block, parser.exports, list(parser.errors(path)))


class _Parser:
    """The state of one pass over the lines of a file."""

    def __init__(self, data: bytes, strays: bool) -> None:
        self._data, self._strays = data, strays
        self.assignments = []  # type: t.List[Assignment]
        self.exports = False
        self._markers = []  # type: t.List[t.Tuple[bytes, Line, int]]
        self._problems = {}  # type: t.Dict[t.Tuple[str, str], t.List[int]]
        self._unclosed = []  # type: t.List[Line]
        self._compound_commands = CompoundCommands()
        self._set_keys = set()  # type: t.Set[bytes]

    def read(self, line: Line) -> None:
        marker = _MARKER.fullmatch(self._data, line.start, line.end)
        assignment = self._assignment(line)
        inside = len(self._markers) == 1
        self.exports = self.exports or _EXPORT.match(line.code) is not None
        if self._data.find(b"\0", line.start, line.end) >= 0:
            self._report(_NUL, line)
        if marker:
            self._markers.append((marker.group("marker"), line, marker.start("marker")))
            self._set_keys.update(key.name.encode() for key in KEYS)  # a new block may set any of them
        elif assignment:
            self._set_keys.add(assignment[0].encode())
            self.assignments.append(Assignment(*assignment, line=line, managed=inside))
        elif not inside:
            self._read_foreign(line)
        elif line.code.strip() and not _EXPORT_OF_KEYS.fullmatch(line.code):
            self._report(_FOREIGN, line)

    def _assignment(self, line: Line) -> t.Optional[t.Tuple[str, str]]:
        """Return key and value of a line that may be moved into the block."""
        match = _ASSIGNMENT.fullmatch(line.code) if line.closed else None
        # A comment stays in the file, where it must not become a marker.
        if match is None or _MARKER.fullmatch(self._data, line.start + len(line.code), line.end):
            return None
        value = match.group("value").decode("utf-8", "surrogateescape")
        return (match.group("key").decode(), value) if is_plain(value) else None

    def _read_foreign(self, line: Line) -> None:
        """Check a line that stays in the file."""
        self._compound_commands.read(line)
        if line.closed and self._contains_ours(line):
            self._report(_RUNS_ON, line)
        elif self._strays and self._mentions_key(line):
            self._report(_AMBIGUOUS, line)
        elif self._strays and self._set_keys.intersection(_REFERENCE.findall(line.code)):
            self._report(_REFERS, line)
        elif not line.closed:
            self._unclosed.append(line)

    def _mentions_key(self, line: Line) -> bool:
        if _EXPORT_OF_NAMES.fullmatch(line.code) and not self._markers:
            return False
        return _MENTION.search(_QUOTED_IN_WORD.sub(rb"\1", line.code)) is not None

    def _contains_ours(self, line: Line) -> bool:
        """Return whether one of the next physical lines of a logical line would be ours if it stood alone."""
        rest = self._data[line.start : line.end].split(b"\n")[1:]
        return any(map(_MARKER.fullmatch, rest)) or (self._strays and _NEXT_LINE.search(line.code) is not None)

    @property
    def block(self) -> t.Optional[t.Tuple[int, int]]:
        if [marker for marker, _line, _start in self._markers] != [BEGIN, END]:
            return None
        return self._markers[0][2], self._markers[1][1].end

    def errors(self, path: str) -> t.Iterator[Error]:
        ours = [line for _marker, line, _start in self._markers]
        if self._strays:
            ours += [each.line for each in self.assignments if not each.managed]
        appended = [len(self._data)] if self._strays and not self._markers else []
        last = max([line.start for line in ours] + appended, default=0)
        for line in self._unclosed:
            if line.start < last:
                self._report(_RUNS_ON, line)
        for line in ours:
            if self._compound_commands.contains(line):
                self._report(_IN_COMPOUND, line)
        if self._markers and self.block is None:
            for _marker, line, _start in self._markers:
                self._report(_MARKERS, line)
        for problem, numbers in self._problems.items():
            yield error("validate", f"{path}, {_listed(numbers)}", *problem)

    def _report(self, problem: t.Tuple[str, str], line: Line) -> None:
        self._problems.setdefault(problem, []).append(line.number)


def _listed(numbers: t.Sequence[int]) -> str:
    more = f" and {len(numbers) - _LISTED_LINES} more" if len(numbers) > _LISTED_LINES else ""
    return f"line{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers[:_LISTED_LINES]))}{more}"
