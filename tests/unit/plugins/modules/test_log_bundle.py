# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

pytest.importorskip("ansible.module_utils.basic")

from ansible_collections.community.aqtive_guard.plugins.module_utils import _bundle, _logging_keys
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
                raise Exit(dict(result, failed=False, warnings=self.warnings))

            def fail_json(self, **result):
                raise Exit(dict(result, failed=True))

        monkeypatch.setattr(log_bundle, "AnsibleModule", Module)
        monkeypatch.setattr(log_bundle._bounded_command, "stop_on_signals", lambda: None)
        with pytest.raises(Exit) as caught:
            log_bundle.main()
        return caught.value.args[0]

    return run_module


def test_a_bundle(run, monkeypatch):
    monkeypatch.setattr(_bundle, "make", lambda options: {"path": "/x", "asked": options["command"]})
    assert run(command=["cs"], config_path="/no/such") == {
        "failed": False,
        "changed": True,
        "path": "/x",
        "asked": ["cs"],
        "warnings": [],
        "logging_digest": None,
    }


def test_the_settings_are_told_as_a_digest_whether_or_not_there_is_a_bundle(run, monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_bytes(b"SECRET=x\nLOG_LEVEL=debug\n")
    monkeypatch.setattr(_bundle, "make", lambda options: {})
    told = run(config_path=str(config))["logging_digest"]
    assert told == _logging_keys.digest({"LOG_LEVEL": "debug"})
    assert run(config_path=str(config), command=["/no/such"], check_mode=True)["logging_digest"] == told
    config.write_bytes(b"SECRET=y\nLOG_LEVEL=info\n")
    assert run(config_path=str(config))["logging_digest"] != told


def test_what_was_left_besides_is_warned_of(run, monkeypatch):
    monkeypatch.setattr(_bundle, "make", lambda options: {"not_taken": ["a", "b\\x1b"]})
    assert [name in warning for name, warning in zip("ab", run()["warnings"])] == [True, True]


def test_check_mode_looks_and_runs_nothing(run, monkeypatch):
    monkeypatch.setattr(_bundle, "prepare", lambda options: None)
    monkeypatch.setattr(_bundle, "make", lambda options: pytest.fail("it was run"))
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
    for name in ("make", "prepare"):
        monkeypatch.setattr(_bundle, name, lambda options: pytest.fail("it was run"))
    result = run(check_mode=check_mode, date_from="x", timeout=0)
    assert (result["failed"], result["phase"], len(result["errors"])) == (True, "refuse", 2)
