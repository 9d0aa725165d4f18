# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where records go: files that several processes share, with daily rotation and retention; thresholds."""

import contextlib
import fcntl
import json
import os
import re
import sys
from typing import Any, Callable, Dict, Generic, Iterator, List, Optional, Tuple, TypeVar, Union

from aqtive_guard_simulator import clock
from aqtive_guard_simulator.config import LEVELS, Logging, Sink
from aqtive_guard_simulator.settings import Layout

_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}-[0-9]{2}-[0-9]{2}\Z")
MODE = 0o640
_RANK = {level: rank for rank, level in enumerate(LEVELS)}


class FileSink:
    """A log file that several processes write and rotate, each record by a single append below a lock."""

    def __init__(self, path: str, rotate: bool = False, rotate_max: Optional[int] = None) -> None:
        self.path = path
        self._rotate_daily = rotate
        self._rotate_max = rotate_max
        self._fd = -1
        self._start: Optional[int] = None  # moment of the oldest record

    def open(self) -> None:
        """Open the file that the path names now, unless it is open already, and read the time of its first record."""
        if not _names(self.path, self._fd):
            self.close()
            self._fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, MODE)
        if self._start is None:
            self._start = _first_moment(self._fd)

    def write(self, lines: bytes, moment: int) -> None:
        """Append whole lines, which all belong to the day of this moment."""
        with _locked(self.path, fcntl.LOCK_EX):
            self.open()
            if self._rotate_daily and self._start is not None and clock.day(moment) > clock.day(self._start):
                os.rename(self.path, self._free_name(self._start))
                self.prune()
                self.open()
            write_all(self._fd, lines)

    def first_day(self) -> Optional[int]:
        """Day of the oldest record of the current file; None of an empty one."""
        with _locked(self.path, fcntl.LOCK_EX):
            self.open()
        return None if self._start is None else clock.day(self._start)

    def create_rotated(self, moment: int) -> int:
        """Descriptor of a further rotated file, as if the current file had been renamed to it."""
        with _locked(self.path, fcntl.LOCK_EX):
            return os.open(self._free_name(moment), os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)

    def prune(self) -> None:
        """Delete the oldest rotated files beyond the limit."""
        if self._rotate_max is not None:
            for path in rotated(self.path)[: -self._rotate_max]:
                with contextlib.suppress(FileNotFoundError):  # another process may have deleted it
                    os.unlink(path)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._start = -1, None

    def _free_name(self, moment: int) -> str:
        while os.path.lexists(f"{self.path}.{clock.to_stamp(moment)}"):
            moment += clock.SECOND  # a clock that was set back
        return f"{self.path}.{clock.to_stamp(moment)}"


class StreamSink:
    """A pipe or socket, such as that of the journal."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def open(self) -> None:
        pass  # it is open already

    def write(self, lines: bytes, moment: int) -> None:
        write_all(self._fd, lines)


AnySink = TypeVar("AnySink")


class Outlets(Generic[AnySink]):
    """The two sinks of a VM with their thresholds; a single sink where both settings name the same."""

    def __init__(self, logging: Logging, open_sink: Callable[[Sink], AnySink]) -> None:
        self._general = open_sink(logging.general)
        same = logging.general._replace(level="") == logging.audit._replace(level="")
        self._audit = self._general if same else open_sink(logging.audit)
        self.sinks = [self._general] if same else [self._general, self._audit]
        self._general_threshold = _RANK[logging.general.level]
        self._audit_threshold = _RANK[logging.audit.level]

    def of(self, log_type: str) -> AnySink:
        return self._audit if log_type == "audit" else self._general

    def passes(self, log_type: str, level: str) -> bool:
        return _RANK[level] >= (self._audit_threshold if log_type == "audit" else self._general_threshold)


ServiceSink = Union[FileSink, StreamSink]


def for_service(logging: Logging, layout: Layout, systemd: bool) -> "Outlets[ServiceSink]":
    """Return the sinks of a service. Under systemd its standard output is the journal."""

    def open_sink(sink: Sink) -> ServiceSink:
        if sink.file:
            return file_sink(sink, layout)
        return StreamSink(sys.stdout.fileno()) if systemd else FileSink(layout.journal)

    return Outlets(logging, open_sink)


def write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def file_sink(sink: Sink, layout: Layout) -> FileSink:
    return FileSink(layout.inside(sink.file or ""), sink.rotate, sink.rotate_max)


def rotated(path: str) -> List[str]:
    """Rotated files of a log file, oldest first."""
    folder, name = os.path.split(path)
    return [
        os.path.join(folder, other)
        for other in sorted(os.listdir(folder))
        if other.startswith(name + ".") and _STAMP.match(other[len(name) + 1 :])
    ]


def read(path: str) -> Iterator[bytes]:
    """All lines of a log file and its rotated ones, as they stood when reading began."""
    with contextlib.ExitStack() as stack:
        with _locked(path, fcntl.LOCK_SH):
            names, limit = rotated(path), 0
            with contextlib.suppress(FileNotFoundError):
                current = stack.enter_context(open(path, "rb"))
                limit = os.fstat(current.fileno()).st_size
        for name in names:
            with contextlib.suppress(FileNotFoundError), open(name, "rb") as file:  # retention may have deleted it
                yield from file
        while limit > 0:
            line = current.readline()
            limit -= len(line) or limit  # it may have been truncated
            yield line


@contextlib.contextmanager
def _locked(path: str, how: int) -> Iterator[None]:
    """Lock a log file and its rotated files through their directory, which outlives them."""
    fd = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, how)
        yield
    finally:
        os.close(fd)


def parse(line: bytes) -> Optional[Tuple[int, Dict[str, Any]]]:
    """Moment and record of a line; None of a line that is no record."""
    try:
        record = json.loads(line.decode("utf-8"))
        return clock.from_text(record["created_at"]), record
    except (ValueError, TypeError, KeyError):
        return None


def _names(path: str, fd: int) -> bool:
    try:
        return fd >= 0 and os.path.samestat(os.stat(path), os.fstat(fd))
    except FileNotFoundError:
        return False


def _first_moment(fd: int) -> Optional[int]:
    head = os.pread(fd, 65536, 0)
    if not head:
        return None
    found = parse(head.split(b"\n", 1)[0])
    return found[0] if found else int(os.fstat(fd).st_mtime * clock.SECOND)
