# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
from unittest.mock import MagicMock, patch

import pytest
from ansible.errors import AnsibleError

from ansible_collections.community.aqtive_guard.plugins.action import (
    backup_retention,
    compare_logging,
    logging_config,
    logging_config_info,
    logging_health,
    product_restart,
    validate_logging,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import message
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import digest
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.answers import ANSWERS, OF_A_CHANGE


def action(plugin, args, **task):
    task = MagicMock(args=args, **{"async_val": 0, "check_mode": False, "diff": False, **task})
    return plugin.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())


def validate(**args):
    return action(validate_logging, args).run()


def compare(**args):
    return action(compare_logging, args).run()


def results(**levels):
    """Return the result of a module for each VM with this level."""
    return {vm: {"settings": {"LOG_LEVEL": level}} for vm, level in levels.items()}


@pytest.mark.parametrize("plugin", [compare_logging, validate_logging])
class TestOnTheController:
    def test_an_action_needs_no_connection(self, plugin):
        assert plugin.ActionModule._requires_connection is False

    def test_async_is_refused_as_by_every_action_of_ansible_core(self, plugin):
        with pytest.raises(AnsibleError, match="async"):
            action(plugin, {}, async_val=10).run()


class TestValidateLogging:
    def test_settings_are_returned_as_the_vendors_text(self):
        result = validate(
            log_level="info", log_file="/a", log_rotate_daily="yes", log_rotate_max=7, log_file_audit=None
        )
        settings = {"LOG_LEVEL": "info", "LOG_FILE": "/a", "LOG_ROTATE_DAILY": "true", "LOG_ROTATE_MAX": "7"}
        assert result == {"changed": False, "settings": settings, "digest": digest(settings), "warnings": []}

    def test_warnings_are_returned(self):
        assert len(validate(log_level="info", log_file="/a", log_file_audit="/a")["warnings"]) == 1

    def test_all_violations_are_reported_at_once(self):
        result = validate(log_level="loud", log_rotate_max="abc", log_fiel="/a")
        assert (result["failed"], result["changed"]) == (True, False)
        assert [error["subject"] for error in result["errors"]] == [
            "log_fiel",
            "LOG_LEVEL",
            "LOG_ROTATE_MAX",
            "LOG_ROTATE_MAX",
        ]
        assert result["msg"] == message(result["errors"])
        assert "settings" not in result


class TestValidateLoggingOfVms:
    """With ``hosts``, the variables of the role are validated for each of these VMs."""

    def validate(self, *args, errors=(), **variables_of_vms):
        class Variables:
            def __init__(self, *_arguments):
                pass

            def of(self, host):
                return variables_of_vms[host]

            def value(self, variables, name):
                if variables.get(name) == "bad":
                    raise AnsibleError("x is\nundefined")
                return variables.get(name)

        validation = MagicMock()
        validation.return_value.errors.return_value = list(errors)
        with (
            patch.object(validate_logging, "HostVariables", Variables),
            patch.object(validate_logging, "VariableValidation", validation),
        ):
            result = action(validate_logging, {"hosts": list(variables_of_vms), **dict(args)}).run(task_vars={})
        if validation.called:
            validation.return_value.errors.assert_called_once_with(list(variables_of_vms))
        return result

    def subjects(self, *args, **variables_of_vms):
        result = self.validate(*args, **variables_of_vms)
        assert (result["failed"], "vms" in result) == (True, False)
        return [each["subject"] for each in result["errors"]]

    def test_each_vm_has_its_settings(self):
        result = self.validate(
            web1={"aqtive_guard_logging_level": "info", "aqtive_guard_logging_file_audit": "/a"},
            web2={"aqtive_guard_logging_level": "debug"},
        )
        assert {vm: each["settings"] for vm, each in result["vms"].items()} == {
            "web1": {"LOG_LEVEL": "info", "LOG_FILE_AUDIT": "/a"},
            "web2": {"LOG_LEVEL": "debug"},
        }
        assert result["vms"]["web2"]["digest"] == digest({"LOG_LEVEL": "debug"})
        assert (result["changed"], result["warnings"]) == (False, [])

    def test_a_warning_that_vms_share_is_shown_once(self):
        shared = {f"aqtive_guard_logging_{name}": "/a" for name in ("file", "file_audit")}
        shared["aqtive_guard_logging_level"] = "info"
        result = self.validate(web1=shared, web2=shared)
        assert len(result["warnings"]) == 1
        assert "warnings" not in result["vms"]["web1"]

    def test_errors_of_other_variables_are_reported_before_settings_are_read(self):
        misspelled = {"phase": "validate", "subject": "aqtive_guard_logging_flie", "cause": "is no", "remedy": "x"}
        assert self.subjects(web1={"aqtive_guard_logging_level": "loud"}, errors=[misspelled]) == [
            "aqtive_guard_logging_flie"
        ]

    def test_violations_are_reported_once_with_the_vms_that_share_them(self):
        loud = {"aqtive_guard_logging_level": "loud"}
        assert self.subjects(web1=loud, web2={"aqtive_guard_logging_level": "info"}, web3=loud) == [
            "LOG_LEVEL on web1, web3"
        ]

    def test_templates_that_cannot_be_rendered_are_named(self):
        bad = {"aqtive_guard_logging_level": "bad", "aqtive_guard_logging_file": "bad"}
        errors = self.validate(web1=bad)["errors"]
        assert [each["subject"] for each in errors] == [
            "aqtive_guard_logging_level on web1",
            "aqtive_guard_logging_file on web1",
        ]
        assert errors[0]["cause"].startswith("cannot be templated: x is")
        assert "\n" not in errors[0]["cause"]

    @pytest.mark.parametrize(
        ("may_differ", "subjects"),
        [
            ([], ["LOG_LEVEL", "LOG_FILE"]),
            (["log_level"], ["LOG_FILE"]),
            (["LOG_LEVL"], ["may_differ", "LOG_LEVEL", "LOG_FILE"]),
        ],
    )
    def test_settings_must_be_identical_except_for_keys_that_may_differ(self, may_differ, subjects):
        web1 = {"aqtive_guard_logging_level": "info"}
        web2 = {"aqtive_guard_logging_level": "debug", "aqtive_guard_logging_file": "/a"}
        assert self.subjects(("may_differ", may_differ), web1=web1, web2=web2) == subjects

    def test_settings_that_may_differ_are_valid(self):
        different = {vm: {"aqtive_guard_logging_level": level} for vm, level in (("web1", "info"), ("web2", "debug"))}
        assert list(self.validate(("may_differ", ["LOG_LEVEL"]), **different)["vms"]) == ["web1", "web2"]

    def test_settings_that_are_removed_need_not_be_valid(self):
        removed = {"aqtive_guard_logging_state": "absent", "aqtive_guard_logging_level": "loud"}
        result = self.validate(("may_differ", []), web1=removed, web2={**removed, "aqtive_guard_logging_file": "bad"})
        assert [each["settings"] for each in result["vms"].values()] == [{"LOG_LEVEL": "info"}] * 2

    def test_a_state_that_cannot_be_rendered_is_named(self):
        assert self.subjects(web1={"aqtive_guard_logging_state": "bad"}) == ["aqtive_guard_logging_state on web1"]

    def test_no_other_option_is_allowed_besides(self):
        assert "log_level" in self.validate(("log_level", "info"), web1={})["msg"]


class TestCompareLogging:
    def test_identical_settings_succeed(self):
        result = compare(found=results(web1="info", web2="info"))
        assert (result["failed"], result["changed"], result["identical"]) == (False, False, True)
        assert result["digest"] == digest({"LOG_LEVEL": "info"})
        assert (result["vms"], result["as_wanted"]) == (["web1", "web2"], ["web1", "web2"])
        assert (result["msg"], result["errors"]) == ("The logging settings of all VMs are identical.", [])

    def test_different_settings_fail_with_the_errors_and_the_table(self):
        result = compare(found=results(web1="info", web2="debug"))
        assert result["failed"]
        assert [error["subject"] for error in result["errors"]] == ["LOG_LEVEL"]
        assert result["msg"] == message(result["errors"])
        assert len(result["table"]) == 3

    def test_different_settings_succeed_without_assert_identical(self):
        result = compare(found={"web1": None}, assert_identical="no")
        assert (result["failed"], result["identical"], result["missing"]) == (False, False, {"web1": None})

    def test_an_empty_found_means_that_all_vms_are_missing(self):
        assert compare(found={}, wanted=results(web1="info"))["missing"] == {"web1": None}

    def test_found_settings_are_compared_with_wanted_ones(self):
        result = compare(found=results(web1="debug"), wanted=results(web1="info"))
        assert [(each["found"], each["wanted"]) for each in result["drift"]] == [("debug", "info")]
        assert (result["vms"], result["as_wanted"]) == (["web1"], [])

    def test_vms_that_were_not_read_are_not_as_wanted(self):
        result = compare(found={"web1": {"msg": "x"}, **results(web2="info")}, wanted=results(web1="info", web2="info"))
        assert result["as_wanted"] == ["web2"]

    def test_keys_that_may_differ(self):
        assert compare(found=results(web1="info", web2="debug"), may_differ=["log_level"])["identical"]

    def test_nothing_is_compared_when_wanted_settings_are_invalid(self):
        invalid = validate(log_level="loud")
        result = compare(wanted={"web1": invalid, "web2": validate(log_level="info"), "worker1": invalid}, found={})
        assert result["failed"]
        assert result["errors"] == [dict(invalid["errors"][0], subject="LOG_LEVEL on web1, worker1")]
        assert "identical" not in result

    def test_nothing_is_compared_when_wanted_settings_are_missing(self):
        result = compare(wanted={"web1": None}, found={})
        assert result["errors"] == [
            {
                "phase": "validate",
                "subject": "The settings on web1",
                "cause": "are not available: no reason was given",
                "remedy": "Pass the result of validate_logging for every VM",
            }
        ]

    @pytest.mark.parametrize(
        ("args", "expected"),
        [
            ({}, "found"),
            ({"found": {}, "fond": {}}, "fond"),
            ({"found": "web1"}, "found"),
            ({"found": {"web1": "timed out"}}, "web1 in found"),
            ({"found": {}, "wanted": {"web1": "timed out"}}, "web1 in wanted"),
            ({"found": {}, "may_differ": ["LOG_LEVL"]}, "LOG_LEVL"),
        ],
    )
    def test_invalid_options_fail(self, args, expected):
        result = compare(**args)
        assert result["failed"]
        assert result["errors"][0]["phase"] == "validate"
        assert expected in result["msg"]

    def test_an_element_of_may_differ_is_converted_to_text(self):
        (only,) = compare(found={}, may_differ=[5])["errors"]
        assert only["cause"] == "contains '5', which is not a logging key"

    def test_all_options_that_ansible_core_rejects_are_one_error(self):
        (only,) = compare(found="web1", fond={})["errors"]
        assert (only["phase"], only["subject"]) == ("validate", "The options of compare_logging")
        assert only["cause"].startswith("are invalid: ")
        assert "found" in only["cause"] and "; " in only["cause"] and "fond" in only["cause"]
        assert only["remedy"] == "Correct the options of the task"

    def test_all_invalid_options_are_reported_at_once(self):
        result = compare(found={"web1": 1}, wanted={"web1": 2}, may_differ=["x"])
        assert [error["subject"] for error in result["errors"]] == ["may_differ", "web1 in wanted", "web1 in found"]


@pytest.mark.parametrize(
    "plugin", [backup_retention, logging_config, logging_config_info, logging_health, product_restart]
)
def test_an_action_runs_the_module_of_its_task_on_the_vm(plugin, monkeypatch):
    runs = []

    def run_on_vm(self, module_name, module_args, task_vars):
        runs.append((module_name, module_args, task_vars))
        return {"changed": False}

    monkeypatch.setattr(plugin.ActionModule, "run_on_vm", run_on_vm)
    name = f"community.aqtive_guard.{plugin.__name__.rpartition('.')[2]}"
    task = action(plugin, {"path": "/etc/config"}, action=name)
    assert task.run(task_vars={"a": 1}) == {"changed": False}
    assert task.run() == {"changed": False}
    assert runs == [(name, {"path": "/etc/config"}, {"a": 1}), (name, {"path": "/etc/config"}, {})]


@pytest.mark.parametrize(("check_mode", "required"), [(False, ("start",)), (True, ())])
def test_a_restart_returns_when_it_began_except_in_check_mode(check_mode, required):
    assert action(product_restart, {}, check_mode=check_mode).required({}) == required


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({}, "needed"),
        ({"state": "present"}, "needed"),
        ({"state": "absent"}, "needed"),
        ({"state": "confirmed"}, "path"),
    ],
)
def test_a_change_returns_whether_it_is_needed(arguments, key):
    assert key in action(logging_config, arguments).required(arguments)


@pytest.mark.parametrize("plugin", [logging_health, product_restart])
def test_an_action_knows_the_timeout_of_its_module(plugin):
    name = plugin.__name__.rpartition(".")[2]
    module = importlib.import_module(f"ansible_collections.community.aqtive_guard.plugins.modules.{name}")
    assert plugin.ActionModule.default_timeout == module.ARGUMENT_SPEC["timeout"]["default"]


@pytest.mark.parametrize(
    ("plugin", "fails"),
    [
        (logging_config, True),
        (logging_health, True),
        (product_restart, True),
        (logging_config_info, False),
        (backup_retention, False),
    ],
)
def test_a_lost_connection_fails_where_a_roll_out_must_stop(plugin, fails):
    assert plugin.ActionModule.lost_connection_fails is fails


@pytest.mark.parametrize(
    ("plugin", "phase", "required"),
    [
        (logging_config, "check", OF_A_CHANGE),
        (logging_config_info, "check", ("path", "settings", "digest")),
        (logging_health, "check", ("units",)),
        (product_restart, "run", ("start",)),
    ],
)
def test_an_action_has_the_phase_and_the_answers_of_its_module(plugin, phase, required):
    assert plugin.ActionModule.phase == phase
    assert plugin.ActionModule.answers is ANSWERS
    assert action(plugin, {}).required({}) == required
