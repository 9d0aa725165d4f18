# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bench.py full|quick: measure the playbooks beside their peers, in the same run; needs root, and a quiet machine.

The ratio is that to the first row of its table. Results go to tests/output/benchmark, as JSON and as tables in Markdown.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from typing import NamedTuple

import collecting
import configuring
from fleets import fleet, give_logs
from loopback import Problem
from measure import OUTPUT, Failed, Figures


class Extent(NamedTuple):
    """How much is measured. Sizes are MiB for each of four VMs."""

    hosts: tuple[int, ...]
    growth: tuple[int, ...]
    forks: tuple[int, ...]
    size: int
    memory: tuple[int, ...]
    ways: tuple[str, ...]
    plays: tuple[str, ...]
    times: int


class Row(NamedTuple):
    """A row of a table, yet to be measured."""

    table: str
    name: str
    vms: int
    measure: Callable[[], Figures]


class Measured(NamedTuple):
    vms: int
    figures: Figures


# The rows of a table by their names; None is a row that could not be measured.
Rows = dict[str, Measured | None]


QUICK = Extent(
    hosts=(8,),
    growth=(4, 8),
    forks=(),
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


def collect(extent: Extent) -> Iterator[Row]:
    with fleet(4) as vms:
        give_logs(vms, extent.size)
        for name in extent.ways:
            measure = partial(collecting.measure_way, vms, name, extent.size, times=extent.times)
            yield Row(f"Collect 4 bundles of {extent.size} MiB", name, len(vms.vms), measure)


def memory(extent: Extent) -> Iterator[Row]:
    with fleet(4) as vms:
        for size in extent.memory:
            give_logs(vms, size)
            measure = partial(collecting.measure_way, vms, collecting.OURS, size, watch_memory=True)
            yield Row("Memory of collect_logs", f"4 bundles of {size} MiB", len(vms.vms), measure)


def configure(extent: Extent) -> Iterator[Row]:
    for number in extent.hosts:
        with fleet(number) as vms:
            for name in extent.plays:
                measure = partial(configuring.measure_play, vms, name, extent.times)
                yield Row(f"Configure {number} VMs, nothing to change", name, number, measure)


def growth(extent: Extent) -> Iterator[Row]:
    for number in extent.growth:
        with fleet(number) as vms:
            for name in (configuring.PING, configuring.OURS):
                measure = partial(configuring.measure_play, vms, name, extent.times)
                yield Row(f"Growth, {number} VMs, nothing to change", name, number, measure)


def forks(extent: Extent) -> Iterator[Row]:
    hosts = max(extent.hosts)
    with fleet(hosts) as vms:
        for number in extent.forks:
            measure = partial(configuring.measure_play, vms, configuring.OURS, extent.times, ANSIBLE_FORKS=str(number))
            yield Row(f"Forks: configure_logging on {hosts} VMs, nothing to change", f"{number} forks", hosts, measure)


PARTS: dict[str, Callable[[Extent], Iterator[Row]]] = {
    "collect": collect,
    "memory": memory,
    "configure": configure,
    "growth": growth,
    "forks": forks,
}


def machine() -> str:
    peers = ", ".join(f"{name} {version(name)}" for name in ("ansible-core", "mitogen", "pyinfra"))
    return f"{len(os.sched_getaffinity(0))} processors, Python {platform.python_version()}, {peers}"


def lines(title: str, rows: Rows) -> list[str]:
    first = next(iter(rows.values()))
    head = ["", "seconds", "ratio", "a VM", "processor seconds", "ratio", "a VM", "MiB, controller", "MiB, a VM"]
    cells = [head]
    for name, row in rows.items():
        if row is None:
            cells.append([name, "failed", *[""] * (len(head) - 2)])
            continue
        figures = row.figures
        cells.append(
            [
                name,
                f"{figures.seconds:.1f}",
                "" if first is None else f"{figures.seconds / first.figures.seconds:.2f}",
                f"{figures.seconds / row.vms:.2f}",
                f"{figures.processor_seconds:.1f}",
                "" if first is None else f"{figures.processor_seconds / first.figures.processor_seconds:.2f}",
                f"{figures.processor_seconds / row.vms:.2f}",
                "" if figures.memory is None else f"{figures.memory:.0f}",
                "" if figures.vm_memory is None else f"{figures.vm_memory:.0f}",
            ]
        )
    wanted = [column for column in zip(*cells, strict=True) if any(column[1:])]
    shown = [list(row) for row in zip(*wanted, strict=True)]
    shown.insert(1, ["---", *["---:"] * (len(wanted) - 1)])
    return [f"## {title}", "", *(f"| {' | '.join(row)} |" for row in shown), ""]


def text(tables: dict[str, Rows]) -> str:
    return "\n".join([machine(), "", *(line for title, rows in tables.items() for line in lines(title, rows))])


def keep(tables: dict[str, Rows]) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    results = {
        title: {name: row and {"vms": row.vms, **row.figures.as_dict()} for name, row in rows.items()}
        for title, rows in tables.items()
    }
    OUTPUT.joinpath("results.json").write_text(json.dumps({"machine": machine(), "tables": results}, indent=2) + "\n")
    OUTPUT.joinpath("results.md").write_text(text(tables))


def measured(row: Row) -> Measured | None:
    figures = None
    try:
        figures = row.measure()
        told = f"{figures.seconds:.1f} s"
    except Failed as failure:
        told = str(failure)
    print(f"{row.table}: {row.name}: {told}", file=sys.stderr, flush=True)
    return figures and Measured(row.vms, figures)


def main(extent: str, *parts: str) -> int:
    """What has been measured is kept even where something fails later. A row that fails does not end the run, but fails it."""
    # The fleet's directory is to be removed then, too.
    signal.signal(signal.SIGTERM, lambda *dummy: sys.exit(128 + signal.SIGTERM))
    tables: dict[str, Rows] = {}
    try:
        for part in parts or PARTS:
            for row in PARTS[part](FULL if extent == "full" else QUICK):
                tables.setdefault(row.table, {})[row.name] = measured(row)
                keep(tables)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    finally:
        print(text(tables), flush=True)
    return int(any(row is None for rows in tables.values() for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
