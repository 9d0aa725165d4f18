# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""analyzing.py [RECORDS [TIMES [FUNCTION...]]]: measure how the logs of five VMs are analyzed and redacted.

They are measured next to the standard library, and to jq, lnav and sos clean where these are installed.

Ratios refer to the first row. The figures are those of all processes of a row. They are printed, and written to
tests/output/benchmark/analyze.md. With the names of functions of this file, only their rows are measured.
"""

from __future__ import annotations

import gzip
import heapq
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import typing as t
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from measure import OUTPUT, Failed, Figures, median, run

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.community.aqtive_guard"
VMS = [f"vm{number}" for number in range(1, 6)]
LOGS = "logs"
WORKERS = 2
ROTATED = 7
DAYS = 7
RECORDS = "1200000"
TIMES = "2"
# That of the command line. At level 1, as ours, the standard library needs about a third less.
GZIP_LEVEL = 6
LNAV_FORMAT = {
    "$schema": "https://lnav.org/schemas/format-v1.schema.json",
    "aqtive_guard_benchmark": {
        "title": "AQtive Guard",
        "description": "Structured logs",
        "json": True,
        "file-pattern": "[.]log",
        "timestamp-field": "created_at",
        "level-field": "level",
        "body-field": "message",
        "line-format": [{"field": "__timestamp__"}],
    },
}


def create_logs(directory: Path, vm: str, records: int) -> None:
    """Write the rotated logs of a VM: a file for each day, in order."""
    sys.path.insert(0, str(ROOT / "roles/aqtive_guard_simulator/files"))
    from aqtive_guard_simulator import clock
    from aqtive_guard_simulator.records import Generator

    index = VMS.index(vm)
    generator = Generator("web" if index < 3 else "worker", vm, "fleet", vm, 1000)
    start = 1_793_000_000 * clock.SECOND + index * 37
    (directory / LOGS / vm).mkdir(parents=True)
    for day in range(ROTATED):
        with gzip.open(directory / LOGS / vm / f"{day}.log.gz", "wb", 6) as stream:
            for number in range(records * day // ROTATED, records * (day + 1) // ROTATED):
                stream.write(generator.line(generator.draw(), start + DAYS * clock.DAY * number // records))


def importable(path: Path) -> None:
    """Make the collection importable from a directory."""
    link = path / COLLECTION.replace(".", "/")
    link.parent.mkdir(parents=True)
    link.symlink_to(ROOT)


def files(directory: Path, vm: str) -> list[Path]:
    return sorted((directory / LOGS / vm).iterdir())


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
    from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering import fleet, vm

    work = directory / "work"
    work.mkdir(exist_ok=True)
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("fork")) as pool:
        paths = {name: {path.name: path for path in files(directory, name)} for name in VMS}
        for job in [pool.submit(vm.analyze_vm, name, each, work) for name, each in paths.items()]:
            job.result()
    fleet.merge(VMS, work, directory / "ours.gz")


def with_ours_to_the_report(directory: Path) -> None:
    """Do what the playbook does: validate, merge, find, add to a new data set, and render the report."""
    from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import pipeline, results
    from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import page

    dest, dataset = directory / "analysis", directory / "dataset"
    for each in (dest, dataset):
        shutil.rmtree(each, ignore_errors=True)
    pipeline.analyze(pipeline.Request([directory / LOGS], dest, dataset, None, WORKERS, keeps_records=True))
    read = results.load(dest)
    (dest / results.REPORT).write_text(page.render(read.findings, read.answers, read.facts), encoding="utf-8")


def with_archive(directory: Path) -> None:
    """Redact the records of all VMs, findings and report, and scan the archive. Needs the results of the row before."""
    from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction import build

    build.build(build.Request([directory / LOGS], directory / "analysis", None, (), WORKERS))


def with_jq(directory: Path) -> None:
    pipe(directory, "zcat */* | jq --slurp --compact-output 'sort_by(.created_at)[]' | gzip -6 > ../jq.gz")


def with_lnav(directory: Path) -> None:
    """Print all fields of all records in order, which lnav does for JSON whose format it knows."""
    formats = directory / "lnav/formats/benchmark"
    formats.mkdir(parents=True, exist_ok=True)
    (formats / "format.json").write_text(json.dumps(LNAV_FORMAT), encoding="utf-8")
    pipe(directory, "lnav -I ../lnav -n */* | gzip -6 > ../lnav.gz")


def with_sos(directory: Path) -> None:
    """Clean a part of the records, in the layout of a report of sos."""
    shutil.rmtree(directory / "sos", ignore_errors=True)
    logs = {}
    for vm in VMS:
        with gzip.open(files(directory, vm)[0]) as packed:
            lines = packed.readlines()
            logs[f"{vm}.log"] = b"".join(lines[: len(lines) * ROTATED // SHARES["with_sos"]])
    clean_with_sos(logs, directory)


def clean_with_sos(logs: t.Mapping[str, bytes], directory: Path) -> Path:
    """Clean logs in the layout of a report of sos. Return the directory with the results."""
    report, temporary = directory / "sos/sosreport-logs", directory / "sos/tmp"
    for each in (report / "sos_logs", report / "sos_reports", report / "var/log", temporary):
        each.mkdir(parents=True)
    (report / "sos_reports/manifest.json").write_text("[]", encoding="utf-8")
    for name, data in logs.items():
        (report / "var/log" / name).write_bytes(data)
    options = ["--batch", "--no-update", "--map", str(temporary / "map"), "--tmp-dir", str(temporary)]
    subprocess.run(["sos", "clean", str(report), *options], check=True, stdout=subprocess.DEVNULL)
    return temporary if list(temporary.rglob("var/log/*")) else report


def pipe(directory: Path, command: str) -> None:
    subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=directory / LOGS, check=True)


ROWS: dict[str, t.Callable[[Path], None]] = {
    "stdlib json + heapq.merge, validates nothing": with_stdlib,
    "the same, gzip level 1": with_stdlib_at_level_1,
    "validate every record and merge in order": with_ours,
    "the same, findings, data set and report": with_ours_to_the_report,
    "redact every record, archive and scan": with_archive,
    **({"jq --slurp, validates nothing": with_jq} if shutil.which("jq") else {}),
    **({"lnav, validates nothing": with_lnav} if shutil.which("lnav") else {}),
    **({"sos clean, a twentieth of the records": with_sos} if shutil.which("sos") else {}),
}
MISSING = {"jq": "jq", "lnav": "lnav", "sos": "sosreport"}
"""Peers that are measured if they are installed, and the packages of Debian that have them."""
SHARES = {"with_sos": 20}
"""Which part of the records a row has, apart from all of them: what is slow would take too long."""


def measure(directory: Path, times: int, rows: t.Mapping[str, t.Callable[[Path], None]]) -> dict[str, list[Figures]]:
    """Run every row in turn. Memory is sampled in the last turn: this costs seconds, but no processor seconds of the row."""
    environment = {**os.environ, "PYTHONPATH": str(directory / "path")}
    measured: dict[str, list[Figures]] = {name: [] for name in rows}
    for turn in range(times):
        for name, function in rows.items():
            watched: t.Any = (lambda: [set()]) if turn == times - 1 else None
            command = [sys.executable, __file__, function.__name__, str(directory)]
            figures = run([command], environment, directory, watched)
            print(f"{name}: {figures.as_dict()}", file=sys.stderr, flush=True)
            measured[name].append(figures)
    return measured


def table(rows: dict[str, list[Figures]], records: int, size: int) -> list[str]:
    medians = {name: median(figures) for name, figures in rows.items()}
    first = next(iter(medians.values())).processor_seconds
    libraries = ", ".join(f"{name} {version(name)}" for name in ("orjson", "jsonschema-rs", "isal", "duckdb"))
    processors = len(os.sched_getaffinity(0))
    logs = f"{records} records ({size / 1e6:.0f} MB) of {len(VMS)} VMs, {processors} processors"
    lines = [
        f"{logs}, Python {platform.python_version()}, {libraries}{sos_version()}",
        "",
        "| | seconds | processor seconds | ratio for each record | µs a record | MB a processor second | MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, figures in medians.items():
        spent, share = figures.processor_seconds, SHARES.get(ROWS[name].__name__, 1)
        for_all = spent * share
        cells = [f"{figures.seconds:.1f}", f"{spent:.1f}", f"{for_all / first:.2f}", f"{for_all / records * 1e6:.2f}"]
        lines.append(f"| {name} | {' | '.join(cells)} | {size / 1e6 / for_all:.2f} | {figures.memory or 0:.0f} |")
    missing = [f"{name} (package {package})" for name, package in MISSING.items() if not shutil.which(name)]
    return [*lines, *(["", f"Not measured, because they are not installed: {', '.join(missing)}."] if missing else [])]


def sos_version() -> str:
    if not shutil.which("sos"):
        return ""
    shown = subprocess.run(["sos", "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"sos version ([0-9.]+)", shown)
    return f", sos {match[1] if match else '4.0 or older'}"


def size_of(directory: Path) -> int:
    """Return the bytes of all logs, which gzip states at the end of a file."""
    return sum(int.from_bytes(path.read_bytes()[-4:], "little") for vm in VMS for path in files(directory, vm))


def main(records: int, times: int, names: t.Collection[str]) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    rows = {name: function for name, function in ROWS.items() if not names or function.__name__ in names}
    with tempfile.TemporaryDirectory(dir=OUTPUT) as temporary:
        directory = Path(temporary)
        importable(directory / "path")
        with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for job in [pool.submit(create_logs, directory, vm, records // len(VMS)) for vm in VMS]:
                job.result()
        lines = table(measure(directory, times, rows), records, size_of(directory))
        if not names and content(directory / "stdlib.gz") != content(directory / "ours.gz"):
            raise Failed("the two merged logs are not the same")
    OUTPUT.joinpath("analyze.md").write_text("\n".join([*lines, ""]), encoding="utf-8")
    print("\n".join(lines))


def content(path: Path) -> bytes:
    with gzip.open(path) as stream:
        return stream.read(1 << 24)


if __name__ == "__main__":
    functions = {each.__name__: each for each in ROWS.values()}
    if sys.argv[1:] and sys.argv[1] in functions:
        functions[sys.argv[1]](Path(sys.argv[2]))
    else:
        arguments = [*sys.argv[1:], *(RECORDS, TIMES)[len(sys.argv) - 1 :]]
        main(int(arguments[0]), int(arguments[1]), arguments[2:])
