# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`cs logs bundle`: select records by date, type and level, and write them in time order."""

import gzip
import heapq
import os
import shutil
import signal
import sys
import tarfile
import tempfile
import time
import zipfile
from typing import BinaryIO, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from aqtive_guard_simulator import clock, config, journal, sinks
from aqtive_guard_simulator.settings import Settings

LOG_TYPES = ("AUDIT", "ANALYSIS", "APPLICATION")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
# Records are sorted in runs of this size, so that memory does not grow with the logs.
RUN_BYTES = 16 << 20
# A hanging command exits after this time, in case a test leaves it behind.
HANG_SECONDS = 3600
NOISE = b"simulated output " * 3855 + b"\n"


class Query(NamedTuple):
    """What to select; None is no limit. The end is exclusive."""

    begin: Optional[int]
    end: Optional[int]
    log_types: Optional[FrozenSet[str]]
    log_levels: Optional[FrozenSet[str]]


class Target(NamedTuple):
    """Where the bundle goes; no path means the console. `container` is `plain`, `gzip`, `tar.gz` or `zip`."""

    path: Optional[str]
    container: str


class BundleError(Exception):
    pass


def run(query: Query, out_file: Optional[str], compress: bool, settings: Settings) -> None:
    misbehaviour = settings.misbehaviour
    target = choose_target(out_file, compress, settings)
    with tempfile.TemporaryFile() as plain:
        if misbehaviour != "empty":
            for line in select(settings, query):
                plain.write(line)
        if misbehaviour == "slow":
            time.sleep(settings.misbehaviour_seconds)
        elif misbehaviour == "huge":
            _write_noise(int(settings.misbehaviour_bytes))
        if misbehaviour == "nothing":
            return
        truncate = misbehaviour in ("hang", "fail")
        try:
            _write_bundle(plain, target, settings.host, truncate)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise BundleError(f"cannot write {target.path}: {error.strerror}") from error
    if misbehaviour == "fail":
        raise BundleError("simulated failure half-way (misbehaviour: fail)")
    if misbehaviour == "hang":
        _hang()
    if target.path:
        print(f"Logs written to {target.path}")


def choose_target(out_file: Optional[str], compress: bool, settings: Settings) -> Target:
    """Variants of what is uncertain about the product: the name of the file, and what compressed means."""
    container = settings.bundle_compression
    if settings.bundle_name == "archive":
        stamp = clock.to_stamp(clock.now())
        return Target(f"cs-logs-{settings.host}-{stamp}{_ending(container)}", container)
    if not compress:
        container = "plain"
    if out_file and settings.bundle_name == "ending":
        out_file += _ending(container)
    return Target(out_file, container)


def select(settings: Settings, query: Query) -> Iterator[bytes]:
    """Lines of the records that the query selects, in time order; equal times as they were read."""
    return _in_time_order(_matching(_lines(settings), query))


def _lines(settings: Settings) -> Iterator[bytes]:
    """All lines of all sinks that the configuration names."""
    layout = settings.layout
    logging = config.load(layout.config)
    files = [layout.inside(sink.file) for sink in logging if sink.file]
    if len(files) < len(logging):
        if settings.systemd:
            yield from journal.read(settings.services)
        else:
            files.append(layout.journal)
    for path in sorted(set(files)):
        yield from sinks.read(path)


def _matching(lines: Iterable[bytes], query: Query) -> Iterator[Tuple[int, bytes]]:
    for line in lines:
        found = sinks.parse(line)
        if found is None:
            continue  # a journal also has systemd's own messages
        moment, record = found
        if query.begin is not None and moment < query.begin:
            continue
        if query.end is not None and moment >= query.end:
            continue
        if query.log_types is not None and record.get("log_type") not in query.log_types:
            continue
        if query.log_levels is not None and record.get("level") not in query.log_levels:
            continue
        yield moment, line if line.endswith(b"\n") else line + b"\n"


def _in_time_order(entries: Iterable[Tuple[int, bytes]]) -> Iterator[bytes]:
    runs, batch, size = [], [], 0  # type: Tuple[List[BinaryIO], List[Tuple[int, bytes]], int]
    try:
        for entry in entries:
            batch.append(entry)
            size += len(entry[1])
            if size >= RUN_BYTES:
                runs.append(_write_run(batch))
                batch, size = [], 0
        batch.sort(key=_moment)
        for entry in heapq.merge(*([_read_run(run) for run in runs] + [batch]), key=_moment):
            yield entry[1]
    finally:
        for run_file in runs:
            run_file.close()


def _moment(entry: Tuple[int, bytes]) -> int:
    return entry[0]


def _write_run(batch: List[Tuple[int, bytes]]) -> BinaryIO:
    batch.sort(key=_moment)
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed when everything is merged)
    file.writelines(b"%d %s" % entry for entry in batch)
    file.seek(0)
    return file


def _read_run(file: BinaryIO) -> Iterator[Tuple[int, bytes]]:
    for row in file:
        moment, line = row.split(b" ", 1)
        yield int(moment), line


def _write_bundle(plain: BinaryIO, target: Target, host: str, truncate: bool) -> None:
    """Write the bundle, or with `truncate` its first half, as a command that fails half-way does."""
    size = plain.seek(0, os.SEEK_END)
    plain.seek(0)
    if target.path is None:
        if truncate:
            sys.stdout.buffer.write(plain.read(size // 2))
        else:
            shutil.copyfileobj(plain, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    name = f"{host}.log"
    if target.container == "zip":
        with zipfile.ZipFile(target.path, "w", zipfile.ZIP_DEFLATED) as zipped, zipped.open(
            name, "w", force_zip64=True
        ) as member:
            shutil.copyfileobj(plain, member)
    elif target.container == "tar.gz":
        about = tarfile.TarInfo(name)
        about.size, about.mtime = size, int(time.time())
        with tarfile.open(target.path, "w:gz", compresslevel=6) as tar:
            tar.addfile(about, plain)
    elif target.container == "gzip":
        with gzip.open(target.path, "wb", 6) as packed:
            shutil.copyfileobj(plain, packed)
    else:
        with open(target.path, "wb") as file:
            shutil.copyfileobj(plain, file)
    if truncate:
        os.truncate(target.path, os.path.getsize(target.path) // 2)


def _ending(container: str) -> str:
    return {"plain": ".log", "gzip": ".gz", "tar.gz": ".tar.gz", "zip": ".zip"}[container]


def _write_noise(size: int) -> None:
    """Write this number of bytes to each of standard output and standard error."""
    while size > 0:
        piece = NOISE[:size]
        size -= len(piece)
        for stream in (sys.stdout.buffer, sys.stderr.buffer):
            stream.write(piece)
            stream.flush()


def _hang() -> None:
    """Hang together with a child process; both ignore every signal but SIGKILL."""
    os.fork()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(HANG_SECONDS)
