# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import vm_action
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.vm_action import (
    BECOME_REMEDY,
    VmModuleAction,
    minimum_python,
    missing_result,
    unhandled_exception,
    unusable_python,
)

MODULE = "community.aqtive_guard.logging_config"


class TestMinimumPython:
    def test_the_oldest_interpreter_of_the_core_is_the_minimum(self):
        assert minimum_python(["python3.14", "python3.9", "/usr/bin/python3", "python3"]) == (3, 9)

    def test_python_2_is_too_old_even_where_the_core_supports_it(self):
        assert minimum_python(["python3.12", "python3.5", "python2.7", "python"]) == (3, 6)

    def test_a_core_that_names_no_version_has_the_collections_minimum(self):
        assert minimum_python(["/usr/bin/python3"]) == (3, 6)

    def test_versions_are_compared_as_numbers(self):
        assert minimum_python(["python3.10", "python3.9"]) == (3, 9)
        assert minimum_python(["python3.10", "python3.11"]) == (3, 10)


class TestUnusablePython:
    @pytest.fixture(autouse=True)
    def core(self, monkeypatch):
        monkeypatch.setattr(vm_action, "CORE_VERSION", "2.21.5")

    def test_rhel_8_with_a_newer_core(self):
        assert unusable_python("check", "/usr/libexec/platform-python", "3.6.8", (3, 9)) == {
            "phase": "check",
            "subject": "Python 3.6.8 (/usr/libexec/platform-python)",
            "cause": "is too old for ansible-core 2.21.5, which requires Python 3.9 or newer on a VM",
            "remedy": "Set ansible_python_interpreter for this VM to a Python 3.9 or newer"
            " (on RHEL 8: `dnf install python3.12`, then /usr/bin/python3.12),"
            " or run ansible-core 2.16, the last one that supports RHEL 8's own Python 3.6",
        }

    def test_an_interpreter_that_cannot_be_started(self):
        assert unusable_python("run", "/usr/bin/python3.12", None, (3, 6)) == {
            "phase": "run",
            "subject": "/usr/bin/python3.12",
            "cause": "cannot be started on this VM, but ansible-core 2.21.5 requires Python 3.6 or newer",
            "remedy": "Set ansible_python_interpreter for this VM to a Python 3.6 or newer"
            " (on RHEL 8: `dnf install python3.12`, then /usr/bin/python3.12)",
        }

    @pytest.mark.parametrize("version", ["3.9.0", "3.10.1", "3.14.0"])
    def test_a_supported_python_is_no_error(self, version):
        assert unusable_python("check", "/usr/bin/python3", version, (3, 9)) is None


class TestMissingResult:
    def error(self, result, become=False):
        return missing_result("check", MODULE, result, become)

    def test_the_last_line_of_output_is_the_cause(self):
        output = "sudo: unable to resolve host\nsudo: sorry, you must have a tty to run sudo.\n"
        assert self.error({"rc": 1, "module_stdout": "", "module_stderr": output}, become=True) == {
            "phase": "check",
            "subject": f"module {MODULE}",
            "cause": "returned no result; its last line of output is: sudo: sorry, you must have a tty to run sudo",
            "remedy": BECOME_REMEDY,
        }

    def test_the_remedy_without_privilege_escalation_does_not_mention_sudo(self):
        assert self.error({"rc": 1})["remedy"] == "Run the command again with -vvv to see the complete output"

    def test_the_traceback_and_the_line_of_ssh_are_left_out(self):
        output = 'Traceback (most recent call last):\r\n  File "x"\r\nMemoryError: no  room\r\n\r\n'
        result = {"module_stdout": output, "module_stderr": "Shared connection to vm closed.\r\n"}
        assert self.error(result)["cause"] == "returned no result; its last line of output is: MemoryError: no room"

    def test_the_exit_status_is_the_cause_where_there_is_no_output(self):
        result = {"rc": 137, "module_stdout": None, "module_stderr": " \n"}
        assert self.error(result)["cause"] == "returned no result; exited with status 137"

    def test_a_long_line_is_shortened(self):
        assert len(self.error({"module_stdout": "x" * 10000})["cause"]) < 300


class TestUnhandledException:
    def test_the_message_of_the_exception_is_the_cause(self):
        exception = SimpleNamespace(event=SimpleNamespace(msg="name 'x'\n is not defined."))
        assert unhandled_exception("check", MODULE, {"failed": True, "exception": exception}) == {
            "phase": "check",
            "subject": f"module {MODULE}",
            "cause": "raised an exception: name 'x' is not defined",
            "remedy": "Set ANSIBLE_DISPLAY_TRACEBACK=error to see the traceback",
        }

    @pytest.mark.parametrize(
        "result",
        [
            {"changed": False},
            {"failed": True, "msg": "The disk is full"},
            {"failed": True, "msg": "The disk is full", "exception": SimpleNamespace(event=SimpleNamespace(msg="x"))},
            {"failed": True, "exception": "Traceback of an older core"},
        ],
    )
    def test_any_other_result_is_none(self, result):
        assert unhandled_exception("check", MODULE, result) is None


class TestRunOnVm:
    """``run_on_vm`` with every kind of answer of a VM."""

    @pytest.fixture
    def action(self, monkeypatch):
        def get_default(name):
            assert name == "INTERPRETER_PYTHON_FALLBACK"
            return {"default": ["python3.9", "python3"]}

        monkeypatch.setattr(vm_action.C.config, "get_configuration_definition", get_default)
        action = VmModuleAction(MagicMock(), MagicMock(become=None), *[MagicMock()] * 4)
        action._used_interpreter = "/usr/bin/python3"
        action._execute_module = MagicMock(return_value={"changed": True})
        action._low_level_execute_command = MagicMock(return_value={"rc": 0, "stdout": "3.12.1"})
        return action

    def run(self, action):
        return action.run_on_vm(MODULE, {"path": "/a"}, {"b": 1})

    @pytest.mark.parametrize("result", [{"changed": True}, {"failed": True, "msg": "No"}, {"unreachable": True}])
    def test_a_result_is_returned_unchanged_without_another_round_trip(self, action, result):
        action._execute_module.return_value = dict(result)
        assert self.run(action) == result
        action._execute_module.assert_called_once_with(
            module_name=MODULE, module_args={"path": "/a"}, task_vars={"b": 1}
        )
        action._low_level_execute_command.assert_not_called()

    def test_an_exception_becomes_a_failure(self, action):
        exception = SimpleNamespace(event=SimpleNamespace(msg="name 'x' is not defined"))
        action._execute_module.return_value = {"failed": True, "changed": True, "rc": 1, "exception": exception}
        result = self.run(action)
        assert (result["failed"], result["changed"], result["exception"]) == (True, False, exception)
        assert [each["cause"] for each in result["errors"]] == ["raised an exception: name 'x' is not defined"]
        assert "raised an exception: name 'x' is not defined. " in result["msg"]
        action._low_level_execute_command.assert_not_called()

    def test_an_old_python_becomes_a_failure(self, action):
        action._execute_module.return_value = {"module_stdout": "", "module_stderr": "SyntaxError: future feature"}
        action._low_level_execute_command.return_value = {"rc": 0, "stdout": "Welcome\r\n3.6.8\r\n"}
        result = self.run(action)
        assert (result["failed"], result["changed"], len(result["errors"])) == (True, False, 1)
        assert result["errors"][0]["subject"] == "Python 3.6.8 (/usr/bin/python3)"
        assert result["errors"][0]["phase"] == "check"
        assert "Python 3.9 or newer" in result["msg"] and "SyntaxError" not in result["msg"]

    @pytest.mark.parametrize("answer", [{}, {"rc": 127, "stdout": "sh: python3: not found"}])
    def test_a_missing_python_becomes_a_failure(self, action, answer):
        action._execute_module.return_value = {"module_stdout": "", "module_stderr": ""}
        action._low_level_execute_command.return_value = answer
        assert self.run(action)["errors"][0]["subject"] == "/usr/bin/python3"

    def test_the_version_is_requested_from_the_used_interpreter_without_privileges(self, action):
        action._used_interpreter = "#!/opt/my python"
        action._execute_module.return_value = {"module_stdout": ""}
        self.run(action)
        ((command,), options) = action._low_level_execute_command.call_args
        assert command.startswith("'/opt/my python' -c 'import sys;")
        assert options == {"sudoable": False}

    def test_the_interpreter_is_python3_where_none_was_discovered(self, action):
        action._used_interpreter = None
        action._execute_module.return_value = {"module_stdout": ""}
        self.run(action)
        assert action._low_level_execute_command.call_args[0][0].startswith("python3 -c ")

    @pytest.mark.parametrize(("become", "remedy"), [(None, "-vvv"), (MagicMock(), "--ask-become-pass")])
    def test_other_output_becomes_a_failure(self, action, become, remedy):
        action._connection.become = become
        action._execute_module.return_value = {"rc": 1, "module_stdout": "", "module_stderr": "sudo: a password\n"}
        result = self.run(action)
        assert (result["failed"], result["changed"]) == (True, False)
        assert [each["cause"] for each in result["errors"]] == [
            "returned no result; its last line of output is: sudo: a password"
        ]
        assert remedy in result["msg"]

    def test_a_subclass_sets_the_phase(self, action):
        action.phase = "prepare"
        for failure in ({"module_stdout": ""}, {"exception": SimpleNamespace(event=SimpleNamespace(msg="x"))}):
            action._execute_module.return_value = failure
            assert self.run(action)["errors"][0]["phase"] == "prepare"
