# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets to render reports of: findings, answers and facts, the same at every call."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.facts import RunFacts

START = datetime(2026, 10, 24, tzinfo=timezone.utc)
END = START + timedelta(days=3)
BUCKET = timedelta(minutes=5)
VMS = ("web1", "web2", "web3", "worker1", "worker2")
SHARES = (("debug", 0.08), ("info", 0.74), ("warning", 0.15), ("error", 0.02), ("critical", 0.002))
TRACEBACK = """Traceback (most recent call last):
  File "/opt/cryptosense/analyzer/store.py", line 88, in fetch
    rows = cursor.execute(query)
psycopg2.OperationalError: server closed the connection unexpectedly"""


def facts(**changes):
    values = {
        "title": "AQtive Guard logs, run 20261027T060211Z",
        "query": "ansible-playbook community.aqtive_guard.query_logs -e question={question}",
        "collected_at": END + timedelta(hours=6),
        "window_from": START,
        "window_to": END,
    }
    return RunFacts(**{**values, **changes})


def verdict(kind="complete", records=240_000, reasons=()):
    return {"verdict": kind, "records": records, "reasons": list(reasons)}


def reason(kind, subject, detail, **more):
    return {"kind": kind, "subject": subject, "detail": detail, **more}


def history(
    vms=VMS, start=START, end=END, bucket=BUCKET, rate=280, skip=lambda vm, time: False, factor=lambda vm, time: 1
):
    """Return records_by_time with a rhythm of the day; ``skip`` leaves buckets out, ``factor`` multiplies their errors."""
    rows = []
    for number in range((end - start) // bucket):
        time = start + number * bucket
        for index, vm in enumerate(vms):
            if skip(vm, time):
                continue
            rhythm = 0.35 + 0.65 * math.sin(math.pi * ((time.hour + time.minute / 60 + index) % 24) / 24) ** 2
            # Not random, but uneven.
            noise = 0.85 + 0.3 * ((number * 7919 + index * 104729) % 101) / 101
            for level, share in SHARES:
                count = round(rate * rhythm * noise * share + 0.3 * ((number + index) % 3))
                count *= factor(vm, time) if level in ("error", "critical") else 1
                if count:
                    rows.append((time, vm, level, count))
    return counts(*rows, minutes=bucket // timedelta(minutes=1))


def counts(*values, minutes=60, **more):
    """Return records_by_time of times, VMs, levels and numbers of records."""
    return [{"minutes": minutes, **row, **more} for row in rows("bucket vm level records", *values)]


def at(hours):
    return START + timedelta(hours=hours)


def seen(first, last, vms=("worker1",)):
    """Return vms, first_seen and last_seen."""
    return sorted(vms), at(first), at(last)


def rows(columns, *values):
    return [dict(zip(columns.split(), row, strict=True)) for row in values]


def planted():
    """Return five VMs: a missing day, a damaged bundle, a burst, denied log-ins, setting changes and Tanium errors."""
    gap = (START + timedelta(days=1), START + timedelta(days=2))
    cut_off = START + timedelta(days=2, hours=17, minutes=40)
    burst = (START + timedelta(days=2, hours=14, minutes=5), START + timedelta(days=2, hours=14, minutes=20))
    records_by_time = history(
        skip=lambda vm, time: (vm == "web2" and gap[0] <= time < gap[1]) or (vm == "worker2" and time >= cut_off),
        factor=lambda vm, time: 12 if vm == "worker1" and burst[0] <= time < burst[1] else 1,
    )
    findings = {
        "format_version": 1,
        "vms": {
            "web1": verdict(records=251_204),
            "web2": verdict(
                "incomplete",
                166_310,
                [
                    reason(
                        "days_missing",
                        "2026-10-25",
                        "There is no file and no record of 25 October, although the days before and after it have 83,000 each",
                        **{"from": "2026-10-25T00:00:00Z", "to": "2026-10-26T00:00:00Z"},
                    ),
                    reason(
                        "clock_skew",
                        "clock",
                        "Its records are 3.2 s ahead of the other VMs' in 214 shared requests",
                        seconds=3.2,
                    ),
                ],
            ),
            "web3": verdict(records=249_871),
            "worker1": verdict(records=256_930),
            "worker2": verdict(
                "incomplete",
                218_442,
                [
                    reason(
                        "bundle_damaged",
                        "logs.tar.gz",
                        "The bundle ends in the middle of app.log: what comes after 17:40 UTC on 26 October could not be read",
                    ),
                    reason(
                        "window_uncovered",
                        "2026-10-26",
                        "The newest record is of 17:39 UTC on 26 October, 6 h 20 min before the end of the window",
                        **{"from": "2026-10-26T17:40:00Z", "to": "2026-10-27T00:00:00Z"},
                    ),
                    reason(
                        "lines_unreadable",
                        "app.log",
                        "17 lines are not JSON objects, the first of them line 90,412",
                        count=17,
                    ),
                ],
            ),
        },
        "fleet": [reason("settings_differ", "LOG_LEVEL", "worker2 logs from warning on, the others from info on")],
    }
    answers = {"records_by_time": records_by_time, "failed_requests": failed_requests(), **planted_answers()}
    return findings, answers, facts(versions={vm: "2026.3.1" for vm in VMS if vm != "worker2"})


def failed_requests():
    steps = (
        ("web1", "info", "web", "POST /api/v2/reports/4711/findings"),
        ("worker1", "info", "application", "Job 4711 received"),
        ("worker1", "warning", "analysis", "analyzer.keystore: the store is locked, waiting"),
        ("worker1", "error", "application", TRACEBACK.splitlines()[-1]),
        ("web1", "error", "web", "POST /api/v2/reports/4711/findings: 502"),
    )
    return [
        {
            "request_id": f"5f0c2a1e-8d3b-4c6f-9a7e-{request:012x}",
            "vms": ["web1", "worker1"],
            "time": at(62.1 + request / 60) + timedelta(seconds=step),
            "vm": vm,
            "level": level,
            "log_type": log_type,
            "text": text,
        }
        for request in range(7)
        for step, (vm, level, log_type, text) in enumerate(steps)
    ]


def planted_answers():
    webs, workers = ("web1", "web2", "web3"), ("worker1", "worker2")
    store = "/var/lib/cryptosense/stores"
    signatures = [
        (
            f"Key store <n> is unreadable (reason {reason})",
            "error",
            3100 - 170 * index,
            *seen(1 + index, 70 - index, VMS if index % 3 else workers),
            f"Key store {4711 + index} is unreadable (reason {reason}): {store}/{index:032x}.jks",
        )
        for index, reason in enumerate("ABCDEFGHIJKLMNOPQ")
    ]
    users = ["alice.martin", "bob@example.com", "Zoë Müller", "山田太郎", "EXAMPLE\\svc-scan"]
    failed = "JobFailed: job 48213 failed: server closed the connection unexpectedly"
    untrusted = "certificate verify failed: self signed certificate"
    modules = ((module, vm) for module in ("analyzer.tracer", "analyzer.keystore", "analyzer.pool") for vm in workers)
    return {
        "logins_by_vm": rows("vm granted denied", ("web1", 812, 131), ("web2", 544, 12), ("web3", 798, 122)),
        "error_signatures": rows(
            "signature level records vms first_seen last_seen sample",
            ("JobFailed: job <n> failed", "critical", 412, *seen(62.1, 62.3), failed),
            *signatures,
        ),
        "exceptions": rows(
            "exception records vms first_seen last_seen sample",
            ("psycopg2.OperationalError", 396, *seen(62.1, 62.4), TRACEBACK),
            ("RecursionError", 21, *seen(3, 66, workers), "RecursionError: maximum recursion depth exceeded"),
        ),
        "http_errors": rows(
            "method path status_code records vms first_seen last_seen",
            ("POST", "/api/v2/reports/<n>/findings", 502, 388, *seen(62.1, 62.4, webs)),
            ("GET", "/projects/<n>/reports?sort=-created_at&page=2", 404, 1904, *seen(0.2, 71.9, webs)),
            ("GET", "/login", 401, 265, *seen(30, 34, ("web1", "web3"))),
        ),
        "tanium_errors": rows(
            "target path status_code error records vms first_seen last_seen",
            ("tanium.example.com", "/api/v2/questions", 503, None, 64, *seen(40, 44)),
            ("tanium-dr.example.com:8443", "/api/v2/questions", None, untrusted, 31, *seen(41, 47)),
        ),
        "denied_actions": rows(
            "action element user_name reason records vms first_seen last_seen",
            ("remove", "certificate", "Zoë Müller", "Permission denied", 14, *seen(9, 58, ("web1",))),
            ("export_jira", "report", "محمد", "The project is archived", 3, *seen(11, 12, ("web3",))),
        ),
        "invalid_api_keys": rows(
            "api_key client_ip records vms first_seen last_seen",
            ("agk_0123… (44 characters)", "10.1.7.14", 96, *seen(0.5, 71, ("web1", "web2"))),
        ),
        "logins": rows(
            "user_name client_ip granted denied first_seen last_seen",
            ("admin", "203.0.113.7", 0, 248, at(30.2), at(33.85)),
            *((user, f"10.0.0.{n}", 140 - n, n % 4, at(n), at(72 - n)) for n, user in enumerate(users, 1)),
        ),
        "setting_changes": rows(
            "time vm setting old_value new_value user_name granted",
            (at(13.9), "web1", "session_timeout", "30", "60", "alice.martin", True),
            (at(62), "web3", "smtp_password", "(hidden)", "(hidden)", "alice.martin", True),
            (at(62.05), "worker1", "retention_days", "365", "90", "bob@example.com", False),
        ),
        "memory_by_module": rows(
            "module vm records min_mb median_mb max_mb",
            *((module, vm, 900 + n, 12.5, 410.2 + n, 1800.0 + 900 * n) for n, (module, vm) in enumerate(modules)),
        ),
    }


def calm(vms=VMS):
    """Return a fleet that nothing is wrong with."""
    by_time = [row for row in history(vms, bucket=timedelta(minutes=30)) if row["level"] not in ("error", "critical")]
    records = {vm: sum(row["records"] for row in by_time if row["vm"] == vm) for vm in vms}
    findings = {"format_version": 1, "vms": {vm: verdict(records=records[vm]) for vm in vms}, "fleet": []}
    answers = {"records_by_time": by_time, "logins": planted_answers()["logins"][1:3]}
    return findings, answers, facts(versions=dict.fromkeys(vms, "2026.3.1"))


def empty():
    """Return a fleet without a record."""
    findings = {"format_version": 1, "vms": {vm: verdict(records=0) for vm in VMS}, "fleet": []}
    return findings, {"records_by_time": []}, facts()


def many(count=100):
    """Return a fleet of many VMs with the planted fleet's problems."""
    findings, answers, _run = planted()
    vms = {
        **findings["vms"],
        **{f"node{number:03}.example.com": verdict(records=12_000) for number in range(count - len(VMS))},
    }
    by_time = history(vms, bucket=timedelta(minutes=30), rate=60)
    return (
        {**findings, "vms": vms},
        {**answers, "records_by_time": by_time},
        facts(versions=dict.fromkeys(vms, "2026.3.1")),
    )


def large():
    """Return the largest answers that five VMs with 1.2 million records may have: every cell is long."""
    findings, answers, run = planted()
    long = "<b onmouseover=alert(1)>&\u202e\x00 é " * 400
    grown = {}
    for name, rows in answers.items():
        texts = [key for key, value in rows[0].items() if isinstance(value, str) and key not in ("vm", "level")]
        many_rows = rows if name in ("records_by_time", "logins_by_vm") else rows * (2000 // len(rows))
        grown[name] = [{**row, **dict.fromkeys(texts, f"{index} {long}")} for index, row in enumerate(many_rows)]
    for vm in findings["vms"].values():
        vm["reasons"] = [reason("lines_unreadable", long, long, count=number) for number in range(500)]
    return findings, grown, run
