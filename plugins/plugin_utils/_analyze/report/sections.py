# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sections of the page that show answers as tables."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.questions import (
    QUESTIONS,
    Answers,
    Field,
    Question,
    Record,
    total,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.tables import (
    Cell,
    Column,
    Row,
    Table,
)

ROWS = 15
"""Rows of a table: the page stays small however much there is."""
_REQUESTS = 5
_REQUEST_ROWS = 12

_TONES = {"critical": "bad", "error": "bad", "warning": "warn"}
_STYLES = {"number": "number", "time": "time", "code": "code"}


@dataclass(frozen=True)
class Section:
    name: str
    heading: str
    summary: str
    tables: tuple[Table, ...]
    is_open: bool
    query: str
    """The command that shows all of it."""


def sections(answers: Answers, fleet: int, query: str) -> tuple[list[Section], list[str]]:
    """Return the sections that have something to show, and what the others would say; ``fleet`` is the number of VMs."""
    shown = [
        _section(question, answers[question.name], fleet, query) for question in QUESTIONS if answers[question.name]
    ]
    return shown, [question.nothing for question in QUESTIONS if not answers[question.name]]


def row_id(name: str, index: int) -> str:
    """Return the id of a row, which links refer to."""
    return f"{name}-{index + 1}"


def _section(question: Question, rows: t.Sequence[Record], fleet: int, query: str) -> Section:
    if question.name == "failed_requests":
        tables, summary = _requests(question, rows, fleet)
    else:
        tables, summary = (_table(question, rows, ROWS, total(rows), fleet),), _summary(question, rows)
    return Section(
        question.name,
        question.heading,
        summary,
        tables,
        question.is_problem,
        text.cut(query.replace("{question}", question.name)),
    )


def _summary(question: Question, rows: t.Sequence[Record]) -> str:
    column, noun = question.total
    count = total(rows)
    found = f"{text.number(count)} {question.noun[count != 1]}"
    # Of a bounded answer the sum is not known.
    is_whole = column and count == len(rows)
    return f"{found}, {text.plural(sum(row[column] for row in rows), noun)}" if is_whole else found


def _requests(question: Question, rows: t.Sequence[Record], fleet: int) -> tuple[tuple[Table, ...], str]:
    """Return a table for each of the first requests."""
    by_request: dict[str, list[Record]] = {}
    for row in rows:
        by_request.setdefault(row["request_id"], []).append(row)
    shown = list(by_request.items())[:_REQUESTS]
    tables = [
        _table(question, records, _REQUEST_ROWS, len(records), fleet, f"Request {text.name(request)}", f"-{number}")
        for number, (request, records) in enumerate(shown, 1)
    ]
    count = int(rows[0].get("total", len(by_request)))
    first = f", the first {len(shown)} of them here" if count > len(shown) else ""
    return tuple(tables), text.plural(count, "request") + first


def _table(
    question: Question,
    rows: t.Sequence[Record],
    limit: int,
    count: int,
    fleet: int,
    caption: str = "",
    suffix: str = "",
) -> Table:
    """Return the first of ``count`` rows."""
    shown = rows[:limit]
    return Table(
        caption=caption or question.heading,
        columns=[Column(field.heading, _STYLES.get(field.kind, "text")) for field in question.fields],
        rows=[
            Row([_cell(field, row, fleet) for field in question.fields], row_id(question.name + suffix, index))
            for index, row in enumerate(shown)
        ],
        more=f"The first {len(shown)} of {text.number(count)}." if count > len(shown) else "",
    )


def _cell(field: Field, row: Record, fleet: int) -> Cell:
    value = row[field.key]
    if field.kind == "number":
        return Cell(text.number(value))
    if field.kind == "time":
        return Cell(text.stamp(value))
    if field.kind == "vms":
        return Cell(text.vm_names(value, fleet))
    return Cell(text.cut(value), _TONES.get(value, "") if field.kind == "level" else "")
