# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The questions to the data set whose answers the page shows as tables."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text

Record = t.Mapping[str, t.Any]
Answers = t.Mapping[str, t.Sequence[Record]]


@dataclass(frozen=True)
class Field:
    """A column of an answer, and how it is shown: text, code, number, time, vms or level."""

    key: str
    heading: str
    kind: str = "text"


@dataclass(frozen=True)
class Question:
    name: str
    heading: str
    noun: tuple[str, str]
    """What one row is, in the singular and the plural."""
    nothing: str
    fields: tuple[Field, ...]
    order: t.Callable[[Record], t.Any]
    """The sort key: the worst first."""
    total: tuple[str, str] = ("records", "record")
    """A column whose sum is shown, and what it counts; empty where there is none."""
    is_problem: bool = True
    """Whether its section is unfolded."""


_RECORDS = Field("records", "Records", "number")
_SEEN = (
    Field("vms", "VMs", "vms"),
    Field("first_seen", "First seen (UTC)", "time"),
    Field("last_seen", "Last seen (UTC)", "time"),
)
_SAMPLE = Field("sample", "Sample", "code")
_USER = Field("user_name", "User")
_ADDRESS = Field("client_ip", "Address")
_LEVEL = Field("level", "Level", "level")
_PATH = Field("path", "Path", "code")
_STATUS = Field("status_code", "Status")
_VM = Field("vm", "VM")
_TIME = Field("time", "Time (UTC)", "time")


def _most(key: str) -> t.Callable[[Record], t.Any]:
    return lambda row: -row[key]


QUESTIONS = (
    Question(
        "error_signatures",
        "Errors by signature",
        ("signature", "signatures"),
        "No errors",
        (Field("signature", "Signature", "code"), _LEVEL, _RECORDS, *_SEEN, _SAMPLE),
        lambda row: (row["level"] != "critical", -row["records"]),
    ),
    Question(
        "exceptions",
        "Exceptions",
        ("exception", "exceptions"),
        "No exceptions",
        (Field("exception", "Exception", "code"), _RECORDS, *_SEEN, _SAMPLE),
        _most("records"),
    ),
    Question(
        "failed_requests",
        "Failed requests that crossed VMs",
        ("record", "records"),
        "No failed requests that crossed VMs",
        (_TIME, _VM, _LEVEL, Field("log_type", "Type"), Field("text", "Text", "code")),
        # They come in the order of time, request by request.
        lambda row: 0,
        total=("", ""),
    ),
    Question(
        "http_errors",
        "HTTP 4xx and 5xx by path",
        ("path and status", "paths and statuses"),
        "No HTTP errors",
        (Field("method", "Method"), _PATH, _STATUS, _RECORDS, *_SEEN),
        lambda row: (row["status_code"] < 500, -row["records"]),
    ),
    Question(
        "tanium_errors",
        "Tanium errors",
        ("kind", "kinds"),
        "No Tanium errors",
        (Field("target", "Server"), _PATH, _STATUS, Field("error", "Error", "code"), _RECORDS, *_SEEN),
        _most("records"),
    ),
    Question(
        "denied_actions",
        "Denied actions",
        ("kind", "kinds"),
        "No denied actions",
        (Field("action", "Action"), Field("element", "Element"), _USER, Field("reason", "Reason"), _RECORDS, *_SEEN),
        _most("records"),
    ),
    Question(
        "invalid_api_keys",
        "API requests with invalid keys",
        ("key and address", "keys and addresses"),
        "No API requests with invalid keys",
        (Field("api_key", "API key", "code"), _ADDRESS, _RECORDS, *_SEEN),
        _most("records"),
    ),
    Question(
        "logins",
        "Log-ins by user and address",
        ("user and address", "users and addresses"),
        "No log-ins",
        (_USER, _ADDRESS, Field("granted", "Granted", "number"), Field("denied", "Denied", "number"), *_SEEN[1:]),
        lambda row: (-row["denied"], -row["granted"]),
        total=("denied", "denied log-in"),
        is_problem=False,
    ),
    Question(
        "setting_changes",
        "Setting changes",
        ("change", "changes"),
        "No setting changes",
        (
            _TIME,
            _VM,
            Field("setting", "Setting"),
            Field("old_value", "Old value", "code"),
            Field("new_value", "New value", "code"),
            _USER,
            Field("granted", "Allowed"),
        ),
        # The newest first.
        lambda row: -text.utc(row["time"]).timestamp(),
        total=("", ""),
        is_problem=False,
    ),
    Question(
        "memory_by_module",
        "Memory of the analyzer by module",
        ("module and VM", "modules and VMs"),
        "No analysis records",
        (
            Field("module", "Module"),
            _VM,
            _RECORDS,
            Field("min_mb", "Least (MB)", "number"),
            Field("median_mb", "Median (MB)", "number"),
            Field("max_mb", "Most (MB)", "number"),
        ),
        _most("max_mb"),
        is_problem=False,
    ),
)


def ordered(answers: Answers) -> dict[str, list[Record]]:
    """Return the answers to all questions, the worst rows first; rows that are equally bad keep their order."""
    return {question.name: sorted(answers.get(question.name, ()), key=question.order) for question in QUESTIONS}


def total(rows: t.Sequence[Record]) -> int:
    """Return how many rows an answer has that may be bounded: each of its rows says so, or there are no others."""
    return int(rows[0].get("total", len(rows))) if rows else 0
