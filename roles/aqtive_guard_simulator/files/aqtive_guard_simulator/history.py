# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the records of past days at once, as if the services had run for that long."""

import os
from typing import Callable, Iterator, List, NamedTuple, Optional, Union

from aqtive_guard_simulator import clock, config, journal, records, sinks
from aqtive_guard_simulator.settings import Settings

BATCH_BYTES = 1 << 20
# Equal settings and arguments give equal records, so no real process id.
FIRST_PID = 1000


class Entry(NamedTuple):
    service: str
    log_type: str
    moment: int
    line: bytes


class _FileHistory:
    """Days that are over lie in rotated files; the last one, and what follows the current file, in the current file."""

    def __init__(self, sink: sinks.FileSink, rotate: bool, end: int) -> None:
        self._sink = sink
        first = sink.first_day()
        self._current_from = (clock.day(end - 1) if first is None else first) if rotate else 0
        self._lines: List[bytes] = []  # of one day, gathered for speed
        self._size = 0
        self._moment = 0
        self._rotated_day: Optional[int] = None
        self._rotated = -1

    def add(self, entry: Entry) -> None:
        if self._size >= BATCH_BYTES or clock.day(entry.moment) != clock.day(self._moment):
            self._flush()
            self._moment = entry.moment
        self._lines.append(entry.line)
        self._size += len(entry.line)

    def close(self) -> None:
        self._flush()
        self._close_rotated()
        self._sink.prune()
        self._sink.close()

    def _flush(self) -> None:
        if not self._lines:
            return
        lines, self._lines, self._size = b"".join(self._lines), [], 0
        day = clock.day(self._moment)
        if day >= self._current_from:
            self._sink.write(lines, self._moment)
            return
        if day != self._rotated_day:
            self._close_rotated()
            self._rotated_day, self._rotated = day, self._sink.create_rotated(self._moment)
        sinks.write_all(self._rotated, lines)

    def _close_rotated(self) -> None:
        if self._rotated >= 0:
            os.close(self._rotated)
            self._rotated = -1


class _JournalHistory:
    def __init__(self, services: List[str]) -> None:
        self._writers = {name: journal.Writer(name) for name in services}

    def add(self, entry: Entry) -> None:
        self._writers[entry.service].write(entry.line)

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


_History = Union[_FileHistory, _JournalHistory]


def write(settings: Settings, days: int, count: int, end: int) -> None:
    """So many records over the days before the end, into the sinks that the configuration names."""
    layout = settings.layout
    histories: List[_History] = []

    def open_history(sink: config.Sink) -> _History:
        if sink.file:
            history: _History = _FileHistory(sinks.file_sink(sink, layout), sink.rotate, end)
        elif settings.systemd:
            history = _JournalHistory(settings.services)
        else:
            history = _FileHistory(sinks.FileSink(layout.journal), False, end)
        histories.append(history)
        return history

    outlets = sinks.Outlets(config.load(layout.config), open_history)
    for entry in generate(settings, outlets.passes, days, count, end):
        outlets.of(entry.log_type).add(entry)
    for history in histories:
        history.close()


def generate(
    settings: Settings, passes: Callable[[str, str], bool], days: int, count: int, end: int
) -> Iterator[Entry]:
    """Records that pass the thresholds, in time order, evenly spread, the services in turn."""
    length = days * clock.DAY
    seed = f"{settings.seed}/{days}/{count}/{end}"
    generators = [
        (name, records.Generator(name, seed, settings.fleet_seed, settings.host, FIRST_PID + index))
        for index, name in enumerate(settings.services)
    ]
    for number in range(count):
        name, generator = generators[number % len(generators)]
        draw = records.next_draw(generator, passes)
        moment = end - length + length * number // count
        yield Entry(name, draw.log_type, moment, generator.line(draw, moment))
