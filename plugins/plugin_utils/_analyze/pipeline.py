# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of an analysis: read every VM, order and merge, ask, judge, extend the data set, write the results."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
import typing as t
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import kept_records, results, source
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import (
    answers,
    growth,
    query,
    staging,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings import (
    answers as evidence_answers,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings import (
    terminal,
    times,
    verdict,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.evidence import evidence_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering import fleet as vms
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering import vm
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.summary import Summary
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.processes import for_each
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.facts import RunFacts
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.working_directory import working_directory
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import os_errors
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.last_collections import Period

MERGED = "merged.jsonl.gz"

Files = dict[str, list[Path]]
"""The Parquet files of this analysis, by VM."""


@dataclass(frozen=True)
class Request:
    """What to analyze, and where the results go."""

    sources: t.Sequence[Path]
    dest: Path
    dataset: Path
    keep_days: int | None
    workers: int
    keeps_records: bool = False
    """Whether the records files stay in ``dest``, for an archive that is created next."""


@dataclass(frozen=True)
class Outcome:
    """What an analysis has found."""

    records: int
    findings: dict[str, t.Any]
    table: list[str]
    added: int
    """Records that the data set did not have before."""


def analyze(request: Request) -> Outcome:
    """Analyze what was collected, and write ``merged.jsonl.gz``, ``findings.json`` and the answers for the report."""
    found = source.find(request.sources, excluded=(request.dest, request.dataset))
    with working_directory(request.dest) as work:
        kept, records = request.dest / results.RECORDS, work / results.RECORDS
        if kept.exists():
            shutil.rmtree(kept)
        records.mkdir(mode=0o700)
        if request.keeps_records:
            kept_records.write_state(found, records)
        summaries, staged = _read_vms(found, records, work, request.workers)
        merged = vms.merge(summaries, records, request.dest / MERGED)
        everything = [file for files in staged.values() for file in files]
        judged = _judge(found, summaries, everything, work)
        rows = answers.answers(everything, work)
        results.write(request.dest, results.Results(judged, rows, _facts(request, found)))
        # Last: the results are written even if the data set cannot be extended.
        added = growth.append(request.dataset, staged, _collected(found), request.keep_days).added
        if request.keeps_records:
            os.replace(records, kept)
    return Outcome(merged.records, judged, terminal.terminal_summary(judged), added)


def _judge(
    found: source.Source, summaries: t.Mapping[str, Summary], files: t.Sequence[Path], work: Path
) -> dict[str, t.Any]:
    """Return the findings."""
    fleet = evidence_of(summaries, found.manifests)
    rows = evidence_answers.answers(files, work)
    return verdict.findings_of(fleet, rows, time.time_ns())


def _read_vms(found: source.Source, records: Path, work: Path, workers: int) -> tuple[dict[str, Summary], Files]:
    """Read the files of the VMs in processes of their own, and convert their records to Parquet as they are completed.

    The processes are forked before DuckDB starts threads in this one.
    """
    summaries: dict[str, Summary] = {}
    staged: Files = {}
    arguments = {name: (name, each.files, records) for name, each in found.vms.items()}
    for name, summaries[name] in for_each(_read_vm, arguments, workers):
        staged[name] = staging.stage(vm.records_path(records, name), name, work, work)
    return {name: summaries[name] for name in found.vms}, {name: staged[name] for name in found.vms}


def _read_vm(name: str, files: t.Mapping[str, Path], records: Path) -> Summary:
    with os_errors("store", records):
        return vm.analyze_vm(name, files, records)


def _collected(found: source.Source) -> dict[str, list[Period]]:
    """Return of which periods all records of each VM were collected, by its own clock, with which it dates records."""
    ends = _times(manifest["end"] for manifest in found.manifests)
    return {
        name: [period for entry in each.entries if entry["files"] and (period := _period(entry, ends))]
        for name, each in found.vms.items()
    }


def _period(entry: t.Mapping[str, t.Any], ends: t.Collection[datetime]) -> Period | None:
    """Return the period of a collection, which is not later than all runs; None if it was filtered or has no such times."""
    request, start = entry["request"], _times([entry["start"]])
    if not (request and start and ends) or request["log_types"] or request["log_levels"]:
        return None
    since, date_to = _times([request["date_from"]]), _times([request["date_to"]])
    if request["date_from"] and not since:
        return None
    return Period(since[0] if since else None, min(*start, *date_to, max(ends)))


def _facts(request: Request, found: source.Source) -> RunFacts:
    """Return what the report says about the source as a whole."""
    manifests = found.manifests
    names = [manifest["run_id"] for manifest in manifests] or [path.name for path in request.sources]
    requests = [entry["request"] for each in found.vms.values() for entry in each.entries if entry["request"]]
    starts, ends = (_times(request[name] for request in requests) for name in ("date_from", "date_to"))
    return RunFacts(
        title=f"AQtive Guard logs, {', '.join(names)}",
        query=f"{shlex.join([sys.executable, query.__file__, str(request.dataset)])} {{question}}",
        collected_at=max(_times(manifest["end"] for manifest in manifests), default=None),
        window_from=min(starts) if len(starts) == len(requests) > 0 else None,
        window_to=max(ends) if len(ends) == len(requests) > 0 else None,
        versions={name: version for name, each in found.vms.items() if (version := _version(each))},
    )


def _times(texts: t.Iterable[str | None]) -> list[datetime]:
    """Return the times in a manifest, without texts that are no time."""
    return [times.utc(time) for time in map(times.parsed, texts) if time is not None]


def _version(vm_of_source: source.VM) -> str:
    """Return the versions of the product's packages, without their releases."""
    packages = {
        key: value for entry in vm_of_source.entries for key, value in (entry["product_packages"] or {}).items()
    }
    return ", ".join(sorted({value.partition("-")[0] for value in packages.values()}))
