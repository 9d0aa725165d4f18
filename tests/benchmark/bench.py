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
    measure: Callable[[], Figures]


# The rows of a table by their names; None is a row that could not be measured.
Rows = dict[str, Figures | None]


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
            yield Row(f"Collect 4 bundles of {extent.size} MiB", name, measure)


def memory(extent: Extent) -> Iterator[Row]:
    with fleet(4) as vms:
        for size in extent.memory:
            give_logs(vms, size)
            measure = partial(collecting.measure_way, vms, collecting.OURS, size, watch_memory=True)
            yield Row("Memory of collect_logs", f"4 bundles of {size} MiB", measure)


def configure(extent: Extent) -> Iterator[Row]:
    for number in extent.hosts:
        with fleet(number) as vms:
            for name in extent.plays:
                measure = partial(configuring.measure_play, vms, name, extent.times)
                yield Row(f"Configure {number} VMs, nothing to change", name, measure)


def growth(extent: Extent) -> Iterator[Row]:
    for number in extent.growth:
        with fleet(number) as vms:
            measure = partial(configuring.measure_play, vms, configuring.OURS, extent.times)
            yield Row("Growth of configure_logging, nothing to change", f"{number} VMs", measure)


def forks(extent: Extent) -> Iterator[Row]:
    hosts = max(extent.hosts)
    with fleet(hosts) as vms:
        for number in extent.forks:
            measure = partial(configuring.measure_play, vms, configuring.OURS, extent.times, ANSIBLE_FORKS=str(number))
            yield Row(f"Forks: configure_logging on {hosts} VMs, nothing to change", f"{number} forks", measure)


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
    cells = [["", "seconds", "ratio", "processor seconds", "ratio", "MiB, controller", "MiB, VMs"]]
    for name, row in rows.items():
        if row is None:
            cells.append([name, "failed", *[""] * 5])
            continue
        cells.append(
            [
                name,
                f"{row.seconds:.1f}",
                "" if first is None else f"{row.seconds / first.seconds:.2f}",
                f"{row.processor_seconds:.1f}",
                "" if first is None else f"{row.processor_seconds / first.processor_seconds:.2f}",
                "" if row.memory is None else f"{row.memory:.0f}",
                "" if row.vm_memory is None else f"{row.vm_memory:.0f}",
            ]
        )
    wanted = [column for column in zip(*cells, strict=True) if any(column[1:])]
    head, *body = zip(*wanted, strict=True)
    return [
        f"## {title}",
        "",
        *(f"| {' | '.join(row)} |" for row in (head, ["---", *["---:"] * (len(head) - 1)], *body)),
        "",
    ]


def keep(tables: dict[str, Rows]) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    results = {title: {name: row and row.as_dict() for name, row in rows.items()} for title, rows in tables.items()}
    OUTPUT.joinpath("results.json").write_text(json.dumps({"machine": machine(), "tables": results}, indent=2) + "\n")
    text = "\n".join(line for title, rows in tables.items() for line in lines(title, rows))
    OUTPUT.joinpath("results.md").write_text(f"{machine()}\n\n{text}")


def main(extent: str, *parts: str) -> int:
    """What has been measured is kept even where something fails later. A row that fails does not end the run, but fails it."""
    tables: dict[str, Rows] = {}
    failures = 0
    print(machine(), end="\n\n", flush=True)
    try:
        for part in parts or PARTS:
            titles = set()
            for row in PARTS[part](FULL if extent == "full" else QUICK):
                titles.add(row.table)
                figures = None
                try:
                    figures = row.measure()
                    told = f"{figures.seconds:.1f} s"
                except Failed as failure:
                    failures += 1
                    told = str(failure)
                print(f"{row.table}: {row.name}: {told}", file=sys.stderr, flush=True)
                tables.setdefault(row.table, {})[row.name] = figures
                keep(tables)
            for title in sorted(titles):
                print("\n".join(["", *lines(title, tables[title])]), flush=True)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
