# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from unittest.mock import MagicMock

import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.action import log_analysis, log_archive
from ansible_collections.community.aqtive_guard.plugins.modules import log_archive as module

RECORD = (
    '{"id":"00000000-0000-4000-8000-000000000001","created_at":"2026-10-25T12:00:00Z","hostname":"guard1.corp.example","level":"info",'
    '"log_type":"application","pid":1,"message":"by mcgrath","user_name":"mcgrath"}\n'
)
KEY = "k3y-of-the-tests-0123456789-abcdefghijklmnopqrstuvw"


def run(action, check_mode=False, **arguments):
    task = MagicMock(args=arguments, async_val=0, check_mode=check_mode)
    return action.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock()).run()


@pytest.fixture
def case(tmp_path):
    path = tmp_path / "case-4711" / "guard1" / "app.log"
    path.parent.mkdir(parents=True)
    path.write_text(RECORD)
    run(log_analysis, source=[str(tmp_path / "case-4711")], dest=str(tmp_path / "dest"), dataset=str(tmp_path / "set"))
    return {"source": [str(tmp_path / "case-4711")], "dest": str(tmp_path / "dest")}


def test_arguments_and_results_are_those_that_the_module_documents(case):
    assert set(yaml.safe_load(module.DOCUMENTATION)["options"]) == set(log_archive._ARGUMENT_SPEC)
    returned = yaml.safe_load(module.RETURN)
    result = run(log_archive, **case)
    assert set(result) - {"changed"} == {name for name, value in returned.items() if value["returned"] == "success"}


def test_the_archive_is_in_the_directory_of_the_results_and_is_named_after_the_source(case):
    result = run(log_archive, **case, key=KEY)
    assert result["path"] == f"{case['dest']}/aqtive-guard-support-case-4711.tar.gz"
    assert result["size"] == Path(result["path"]).stat().st_size
    assert result["table"][0].startswith("1 record of 1 VM, ")
    assert KEY not in str(result)


def test_names_are_not_in_the_name_of_the_archive(case, tmp_path):
    (tmp_path / "case-4711").rename(tmp_path / "mcgrath")
    result = run(log_archive, source=[str(tmp_path / "mcgrath")], dest=case["dest"])
    assert "mcgrath" not in result["path"]


def test_check_mode_creates_nothing(case):
    assert run(log_archive, check_mode=True, **case)["skipped"]
    assert list(Path(case["dest"]).glob("*support*")) == []


def test_a_key_that_is_too_short_is_a_failure_that_does_not_contain_it(case):
    result = run(log_archive, **case, key="hunter2")
    assert result["failed"] and "hunter2" not in str(result)
