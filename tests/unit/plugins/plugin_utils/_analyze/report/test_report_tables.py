# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.view import view
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.report.report_fleets import (
    calm,
    counts,
    empty,
    facts,
    many,
    planted,
    reason,
    rows,
    verdict,
)

START = datetime(2026, 10, 24, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def planted_view():
    return view(*planted())


def texts(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


def tones(table):
    return [[cell.tone for cell in row.cells] for row in table.rows]


def notes(table):
    return [[cell.note for cell in row.cells] for row in table.rows]


def grid_of(vm, rows_by_time=(), versions=None, logins=()):
    findings = {"vms": {"web1": vm}, "fleet": []}
    answers = {"records_by_time": list(rows_by_time), "logins_by_vm": list(logins)}
    return view(findings, answers, facts(versions=versions or {}))["grids"][0]


def test_a_complete_vm_is_a_calm_row():
    table = grid_of(verdict(records=1234), counts((START, "web1", "info", 1234)), {"web1": "2026.3"})
    span = "24\u00a0Oct\u00a000:00\u00a0– 24\u00a0Oct\u00a000:00"
    assert texts(table) == [["web1", "complete", span, "none", "no skew", "0", "1,234", "0", "0"]]
    assert tones(table) == [["", "good", *[""] * 7]]
    assert notes(table) == [["2026.3", *[""] * 8]]


def test_numbers_have_columns_of_their_own_style(planted_view):
    def columns(table):
        return [(column.heading, column.style) for column in table.columns]

    words = [("VM", "text"), ("Verdict", "text"), ("From – to (UTC)", "text"), ("Gaps", "text"), ("Clock", "text")]
    numbers = [(heading, "number") for heading in ("Unreadable lines", "Records", "Errors", "Denied log-ins")]
    assert columns(planted_view["grids"][0]) == words + numbers
    assert columns(planted_view["lanes_table"]) == [
        ("VM", "text"),
        ("Records", "number"),
        ("Errors", "number"),
        ("Gaps", "text"),
        ("Bursts of errors", "text"),
        ("Setting changes", "number"),
    ]
    by_time, by_vm = planted_view["levels"]
    levels = [(level, "number") for level in ("Debug", "Info", "Warning", "Error", "Critical", "All")]
    assert columns(by_time) == [("From (UTC)", "text"), *levels]
    assert columns(by_vm) == [("VM", "text"), *levels]


def test_denied_log_ins_that_were_not_counted_are_not_0():
    assert texts(view({"vms": {"web1": verdict()}, "fleet": []}, {}, facts())["grids"][0])[0][-1] == "–"


def test_an_incomplete_vm_says_why_in_words_and_colours():
    reasons = [
        reason("silence", "", "", **{"from": "2026-10-24T01:00:00Z", "to": "2026-10-24T03:30:00Z"}),
        reason("silence", "", "", **{"from": "2026-10-24T05:00:00Z", "to": "2026-10-24T06:00:00Z"}),
        reason("lines_unreadable", "a", "", count=17),
        reason("lines_unreadable", "b", ""),
        reason("clock_skew", "", "", seconds=0.5),
        reason("clock_skew", "", "", seconds=-3.25),
    ]
    by_time = counts((START, "web1", "error", 4), (START, "web1", "critical", 3))
    table = grid_of(verdict("incomplete", 7, reasons), by_time, logins=rows("vm denied", ("web1", 12)))
    assert texts(table)[0][1] == "incomplete"
    assert texts(table)[0][3:] == ["2 gaps", "3.2 s behind", "18", "7", "7", "12"]
    assert tones(table) == [["", "bad", "", "bad", "warn", "warn", "", "", ""]]
    assert notes(table) == [
        ["", "silence, unreadable lines, clock skew", "", "3 h 30 min", "", "", "", "3 critical", ""]
    ]


def test_a_clock_may_be_ahead_or_skewed_by_an_unknown_time():
    ahead = grid_of(verdict(reasons=[reason("clock_skew", "", "", seconds=1.0)]))
    assert texts(ahead)[0][4] == "1.0 s ahead"
    assert texts(grid_of(verdict(reasons=[reason("clock_skew", "", "")])))[0][4] == "skewed"


def test_a_vm_without_records_or_with_an_unknown_verdict_is_a_warning():
    table = grid_of(verdict("unknown", 0))
    assert texts(table)[0][1:3] == ["unknown", "no records"]
    assert (tones(table)[0][1], tones(table)[0][6]) == ("warn", "warn")


def test_only_the_first_three_reasons_are_listed():
    kinds = ("silence", "clock_skew", "filtered", "id_conflict", "messages_lost")
    table = grid_of(verdict("incomplete", reasons=[reason(kind, "", "") for kind in kinds]))
    assert notes(table)[0][1] == "silence, lost messages, clock skew, 2 more"


def test_a_burst_is_shown_beside_the_errors(planted_view):
    assert notes(planted_view["grids"][0])[2][7] == "643 critical, 1 burst"
    assert tones(planted_view["grids"][0])[2][7] == "bad"


def test_the_time_line_is_also_a_table(planted_view):
    shown = texts(planted_view["lanes_table"])
    assert shown[0] == ["web2", "166,310", "2,759", "25 October", "none", "0"]
    assert shown[1][3] == "17:40 UTC on 26 October to 00:00 UTC on 27 October"
    assert shown[2][4:] == ["14:05 UTC on 26 October: 180 errors", "1"]


@pytest.mark.parametrize(("total", "label"), [(1, "setting changes"), (1234, "setting changes: the newest 1 of 1,234")])
def test_setting_changes_that_are_not_shown_are_named(total, label):
    findings, answers, run = planted()
    (change, *_others) = answers["setting_changes"]
    shown = view(findings, {**answers, "setting_changes": [{**change, "total": total}]}, run)
    assert shown["changes_label"] == label
    assert shown["lanes_table"].columns[-1].heading == label.capitalize()


def test_many_vms_are_folded_and_even_more_left_out():
    shown = view(*many(130))
    assert [len(table.rows) for table in shown["grids"]] == [12, 88]
    assert [len(lanes) for lanes in shown["lanes"]] == [12, 88]
    assert shown["left_out"] == 30
    assert shown["folded"] == "88 more VMs: 88 complete"
    assert len(shown["lanes_table"].rows) == len(shown["levels"][1].rows) == 100


def test_folded_vms_are_counted_by_verdict():
    vms = {f"a{number}": verdict("incomplete") for number in range(12)}
    vms.update(b=verdict("incomplete"), c=verdict(), d=verdict("unknown"), e=verdict())
    assert view({"vms": vms, "fleet": []}, {}, facts())["folded"] == "4 more VMs: 1 incomplete, 1 unknown, 2 complete"


def test_records_that_are_not_drawn_are_counted():
    by_time = counts(
        (START, "web1", "info", 5000),
        (datetime(2099, 1, 1, tzinfo=timezone.utc), "web1", "info", 2),
        (datetime(1970, 1, 1, tzinfo=timezone.utc), "web1", "info", 1),
    )
    assert view({"vms": {"web1": verdict()}, "fleet": []}, {"records_by_time": by_time}, facts())["outside"] == [
        "Not drawn, because it is outside of this period: 3 records from 1970-01-01 00:00:00 to 2099-01-01 00:00:00 UTC."
    ]
    assert view(*calm())["outside"] == []


def test_a_bounded_time_line_says_so():
    by_time = counts((START, "web1", "info", 5000), total=36000)
    assert view({"vms": {"web1": verdict()}, "fleet": []}, {"records_by_time": by_time}, facts())["outside"] == [
        "Not the whole period: only 1 of 36,000 counts were read."
    ]


def test_the_facts_of_the_run_are_shown():
    assert view(*calm())["facts"] == [
        ("Window", "from 24\u00a0Oct\u00a02026, 00:00\u00a0UTC to 27\u00a0Oct\u00a02026, 00:00\u00a0UTC"),
        ("Collected", "27\u00a0Oct\u00a02026, 06:00\u00a0UTC"),
        ("Records", "132,630 from 5 VMs"),
    ]
    unknown = view({"vms": {}, "fleet": []}, {}, facts(window_from=None, window_to=None, collected_at=None))
    assert unknown["facts"] == [
        ("Window", "from the oldest record to the newest"),
        ("Collected", "time unknown"),
        ("Records", "0 from 0 VMs"),
    ]


def test_findings_are_a_table_with_rows_that_links_lead_to(planted_view):
    shown = planted_view["findings"]
    assert [row.id for row in shown.rows] == [f"findings-{number}" for number in range(1, 7)]
    assert texts(shown)[0][:3] == ["worker2", "damaged bundle", "logs.tar.gz"]
    assert [row[0] for row in texts(shown)] == ["worker2", "web2", "worker2", "worker2", "web2", "the fleet"]
    assert [row[1] for row in tones(shown)] == ["bad", "bad", "bad", "warn", "warn", "warn"]
    assert shown.more == ""


def test_only_the_first_findings_are_shown():
    vms = {"web1": verdict("incomplete", reasons=[reason("filtered", "", "")] * 61)}
    shown = view({"vms": vms, "fleet": []}, {}, facts())
    assert len(shown["findings"].rows) == 60
    assert shown["findings"].more == "The first 60 of 61; findings.json has all of them."
    assert shown["findings_summary"] == "61 findings"


def test_a_worst_finding_has_vms_time_count_sample_and_link(planted_view):
    shown = planted_view["worst"]
    assert [item["link"] for item in shown] == [
        "#findings-1",
        "#time",
        "#findings-2",
        "#findings-3",
        "#error_signatures-1",
    ]
    assert shown[1]["title"] == "Errors rose 15-fold at 14:05 UTC on 26 October on worker1"
    assert shown[1]["facts"] == "worker1 · 14:05 to 14:20 UTC on 26 October · 180 errors"
    assert shown[0]["facts"] == "worker2"
    assert shown[4]["sample"] == "JobFailed: job 48213 failed: server closed the connection unexpectedly"


def test_nothing_is_drawn_of_a_fleet_without_records_and_gaps():
    assert not view(*empty())["is_drawn"]
    findings, answers, run = empty()
    findings["vms"]["web1"] = verdict("incomplete", 0, [reason("vm_missing", "", "")])
    assert view(findings, answers, run)["is_drawn"]


def test_records_by_time_are_summed_up_to_24_rows(planted_view):
    by_time, by_vm = planted_view["levels"]
    assert by_time.caption == "Records of all VMs in each 6 h"
    assert len(by_time.rows) == 12
    assert texts(by_time)[1][0] == "24\u00a0Oct\u00a006:00"
    assert [column.heading for column in by_vm.columns] == [
        "VM",
        "Debug",
        "Info",
        "Warning",
        "Error",
        "Critical",
        "All",
    ]
    counted = sum(row["records"] for row in planted()[1]["records_by_time"])
    for table in (by_time, by_vm):
        assert sum(int(row[-1].replace(",", "")) for row in texts(table)) == counted
        assert all(
            sum(int(cell.replace(",", "")) for cell in row[1:-1]) == int(row[-1].replace(",", ""))
            for row in texts(table)
        )
    assert tones(by_vm)[0] == ["", "", "", "warn", "bad", "bad", ""]


def test_a_level_that_does_not_occur_has_no_column():
    _by_time, by_vm = view(*calm())["levels"]
    assert [column.heading for column in by_vm.columns] == ["VM", "Debug", "Info", "Warning", "All"]
