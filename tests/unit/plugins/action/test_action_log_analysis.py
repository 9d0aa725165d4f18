# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import MagicMock

import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.action import log_analysis, log_report
from ansible_collections.community.aqtive_guard.plugins.modules import log_analysis as log_analysis_module
from ansible_collections.community.aqtive_guard.plugins.modules import log_report as log_report_module

RECORD = (
    '{"id":"00000000-0000-4000-8000-000000000001","created_at":"2026-10-25T12:00:00Z","hostname":"web1","level":"info",'
    '"log_type":"application","pid":1,"message":"started"}\n'
)


def run(action, check_mode=False, **arguments):
    task = MagicMock(args=arguments, async_val=0, check_mode=check_mode)
    return action.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock()).run()


@pytest.fixture
def runs(tmp_path):
    """A directory with an older and a newer run directory, whose manifests are damaged, and a folder of logs."""
    for number, name in enumerate(("older", "newer")):
        path = tmp_path / "runs" / name / "manifest.json"
        path.parent.mkdir(parents=True)
        path.write_text("damaged")
        os.utime(path, (number, number))
    folder = tmp_path / "case" / "web1"
    folder.mkdir(parents=True)
    (folder / "app.log").write_text(RECORD)
    return tmp_path / "runs"


@pytest.fixture
def case(runs, tmp_path):
    return tmp_path / "case"


def test_arguments_and_results_are_those_that_the_module_documents(case):
    result = run(log_analysis, source=[str(case)], dataset=str(case / "dataset"))
    documented = yaml.safe_load(log_analysis_module.DOCUMENTATION)["options"]
    assert set(documented) == set(log_analysis._ARGUMENT_SPEC)
    returned = yaml.safe_load(log_analysis_module.RETURN)
    assert set(result) - {"changed"} == {name for name, value in returned.items() if value["returned"] == "success"}


def test_results_are_written_below_the_source_by_default(case):
    result = run(log_analysis, source=[str(case)], dataset=str(case / "dataset"))
    assert (result["changed"], result["dest"]) == (True, str(case / "analysis"))
    assert Path(result["merged"]).is_file()
    assert Path(result["findings_file"]).is_file()
    assert (result["records"], result["added"], list(result["verdicts"])) == (1, 1, ["web1"])


def test_kinds_are_those_of_the_findings_each_once(case):
    (case / "web1" / "app.log").write_text("{broken\n{broken\n" + RECORD)
    assert "lines_unreadable" in run(log_analysis, source=[str(case)], dataset=str(case / "dataset"))["kinds"]


def test_the_newest_run_is_analyzed_by_default(runs, tmp_path):
    result = run(log_analysis, runs=str(runs), dataset=str(tmp_path / "dataset"))
    assert result["failed"]
    assert result["errors"][0]["subject"] == str(runs / "newer" / "manifest.json")


def test_a_directory_in_which_others_could_put_a_newer_run_is_refused(runs, tmp_path):
    runs.chmod(0o777)
    result = run(log_analysis, runs=str(runs), dataset=str(tmp_path / "dataset"))
    (error,) = result["errors"]
    assert (error["phase"], error["subject"]) == ("store", str(runs))


def test_no_run_is_an_error_with_its_remedy(tmp_path):
    result = run(log_analysis, runs=str(tmp_path), dataset=str(tmp_path / "dataset"))
    (error,) = result["errors"]
    assert error["subject"] == str(tmp_path)
    assert "collect-logs.yml" in error["remedy"]


def test_missing_libraries_are_reported_before_anything_is_read(monkeypatch, tmp_path):
    monkeypatch.setattr(log_analysis.libraries, "NAMES", ("no_such_library",))
    result = run(log_analysis, dataset=str(tmp_path))
    assert "no_such_library is not installed" in result["msg"]


def test_check_mode_analyzes_nothing(case):
    assert run(log_analysis, True, source=[str(case)], dataset=str(case / "dataset"))["skipped"]
    assert os.listdir(case) == ["web1"]


class TestReport:
    @pytest.fixture
    def dest(self, case):
        return Path(run(log_analysis, source=[str(case)], dataset=str(case / "dataset"))["dest"])

    def test_arguments_and_results_are_those_that_the_module_documents(self, dest):
        result = run(log_report, dest=str(dest))
        returned = yaml.safe_load(log_report_module.RETURN)
        assert set(result) - {"changed"} == {name for name, value in returned.items() if value["returned"] == "success"}

    def test_is_a_private_page_that_changes_only_with_the_results(self, dest):
        result = run(log_report, dest=str(dest))
        page = dest / "report.html"
        assert (result["changed"], result["path"], result["size"]) == (True, str(page), page.stat().st_size)
        assert page.stat().st_mode & 0o777 == 0o600
        assert "web1" in page.read_text()
        assert run(log_report, dest=str(dest))["changed"] is False

    def test_is_not_written_in_check_mode(self, dest):
        assert run(log_report, True, dest=str(dest))["changed"] is True
        assert not (dest / "report.html").exists()

    def test_needs_the_results(self, tmp_path):
        result = run(log_report, dest=str(tmp_path))
        assert result["errors"][0]["subject"] == str(tmp_path / "report.json")
