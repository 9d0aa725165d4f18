# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take log records out of exports of systemd's journal, ``journalctl -o json`` and ``-o short``."""

from __future__ import annotations

import itertools
import re
import typing as t

import orjson

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.lines import LINE_LIMIT, Block

_SHORT = re.compile(
    rb"[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? [^ ]+ (?P<sender>[^ ]+?)(?:\[(?P<pid>[0-9]+)\])?: "
)
_JSON = (b'"__REALTIME_TIMESTAMP"', b'"__CURSOR"')
_NOTE = b"-- "
_BLOB = re.compile(rb"\[[0-9.]+[KMGT]?B? ?blob data\]\s*\Z")
_SUPPRESSED = re.compile(rb"Suppressed ([0-9]{1,12}) messages from ")
_JOURNALD = b"systemd-journald"
# Bytes at which journald splits a line, unless its configuration says otherwise.
_LINE_MAX = 48 << 10
_PENDING_LIMIT = 16


class Entry(t.NamedTuple):
    """An entry of the journal. A message that is continued by the next entry of the same stream has ``is_continued``."""

    sender: bytes
    stream: t.Hashable
    message: bytes
    is_continued: bool


class Unreadable(Exception):
    """An entry has no readable message; the rule is a key of ``damage.RULES``."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Journal:
    """Unwraps exports, and counts the messages that journald says it lost, and those of other programs."""

    def __init__(self) -> None:
        self.lost = 0
        self.others = 0

    def unwrap(self, blocks: t.Iterator[Block], report: t.Callable[[int, str], None]) -> t.Iterator[Block]:
        """Yield blocks as they are, or, if they are an export, blocks of the records in it. ``report`` gets a line and a rule."""
        first = next(blocks, None)
        if first is None:
            return
        blocks = itertools.chain([first], blocks)
        parse = next((parse for line in first.lines if (parse := _parser(line))), None)
        if parse is None:
            yield from blocks
            return
        pending: dict[t.Hashable, tuple[int, bytes]] = {}
        for block in blocks:
            numbers: list[int] = []
            lines: list[bytes] = []
            for number, line in zip(block.numbers, block.lines, strict=True):
                try:
                    entry = parse(line)
                    message = entry and self._message(entry, number, pending, report)
                except Unreadable as unreadable:
                    report(number, unreadable.rule)
                    continue
                if message:
                    numbers.append(number)
                    lines.append(message)
            yield Block(numbers, lines)
        for number, dummy in pending.values():
            report(number, "journal_message_incomplete")

    def _message(
        self,
        entry: Entry,
        number: int,
        pending: dict[t.Hashable, tuple[int, bytes]],
        report: t.Callable[[int, str], None],
    ) -> bytes | None:
        """Return the line that a program logged, when its last part is here."""
        first, begin = pending.pop(entry.stream, (number, b""))
        message = begin + entry.message
        if entry.is_continued and len(message) <= LINE_LIMIT:
            if len(pending) >= _PENDING_LIMIT:
                oldest = next(iter(pending))
                report(pending.pop(oldest)[0], "journal_message_incomplete")
            pending[entry.stream] = (first, message)
            return None
        if entry.sender == _JOURNALD and (suppressed := _SUPPRESSED.search(message)):
            self.lost += int(suppressed[1])
        if not message.lstrip().startswith(b"{"):
            self.others += 1
            return None
        return message.replace(b"\n", b" ") + b"\n"


def _parser(line: bytes) -> t.Callable[[bytes], Entry | None] | None:
    """Return how to parse the export that a line belongs to, or None for a line that is not of an export."""
    if line.startswith(b"{") and any(field in line for field in _JSON):
        return _parse_json
    return _parse_short if _SHORT.match(line) else None


def _parse_json(line: bytes) -> Entry | None:
    if not line.strip():
        return None
    try:
        fields = orjson.loads(line)
    except ValueError:
        raise Unreadable("line_too_long" if len(line) > LINE_LIMIT else "invalid_json") from None
    if not isinstance(fields, dict):
        raise Unreadable("not_an_object")
    stream = fields.get("_STREAM_ID") or (fields.get("_PID"), fields.get("_TRANSPORT"))
    sender = fields.get("SYSLOG_IDENTIFIER")
    return Entry(
        sender.encode() if isinstance(sender, str) else b"",
        str(stream),
        _bytes(fields.get("MESSAGE")),
        fields.get("_LINE_BREAK") == "line-max",
    )


def _bytes(message: t.Any) -> bytes:
    """Return a message, which is a list of numbers if it has control characters or is not UTF-8, and null if it is too long."""
    if isinstance(message, str):
        return message.encode()
    if isinstance(message, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in message):
        return bytes(message)
    raise Unreadable("journal_message_missing")


def _parse_short(line: bytes) -> Entry | None:
    match = _SHORT.match(line)
    if not match:
        if line.startswith(_NOTE) or not line.strip():
            return None
        # A further line of a message, which journalctl indents.
        raise Unreadable("invalid_json")
    message = line[match.end() :].rstrip(b"\r\n")
    if _BLOB.fullmatch(message):
        raise Unreadable("journal_message_unprintable")
    return Entry(match["sender"], (match["sender"], match["pid"]), message, len(message) == _LINE_MAX)
