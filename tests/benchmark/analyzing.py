# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""analyzing.py [RECORDS]: measure how the records of five VMs are validated and merged in order, next to the standard library.

Ratios refer to the first row. The figures are printed, and written to tests/output/benchmark/analyze.md.
"""

from __future__ import annotations

import gzip
import heapq
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import typing as t
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from measure import OUTPUT, Failed, Figures, median, run

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.community.aqtive_guard"
VMS = [f"vm{number}" for number in range(1, 6)]
ROTATED = 7
DAYS = 7
RECORDS = 1_200_000
# That of the command line. At level 1, as ours, the standard library needs about a third less.
GZIP_LEVEL = 6


def create_logs(directory: Path, vm: str, records: int) -> None:
    """Write the rotated logs of a VM: a file for each day, in order."""
    sys.path.insert(0, str(ROOT / "roles/aqtive_guard_simulator/files"))
    from aqtive_guard_simulator import clock
    from aqtive_guard_simulator.records import Generator

    index = VMS.index(vm)
    generator = Generator("web" if index < 3 else "worker", vm, "fleet", vm, 1000)
    start = 1_793_000_000 * clock.SECOND + index * 37
    (directory / "logs" / vm).mkdir(parents=True)
    for day in range(ROTATED):
        with gzip.open(directory / "logs" / vm / f"{day}.log.gz", "wb", 6) as stream:
            for number in range(records * day // ROTATED, records * (day + 1) // ROTATED):
                stream.write(generator.line(generator.draw(), start + DAYS * clock.DAY * number // records))


def files(directory: Path, vm: str) -> list[Path]:
    return sorted((directory / "logs" / vm).iterdir())


def with_stdlib(directory: Path, level: int = GZIP_LEVEL) -> None:
    """Merge with the standard library, which validates nothing."""

    def read(vm: str) -> Iterator[tuple[str, str, bytes]]:
        for path in files(directory, vm):
            with gzip.open(path) as stream:
                for line in stream:
                    yield json.loads(line)["created_at"], vm, line

    with gzip.open(directory / "stdlib.gz", "wb", level) as output:
        for dummy, dummy, line in heapq.merge(*map(read, VMS)):
            output.write(line)


def with_stdlib_at_level_1(directory: Path) -> None:
    with_stdlib(directory, 1)


def with_ours(directory: Path) -> None:
    """Validate and merge as the analysis does: a process for each VM, two at a time."""
    (directory / "analysis").mkdir(exist_ok=True)
    for first, second in (VMS[:2], VMS[2:4], (VMS[4], "")):
        processes = [start(directory, "with_ours_a_vm", vm) for vm in (first, second) if vm]
        if any(process.wait() for process in processes):
            sys.exit("A VM could not be analyzed")
    from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.fleet import (
        merge,
    )

    merge(VMS, directory / "analysis", directory / "ours.gz")


def with_ours_a_vm(directory: Path, vm: str) -> None:
    from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.vm import (
        analyze_vm,
    )

    analyze_vm(vm, {path.name: path for path in files(directory, vm)}, directory / "analysis")


def analyze(directory: Path) -> None:
    """Write the results that an archive needs; this is not measured."""
    from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import pipeline

    sources = [directory / "logs"]
    pipeline.analyze(pipeline.Request(sources, directory / "results", directory / "dataset", None, len(VMS)))


def with_archive(directory: Path) -> None:
    """Redact the records of all VMs, findings and report, and scan the archive."""
    from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction import build

    build.build(build.Request([directory / "logs"], directory / "results", None, (), len(VMS)))


def with_jq(directory: Path) -> None:
    pipe(directory, "jq --slurp --compact-output 'sort_by(.created_at)[]' | gzip -6 > jq.gz")


def pipe(directory: Path, command: str) -> None:
    paths = " ".join(f"logs/{vm}/*" for vm in VMS)
    subprocess.run(["bash", "-o", "pipefail", "-c", f"zcat {paths} | {command}"], cwd=directory, check=True)


def start(directory: Path, function: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command(directory, function, *arguments))


def command(directory: Path, function: str, *arguments: str) -> list[str]:
    return [sys.executable, __file__, function, str(directory), *arguments]


ROWS = {
    "stdlib json + heapq.merge, validates nothing": "with_stdlib",
    "the same, gzip level 1": "with_stdlib_at_level_1",
    "validate every record and merge in order": "with_ours",
    "redact every record, archive and scan": "with_archive",
    **({"jq --slurp, validates nothing": "with_jq"} if shutil.which("jq") else {}),
}
FUNCTIONS = {
    each.__name__: each
    for each in (
        with_stdlib,
        with_stdlib_at_level_1,
        with_ours,
        with_ours_a_vm,
        analyze,
        with_archive,
        with_jq,
        create_logs,
    )
}


def measure(directory: Path, times: int) -> dict[str, list[Figures]]:
    """Run every row in turn, and once more for its memory."""
    environment = {**os.environ, "PYTHONPATH": str(directory / "path")}
    rows: dict[str, list[Figures]] = {name: [] for name in ROWS}
    run([command(directory, "analyze")], environment, directory)
    for turn in range(times + 1):
        for name, function in ROWS.items():
            watched: t.Any = (lambda: [set()]) if turn == times else None
            figures = run([command(directory, function)], environment, directory, watched)
            print(f"{name}: {figures.as_dict()}", file=sys.stderr, flush=True)
            if turn == times:
                rows[name] = [Figures(each.seconds, each.processor_seconds, figures.memory) for each in rows[name]]
            else:
                rows[name].append(figures)
    return rows


def table(rows: dict[str, list[Figures]], records: int) -> list[str]:
    medians = {name: median(figures) for name, figures in rows.items()}
    first = next(iter(medians.values())).processor_seconds
    lines = [
        f"{records} records of {len(VMS)} VMs, {len(os.sched_getaffinity(0))} processors, Python {platform.python_version()}",
        "",
        "| | seconds | processor seconds | ratio | µs a record | MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, figures in medians.items():
        spent = figures.processor_seconds
        cells = [f"{figures.seconds:.1f}", f"{spent:.1f}", f"{spent / first:.2f}", f"{spent / records * 1e6:.2f}"]
        lines.append(f"| {name} | {' | '.join(cells)} | {figures.memory or 0:.0f} |")
    return lines


def main(records: int, times: int = 2) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=OUTPUT) as temporary:
        directory = Path(temporary)
        path = directory / "path" / COLLECTION.replace(".", "/")
        path.parent.mkdir(parents=True)
        path.symlink_to(ROOT)
        with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for job in [pool.submit(create_logs, directory, vm, records // len(VMS)) for vm in VMS]:
                job.result()
        lines = table(measure(directory, times), records)
        if gzip.open(directory / "stdlib.gz").read(1 << 24) != gzip.open(directory / "ours.gz").read(1 << 24):
            raise Failed("the two merged logs are not the same")
    OUTPUT.joinpath("analyze.md").write_text("\n".join([*lines, ""]), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in FUNCTIONS:
        function: t.Callable[..., None] = FUNCTIONS[sys.argv[1]]
        function(Path(sys.argv[2]), *sys.argv[3:])
    else:
        main(*[int(each) for each in sys.argv[1:] or [str(RECORDS)]])
