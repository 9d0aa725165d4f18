# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VM's configuration file as bytes: the logging keys it sets, and the file with the managed block put in or out.

The file holds other people's secrets. Nothing that leaves this module, errors included, repeats a line that is not a
logging key's; lines are named by their number.
"""

import bisect
import errno
import os
import re
import stat
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import printable
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    KEYS,
    Settings,
    check,
    in_order,
    is_valid,
)

BEGIN = b"# BEGIN ANSIBLE MANAGED BLOCK: community.aqtive_guard logging"
END = b"# END ANSIBLE MANAGED BLOCK: community.aqtive_guard logging"
SIZE_LIMIT = 1024 * 1024
_NAMED_AT_MOST = 10

_KEY = b"|".join(key.name.encode() for key in KEYS)
_ASSIGNMENT = rb"[ \t]*(?:export[ \t]+)?(?P<key>" + _KEY + rb")[ \t]*=(?P<value>[^\n]*)"
_MARKER = rb"[ \t]*(?P<marker>" + BEGIN + b"|" + END + rb")[ \t\r]*$"
_OURS = re.compile(rb"^(?:" + _ASSIGNMENT + b"|" + _MARKER + rb")\n?", re.MULTILINE)
_FOREIGN = re.compile(rb"^(?![ \t\r]*(?:[#;]|$))(?!" + _ASSIGNMENT + b")", re.MULTILINE)
# A shell reads `LOG_LEVEL=info DATABASE_URL=...` as two assignments.
_FURTHER_ASSIGNMENT = re.compile(r"[ \t;&|](?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)

_BLOCK_ASSIGNMENT = re.compile(r"(" + _KEY.decode() + r")=(.*)\Z")
_UNFIT_FOR_COMMENT = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]|\\\\\\Z")

# Lines that may be more than one line for some reader. Most have no quotes, or pairs of them in the value.
_UNQUOTED = rb"[^\"'\\\n]*"
_PAIRS = rb"(?:(?:\"" + _UNQUOTED + rb"\"|'" + _UNQUOTED + rb"')" + _UNQUOTED + rb")*"
_SUSPECT = re.compile(
    rb"^(?!(?:" + _UNQUOTED + rb"|[ \t\r]*[^ \t\r\n=\"'\\][^=\n\"'\\]*=" + _UNQUOTED + _PAIRS + rb")$)", re.MULTILINE
)
_TO_END_OF_LINE = rb"[^\\\n]*(?:\\.[^\\\n]*)*"
_DOUBLE_QUOTED = rb'"[^"\\]*(?:\\.[^"\\]*)*'


def _systemd_line(joins_comments: bool, escapes_in_single_quotes: bool) -> t.Pattern[bytes]:
    """A line as systemd reads it. Quotes count where a value begins, and one that never closes reaches to the end."""
    comment = _TO_END_OF_LINE if joins_comments else rb"[^\n]*"
    single_quoted = rb"'[^'\\]*(?:\\.[^'\\]*)*" if escapes_in_single_quotes else rb"'[^']*"
    quoted = single_quoted + rb"(?:'|\\?\Z)|" + _DOUBLE_QUOTED + rb'(?:"|\\?\Z)'
    value = rb"(?:(?:" + quoted + rb")[ \t]*)*" + _TO_END_OF_LINE
    return re.compile(
        rb"(?:[ \t\r]*[#;]" + comment + rb"|[ \t\r]*[^ \t\r\n#;][^=\n]*=[ \t]*" + value + rb"|[^\n]*)(?:\n|\\?\Z)",
        re.DOTALL,
    )


# A shell's quotes count anywhere but in comments. A file where one never closes is not a shell's.
_SHELL_LINE = re.compile(
    rb"(?:[ \t]*;[^\n]*)?(?:[^\"'\\\n#]+|\\.#*|'[^']*'|"
    + _DOUBLE_QUOTED
    + rb"\"|(?<![^\s;&|()])#[^\n]*|#)*(?:\n|\\?\Z|(?P<unclosed>))",
    re.DOTALL,
)
_READERS = (
    _systemd_line(joins_comments=True, escapes_in_single_quotes=True),  # to 239, RHEL 8's
    _systemd_line(joins_comments=True, escapes_in_single_quotes=False),  # to 253
    _systemd_line(joins_comments=False, escapes_in_single_quotes=False),
    _SHELL_LINE,
)


class Assignment(t.NamedTuple):
    key: str
    value: str
    line: int
    start: int
    end: int  # behind the newline
    managed: bool
    crowded: bool  # a further assignment stands on the same line; its text is not part of the value


class Document(t.NamedTuple):
    assignments: t.List[Assignment]
    block: t.Optional[t.Tuple[int, int]]
    errors: t.List[Error]

    @property
    def settings(self) -> Settings:
        """What holds: the last assignment of each key, in the order of the table."""
        return in_order({found.key: found.value for found in self.assignments})

    @property
    def duplicates(self) -> t.List[t.Dict[str, t.Any]]:
        lines = {}  # type: t.Dict[str, t.List[int]]
        for found in self.assignments:
            lines.setdefault(found.key, []).append(found.line)
        return [{"key": key.name, "lines": lines[key.name]} for key in KEYS if len(lines.get(key.name, ())) > 1]

    @property
    def lines(self) -> t.List[str]:
        return [text_line(found) for found in self.assignments]


class Block(t.NamedTuple):
    lines: t.List[bytes]
    settings: Settings
    errors: t.List[Error]
    warnings: t.List[str]


class Result(t.NamedTuple):
    content: bytes
    removed: t.List[str]
    errors: t.List[Error]


class File(t.NamedTuple):
    path: str  # the real one, behind symbolic links
    content: t.Optional[bytes]  # None where there is no such file
    identity: t.Optional[t.Tuple[int, int]]
    errors: t.List[Error]


def text_line(assignment: Assignment) -> str:
    return f"{assignment.key}={printable(assignment.value)}"


def in_file(path: str, errors: t.Iterable[Error]) -> t.List[Error]:
    """Violations that name lines, with the file that the lines are in."""
    return [dict(each, subject=f"{path}, {each['subject']}") for each in errors]


def load(path: str, create: t.Optional[bool] = None) -> File:
    """The file behind a path. Everything that keeps it from being read is an error, and nothing blocks.

    ``create`` says whether it may be missing, and is None where that is not for the user to choose.
    """
    real = os.path.realpath(path)
    try:
        # Opening a device or a FIFO has effects, so it is looked at first, and again once it is open.
        problem = _unfit(os.stat(real))
        if problem is None:
            with open(os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
                status = os.fstat(opened.fileno())
                content = opened.read(SIZE_LIMIT + 1)
            problem = _unfit(status) or _too_large(len(content))
            if problem is None:
                return File(real, content, (status.st_dev, status.st_ino), [])
    except OSError as raised:
        if raised.errno == errno.ENOENT and create:
            if os.path.isdir(os.path.dirname(real)):
                return File(real, None, None, [])
            problem = "its directory does not exist", "Make the directory first"
        else:
            reason = f"cannot be read ({raised.strerror})", "Check the path and its rights"
            rule, remedy = _REASONS.get(raised.errno or 0, reason)
            if raised.errno == errno.ENOENT and create is False:
                remedy += ", or set create to true"
            problem = rule, remedy
    return File(real, None, None, [error("read", path, *problem)])


def parse(data: bytes, strays: bool = True) -> Document:
    """The logging keys and the managed block of a file, and everything that makes it unsafe to change.

    ``strays`` says whether logging keys outside of the block would be changed, too.
    """
    assignments = []
    markers = []
    lines = _Lines(data)
    for match in _OURS.finditer(data):
        line = lines.number(match.start())
        if match.group("marker"):
            markers.append((match.group("marker"), line, match.start(), match.end()))
            continue
        key = match.group("key").decode()
        value = match.group("value").rstrip(b" \t\r").decode("utf-8", "surrogateescape")
        # A path may hold what else separates a further assignment.
        crowded = _FURTHER_ASSIGNMENT.search(value) is not None and not is_valid(key, value)
        if crowded:
            value = _FURTHER_ASSIGNMENT.sub(" ...", value)
        managed = len(markers) == 1
        assignments.append(Assignment(key, value, line, match.start(), match.end(), managed, crowded))

    errors = []
    block = None
    if [marker for marker, *_rest in markers] == [BEGIN, END]:
        block = markers[0][2], markers[1][3]
        lines = _Lines(data)
        foreign = [lines.number(match.start()) for match in _FOREIGN.finditer(data, markers[0][3], markers[1][2])]
        if foreign:
            errors.append(
                error(
                    "validate",
                    _named(foreign),
                    "stands in the managed block, is no logging key, and would be lost",
                    "Move it out of the block",
                )
            )
    elif markers:
        errors.append(
            error(
                "validate",
                _named([line for _marker, line, *_rest in markers]),
                "the managed block must begin once and end once, in this order, and here stand "
                + ", ".join("BEGIN" if marker == BEGIN else "END" for marker, *_rest in markers),
                "Remove the marker lines that are too many, or restore the one that is missing",
            )
        )
    touched = [found for found in assignments if strays or found.managed]
    lost = [found.line for found in touched if found.crowded]
    if lost:
        errors.append(
            error(
                "validate",
                _named(lost),
                "holds a logging key and a further assignment, which would be lost",
                "Put each assignment on a line of its own",
            )
        )
    ours = sorted([found.start for found in touched] + [start for _marker, _line, start, _end in markers])
    errors += _run_on(data, ours)
    return Document(assignments, block, errors)


def parse_block(text: str) -> Block:
    """The block that is to be written: comments, blank lines, and each logging key at most once, all valid."""
    lines = []
    settings = {}  # type: Settings
    errors = []
    for number, raw in enumerate(text.strip("\r\n").split("\n"), 1):
        line = raw.rstrip(" \t\r")
        match = _BLOCK_ASSIGNMENT.match(line)
        problem = None
        if not line or line.lstrip(" \t")[0] in "#;":
            if _UNFIT_FOR_COMMENT.search(line) or line.strip(" \t").encode("utf-8", "replace") in (BEGIN, END):
                problem = "a comment must not hold control characters, end in a backslash, or be a marker"
        elif match is None:
            problem = "is neither blank, nor a comment, nor a logging key in the form KEY=value"
        elif match.group(1) in settings:
            problem = f"sets {match.group(1)} a second time"
        else:
            settings[match.group(1)] = match.group(2)
        if problem:
            errors.append(error("validate", f"block, line {number}", problem, "Take it out of the block"))
        lines.append(line.encode("utf-8", "replace"))
    broken, warnings = check(settings)
    return Block(lines, in_order(settings), errors + broken, warnings)


def merge(original: bytes, block: t.Sequence[bytes]) -> Result:
    """The file with the block in it, and without logging keys outside of it. Every other byte stays."""
    document = parse(original)
    strays = [found for found in document.assignments if not found.managed]
    if document.block is None:
        newline = b"\r\n" if original.partition(b"\n")[0].endswith(b"\r") and b"\n" in original else b"\n"
        before, after = _without(original, 0, len(original), strays), b""
        if before and not before.endswith(b"\n"):
            before += newline
    else:
        start, end = document.block
        newline = _newline_of_block(original, start)
        before, after = _without(original, 0, start, strays), _without(original, end, len(original), strays)
    ends_in_newline = not original or original.endswith(b"\n")
    text = newline.join([BEGIN, *block, END]) + (newline if after or ends_in_newline else b"")
    content = before + text + after

    errors = document.errors
    if not errors:
        errors = _run_on(content, [len(before)], [found.line for found in strays])
    return Result(content, [text_line(found) for found in strays], errors)


def remove_block(original: bytes) -> Result:
    """The file without the block: what it was before, where nothing outside of the block was a logging key's."""
    document = parse(original, strays=False)
    if document.block is None:
        return Result(original, [], document.errors)
    start, end = document.block
    before = original[:start]
    newline = _newline_of_block(original, start)
    if not original[:end].endswith(b"\n") and before.endswith(newline):
        before = before[: -len(newline)]
    removed = [text_line(found) for found in document.assignments if found.managed]
    return Result(before + original[end:], removed, document.errors)


_REASONS = {
    errno.ENOENT: ("there is no such file", "Check the path"),
    errno.ENOTDIR: ("there is no such file", "Check the path"),
    errno.EACCES: ("must be readable by the user whom Ansible becomes", "Set become to true"),
    errno.EPERM: ("must be readable by the user whom Ansible becomes", "Set become to true"),
    errno.ELOOP: ("is a symbolic link that leads back to itself", "Mend the link"),
}


def _unfit(status: os.stat_result) -> t.Optional[t.Tuple[str, str]]:
    if stat.S_ISDIR(status.st_mode):
        return "is a directory", "Name the configuration file in it"
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file", "Name the product's configuration file"
    return _too_large(status.st_size)


def _too_large(size: int) -> t.Optional[t.Tuple[str, str]]:
    if size <= SIZE_LIMIT:
        return None
    return f"is larger than {SIZE_LIMIT} bytes", "Name the product's configuration file"


def _without(data: bytes, start: int, end: int, cut: t.Iterable[Assignment]) -> bytes:
    kept = []
    for found in cut:
        if start <= found.start < end:
            kept.append(data[start : found.start])
            start = found.end
    kept.append(data[start:end])
    return b"".join(kept)


def _newline_of_block(data: bytes, start: int) -> bytes:
    """The newline that the block was written with. The file's first line may tell otherwise by now."""
    return b"\r\n" if data[start : data.index(b"\n", start)].endswith(b"\r") else b"\n"


class _Lines:
    """The line numbers of ascending offsets, counted in one pass."""

    def __init__(self, data: bytes) -> None:
        self._data, self._line, self._counted = data, 1, 0

    def number(self, offset: int) -> int:
        self._line += self._data.count(b"\n", self._counted, offset)
        self._counted = offset
        return self._line


def _named(lines: t.Sequence[int]) -> str:
    more = f" and {len(lines) - _NAMED_AT_MOST} more" if len(lines) > _NAMED_AT_MOST else ""
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:_NAMED_AT_MOST]))}{more}"


def _run_on(data: bytes, ours: t.Sequence[int], removed: t.Sequence[int] = ()) -> t.List[Error]:
    """Lines of ours that systemd or a shell would read as part of another line, or another line as part of them.

    ``ours`` are offsets, ascending; ``removed`` the numbers of lines that stand in the user's file and not in ``data``.
    """
    openings = {
        start
        for reader in _READERS
        for start, end in _joined_lines(reader, data)
        if bisect.bisect_left(ours, start) < bisect.bisect_left(ours, end)
    }
    errors = []
    lines = _Lines(data)
    for opening in sorted(openings):
        number = lines.number(opening)
        for gone in removed:
            number += gone <= number
        errors.append(
            error(
                "validate",
                f"line {number}",
                "a quote or a backslash makes systemd or a shell read the next lines as part of it,"
                " and a logging key or the managed block with them",
                "Write it in one line, with every quote closed and no backslash at the end",
            )
        )
    return errors


def _joined_lines(reader: t.Pattern[bytes], data: bytes) -> t.List[t.Tuple[int, int]]:
    """Where each line that a reader makes of several begins and ends."""
    spans = []
    found = _SUSPECT.search(data)
    while found:
        match = reader.match(data, found.start())
        if match is None or match.groupdict().get("unclosed") is not None:
            return []
        if data.find(b"\n", match.start(), match.end() - 1) >= 0:
            spans.append(match.span())
        found = _SUSPECT.search(data, match.end())
    return spans
