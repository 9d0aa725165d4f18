# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from datetime import datetime, timedelta, timezone

import pytest

NOON = datetime(2026, 10, 25, 12, tzinfo=timezone.utc)


def minutes(number):
    return NOON + timedelta(minutes=number)


def test_errors_of_one_signature_are_one_row(rows_of):
    rows = rows_of(
        "error_signatures",
        b=[
            {"level": "error", "message": "Job 7 failed", "minute": 9},
            {"level": "critical", "message": "Job 8 failed"},
        ],
        a=[{"level": "error", "message": "Job 123 failed", "minute": 2}, {"level": "error", "message": "Disk full"}],
        c=[{"level": "warning", "message": "Job 5 failed"}, {"message": "Job 6 failed"}, {"level": "error"}],
    )
    assert [(row["signature"], row["level"], row["records"]) for row in rows] == [
        ("Job <number> failed", "error", 2),
        ("Disk full", "error", 1),
        ("Job <number> failed", "critical", 1),
    ]
    assert {name: value for name, value in rows[0].items() if name not in ("signature", "level", "records")} == {
        "vms": ["a", "b"],
        "first_seen": minutes(2),
        "last_seen": minutes(9),
        "sample": "Job 123 failed",
        "total": 3,
    }


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("Trace 12: 1,204 calls in 0.5 s", "Trace <number>: <number> calls in <number> s"),
        ("at 2026-10-25 12:00:00.5", "at <number> <number>"),
        ('User "o\'neil" is locked', "User <text> is locked"),
        ("role 'viewer 5' may not", "role <text> may not"),
        ("job «Überprüfung» failed", "job <text> failed"),
        ("L'utilisateur n'a pas accès", "L'utilisateur n'a pas accès"),
        ("id 0dd51c16-4b1d-4f6c-9e4a-0123456789ab.", "id <id>."),
        ("key agk_0490cc311b628d69a0ac1c7a0e4542ea724d0e52", "key agk_<id>"),
        ("object at 0x7f00ab", "object at <id>"),
        ("from 10.0.3.7:5432 to 192.168.1.1", "from <address> to <address>"),
        ("from fe80::1ff:fe23:4567:890a", "from <address>"),
        ("from 2001:db8:0:0:0:0:0:1, 2001:db8::7", "from <address>, <address>"),
        ("to bob@example.com", "to <address>"),
        ("std::vector failed", "std::vector failed"),
        ("<script>alert(5)</script>", "<script>alert(<number>)</script>"),
        ("m" * 299 + " 7", "m" * 299 + " "),
    ],
)
def test_variable_parts_are_replaced_in_signatures(rows_of, text, signature):
    assert rows_of("error_signatures", a=[{"level": "error", "message": text}])[0]["signature"] == signature


def test_error_without_a_message_is_named_by_what_it_has(rows_of):
    records = [
        {"error": "Connection refused", "path": "/a"},
        {"access_denied_reason": "Expired"},
        {"method": "GET", "path": "/a/7", "status_code": 502},
    ]
    rows = rows_of("error_signatures", a=[{"level": "error", **record} for record in records])
    assert [row["signature"] for row in rows] == ["Connection refused", "Expired", "GET /a/<number> <number>"]


@pytest.mark.parametrize(
    ("trace", "exception"),
    [
        ('Traceback:\n  File "a.py"\n    x\nValueError: bad\n', "ValueError"),
        ("Traceback:\n  a\na.b.C1_Error", "a.b.C1_Error"),
        ("Traceback:\n  a\nValueError: x\n\nDuring handling, another:\n\nTraceback:\n  b\nKeyError: 'k'", "KeyError"),
        ("Traceback:\n  a\nE.Violation: duplicate\nDETAIL: Key\nDetail: more", "E.Violation"),
        ("Traceback:\n  a\nE.SyntaxError: wrong\nLINE 1: SELECT\n        ^\nHINT: none", "E.SyntaxError"),
        ("java.io.IOException: gone\n\tat a.b.C(D.java:5)\n\tat e", "java.io.IOException"),
        ("Traceback:\n" + "  a\n" * 2000 + "RecursionError: too deep", "RecursionError"),
        ("Something else happened\nhere", "Something else happened"),
        ("x" * 200, "x" * 100),
        ("", ""),
    ],
)
def test_exception_is_read_from_the_stack_trace(rows_of, trace, exception):
    assert [row["exception"] for row in rows_of("exceptions", a=[{"stacktrace": trace}])] == [exception]


def test_exceptions_are_counted(rows_of):
    rows = rows_of(
        "exceptions",
        a=[{"stacktrace": "T:\n  a\nKeyError: 1", "minute": 5}, {"message": "none"}],
        b=[{"stacktrace": "T:\n  b\nKeyError: 2"}, {"stacktrace": "T:\n  a\nValueError"}],
    )
    assert rows[0] == {
        "exception": "KeyError",
        "records": 2,
        "vms": ["a", "b"],
        "first_seen": NOON,
        "last_seen": minutes(5),
        "sample": "T:\n  a\nKeyError: 1",
        "total": 2,
    }
