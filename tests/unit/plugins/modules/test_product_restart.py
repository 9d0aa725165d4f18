# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

yaml = pytest.importorskip("yaml")
pytest.importorskip("ansible.module_utils.basic")

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.modules import product_restart

DOCUMENTATION = yaml.safe_load(product_restart.DOCUMENTATION)["options"]


def test_the_module_documents_its_options():
    documented = {name: dict(option) for name, option in DOCUMENTATION.items()}
    assert all(option.pop("description") for option in documented.values())
    assert documented == product_restart.ARGUMENT_SPEC


def test_the_command_runs_with_the_options_and_the_temporary_directory_of_the_module(run, monkeypatch, tmp_path):
    def restart(options, directory):
        assert options == {"command": ["/opt/cs"], "timeout": 5, "config_path": "/etc/x"}
        assert directory.startswith(str(tmp_path / "ansible"))
        return {"rc": 0, "start": 1.5}

    monkeypatch.setattr(product_restart, "restart", restart)
    result = run(product_restart, command=["/opt/cs"], timeout=5, config_path="/etc/x")
    assert result == {"changed": True, "rc": 0, "start": 1.5, "warnings": []}


def test_a_failure_has_its_errors(run, monkeypatch):
    def restart(options, directory):
        raise failure("run", "cs restart", "exited with status 3", "Run it manually", rc=3)

    monkeypatch.setattr(product_restart, "restart", restart)
    result = run(product_restart)
    assert (result["failed"], result["changed"], result["rc"]) == (True, False, 3)
    assert result["errors"][0]["cause"] == "exited with status 3"


def test_check_mode_runs_nothing(run, monkeypatch):
    monkeypatch.setattr(product_restart, "restart", None)
    assert run(product_restart, check_mode=True) == {"changed": True, "warnings": []}


def test_the_file_is_a_program(run_as_program):
    run_as_program(product_restart.__file__)
