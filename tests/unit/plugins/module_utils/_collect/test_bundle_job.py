# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import sys
import time

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import (
    background_job,
    bundle,
    bundle_job,
    preflight,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import ARGUMENT_SPEC
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command

JOB = {"name": "abcd1234", "start": True, "wait": 60, "keep": False}
WRITE = "import sys; open(sys.argv[sys.argv.index('--out-file') + 1], 'w').write('x')"
FACTS = {"logging_digest": "d"}


@pytest.fixture
def vm(tmp_path):
    """Run the job of a command that is a Python program."""

    def run(program, check_mode=False, job=None, **more):
        options = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}
        options.update(command=[sys.executable, "-c", program], directory=str(tmp_path), minimum_free=0)
        options.update(more, vm_job=dict(JOB, **job or {}))
        return bundle_job.run(options, check_mode, lambda: dict(FACTS))

    return run


def test_result_of_a_bundle(vm, tmp_path):
    result = vm(WRITE)
    path = str(tmp_path / "aqtive_guard_log_bundle.abcd1234")
    assert (result["changed"], result["directory"], result["size"]) == (True, path, 1)
    assert (result["removed_leftovers"], result["logging_digest"]) == ([], "d")
    assert "failed" not in result
    assert sorted(os.listdir(path)) == [".result.json", "aqtive-guard-logs.log"]


def test_bundle_that_is_kept_on_the_vm_is_alone_in_its_directory(vm):
    assert os.listdir(vm(WRITE, job={"keep": True})["directory"]) == ["aqtive-guard-logs.log"]


def test_request_that_is_repeated_starts_no_second_job(vm):
    first = vm(WRITE)
    assert vm("raise SystemExit('again')") == first
    assert vm("raise SystemExit('again')", job={"start": False}) == first


def test_running_job_is_pending_and_can_be_polled(vm, tmp_path):
    release = tmp_path / "release"
    program = f"""
import os, time
with open("work.gz", "w") as stream:
    stream.write("x" * 1000)
while not os.path.exists({str(release)!r}):
    time.sleep(0.02)
"""
    pending = vm(program, job={"wait": 0})
    deadline = time.monotonic() + 60
    while pending.get("bytes_written") == 0 and time.monotonic() < deadline:
        pending = vm(program, job={"start": False, "wait": 0.1})
    assert pending == {"changed": True, "pending": True, "bytes_written": 1000}
    release.touch()
    assert vm(program, job={"start": False})["size"] == 1000


def test_failure_can_be_read_repeatedly(vm):
    results = [vm("raise SystemExit(3)") for dummy in range(2)]
    assert results[0] == results[1]
    assert (results[0]["failed"], results[0]["changed"], results[0]["rc"]) == (True, False, 3)
    assert (results[0]["logging_digest"], results[0]["removed_leftovers"]) == ("d", [])
    assert [error["phase"] for error in results[0]["errors"]] == ["run"]
    assert os.listdir(results[0]["directory"]) == [".result.json"]


def test_job_that_does_not_exist_and_must_not_be_started(vm, tmp_path):
    result = vm(WRITE, job={"start": False})
    assert (result["failed"], result["logging_digest"]) == (True, "d")
    assert "no longer exists" in result["msg"]
    assert os.listdir(str(tmp_path)) == []


def test_failure_to_start_removes_the_directory(vm, tmp_path, monkeypatch):
    def fail(*dummy):
        raise OSError(28, "No space left on device", "/x")

    monkeypatch.setattr(background_job, "start", fail)
    result = vm(WRITE)
    assert result["errors"][0]["phase"] == "prepare"
    assert os.listdir(str(tmp_path)) == []


def test_interruption_cancels_the_job(vm, tmp_path, monkeypatch):
    def interrupt(path, seconds):
        raise bounded_command.Interrupted("was stopped by SIGINT")

    monkeypatch.setattr(background_job, "wait", interrupt)
    result = vm("import time; time.sleep(300)")
    assert (result["failed"], "was stopped by SIGINT" in result["msg"]) == (True, True)
    deadline = time.monotonic() + 60
    while os.listdir(str(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert os.listdir(str(tmp_path)) == []


def test_check_mode_runs_nothing(vm, monkeypatch):
    monkeypatch.setattr(bundle, "prepare", None)
    assert vm(WRITE, check_mode=True, log_levels=["ERROR"]) == {
        "changed": True,
        "excluded_by_filters": {"log_types": [], "log_levels": ["DEBUG", "INFO", "WARNING", "CRITICAL"]},
        "logging_digest": "d",
    }


def test_check_mode_checks_the_vm(vm):
    result = vm("", check_mode=True, command=["/no/such"])
    assert (result["failed"], result["errors"][0]["phase"], result["logging_digest"]) == (True, "prepare", "d")


@pytest.mark.parametrize("check_mode", [False, True])
def test_invalid_options_are_rejected_before_anything_runs(vm, monkeypatch, check_mode):
    monkeypatch.setattr(bundle, "prepare", None)
    monkeypatch.setattr(preflight, "check", None)
    result = vm(WRITE, check_mode=check_mode, date_from="x", timeout=0)
    assert (result["failed"], result["changed"]) == (True, False)
    assert [error["subject"] for error in result["errors"]] == ["date_from", "timeout"]
