# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure a program and its children: elapsed seconds, processor seconds, peak memory."""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

OUTPUT = Path(__file__).resolve().parents[1] / "output" / "benchmark"
_LOG = OUTPUT / "benchmark.log"
_MARK = "AQTIVE_GUARD_BENCHMARK"
_SAMPLE_SECONDS = 0.1


class Failed(Exception):
    """A measured program failed, so that its figures are meaningless."""


@dataclass(frozen=True)
class Figures:
    """Figures of one run. Memory is the peak in MiB, of the controller and of the VM that uses most; None if not measured."""

    seconds: float
    processor_seconds: float
    memory: float | None = None
    vm_memory: float | None = None

    def as_dict(self) -> dict[str, float | None]:
        return {name: None if value is None else round(value, 2) for name, value in asdict(self).items()}


def median(runs: list[Figures]) -> Figures:
    """Return the medians of several runs; for memory, the highest peak."""

    def highest(name: str) -> float | None:
        return max((value for run in runs if (value := getattr(run, name)) is not None), default=None)

    return Figures(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.processor_seconds for run in runs),
        highest("memory"),
        highest("vm_memory"),
    )


def run(
    commands: Iterable[list[str]],
    environment: Mapping[str, str],
    directory: Path,
    vm_processes: Callable[[], Iterable[set[int]]] | None = None,
    forbidden: str | None = None,
) -> Figures:
    """Run commands in parallel and wait for all of them. Memory is measured if `vm_processes` is given.

    Measuring memory takes time, so figures of time and of memory come from different runs. Raise ``Failed`` if a command
    fails, or if the output matches the regular expression `forbidden`.
    """
    mark = uuid.uuid4().hex
    OUTPUT.mkdir(parents=True, exist_ok=True)
    begin, before = time.monotonic(), os.times()
    with _LOG.open("ab") as output, _watched(mark, vm_processes) as peaks:
        start = output.tell()
        processes = [
            subprocess.Popen(
                command,
                env={**environment, _MARK: mark},
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            for command in commands
        ]
        statuses = [process.wait() for process in processes]
    seconds, after = time.monotonic() - begin, os.times()
    if any(statuses):
        raise Failed(f"{' '.join(processes[0].args)[:300]} exited with {statuses}: see {_LOG}")  # type: ignore[arg-type]
    output_text = _LOG.read_bytes()[start:].decode(errors="replace")
    if forbidden and (found := re.search(f".*{forbidden}.*", output_text)):
        raise Failed(f"{found[0]!r} is in the output, but must not be: see {_LOG}")
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return Figures(seconds, spent, *peaks)


@contextlib.contextmanager
def _watched(mark: str, vm_processes: Callable[[], Iterable[set[int]]] | None) -> Iterator[list[float]]:
    """Yield the peak memory of the marked processes, and of the processes that a VM runs in addition to its initial ones."""
    peaks: list[float] = []
    if vm_processes is None:
        yield peaks
        return
    peaks += [0.0, 0.0]
    usual = set().union(*vm_processes())
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_SAMPLE_SECONDS):
            peaks[0] = max(peaks[0], sum(map(_memory, _marked(mark))))
            peaks[1] = max(peaks[1], *(sum(map(_memory, processes - usual)) for processes in vm_processes()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        done.set()
        watcher.join()


def _marked(mark: str) -> Iterator[int]:
    wanted = f"{_MARK}={mark}".encode()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                if wanted in Path(f"/proc/{entry}/environ").read_bytes():
                    yield int(entry)


def _memory(pid: int) -> float:
    """Return the proportional set size of a process in MiB, which can be added up over processes."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
