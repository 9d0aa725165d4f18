# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import answers as module

NOON = datetime(2026, 10, 25, 12, tzinfo=timezone.utc)


def minutes(number):
    return NOON + timedelta(minutes=number)


def test_every_question_is_answered(tmp_path, stage_records):
    assert module.answers(stage_records("web01", {"level": "info"}), tmp_path) == {
        **{name: [] for name in module.QUESTIONS},
        "records_by_time": [{"bucket": NOON, "minutes": 5, "vm": "web01", "level": "info", "records": 1, "total": 1}],
    }


def test_questions_about_nothing_have_empty_answers(tmp_path):
    assert module.answers([], tmp_path) == {name: [] for name in module.QUESTIONS}
    assert len(module.QUESTIONS) == 12


def test_answer_is_bounded_and_has_its_total(monkeypatch, rows_of):
    monkeypatch.setattr(module, "LIMIT", 3)
    rows = rows_of("error_signatures", a=[{"level": "error", "message": "x" * n} for n in range(1, 8)])
    assert [row["total"] for row in rows] == [7, 7, 7]


def test_log_ins_of_a_large_fleet_are_complete(tmp_path, stage_records, monkeypatch):
    monkeypatch.setattr(module, "LIMIT", 5)
    login = {"action": "login_attempt", "access_granted": True}
    files = [file for vm in range(module.LIMIT + 1) for file in stage_records(f"vm{vm}", login)]
    assert len(module.answers(files, tmp_path)["logins_by_vm"]) == module.LIMIT + 1


def test_records_are_counted_in_steps_of_five_minutes(rows_of):
    rows = rows_of(
        "records_by_time",
        a=[{"minute": 0}, {"minute": 4.99}, {"minute": 5, "level": "error"}, {"minute": -0.01}],
        b=[{"minute": 1}, {"minute": 26 * 60 - 1, "level": None}],
    )
    assert [(row["bucket"], row["vm"], row["level"], row["records"]) for row in rows] == [
        (minutes(-5), "a", "info", 1),
        (minutes(0), "a", "info", 2),
        (minutes(0), "b", "info", 1),
        (minutes(5), "a", "error", 1),
        (minutes(26 * 60 - 5), "b", None, 1),
    ]


@pytest.mark.parametrize(
    ("hours", "step"),
    [(26, timedelta(minutes=5)), (27, timedelta(hours=1)), (744, timedelta(hours=1)), (745, timedelta(days=1))],
)
def test_steps_are_longer_where_more_hours_have_records(rows_of, hours, step):
    rows = rows_of("records_by_time", a=[{"minute": 60 * n + 17} for n in range(hours)])
    assert sum(row["records"] for row in rows) == hours
    assert {(row["bucket"] - NOON.replace(hour=0)) % step for row in rows} == {timedelta(0)}
    assert {row["minutes"] for row in rows} == {step // timedelta(minutes=1)}
    assert len(rows) == (32 if step == timedelta(days=1) else hours)


def test_far_record_does_not_make_steps_longer(rows_of):
    rows = rows_of("records_by_time", a=[{"minute": 17}, {"minute": 60 * 24 * 365 * 73}])
    assert rows[0]["bucket"] == minutes(15)


def test_logins_are_counted_by_user_and_original_address(rows_of):
    login = {"action": "login_attempt", "user_name": "eve", "client_ip": "10.0.0.1"}
    rows = rows_of(
        "logins",
        a=[{**login, "access_granted": True, "minute": 3}, {**login, "access_granted": False, "minute": 1}],
        b=[
            {**login, "access_granted": False},
            {**login, "access_granted": True, "forwarded_for_client_ip": "203.0.113.5"},
            {**login, "access_granted": False, "action": "access"},
        ],
    )
    proxied = {"client_ip": "203.0.113.5", "granted": 1, "denied": 0, "first_seen": NOON, "last_seen": NOON}
    direct = {"client_ip": "10.0.0.1", "granted": 1, "denied": 2, "first_seen": NOON, "last_seen": minutes(3)}
    assert rows == [{"user_name": "eve", **direct, "total": 2}, {"user_name": "eve", **proxied, "total": 2}]


def test_denied_actions_are_counted(rows_of):
    denied = {"action": "remove", "element": "key", "user_name": "eve", "access_granted": False}
    rows = rows_of(
        "denied_actions",
        a=[{**denied, "access_denied_reason": "no"}, {**denied, "access_granted": True}],
        b=[{**denied, "access_denied_reason": "no", "minute": 2}, {**denied, "action": "login_attempt"}, denied],
    )
    expected = {"action": "remove", "element": "key", "user_name": "eve", "first_seen": NOON, "total": 2}
    assert rows == [
        {**expected, "reason": "no", "records": 2, "vms": ["a", "b"], "last_seen": minutes(2)},
        {**expected, "reason": None, "records": 1, "vms": ["b"], "last_seen": NOON},
    ]


def test_setting_changes_are_listed_from_the_latest_on(rows_of):
    change = {"action": "setting_change", "setting": "sso", "user_name": "eve", "access_granted": True}
    rows = rows_of(
        "setting_changes",
        a=[{**change, "old_value": None, "new_value": True}, {**change, "action": "update"}],
        b=[{**change, "old_value": 5, "new_value": "6", "minute": 1, "access_granted": False}],
    )
    row = {"setting": "sso", "user_name": "eve", "total": 2}
    assert rows == [
        {**row, "time": minutes(1), "vm": "b", "old_value": "5", "new_value": "6", "granted": False},
        {**row, "time": NOON, "vm": "a", "old_value": None, "new_value": "true", "granted": True},
    ]


def test_invalid_api_keys_are_counted(rows_of):
    used = {"action": "api_request", "api_key": "k", "client_ip": "10.0.0.1"}
    rows = rows_of("invalid_api_keys", a=[used, {"action": "api_request"}], b=[{**used, "minute": 1}])
    expected = {"api_key": "k", "client_ip": "10.0.0.1", "records": 2, "vms": ["a", "b"]}
    assert rows == [{**expected, "first_seen": NOON, "last_seen": minutes(1), "total": 1}]


def test_http_errors_are_counted_by_path_without_numbers(rows_of):
    web = {"log_type": "web", "method": "GET", "status_code": 404}
    rows = rows_of(
        "http_errors",
        a=[
            {**web, "path": "/p/1"},
            {**web, "path": "/p/1", "status_code": 399},
            {**web, "path": "/q", "status_code": 400},
        ],
        b=[{**web, "path": "/p/22", "minute": 1}, {**web, "path": "/p/1", "log_type": "tanium"}],
    )
    found = {"method": "GET", "path": "/p/<number>", "status_code": 404, "records": 2, "vms": ["a", "b"]}
    assert rows[0] == {**found, "first_seen": NOON, "last_seen": minutes(1), "total": 2}
    assert (rows[1]["path"], rows[1]["records"]) == ("/q", 1)


@pytest.mark.parametrize(
    ("values", "median"), [([3], 3.0), ([1, 4], 2.5), ([9, 1, 2], 2.0), ([1, 2, 4, 100], 3.0), ([5, 5, 5, 5, 5], 5.0)]
)
def test_memory_of_a_module_has_its_median(rows_of, values, median):
    rows = rows_of("memory_by_module", a=[{"memory_mb": value, "module": "m"} for value in values], b=[{"module": "m"}])
    expected = {"module": "m", "vm": "a", "records": len(values), "min_mb": min(values), "max_mb": max(values)}
    assert rows == [{**expected, "median_mb": median, "total": 1}]


def test_memory_is_listed_by_module_and_vm_from_the_most_on(rows_of):
    rows = rows_of(
        "memory_by_module",
        a=[{"memory_mb": 1, "module": "m"}, {"memory_mb": 7, "module": "n"}],
        b=[{"memory_mb": 5, "module": "m"}],
    )
    assert [(row["module"], row["vm"], row["max_mb"]) for row in rows] == [("n", "a", 7), ("m", "b", 5), ("m", "a", 1)]


def test_tanium_errors_are_counted(rows_of):
    request = {"log_type": "tanium", "target": "t", "path": "/q/7"}
    rows = rows_of(
        "tanium_errors",
        a=[
            {**request, "error": "Timeout after 30 s"},
            {**request, "status_code": 500},
            {**request, "status_code": 399},
        ],
        b=[
            {**request, "error": "Timeout after 5 s", "path": "/q/8", "minute": 1},
            {**request, "log_type": "web", "error": "x"},
        ],
    )
    found = {"target": "t", "path": "/q/<number>", "total": 2, "first_seen": NOON}
    timeout = {"status_code": None, "error": "Timeout after <number> s", "records": 2, "vms": ["a", "b"]}
    status = {"status_code": 500, "error": None, "records": 1, "vms": ["a"]}
    assert rows == [{**found, **timeout, "last_seen": minutes(1)}, {**found, **status, "last_seen": NOON}]


def test_requests_that_failed_and_passed_through_several_vms_are_traced(rows_of):
    rows = rows_of(
        "failed_requests",
        a=[
            {"request_id": "r", "message": "start"},
            {"request_id": "r", "message": "end", "minute": 2, "level": "error"},
            {"request_id": "on one VM", "level": "error"},
            {"request_id": "good"},
            {"level": "error"},
        ],
        b=[
            {"request_id": "r", "log_type": "web", "method": "GET", "path": "/", "status_code": 500, "minute": 1},
            {"request_id": "good", "level": "warning"},
            {"level": "error"},
        ],
    )
    expected = {"request_id": "r", "vms": ["a", "b"], "level": "info", "log_type": "application", "total": 1}
    assert rows == [
        {**expected, "time": NOON, "vm": "a", "text": "start"},
        {**expected, "time": minutes(1), "vm": "b", "text": "GET / 500", "log_type": "web"},
        {**expected, "time": minutes(2), "vm": "a", "text": "end", "level": "error"},
    ]


def test_request_with_more_errors_is_traced_first_and_traces_are_bounded(rows_of):
    requests = [{"request_id": f"r{number}", "level": "error"} for number in range(12) for dummy in range(number + 1)]
    rows = rows_of(
        "failed_requests", a=requests, b=[*requests, *({"request_id": "r11", "minute": n} for n in range(60))]
    )
    assert list(dict.fromkeys(row["request_id"] for row in rows)) == [f"r{number}" for number in range(11, 1, -1)]
    assert sum(row["request_id"] == "r11" for row in rows) == 50
    assert rows[0]["total"] == 12
