# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files with the results of an analysis: ``findings.json``, and in ``report.json`` what only the report needs."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.answers import Rows
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.facts import RunFacts
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import (
    open_regular_file,
    os_errors,
    write_private_file,
)

FINDINGS = "findings.json"
ANSWERS = "report.json"
REPORT = "report.html"
RECORDS = ".records"
"""The directory with the records files and summaries of the VMs, if they were kept."""
FORMAT_VERSION = 1

_TIMES = ("bucket", "time", "first_seen", "last_seen")
_FACT_TIMES = ("collected_at", "window_from", "window_to")


@dataclass(frozen=True)
class Results:
    """What the report is rendered from."""

    findings: dict[str, t.Any]
    answers: dict[str, Rows]
    facts: RunFacts


def write(directory: Path, results: Results) -> None:
    """Write the files; a reader has the old or the new ones."""
    facts = {name: getattr(results.facts, name) for name in ("title", "query", "versions", *_FACT_TIMES)}
    content = {"format_version": FORMAT_VERSION, "facts": facts, "answers": results.answers}
    _write(directory / ANSWERS, content)
    _write(directory / FINDINGS, results.findings)


def load(directory: Path) -> Results:
    """Read what ``write`` has written, or raise a ``Failure``."""
    content, findings = _load(directory / ANSWERS), _load(directory / FINDINGS)
    try:
        answers = {name: [_with_times(row, _TIMES) for row in rows] for name, rows in content["answers"].items()}
        return Results(findings, answers, RunFacts(**_with_times(content["facts"], _FACT_TIMES)))
    except (ValueError, LookupError, TypeError, AttributeError) as problem:
        raise _damaged(directory / ANSWERS) from problem


def _write(path: Path, content: t.Mapping[str, t.Any]) -> None:
    text = json.dumps(content, indent=2, default=datetime.isoformat)
    write_private_file(path, f"{text}\n".encode("ascii"))


def _load(path: Path) -> dict[str, t.Any]:
    with os_errors("read", path), open_regular_file(path) as stream:
        data = stream.read()
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise _damaged(path) from problem
    if not isinstance(content, dict) or content.get("format_version") != FORMAT_VERSION:
        raise _damaged(path)
    return content


def _damaged(path: Path) -> Exception:
    return failure("read", str(path), "is not what this version of the collection writes", "Analyze again")


def _with_times(values: t.Mapping[str, t.Any], names: t.Container[str]) -> dict[str, t.Any]:
    return {
        name: datetime.fromisoformat(value) if name in names and value is not None else value
        for name, value in values.items()
    }
