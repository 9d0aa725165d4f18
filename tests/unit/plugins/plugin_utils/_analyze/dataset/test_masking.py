# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.answers import answers
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.masking import TEXT_LIMIT, masked


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("smtp_password", "(hidden)"),
        ("jira_api_token", "(hidden)"),
        ("API-KEY", "(hidden)"),
        ("monkey_mode", "1"),
        ("session_timeout", "1"),
        (None, "1"),
    ],
)
def test_values_of_secret_settings_are_hidden(setting, shown):
    row = {"setting": setting, "old_value": None, "new_value": "1", "granted": True}
    assert masked(row) == {"setting": setting, "old_value": None, "new_value": shown, "granted": True}


@pytest.mark.parametrize(
    ("key", "shown"),
    [("12345678", "12345678"), ("123456789", "12345678… (9 characters)"), (None, None)],
)
def test_of_an_api_key_only_the_start_is_kept(key, shown):
    assert masked({"api_key": key}) == {"api_key": shown}


@pytest.mark.parametrize(
    "name", ["signature", "exception", "sample", "text", "path", "error", "reason", "old_value", "new_value"]
)
def test_what_looks_like_a_secret_in_a_text_is_masked(name):
    row = masked({name: "cannot reach postgresql://guard:hunter2@db:5432/guard", "vm": "web1", "records": 3})
    assert row == {name: "cannot reach postgresql://***@db:5432/guard", "vm": "web1", "records": 3}


def test_texts_are_bounded():
    row = masked({"new_value": "x" * (TEXT_LIMIT + 1), "user_name": "y" * (TEXT_LIMIT + 1)})
    assert {name: len(value) for name, value in row.items()} == {"new_value": TEXT_LIMIT, "user_name": TEXT_LIMIT + 1}


def test_no_answer_has_a_secret(tmp_path, stage_records):
    records = [
        {"action": "api_request", "api_key": "agk_hunter2hunter2"},
        {"action": "setting_change", "setting": "smtp_password", "old_value": "hunter2", "new_value": "hunter2!"},
        {"action": "setting_change", "setting": "database", "old_value": "redis://:hunter2@cache", "new_value": None},
        {"level": "error", "message": "login failed, password=hunter2", "stacktrace": "KeyError: token=hunter2"},
        {"log_type": "web", "method": "GET", "path": "/api?token=hunter2", "status_code": 500},
        {"log_type": "tanium", "target": "t", "path": "/x?password=hunter2", "error": "secret: hunter2"},
        {"action": "access", "access_granted": False, "access_denied_reason": "password=hunter2"},
    ]
    found = answers(stage_records("web1", *records), tmp_path)
    assert {name for name, rows in found.items() if rows} >= {
        "error_signatures",
        "exceptions",
        "http_errors",
        "tanium_errors",
        "denied_actions",
        "invalid_api_keys",
        "setting_changes",
    }
    assert "hunter2" not in json.dumps(found, default=str)
