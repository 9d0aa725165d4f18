# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import json
import os
import uuid
from pathlib import Path
from unittest.mock import MagicMock

import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.action import log_analysis, log_report
from ansible_collections.community.aqtive_guard.plugins.modules import log_analysis as log_analysis_module
from ansible_collections.community.aqtive_guard.plugins.modules import log_manifest as log_manifest_module
from ansible_collections.community.aqtive_guard.plugins.modules import log_report as log_report_module
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import last_collections

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


class TestSeveralRuns:
    """Two controllers, or two slices of a job, have collected a part of the fleet each."""

    MANIFEST = yaml.safe_load(log_manifest_module.RETURN)["manifest"]["sample"]

    @pytest.fixture
    def slices(self, tmp_path):
        directories = []
        for number, vms in enumerate((("web1", "web2"), ("worker1",))):
            directory = tmp_path / f"slice{number}"
            entries = {}
            for vm in ("web1", "web2", "worker1"):
                entries[vm] = self.not_selected()
            for vm in vms:
                (directory / vm).mkdir(parents=True)
                lines = [self.record(vm, minute) for minute in range(len(vm) % 3, 30, 3)]
                (directory / vm / "logs.log").write_text("".join(lines))
                entries[vm] = self.collected(vm)
            manifest = {**self.MANIFEST, "run_id": directory.name, "vms": entries}
            (directory / "manifest.json").write_text(json.dumps(manifest))
            directories.append(str(directory))
        return directories

    def record(self, vm, minute):
        return (
            json.dumps({**json.loads(RECORD), "id": str(uuid.uuid4()), "created_at": self.time(minute), "vm": vm})
            + "\n"
        )

    def time(self, minute):
        return f"2026-10-25T12:{minute:02}:00Z"

    def not_selected(self):
        empty = dict.fromkeys(self.MANIFEST["vms"]["web1"])
        return {**empty, "status": "not_selected", "errors": [], "files": [], "reused": False}

    def collected(self, vm):
        file = {"path": f"{vm}/logs.log", "size": 1, "sha256": "ab" * 32, "format": "text", "empty": False}
        return {**self.MANIFEST["vms"]["web1"], "files": [file], "machine_id_digest": None}

    def test_are_analyzed_as_one_fleet(self, slices, tmp_path):
        result = run(log_analysis, source=slices, dataset=str(tmp_path / "dataset"))
        assert result["verdicts"] == {"web1": "complete", "web2": "complete", "worker1": "complete"}
        assert (result["records"], result["added"], result["dest"]) == (30, 30, f"{slices[0]}/analysis")
        with gzip.open(result["merged"], "rt") as merged:
            times = [json.loads(line)["created_at"] for line in merged]
        assert times == sorted(times)
        assert set(last_collections.read(tmp_path / "dataset")) == {"web1", "web2", "worker1"}

    def test_give_the_same_data_set_one_after_the_other(self, slices, tmp_path):
        for each in slices:
            run(log_analysis, source=[each], dataset=str(tmp_path / "dataset"))
        assert run(log_analysis, source=slices, dataset=str(tmp_path / "dataset"))["added"] == 0
        assert set(last_collections.read(tmp_path / "dataset")) == {"web1", "web2", "worker1"}

    def test_a_vm_that_none_of_them_has_is_missing(self, slices, tmp_path):
        path = tmp_path / "slice1" / "manifest.json"
        manifest = json.loads(path.read_text())
        manifest["vms"]["worker1"] = self.not_selected()
        path.write_text(json.dumps(manifest))
        result = run(log_analysis, source=slices, dataset=str(tmp_path / "dataset"))
        assert (result["verdicts"]["worker1"], result["kinds"]) == ("incomplete", ["vm_missing"])


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
