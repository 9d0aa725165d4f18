# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from unittest.mock import MagicMock

import pytest
import yaml
from ansible.errors import AnsibleUndefinedVariable

from ansible_collections.community.aqtive_guard.plugins.action import validate_variables
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import role_variables


def validate(hostvars, of_play=None, strategy="linear", **args):
    """Validate the variables of these VMs, the first of which runs the task, and which has the variables of the play besides."""
    first = next(iter(hostvars), "web1")
    task = MagicMock(args=args, async_val=0)
    task.get_play.return_value.strategy = strategy
    loader, templar = MagicMock(), MagicMock()
    loader.load_from_file = lambda path: yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    templar.template = lambda value: "of the template" if value == "{{ template }}" else value
    action = validate_variables.ActionModule(task, MagicMock(), MagicMock(), loader, templar, MagicMock())
    of_first = {
        **hostvars.get(first, {}),
        **(of_play or {}),
        "inventory_hostname": first,
        "ansible_play_hosts_all": list(hostvars),
        "hostvars": {"localhost": {}, **hostvars},
    }
    result = action.run(task_vars=of_first)
    assert result.get("failed", False) is ("errors" in result)
    assert result["changed"] is False
    return [each["subject"] for each in result.get("errors", [])]


def test_valid_variables_change_nothing():
    assert (
        validate({"web1": {"aqtive_guard_logging_level": "info", "aqtive_guard_logging_serial": "50%"}, "web2": {}})
        == []
    )


def test_every_error_is_reported_once_with_the_vms_that_it_does_not_share_with_all():
    bad = {"aqtive_guard_logging_flie": "/x", "aqtive_guard_log_bundle_timeout": "soon"}
    assert validate({"web1": bad, "web2": {**bad, "aqtive_guard_logging_units": "x"}, "web3": bad}) == [
        "aqtive_guard_logging_flie",
        "aqtive_guard_log_bundle_timeout",
        "aqtive_guard_logging_units of web2",
    ]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("aqtive_gaurd_logging_rotate_max", "Correct it to aqtive_guard_logging_rotate_max"),
        ("aqtiv_guard_logging_level", "Correct it to aqtive_guard_logging_level"),
        ("active_guard_log_bundle_dest", "Correct it to aqtive_guard_log_bundle_dest"),
        ("acme_log_bundle_dest", None),
        ("ansible_log_path", None),
    ],
)
def test_mistakes_in_the_prefix_are_errors(name, remedy):
    errors = role_variables.name_errors(
        [name], {f"aqtive_guard_{each}": {} for each in ("logging_rotate_max", "logging_level", "log_bundle_dest")}
    )
    assert [each["remedy"] for each in errors] == ([remedy] if remedy else [])


def test_variables_of_the_play_are_validated():
    assert validate(
        {"web1": {}}, {"aqtive_guard_logging_flie": "/x", "aqtive_guard_logging_units": "{{ template }}"}
    ) == [
        "aqtive_guard_logging_flie",
        "aqtive_guard_logging_units",
    ]


def test_what_the_roles_register_is_known_and_not_checked():
    assert validate({"web1": {"aqtive_guard_logging_plan": {}, "aqtive_guard_log_bundle_manifest": "x"}}) == []


@pytest.mark.parametrize("vm", ["web1", "web2", "localhost"])
def test_facts_in_place_of_variables_are_errors(vm):
    poisoned = {"ansible_facts": {"aqtive_guard_logging_drain_tasks": "/x", "distribution": "y"}}
    (subject,) = validate({"web1": {}, "web2": {}, vm: poisoned}, hosts=["web1", "web2"])
    assert subject.startswith("aqtive_guard_logging_drain_tasks")


def test_a_value_that_cannot_be_templated_yet_is_not_checked():
    class Host(dict):
        def __getitem__(self, key):
            raise AnsibleUndefinedVariable(key)

    assert validate({"web1": {}, "web2": Host(aqtive_guard_logging_units="{{ x }}")}) == []


def test_the_strategy_is_checked():
    assert validate({"web1": {}}, strategy="free") == ["strategy"]


def test_some_vms_can_be_selected():
    bad = {"aqtive_guard_logging_flie": "/x"}
    assert validate({"web1": {}, "web2": bad}, hosts=["web1"]) == []
    assert validate({"web1": {}, "web2": bad}, hosts=["web2"]) == ["aqtive_guard_logging_flie"]


def test_a_name_that_is_not_in_the_inventory_is_an_error():
    assert validate({"web1": {}}, hosts=["web1", "wbe2"]) == ["hosts"]


def test_a_bad_option_is_an_error():
    assert validate({"web1": {}}, host=["web1"]) == ["task"]
