# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import sys
import time

import pytest

pytest.importorskip("ansible.module_utils.basic")

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import background_job, bundle
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import logging_keys
from ansible_collections.community.aqtive_guard.plugins.modules import log_bundle


class Exit(Exception):
    """What the module said as it ended."""


@pytest.fixture
def run(monkeypatch):
    def run_module(check_mode=False, **options):
        class Module:
            def __init__(self, argument_spec, supports_check_mode):
                assert supports_check_mode
                self.params = dict({name: spec.get("default") for name, spec in argument_spec.items()}, **options)
                self.check_mode = check_mode

                self.warnings = []

            def warn(self, warning):
                self.warnings.append(warning)

            def exit_json(self, **result):
                raise Exit(dict(self.timed(result), failed=False, warnings=self.warnings))

            def fail_json(self, **result):
                raise Exit(dict(self.timed(result), failed=True))

            def timed(self, result):
                heard, answered = result.pop("clock")
                assert before <= heard <= answered <= time.time()
                return result

        before = time.time()
        monkeypatch.setattr(log_bundle, "AnsibleModule", Module)
        monkeypatch.setattr(log_bundle.bounded_command, "stop_on_signals", lambda: None)
        with pytest.raises(Exit) as caught:
            log_bundle.main()
        return caught.value.args[0]

    return run_module


JOB = {"name": "abcd1234", "start": True, "wait": 20, "keep": False}
WRITE = "import sys; open(sys.argv[sys.argv.index('--out-file') + 1], 'w').write('x')"


@pytest.fixture
def vm(run, tmp_path):
    """Run the module for a command that is a Python program, in a place of its own."""

    def run_vm(program, **more):
        command = [sys.executable, "-c", program]
        settings = {"directory": str(tmp_path), "minimum_free": 0, "config_path": "/no/such", "_job": JOB}
        return run(**dict(dict(settings, command=command), **more))

    return run_vm


def test_a_bundle(vm, tmp_path):
    result = vm(WRITE)
    path = str(tmp_path / "aqtive_guard_log_bundle.abcd1234")
    assert (result["failed"], result["changed"], result["directory"], result["size"]) == (False, True, path, 1)
    assert (result["leftovers"], result["logging_digest"], result["warnings"]) == ([], None, [])
    assert sorted(os.listdir(path)) == [".result.json", "aqtive-guard-logs.log"]


def test_a_bundle_that_stays_on_the_vm_is_left_alone_with_it(vm):
    assert os.listdir(vm(WRITE, _job=dict(JOB, keep=True))["directory"]) == ["aqtive-guard-logs.log"]


def test_a_question_that_is_asked_again_starts_nothing_again(vm):
    first = vm(WRITE)
    assert vm("raise SystemExit('again')") == first
    assert vm("raise SystemExit('again')", _job=dict(JOB, start=False)) == first


def test_a_bundle_that_takes_longer_goes_on_and_says_how_far_it_is(vm):
    slowly = "import time; open('work.gz', 'w').write('x' * 1000); time.sleep(3);"
    result = vm(slowly, _job=dict(JOB, wait=1.5))
    assert result == {"failed": False, "changed": True, "warnings": [], "pending": True, "made_so_far": 1000}
    result = vm(slowly, _job=dict(JOB, start=False))
    assert (result.get("msg"), result.get("size")) == (None, 1000)


def test_a_failure_is_told_as_often_as_it_is_asked_for(vm):
    results = [vm("raise SystemExit(3)") for dummy in range(2)]
    assert results[0] == results[1]
    assert (results[0]["failed"], results[0]["phase"], results[0]["rc"]) == (True, "run", 3)
    assert os.listdir(results[0]["directory"]) == [".result.json"]


def test_a_bundle_that_nobody_makes(vm, tmp_path):
    result = vm(WRITE, _job=dict(JOB, start=False))
    assert (result["failed"], result["phase"]) == (True, "run")
    assert "is gone" in result["msg"]
    assert os.listdir(str(tmp_path)) == []


def test_a_stop_while_it_is_waited_for_ends_it(vm, tmp_path, monkeypatch):
    def stop(path, seconds):
        raise bounded_command.Interrupted("this run was told to stop (SIGINT)")

    monkeypatch.setattr(background_job, "wait", stop)
    result = vm("import time; time.sleep(300)")
    assert (result["failed"], "SIGINT" in result["msg"]) == (True, True)
    deadline = time.monotonic() + 60
    while os.listdir(str(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert os.listdir(str(tmp_path)) == []


def test_what_was_left_besides_is_warned_of(vm):
    warnings = vm(WRITE + "; open('b', 'w')")["warnings"]
    assert ["'b'" in warning for warning in warnings] == [True]


def test_the_settings_are_told_as_a_digest_whether_or_not_there_is_a_bundle(vm, tmp_path):
    config = tmp_path / "config"
    config.write_bytes(b"SECRET=x\nLOG_LEVEL=debug\n")
    told = vm(WRITE, config_path=str(config))["logging_digest"]
    assert told == logging_keys.digest({"LOG_LEVEL": "debug"})
    failed = vm("raise SystemExit(3)", config_path=str(config), _job=dict(JOB, name="another1"))
    assert (failed["failed"], failed["logging_digest"]) == (True, told)
    config.write_bytes(b"SECRET=y\nLOG_LEVEL=info\n")
    assert vm("pass", config_path=str(config), check_mode=True)["logging_digest"] not in (None, told)


def test_check_mode_looks_and_runs_nothing(run, monkeypatch):
    monkeypatch.setattr(bundle, "prepare", lambda options: None)
    monkeypatch.setattr(bundle, "begin", lambda *dummy: pytest.fail("it was run"))
    bring = {"log_types": [], "log_levels": ["DEBUG", "INFO", "WARNING", "CRITICAL"]}
    assert run(check_mode=True, log_levels=["ERROR"]) == {
        "failed": False,
        "changed": True,
        "cannot_bring": bring,
        "warnings": [],
        "logging_digest": None,
    }


def test_check_mode_finds_what_is_wrong_on_the_vm(run):
    result = run(check_mode=True, command=["/no/such"])
    assert (result["failed"], result["phase"]) == (True, "prepare")


@pytest.mark.parametrize("check_mode", [False, True])
def test_bad_values_are_refused_before_anything_runs(run, monkeypatch, check_mode):
    for name in ("begin", "prepare"):
        monkeypatch.setattr(bundle, name, lambda *dummy: pytest.fail("it was run"))
    result = run(check_mode=check_mode, date_from="x", timeout=0)
    assert (result["failed"], result["phase"], len(result["errors"])) == (True, "refuse", 2)
