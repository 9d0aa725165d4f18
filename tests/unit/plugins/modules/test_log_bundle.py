# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import sys
import time

import pytest

basic = pytest.importorskip("ansible.module_utils.basic")

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import machine_id, product_packages
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import ARGUMENT_SPEC
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import logging_keys
from ansible_collections.community.aqtive_guard.plugins.modules import log_bundle

WRITE = "import sys; open(sys.argv[sys.argv.index('--out-file') + 1], 'w').write('x');"
PACKAGES = {"cryptosense-analyzer-web": "1-1"}


class Exit(Exception):
    """The result with which the module exited."""


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run the module for a command that is a Python program."""

    def run_module(program, check_mode=False, **options):
        class Module:
            def __init__(self, argument_spec, supports_check_mode):
                assert supports_check_mode
                assert argument_spec == dict(ARGUMENT_SPEC, vm_job={"type": "dict"})
                self.params = {name: spec.get("default") for name, spec in argument_spec.items()}
                self.params.update(
                    command=[sys.executable, "-c", program],
                    directory=str(tmp_path),
                    minimum_free=0,
                    config_path="/no/such",
                    vm_job={"name": "abcd1234", "start": True, "wait": 60, "keep": False},
                )
                self.params.update(options)
                self.check_mode = check_mode
                self.warnings = []

            def warn(self, warning):
                self.warnings.append(warning)

            def exit_json(self, **result):
                raise Exit(dict(without_clock(result), failed=False, warnings=self.warnings))

            def fail_json(self, msg, **result):
                assert "failed" not in result
                raise Exit(dict(without_clock(result), msg=msg, failed=True))

        def without_clock(result):
            received, answered = result.pop("clock")
            assert before <= received <= answered <= time.time()
            return result

        before, handlers = time.time(), []
        monkeypatch.setattr(log_bundle, "AnsibleModule", Module)
        monkeypatch.setattr(log_bundle.bounded_command, "stop_on_signals", lambda: handlers.append("installed"))
        monkeypatch.setattr(product_packages, "installed", lambda: PACKAGES)
        monkeypatch.setattr(machine_id, "digest", lambda: "0a" * 32)
        with pytest.raises(Exit) as caught:
            log_bundle.main()
        assert handlers == ["installed"]
        return caught.value.args[0]

    return run_module


def test_bundle(run):
    result = run(WRITE)
    assert (result["failed"], result["changed"], result["size"], result["warnings"]) == (False, True, 1, [])
    assert (result["logging_settings"], result["logging_digest"]) == (None, None)
    assert (result["product_packages"], result["machine_id_digest"]) == (PACKAGES, "0a" * 32)


def test_failure(run):
    result = run("raise SystemExit(3)")
    assert (result["failed"], result["changed"], result["rc"]) == (True, False, 3)
    assert result["msg"].endswith(" manually on the VM to see the reason.")


def test_ignored_files_are_warned_of(run):
    warnings = run(WRITE + "open('b', 'w'); open('c', 'w')")["warnings"]
    assert warnings == [f"The command also left {name!r}, which was ignored." for name in ("b", "c")]


@pytest.mark.parametrize(
    ("program", "check_mode"),
    [(WRITE, False), ("raise SystemExit(3)", False), ("", True)],
    ids=["bundle", "failure", "check mode"],
)
def test_facts_of_the_vm_are_in_every_result(run, tmp_path, program, check_mode):
    config = tmp_path / "config"
    config.write_bytes(b"SECRET=x\nLOG_LEVEL=debug\nLOG_FILE=var/log\n")
    result = run(program, check_mode, config_path=str(config))
    assert result["logging_settings"] == {"LOG_LEVEL": "debug", "LOG_FILE": "<7 characters, not shown>"}
    assert result["logging_digest"] == logging_keys.digest(result["logging_settings"])
    assert result["product_packages"] == PACKAGES


def test_check_mode_starts_no_job(run, tmp_path):
    assert run(WRITE, check_mode=True)["excluded_by_filters"] == {"log_types": [], "log_levels": []}
    assert list(tmp_path.iterdir()) == []


def test_invalid_options(run):
    result = run(WRITE, date_from="x", timeout=0)
    assert (result["failed"], [error["subject"] for error in result["errors"]]) == (True, ["date_from", "timeout"])


def test_the_file_is_a_program(run_as_program):
    run_as_program(log_bundle.__file__)
