# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.questions import QUESTIONS, ordered
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.sections import sections
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.report.report_fleets import (
    failed_requests,
    planted_answers,
    rows,
    seen,
)

START = datetime(2026, 10, 24, tzinfo=timezone.utc)


def texts(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


def tones(table):
    return [[cell.tone for cell in row.cells] for row in table.rows]


def answered(name, *values):
    columns = " ".join({**planted_answers(), "failed_requests": failed_requests()}[name][0])
    shown, _nothing = sections(ordered({name: rows(columns, *values)}), 5, "query {question} --all")
    return shown[0]


def test_a_section_has_its_rows_summary_and_query():
    section = answered(
        "exceptions", ("KeyError", 5, *seen(1, 2, ("a", "b")), None), ("OSError", 1200, *seen(1, 2), "x\ny")
    )
    assert (section.name, section.summary, section.query) == (
        "exceptions",
        "2 exceptions, 1,205 records",
        "query exceptions --all",
    )
    assert section.is_open
    assert texts(section.tables[0]) == [
        ["OSError", "1,200", "worker1", "2026-10-24 01:00:00", "2026-10-24 02:00:00", "x\ny"],
        ["KeyError", "5", "a, b", "2026-10-24 01:00:00", "2026-10-24 02:00:00", "–"],
    ]
    assert [row.id for row in section.tables[0].rows] == ["exceptions-1", "exceptions-2"]
    assert [column.style for column in section.tables[0].columns] == ["code", "number", "text", "time", "time", "code"]


@pytest.mark.parametrize(("count", "shown", "more"), [(15, 15, ""), (16, 15, "The first 15 of 16.")])
def test_a_table_has_at_most_15_rows(count, shown, more):
    (table,) = answered("exceptions", *[("KeyError", 5, *seen(1, 2), None)] * count).tables
    assert (len(table.rows), table.more) == (shown, more)


def test_a_bounded_answer_says_how_many_rows_there_are():
    answer = [{**row, "total": 312} for row in planted_answers()["exceptions"]]
    (section,) = sections(ordered({"exceptions": answer}), 5, "")[0]
    assert section.summary == "312 exceptions"
    assert section.tables[0].more == "The first 2 of 312."


def test_an_answer_that_is_not_bounded_has_a_sum():
    answer = [{**row, "total": 2} for row in planted_answers()["exceptions"]]
    (section,) = sections(ordered({"exceptions": answer}), 5, "")[0]
    assert section.summary == "2 exceptions, 417 records"
    assert section.tables[0].more == ""


def test_of_bounded_failed_requests_the_number_is_that_of_all():
    (section,) = sections(ordered({"failed_requests": [{**row, "total": 40} for row in failed_requests()]}), 5, "")[0]
    assert section.summary == "40 requests, the first 5 of them here"


def test_the_level_has_a_colour():
    section = answered(
        "error_signatures", *((level, level, 1, *seen(1, 2), "") for level in ("critical", "warning", "error", "odd"))
    )
    assert [row[1] for row in tones(section.tables[0])] == ["bad", "warn", "bad", ""]


def test_what_is_no_problem_is_folded():
    shown, nothing = sections(ordered(planted_answers()), 5, "")
    assert [section.name for section in shown if not section.is_open] == [
        "logins",
        "setting_changes",
        "memory_by_module",
    ]
    assert nothing == ["No failed requests that crossed VMs"]
    assert sections(ordered({}), 5, "") == ([], [question.nothing for question in QUESTIONS])


def test_summaries_count_what_the_question_is_about():
    summaries = {
        section.name: section.summary
        for section in sections(ordered({**planted_answers(), "failed_requests": failed_requests()}), 5, "")[0]
    }
    assert summaries["logins"] == "6 users and addresses, 255 denied log-ins"
    assert summaries["setting_changes"] == "3 changes"
    assert summaries["invalid_api_keys"] == "1 key and address, 96 records"
    assert summaries["failed_requests"] == "7 requests, the first 5 of them here"


def test_each_failed_request_is_a_table_in_the_order_of_time():
    (section,) = (
        item
        for item in sections(ordered({**planted_answers(), "failed_requests": failed_requests()}), 5, "")[0]
        if item.name == "failed_requests"
    )
    assert [len(table.rows) for table in section.tables] == [5] * 5
    assert section.tables[1].caption == "Request 5f0c2a1e-8d3b-4c6f-9a7e-000000000001"
    assert section.tables[1].rows[4].id == "failed_requests-2-5"
    assert texts(section.tables[0])[0][1:] == ["web1", "info", "web", "POST /api/v2/reports/4711/findings"]


@pytest.mark.parametrize(("count", "more"), [(12, ""), (13, "The first 12 of 13.")])
def test_a_failed_request_has_at_most_12_rows(count, more):
    section = answered("failed_requests", *[("id", ["a"], START, "a", "info", "web", "x")] * count)
    assert section.summary == "1 request"
    assert (len(section.tables[0].rows), section.tables[0].more) == (12, more)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_columns_are_shown_in_a_known_way_and_have_headings_of_their_own(question):
    assert {field.kind for field in question.fields} <= {"text", "code", "number", "time", "vms", "level"}
    headings = [field.heading for field in question.fields]
    assert len(set(headings)) == len(headings)
    assert question.total[0] in {"", *(field.key for field in question.fields)}
    assert question.nothing.startswith("No ")
