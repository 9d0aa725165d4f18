# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bench.py full|quick: measure the playbooks next to other tools in the same run; requires root and an idle machine.

Ratios refer to the first row of each table. Results are written to tests/output/benchmark, as JSON and as Markdown tables.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.metadata import version
from typing import NamedTuple

import collecting
import configuring
from fleets import create_logs, fleet
from loopback import Problem
from measure import OUTPUT, Failed, Figures, median

_LONG_SECONDS = 120.0


class Extent(NamedTuple):
    """The extent of the measurements. Sizes are MiB for each of four VMs."""

    hosts: tuple[int, ...]
    growth: tuple[int, ...]
    forks: tuple[int, ...]
    size: int
    memory: tuple[int, ...]
    ways: tuple[str, ...]
    plays: tuple[str, ...]
    times: int


class Table(NamedTuple):
    """Rows that are compared: name to a function that runs the row once."""

    title: str
    vms: int
    times: int
    rows: Mapping[str, Callable[[], Figures]]


class Measured(NamedTuple):
    """The runs of each row so far; a row that failed has none."""

    vms: int
    rows: dict[str, list[Figures]]


QUICK = Extent(
    hosts=(8,),
    growth=(4, 8),
    forks=(5, 20),
    size=20,
    memory=(10, 50),
    ways=(collecting.SFTP, collecting.OURS, "command and fetch, without become"),
    plays=(configuring.PING, configuring.OURS, "blockinfile"),
    times=1,
)
FULL = Extent(
    hosts=(20, 100),
    growth=(10, 50, 200),
    forks=(5, 10, 20, 50),
    size=200,
    memory=(50, 200, 1024),
    ways=tuple(collecting.WAYS),
    plays=tuple(configuring.PLAYS),
    times=3,
)


def collect(extent: Extent) -> Iterator[Table]:
    with fleet(4) as vms:
        create_logs(vms, extent.size)
        rows = {name: partial(collecting.measure_way, vms, name, extent.size) for name in extent.ways}
        yield Table(f"Collect 4 bundles of {extent.size} MiB", len(vms.vms), extent.times, rows)


def memory(extent: Extent) -> Iterator[Table]:
    with fleet(4) as vms:

        def measure(size: int) -> Figures:
            create_logs(vms, size)
            return collecting.measure_way(vms, collecting.OURS, size, watch_memory=True)

        rows = {f"4 bundles of {size} MiB": partial(measure, size) for size in extent.memory}
        yield Table("Memory of collect_logs", len(vms.vms), 1, rows)


def configure(extent: Extent) -> Iterator[Table]:
    for number in extent.hosts:
        with configurable(number) as measure:
            rows = {name: partial(measure, name) for name in extent.plays}
            yield Table(f"Configure {number} VMs, nothing to change", number, extent.times, rows)


def growth(extent: Extent) -> Iterator[Table]:
    for number in extent.growth:
        with configurable(number) as measure:
            rows = {name: partial(measure, name) for name in (configuring.PING, configuring.OURS)}
            yield Table(f"Growth, {number} VMs, nothing to change", number, extent.times, rows)


def forks(extent: Extent) -> Iterator[Table]:
    hosts = max(extent.hosts)
    with configurable(hosts) as measure:
        rows = {
            f"{number} forks": partial(measure, configuring.OURS, ANSIBLE_FORKS=str(number)) for number in extent.forks
        }
        yield Table(f"Forks: configure_logging on {hosts} VMs, nothing to change", hosts, extent.times, rows)


@contextlib.contextmanager
def configurable(number: int) -> Iterator[Callable[..., Figures]]:
    with fleet(number) as vms:
        configuring.open_connections(vms)
        yield partial(configuring.measure_play, vms)


PARTS: dict[str, Callable[[Extent], Iterator[Table]]] = {
    "collect": collect,
    "memory": memory,
    "configure": configure,
    "growth": growth,
    "forks": forks,
}


def machine() -> str:
    peers = ", ".join(f"{name} {version(name)}" for name in ("ansible-core", "mitogen", "pyinfra"))
    return f"{len(os.sched_getaffinity(0))} processors, Python {platform.python_version()}, {peers}"


def lines(title: str, measured: Measured) -> list[str]:
    head = ["", "seconds", "ratio", "a VM", "processor seconds", "ratio", "a VM", "MiB, controller", "MiB, a VM"]
    cells = [head]
    medians = {name: median(runs) if runs else None for name, runs in measured.rows.items()}
    first = next(iter(medians.values()), None)
    for name, figures in medians.items():
        if figures is None:
            cells.append([name, "failed", *[""] * (len(head) - 2)])
            continue
        cells.append(
            [
                name,
                f"{figures.seconds:.1f}",
                "" if first is None else f"{figures.seconds / first.seconds:.2f}",
                f"{figures.seconds / measured.vms:.2f}",
                f"{figures.processor_seconds:.1f}",
                "" if first is None else f"{figures.processor_seconds / first.processor_seconds:.2f}",
                f"{figures.processor_seconds / measured.vms:.2f}",
                "" if figures.memory is None else f"{figures.memory:.0f}",
                "" if figures.vm_memory is None else f"{figures.vm_memory:.0f}",
            ]
        )
    used = [column for column in zip(*cells, strict=True) if any(column[1:])]
    shown = [list(row) for row in zip(*used, strict=True)]
    shown.insert(1, ["---", *["---:"] * (len(used) - 1)])
    return [f"## {title}", "", *(f"| {' | '.join(row)} |" for row in shown), ""]


def text(tables: dict[str, Measured]) -> str:
    return "\n".join([machine(), "", *(line for title, measured in tables.items() for line in lines(title, measured))])


def write_results(tables: dict[str, Measured]) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    results = {
        title: {
            "vms": measured.vms,
            "runs": {name: [run.as_dict() for run in runs] for name, runs in measured.rows.items()},
        }
        for title, measured in tables.items()
    }
    OUTPUT.joinpath("results.json").write_text(json.dumps({"machine": machine(), "tables": results}, indent=2) + "\n")
    OUTPUT.joinpath("results.md").write_text(text(tables))


def run_in_turns(table: Table, rows: dict[str, list[Figures]]) -> Iterator[None]:
    """Run every row once, then all of them again, so that a machine that slows down affects all rows alike.

    A row that takes longer than two minutes is run only once.
    """
    for turn in range(table.times):
        for name, measure in table.rows.items():
            runs = rows.setdefault(name, [])
            if turn and (not runs or runs[0].seconds > _LONG_SECONDS):
                continue
            try:
                runs.append(measure())
                outcome = f"{runs[-1].seconds:.1f} s"
            except Failed as failure:
                runs.clear()
                outcome = str(failure)
            print(f"{table.title}: {name}: {outcome}", file=sys.stderr, flush=True)
            yield


def main(extent: str, *parts: str) -> int:
    """Run the parts, and write the results after every run. A failed row does not stop the run, but makes it fail."""
    # Leave the context managers, which remove the fleet's directory.
    signal.signal(signal.SIGTERM, lambda *dummy: sys.exit(128 + signal.SIGTERM))
    tables: dict[str, Measured] = {}
    try:
        for part in parts or PARTS:
            for table in PARTS[part](FULL if extent == "full" else QUICK):
                tables[table.title] = Measured(table.vms, {})
                for dummy in run_in_turns(table, tables[table.title].rows):
                    write_results(tables)
    except (Problem, Failed) as problem:
        print(problem, file=sys.stderr)
        return 1
    finally:
        print(text(tables), flush=True)
    return int(any([] in measured.rows.values() for measured in tables.values()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
