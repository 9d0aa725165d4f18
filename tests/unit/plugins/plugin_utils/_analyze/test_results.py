# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import results
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.facts import RunFacts

TIME = datetime(2026, 10, 25, 12, tzinfo=timezone.utc)
RESULTS = results.Results(
    {"format_version": 1, "vms": {}, "fleet": []},
    {
        "setting_changes": [{"time": TIME, "vm": "web1", "old_value": None}],
        "logins": [{"first_seen": TIME, "last_seen": None}],
        "records_by_time": [{"bucket": TIME, "records": 3}],
    },
    RunFacts("case-4711", "ask {question}", collected_at=TIME, versions={"web1": "3.4.1"}),
)


def test_what_is_written_is_read_again(tmp_path):
    results.write(tmp_path, RESULTS)
    assert results.load(tmp_path) == RESULTS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format_version": 2}',
        '{"format_version": 1}',
        '{"format_version": 1, "facts": 3, "answers": {}}',
    ],
)
def test_a_file_of_another_form_is_an_error_that_names_it(tmp_path, text):
    results.write(tmp_path, RESULTS)
    (tmp_path / results.ANSWERS).write_text(text)
    with pytest.raises(Failure) as raised:
        results.load(tmp_path)
    (error,) = raised.value.errors
    assert (error["subject"], error["remedy"]) == (str(tmp_path / results.ANSWERS), "Analyze again")


def test_findings_of_another_form_are_an_error(tmp_path):
    results.write(tmp_path, RESULTS)
    (tmp_path / "findings.json").write_text("[]")
    with pytest.raises(Failure, match=r"findings\.json is not what this version"):
        results.load(tmp_path)


@pytest.mark.parametrize("name", [results.ANSWERS, results.FINDINGS])
def test_a_missing_file_is_an_error_that_names_it(tmp_path, name):
    results.write(tmp_path, RESULTS)
    (tmp_path / name).unlink()
    with pytest.raises(Failure) as raised:
        results.load(tmp_path)
    assert raised.value.errors[0]["subject"] == str(tmp_path / name)
