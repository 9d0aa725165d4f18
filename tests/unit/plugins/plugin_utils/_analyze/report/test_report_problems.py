# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.facts import Thresholds
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.kinds import findings_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.problems import (
    Problem,
    problems_of,
    worst,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.questions import QUESTIONS, ordered
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.report.report_fleets import (
    planted,
    planted_answers,
    reason,
    rows,
    seen,
    verdict,
)

START = datetime(2026, 10, 24, tzinfo=timezone.utc)
NOTHING = ordered({})


def problem(severity, count=0, kind="kind"):
    return Problem(f"{kind}{severity}" if kind == "kind" else kind, severity, f"{severity}/{count}", "#x", count=count)


def findings(vms, fleet=()):
    return findings_of({"vms": vms, "fleet": list(fleet)})


def test_the_worst_are_ordered_by_severity_then_by_number():
    found = [problem(3, 9, "a"), problem(1, 0, "b"), problem(2, 5, "c"), problem(2, 7, "d"), problem(1, 1, "e")]
    assert [item.title for item in worst(found)] == ["1/1", "1/0", "2/7", "2/5", "3/9"]


def test_problems_that_are_equally_bad_keep_their_order():
    found = [problem(1, 1, kind) for kind in "dbca"]
    assert [item.kind for item in worst(found)] == ["d", "b", "c", "a"]


def test_there_are_at_most_five_worst_and_two_of_a_kind():
    found = [problem(1, number, "a") for number in range(4)] + [problem(2, 0, kind) for kind in "bcdef"]
    assert [item.title for item in worst(found)] == ["1/3", "1/2", "2/0", "2/0", "2/0"]
    assert worst([]) == []


def test_a_finding_becomes_a_problem_that_links_to_its_row():
    found = findings(
        {
            "web10": verdict("incomplete", reasons=[reason("lines_unreadable", "app.log", "17 lines", count=17, sample="x")]),
            "web2": verdict("incomplete", reasons=[reason("silence", "s", "d", **{"from": "2026-10-24T01:00:00Z", "to": "2026-10-24T02:00:00Z"})]),
        },
        [reason("settings_differ", "LOG_LEVEL", "They differ")],
    )  # fmt: skip
    first, second, third = problems_of(found, (), NOTHING, Thresholds())
    assert (first.vms, first.kind, first.severity, first.title, first.link) == (
        ["web2"],
        "silence",
        2,
        "d",
        "#findings-1",
    )
    assert (first.start, first.end, first.count) == (START + timedelta(hours=1), START + timedelta(hours=2), 0)
    assert (second.vms, second.link, second.count, second.noun, second.sample) == (
        ["web10"],
        "#findings-2",
        17,
        "line",
        "x",
    )
    assert (third.vms, third.link, third.noun) == ([], "#findings-3", "record")


@pytest.mark.parametrize(
    ("name", "row", "severity", "title"),
    [
        ("error_signatures", ("s <n>", "critical", 5, *seen(1, 2), "sample"), 3, "Critical: s <n>"),
        ("error_signatures", ("s <n>", "error", 5, *seen(1, 2), "sample"), 5, "Error: s <n>"),
        ("error_signatures", ("s <n>", "warning", 5, *seen(1, 2), "sample"), None, ""),
        ("exceptions", ("KeyError", 5, *seen(1, 2), "sample"), 4, "Exception: KeyError"),
        ("logins", ("admin", "10.0.0.1", 0, 10, START, START), 3, "Denied log-ins: admin from 10.0.0.1"),
        ("logins", ("admin", "10.0.0.1", 0, 9, START, START), None, ""),
        ("invalid_api_keys", ("agk_1", "10.0.0.1", 10, *seen(1, 2)), 4, "Invalid API key from 10.0.0.1"),
        ("invalid_api_keys", ("agk_1", "10.0.0.1", 9, *seen(1, 2)), None, ""),
        ("http_errors", ("GET", "/x", 500, 5, *seen(1, 2)), 5, "Status 500 of GET /x"),
        ("http_errors", ("GET", "/x", 499, 5, *seen(1, 2)), None, ""),
        (
            "tanium_errors",
            ("t.example.com", "/x", 503, None, 5, *seen(1, 2)),
            5,
            "Tanium server t.example.com: status 503",
        ),
        (
            "tanium_errors",
            ("t.example.com", "/x", None, "refused", 5, *seen(1, 2)),
            5,
            "Tanium server t.example.com: refused",
        ),
    ],
)
def test_a_row_of_an_answer_may_be_a_problem(name, row, severity, title):
    columns = " ".join(planted_answers()[name][0])
    found = problems_of((), (), {**NOTHING, name: rows(columns, row)}, Thresholds())
    assert [(item.severity, item.title, item.link) for item in found] == (
        [(severity, title, f"#{name}-1")] if severity else []
    )


def test_a_denied_log_in_counts_as_such():
    columns = " ".join(planted_answers()["logins"][0])
    logins = rows(columns, ("a", "10.0.0.1", 99, 12, START, START), ("b", None, 0, 30, START, START))
    found = problems_of((), (), ordered({"logins": logins}), Thresholds())
    assert [(item.count, item.noun, item.title, item.link) for item in found] == [
        (30, "denied log-in", "Denied log-ins: b from –", "#logins-1"),
        (12, "denied log-in", "Denied log-ins: a from 10.0.0.1", "#logins-2"),
    ]


def test_an_answer_is_ordered_with_the_worst_first():
    answers = ordered(planted()[1])
    assert [row["status_code"] for row in answers["http_errors"]] == [502, 404, 401]
    assert [row["level"] for row in answers["error_signatures"][:2]] == ["critical", "error"]
    assert [row["records"] for row in answers["error_signatures"][1:3]] == [3100, 2930]
    assert [row["denied"] for row in answers["logins"]] == [248, 3, 2, 1, 1, 0]
    assert [row["granted"] for row in answers["logins"][3:5]] == [139, 135]
    assert [row["setting"] for row in answers["setting_changes"]] == [
        "retention_days",
        "smtp_password",
        "session_timeout",
    ]
    assert [row["max_mb"] for row in answers["memory_by_module"]] == [6300, 5400, 4500, 3600, 2700, 1800]
    assert answers["failed_requests"] == planted()[1]["failed_requests"]
    assert set(answers) == {question.name for question in QUESTIONS}


@pytest.mark.parametrize(
    ("item", "clause"),
    [
        (reason("vm_missing", "", ""), "web1 was not collected"),
        (reason("days_missing", "", ""), "web1 lacks whole days"),
        (reason("days_missing", "", "", **{"from": "2026-10-24T00:00:00Z", "to": "2026-10-25T00:00:00Z"}), "web1 lacks 24 October"),
        (reason("silence", "", "", **{"from": "2026-10-24T01:00:00Z", "to": "2026-10-24T02:00:00Z"}), "web1 was silent from 01:00 to 02:00 UTC on 24 October"),
        (reason("silence", "", ""), "web1 was silent for some time"),
        (reason("sun_burnt {when}", "", ""), "sun burnt  on web1"),
    ],
)  # fmt: skip
def test_a_finding_has_a_clause_for_the_first_sentence(item, clause):
    (found,) = findings({"web1": verdict("incomplete", reasons=[item])})
    assert found.clause == clause


def test_a_finding_of_the_fleet_names_the_fleet():
    (found,) = findings({}, [reason("future_times", "", "")])
    assert found.clause == "the fleet has records dated in the future"
