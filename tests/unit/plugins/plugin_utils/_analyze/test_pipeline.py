# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole analysis, from folders and run directories to its results."""

from __future__ import annotations

import gzip
import json
import os
import stat
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.modules import log_manifest
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import pipeline, results
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering import vm as vm_analysis
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import last_collections

ROOT = Path(__file__).parents[5]
SCHEMA = json.loads((ROOT / "docs/schemas/findings-1.schema.json").read_text(encoding="utf-8"))


def line(vm, number, time="2026-10-25T12:00:00Z"):
    record = {
        "id": f"00000000-0000-4000-8000-{number:012x}",
        "created_at": time,
        "hostname": vm,
        "level": "info",
        "log_type": "application",
        "pid": 1,
        "message": f"message {number}",
    }
    return json.dumps(record)


@pytest.fixture
def logs(tmp_path):
    """A folder with the logs of two VMs, whose records alternate."""
    folder = tmp_path / "case"
    for offset, vm in enumerate(("web1", "web2")):
        (folder / vm).mkdir(parents=True)
        lines = [line(vm, number, f"2026-10-25T12:00:{number:02}Z") for number in range(offset, 10, 2)]
        (folder / vm / "app.log").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def analyze(tmp_path):
    def run(*sources, **more):
        defaults = {"dest": tmp_path / "results", "dataset": tmp_path / "dataset", "keep_days": None, "workers": 2}
        return pipeline.analyze(pipeline.Request(sources, **{**defaults, **more}))

    return run


def test_all_records_are_merged_in_the_order_of_their_time(logs, analyze, tmp_path):
    outcome = analyze(logs)
    with gzip.open(tmp_path / "results" / "merged.jsonl.gz", "rt") as merged:
        assert [json.loads(each)["message"] for each in merged] == [f"message {number}" for number in range(10)]
    assert (outcome.records, outcome.added) == (10, 10)


def test_findings_conform_to_their_schema_and_are_those_of_the_result(logs, analyze, tmp_path):
    (logs / "web2" / "app.log").write_text("{broken\n")
    outcome = analyze(logs)
    written = json.loads((tmp_path / "results" / "findings.json").read_text())
    jsonschema.validate(written, SCHEMA)
    assert written == outcome.findings
    assert written["vms"]["web2"]["verdict"] == "incomplete"
    assert any("web2" in text for text in outcome.table)


def test_a_second_analysis_gives_the_same_bytes_and_adds_nothing_to_the_data_set(logs, analyze, tmp_path):
    names = ("merged.jsonl.gz", "findings.json", "report.json")
    analyze(logs)
    first = [(tmp_path / "results" / name).read_bytes() for name in names]
    assert analyze(logs).added == 0
    assert [(tmp_path / "results" / name).read_bytes() for name in names] == first


def test_the_command_for_a_whole_answer_works(logs, analyze, tmp_path):
    dataset = tmp_path / "a data set"
    analyze(logs, dataset=dataset)
    command = results.load(tmp_path / "results").facts.query.replace("{question}", "records_by_time")
    shown = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
    assert [(row["vm"], row["records"]) for row in map(json.loads, shown.splitlines())] == [("web1", 5), ("web2", 5)]


def test_results_are_private_and_nothing_else_is_left(logs, analyze, tmp_path):
    results_directory = tmp_path / "results"
    analyze(logs)
    assert sorted(os.listdir(results_directory)) == ["findings.json", "merged.jsonl.gz", "report.json"]
    assert stat.S_IMODE(results_directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in results_directory.iterdir()} == {0o600}


def test_records_are_kept_if_that_is_wanted_and_only_those_of_the_last_analysis(logs, analyze, tmp_path):
    kept = tmp_path / "results" / results.RECORDS
    analyze(logs, keeps_records=True)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert {vm_analysis.kept_summary(vm, kept).records for vm in ("web1", "web2")} == {5}
    (logs / "web2" / "app.log").write_text("")
    analyze(logs, keeps_records=True)
    assert vm_analysis.kept_summary("web2", kept).records == 0
    analyze(logs)
    assert not kept.exists()


def test_what_a_killed_analysis_has_left_is_removed(logs, analyze, tmp_path):
    leftover = tmp_path / "results" / ".work" / "run-1.zst"
    leftover.parent.mkdir(parents=True)
    leftover.write_text("x")
    analyze(logs)
    assert not leftover.parent.exists()


def test_earlier_results_in_the_source_are_not_the_logs_of_a_vm(logs, analyze):
    places = {"dest": logs / "analysis", "dataset": logs / "dataset"}
    analyze(logs, **places)
    (logs / "analysis" / "findings.json").unlink()
    (logs / "dataset" / "collections.json").unlink()
    assert set(analyze(logs, **places).findings["vms"]) == {"web1", "web2"}


def test_results_are_written_even_if_the_data_set_cannot_be_extended(logs, analyze, tmp_path):
    (tmp_path / "dataset").write_text("a file")
    with pytest.raises(Failure, match="dataset"):
        analyze(logs)
    assert (tmp_path / "results" / "findings.json").is_file()


def test_an_error_of_duckdb_is_a_failure_without_text_of_a_record(logs, analyze, monkeypatch):
    monkeypatch.setattr(pipeline.answers, "QUESTIONS", {"broken": "SELECT CAST(message AS INTEGER) FROM records"})
    with pytest.raises(Failure) as raised:
        analyze(logs)
    (error,) = raised.value.errors
    assert (error["phase"], error["subject"]) == ("store", "DuckDB")
    assert "ConversionException" in error["cause"]
    assert "message" not in error["cause"]


def test_an_error_of_a_vm_ends_the_analysis_with_that_error(logs, analyze, monkeypatch, tmp_path):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vm_analysis, "analyze_vm", full)
    with pytest.raises(Failure) as raised:
        analyze(logs)
    (error,) = raised.value.errors
    assert "No space left on device" in error["cause"]
    assert os.listdir(tmp_path / "results") == []


def test_a_process_that_is_killed_is_an_error(logs, analyze, monkeypatch):
    monkeypatch.setattr(vm_analysis, "analyze_vm", lambda *_arguments: os.kill(os.getpid(), 9))
    with pytest.raises(Failure, match="A process of the analysis was terminated"):
        analyze(logs)


class TestRunDirectory:
    MANIFEST = yaml.safe_load(log_manifest.RETURN)["manifest"]["sample"]

    @pytest.fixture
    def run_directory(self, logs):
        manifest = {**self.MANIFEST, "vms": {}}
        for vm in ("web1", "web2"):
            content = (logs / vm / "app.log").read_bytes()
            file = {
                "path": f"{vm}/app.log",
                "size": len(content),
                "sha256": "ab" * 32,
                "format": "text",
                "empty": False,
            }
            manifest["vms"][vm] = {**self.MANIFEST["vms"]["web1"], "files": [file]}
        (logs / "manifest.json").write_text(json.dumps(manifest))
        return logs

    def test_facts_of_the_run_are_those_of_its_manifest(self, run_directory, analyze, tmp_path):
        analyze(run_directory)
        facts = results.load(tmp_path / "results").facts
        assert facts.title == "AQtive Guard logs, case-4711"
        assert facts.versions == {"web1": "3.4.1", "web2": "3.4.1"}
        assert facts.collected_at is not None
        assert (facts.window_from, facts.window_to) == (None, None)

    def test_texts_that_are_no_time_are_no_error(self, run_directory, analyze, tmp_path):
        path = run_directory / "manifest.json"
        manifest = json.loads(path.read_text())
        manifest["end"] = manifest["request"]["date_from"] = manifest["vms"]["web1"]["start"] = "yesterday"
        path.write_text(json.dumps(manifest))
        assert analyze(run_directory).records == 10
        facts = results.load(tmp_path / "results").facts
        assert (facts.collected_at, facts.window_from) == (None, None)
        assert last_collections.read(tmp_path / "dataset") == {}

    def request(self, run_directory, **values):
        """Change what was requested from each VM."""
        path = run_directory / "manifest.json"
        manifest = json.loads(path.read_text())
        for vm, of_vm in values.items():
            manifest["vms"][vm]["request"] |= of_vm
        path.write_text(json.dumps(manifest))

    def test_the_window_is_that_of_the_requests(self, run_directory, analyze, tmp_path):
        of_web1 = {"date_from": "2026-10-25", "date_to": "2026-10-25 12:30:00"}
        self.request(run_directory, web1=of_web1, web2={"date_from": "2026-10-24", "date_to": "2026-10-25 12:00:00"})
        analyze(run_directory)
        facts = results.load(tmp_path / "results").facts
        assert facts.window_from.isoformat() == "2026-10-24T00:00:00+00:00"
        assert facts.window_to.isoformat() == "2026-10-25T12:30:00+00:00"

    def test_the_window_has_no_begin_if_a_vm_was_asked_for_everything(self, run_directory, analyze, tmp_path):
        self.request(run_directory, web1={"date_from": "2026-10-25"})
        analyze(run_directory)
        assert results.load(tmp_path / "results").facts.window_from is None

    def test_the_data_set_records_when_each_vm_was_collected(self, run_directory, analyze, tmp_path):
        analyze(run_directory)
        collected = last_collections.read(tmp_path / "dataset")
        assert set(collected) == {"web1", "web2"}
        assert collected["web1"].collected_at.isoformat() == "2026-11-24T14:05:01.234000+00:00"
        assert collected["web1"].newest_record.isoformat() == "2026-10-25T12:00:08+00:00"

    @pytest.mark.parametrize(
        "values", [{"log_types": ["AUDIT"]}, {"log_levels": ["ERROR"]}, {"date_from": "yesterday"}]
    )
    def test_the_data_set_does_not_record_a_collection_of_less_than_everything(
        self, run_directory, analyze, tmp_path, values
    ):
        self.request(run_directory, web1=values)
        analyze(run_directory)
        assert set(last_collections.read(tmp_path / "dataset")) == {"web2"}

    def test_a_collection_ends_with_its_request(self, run_directory, analyze, tmp_path):
        self.request(run_directory, web1={"date_to": "2026-10-25 12:00:05"})
        analyze(run_directory)
        collected = last_collections.read(tmp_path / "dataset")["web1"]
        assert collected.collected_at.isoformat() == "2026-10-25T12:00:05+00:00"
        assert collected.newest_record.isoformat() == "2026-10-25T12:00:04+00:00"

    def test_a_collection_continues_that_of_another_run(self, run_directory, analyze, tmp_path):
        self.request(run_directory, web1={"date_to": "2026-10-25 12:00:04"}, web2={"date_to": "2026-10-25 12:00:04"})
        analyze(run_directory)
        self.request(
            run_directory,
            web1={"date_from": "2026-10-25 12:00:04", "date_to": None},
            web2={"date_from": "2026-10-25 12:00:05", "date_to": None},
        )
        analyze(run_directory)
        collected = last_collections.read(tmp_path / "dataset")
        assert [collected[vm].complete_until.second for vm in ("web1", "web2")] == [8, 3]
