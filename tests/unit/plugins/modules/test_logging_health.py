# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


import pytest

yaml = pytest.importorskip("yaml")
basic = pytest.importorskip("ansible.module_utils.basic")

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import error, failure
from ansible_collections.community.aqtive_guard.plugins.modules import logging_health

DOCUMENTATION = yaml.safe_load(logging_health.DOCUMENTATION)["options"]


class Exit(Exception):
    """The result with which the module exited."""


@pytest.fixture
def run(monkeypatch):
    """Run the module with a health check that is a function of the module's options and of a function that runs commands."""

    def run_module(check_health):
        class Module:
            def __init__(self, argument_spec, supports_check_mode):
                assert supports_check_mode
                self.params = {name: spec.get("default") for name, spec in argument_spec.items()}

            def run_command(self, command, handle_exceptions=True):
                return command, handle_exceptions

            def exit_json(self, **result):
                raise Exit(result)

            fail_json = exit_json

        monkeypatch.setattr(logging_health, "AnsibleModule", Module)
        monkeypatch.setattr(logging_health, "check_health", check_health)
        with pytest.raises(Exit) as caught:
            logging_health.main()
        return caught.value.args[0]

    return run_module


def test_the_options_are_documented_in_the_order_of_the_argument_spec():
    assert list(DOCUMENTATION) == list(logging_health.ARGUMENT_SPEC)


@pytest.mark.parametrize("name", logging_health.ARGUMENT_SPEC)
def test_the_module_documents_the_type_and_default_of(name):
    documented = dict(DOCUMENTATION[name])
    assert documented.pop("description")
    assert documented == logging_health.ARGUMENT_SPEC[name]


def test_a_healthy_vm_is_not_changed(run):
    def check_health(options, run_command):
        assert options == {name: spec.get("default") for name, spec in logging_health.ARGUMENT_SPEC.items()}
        return {"units": {"a.service": "active"}, "waited": 1.5}

    assert run(check_health) == {"changed": False, "units": {"a.service": "active"}, "waited": 1.5}


def test_a_command_that_cannot_be_run_raises_an_exception_for_the_health_check(run):
    assert run(lambda options, run_command: {"ran": run_command(["systemctl"])})["ran"] == (["systemctl"], False)


def test_an_unhealthy_vm_is_a_failure_with_its_errors(run):
    def check_health(options, run_command):
        raise failure("health", "unit a.service", "is failed", "Start it", waited=2.0)

    assert run(check_health) == {
        "failed": True,
        "changed": False,
        "msg": "unit a.service is failed. Start it.",
        "errors": [error("health", "unit a.service", "is failed", "Start it")],
        "waited": 2.0,
    }


def test_the_file_is_a_program(run_as_program):
    run_as_program(logging_health.__file__)
