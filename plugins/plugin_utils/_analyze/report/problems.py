# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The worst of everything that was found, whatever question or check found it."""

from __future__ import annotations

import itertools
import typing as t
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.bursts import Burst
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.facts import Thresholds
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.kinds import Finding
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.questions import Answers, Record
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.sections import row_id

WORST = 5
_OF_A_KIND = 2
"""Problems of one kind among the worst: there is room for others."""


@dataclass(frozen=True)
class Problem:
    kind: str
    severity: int
    """1 is the worst."""
    title: str
    link: str
    start: datetime | None = None
    end: datetime | None = None
    vms: t.Sequence[str] = ()
    count: int = 0
    noun: str = "record"
    """What the count counts."""
    sample: str = ""


def worst(problems: t.Iterable[Problem]) -> list[Problem]:
    """Return the worst problems by severity, then by number of records, with at most two of a kind."""
    chosen: list[Problem] = []
    kinds: Counter[str] = Counter()
    for problem in sorted(problems, key=lambda problem: (problem.severity, -problem.count)):
        kinds[problem.kind] += 1
        if kinds[problem.kind] <= _OF_A_KIND:
            chosen.append(problem)
    return chosen[:WORST]


def problems_of(
    findings: t.Sequence[Finding], bursts: t.Sequence[Burst], answers: Answers, thresholds: Thresholds
) -> list[Problem]:
    """Return all problems, from ordered answers."""
    return [
        *(_from_finding(finding, index) for index, finding in enumerate(findings)),
        *map(_from_burst, bursts),
        *itertools.chain.from_iterable(_from_answer(name, answers[name], thresholds) for name in _FROM_ANSWERS),
    ]


def _from_finding(finding: Finding, index: int) -> Problem:
    return Problem(
        kind=finding.kind,
        severity=finding.about.severity,
        title=finding.detail,
        link=f"#{row_id('findings', index)}",
        start=finding.start,
        end=finding.end,
        vms=[finding.vm] if finding.vm else [],
        count=finding.count or 0,
        noun=finding.about.noun,
        sample=finding.sample,
    )


def _from_burst(burst: Burst) -> Problem:
    title = burst.clause[0].upper() + burst.clause[1:]
    return Problem("burst", 2, title, "#time", burst.start, burst.end, [burst.vm], burst.errors, "error")


def _from_answer(name: str, rows: t.Sequence[Record], thresholds: Thresholds) -> list[Problem]:
    """Return the problems in an answer: rows behind the first few cannot be among the worst."""
    found = []
    for index, row in enumerate(rows[: 2 * _OF_A_KIND]):
        severity, title, sample = _FROM_ANSWERS[name](row, thresholds)
        if severity:
            count, noun = (row["denied"], "denied log-in") if name == "logins" else (row["records"], "record")
            start, end = text.utc(row["first_seen"]), text.utc(row["last_seen"])
            link, vms = f"#{row_id(name, index)}", row.get("vms", ())
            found.append(Problem(name, severity, title, link, start, end, vms, count, noun, sample))
    return found


Judgement = tuple[int, str, str]
"""Severity (0: no problem), title and sample."""


def _signature(row: Record, thresholds: Thresholds) -> Judgement:
    severity = {"critical": 3, "error": 5}.get(row["level"], 0)
    return severity, f"{str(row['level']).capitalize()}: {text.cut(row['signature'])}", row["sample"]


def _exception(row: Record, thresholds: Thresholds) -> Judgement:
    return 4, f"Exception: {text.cut(row['exception'])}", row["sample"]


def _login(row: Record, thresholds: Thresholds) -> Judgement:
    title = f"Denied log-ins: {text.name(row['user_name'])} from {text.name(row['client_ip'])}"
    return 3 if row["denied"] >= thresholds.denied else 0, title, ""


def _api_key(row: Record, thresholds: Thresholds) -> Judgement:
    return 4 if row["records"] >= thresholds.denied else 0, f"Invalid API key from {text.name(row['client_ip'])}", ""


def _http(row: Record, thresholds: Thresholds) -> Judgement:
    title = f"Status {text.name(row['status_code'])} of {text.name(row['method'])} {text.name(row['path'])}"
    return 5 if row["status_code"] >= 500 else 0, title, ""


def _tanium(row: Record, thresholds: Thresholds) -> Judgement:
    answer = row["error"] or f"status {row['status_code']}"
    return 5, f"Tanium server {text.name(row['target'])}: {text.cut(answer)}", ""


_FROM_ANSWERS: dict[str, t.Callable[[Record, Thresholds], Judgement]] = {
    "error_signatures": _signature,
    "exceptions": _exception,
    "logins": _login,
    "invalid_api_keys": _api_key,
    "http_errors": _http,
    "tanium_errors": _tanium,
}
