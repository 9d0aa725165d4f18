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
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import collecting
import configuring
from fleets import fleet, give_logs
from loopback import Problem
from measure import Failed, Figures

OUTPUT = Path(__file__).resolve().parents[1] / "output" / "benchmark"


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


class Table(NamedTuple):
    title: str
    rows: dict[str, Figures]


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


def collect(extent: Extent) -> list[Table]:
    with fleet(4) as vms:
        give_logs(vms, extent.size)
        return [
            Table(
                f"Collect 4 bundles of {extent.size} MiB",
                {name: collecting.measure_way(vms, name, extent.size, times=extent.times) for name in extent.ways},
            )
        ]


def memory(extent: Extent) -> list[Table]:
    rows = {}
    with fleet(4) as vms:
        for size in extent.memory:
            give_logs(vms, size)
            rows[f"4 bundles of {size} MiB"] = collecting.measure_way(vms, collecting.OURS, size, watch_memory=True)
    return [Table("Memory of collect_logs", rows)]


def configure(extent: Extent) -> list[Table]:
    tables = []
    for number in extent.hosts:
        with fleet(number) as vms:
            rows = configuring.measure_plays(vms, extent.plays, extent.times)
            tables.append(Table(f"Configure {number} VMs, nothing to change", rows))
    return tables


def growth(extent: Extent) -> list[Table]:
    rows = {}
    for number in extent.growth:
        with fleet(number) as vms:
            measured = configuring.measure_plays(vms, [configuring.OURS], extent.times)
            rows[f"{number} VMs"] = measured[configuring.OURS]
    return [Table("Growth of configure_logging, nothing to change", rows)]


def forks(extent: Extent) -> list[Table]:
    rows = {}
    with fleet(max(extent.hosts)) as vms:
        for number in extent.forks:
            measured = configuring.measure_plays(vms, [configuring.OURS], extent.times, ANSIBLE_FORKS=str(number))
            rows[f"{number} forks"] = measured[configuring.OURS]
    return [Table(f"Forks: configure_logging on {max(extent.hosts)} VMs, nothing to change", rows)] if rows else []


PARTS: dict[str, Callable[[Extent], list[Table]]] = {
    "collect": collect,
    "memory": memory,
    "configure": configure,
    "growth": growth,
    "forks": forks,
}


def machine() -> str:
    peers = ", ".join(f"{name} {version(name)}" for name in ("ansible-core", "mitogen", "pyinfra"))
    return f"{len(os.sched_getaffinity(0))} processors, Python {platform.python_version()}, {peers}"


def lines(table: Table) -> list[str]:
    first = next(iter(table.rows.values()))
    cells = [["", "seconds", "ratio", "processor seconds", "ratio", "MiB, controller", "MiB, VMs"]]
    for name, row in table.rows.items():
        cells.append(
            [
                name,
                f"{row.seconds:.1f}",
                f"{row.seconds / first.seconds:.2f}",
                f"{row.processor_seconds:.1f}",
                f"{row.processor_seconds / first.processor_seconds:.2f}",
                "" if row.memory is None else f"{row.memory:.0f}",
                "" if row.vm_memory is None else f"{row.vm_memory:.0f}",
            ]
        )
    wanted = [column for column in zip(*cells, strict=True) if any(column[1:])]
    head, *rows = zip(*wanted, strict=True)
    return [
        f"## {table.title}",
        "",
        *(f"| {' | '.join(row)} |" for row in (head, ["---", *["---:"] * (len(head) - 1)], *rows)),
        "",
    ]


def keep(tables: list[Table]) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    results = {table.title: {name: row.as_dict() for name, row in table.rows.items()} for table in tables}
    OUTPUT.joinpath("results.json").write_text(json.dumps({"machine": machine(), "tables": results}, indent=2) + "\n")
    OUTPUT.joinpath("results.md").write_text(
        "\n".join([machine(), "", *(line for each in tables for line in lines(each))])
    )


def main(extent: str, *parts: str) -> int:
    tables: list[Table] = []
    print(machine(), end="\n\n", flush=True)
    try:
        for part in parts or PARTS:
            for table in PARTS[part](FULL if extent == "full" else QUICK):
                tables.append(table)
                print("\n".join(lines(table)), flush=True)
                keep(tables)
    except (Problem, Failed) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
