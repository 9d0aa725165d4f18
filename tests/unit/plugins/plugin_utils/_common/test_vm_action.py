# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import inspect
import json
import math
import os
import shlex
import subprocess
import sys
import time
import typing as t
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import vm_action
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.module_answer import ERROR, MAXIMUM_SIZE
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.schema import Text, matches
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.vm_action import (
    BECOME_REMEDY,
    VmModuleAction,
    exception_text,
    minimum_python,
    missing_answer,
    unusable_python,
)

MODULE = "community.aqtive_guard.logging_config"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(["phase", "subject", "cause", "remedy", "event", "msg"]) | st.text(), children, max_size=5
        )
    ),
    max_leaves=20,
)


def texts_of(value):
    """Yield every text in a result, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from texts_of(key)
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)


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


class TestExceptionText:
    def test_is_printable_and_on_one_line(self):
        assert exception_text(OSError("no\nroute\x1b[2J")) == "no route\\x1b[2J"

    def test_is_the_class_where_there_is_no_message(self):
        assert exception_text(EOFError()) == "EOFError"

    def test_is_shortened(self):
        assert exception_text(OSError("x" * 100000)) == "x" * 1000 + "... (100000 characters)"


class TestMissingAnswer:
    def error(self, reply, become=False):
        return missing_answer("check", MODULE, reply, become)

    def test_the_last_line_of_output_is_the_cause(self):
        output = "sudo: unable to resolve host\nsudo: sorry, you must have a tty to run sudo.\n"
        assert self.error({"rc": 1, "stdout": "", "stderr": output}, become=True) == {
            "phase": "check",
            "subject": f"module {MODULE}",
            "cause": "returned no result; its last line of output is: sudo: sorry, you must have a tty to run sudo",
            "remedy": BECOME_REMEDY,
        }

    def test_the_remedy_without_privilege_escalation_does_not_mention_sudo(self):
        assert self.error({"rc": 1})["remedy"] == "Run the command again with -vvv to see the complete output"

    def test_the_traceback_and_the_line_of_ssh_are_left_out(self):
        output = 'Traceback (most recent call last):\r\n  File "x"\r\nMemoryError: no  room\r\n\r\n'
        reply = {"stdout": output, "stderr": "Shared connection to vm closed.\r\n"}
        assert self.error(reply)["cause"] == "returned no result; its last line of output is: MemoryError: no room"

    def test_the_exit_status_is_the_cause_where_there_is_no_output(self):
        assert (
            self.error({"rc": 137, "stdout": None, "stderr": " \n"})["cause"]
            == "returned no result; exited with status 137"
        )

    def test_a_long_line_is_shortened(self):
        assert len(self.error({"stdout": "x" * 10000})["cause"]) < 300


class Action(VmModuleAction):
    """An action whose VM returns ``reply`` for the module, and ``python`` for the version of its Python."""

    answers: t.ClassVar = {"logging_config": {"path": Text(10)}}

    def __init__(self, **reply):
        super().__init__(MagicMock(), MagicMock(become=None), MagicMock(timeout=10), *[MagicMock()] * 3)
        self._display = MagicMock()
        self._used_interpreter = "/usr/bin/python3"
        self.reply = {"rc": 0, "stdout": "", "stderr": "", **reply}
        self.python = {"rc": 0, "stdout": "3.12.1"}
        self.exception: Exception | None = None
        self.warnings_of_core: list[t.Any] = []
        self.calls: list[t.Any] = []

    def _execute_module(self, **arguments):
        self.calls.append(arguments)
        if self.exception:
            raise self.exception
        assert set(self._parse(self.reply)) <= {"changed", "failed", "_ansible_parsed"}
        return {"changed": False, "warnings": self.warnings_of_core}

    def _parse(self, reply):
        # Cores before 2.19 have no profiles; those after it return an object.
        profile = ["legacy"] * ("profile" in inspect.signature(ActionBase._parse_returned_data).parameters)
        parsed = self._parse_returned_data(reply, *profile)
        return parsed if isinstance(parsed, dict) else parsed.as_result_dict()

    def _low_level_execute_command(self, cmd, sudoable=True):
        self.calls.append((cmd, sudoable))
        return self.python

    def answer(self):
        return self.run_on_vm(MODULE, {"path": "/a"}, {"b": 1})


class TestRunOnVm:
    """``run_on_vm`` with every kind of answer of a VM."""

    @pytest.fixture(autouse=True)
    def fallbacks(self, monkeypatch):
        def get_default(name):
            assert name == "INTERPRETER_PYTHON_FALLBACK"
            return {"default": ["python3.9", "python3"]}

        monkeypatch.setattr(vm_action.C.config, "get_configuration_definition", get_default)

    def test_an_answer_is_returned_without_another_round_trip(self):
        action = Action(stdout='{"changed": true, "path": "/a"}')
        assert action.answer() == {"changed": True, "path": "/a"}
        assert action.calls == [{"module_name": MODULE, "module_args": {"path": "/a"}, "task_vars": {"b": 1}}]

    def test_facts_and_unknown_keys_are_dropped(self):
        answer = {"changed": False, "ansible_facts": {"aqtive_guard_log_bundle_dest": "/x"}, "unreachable": True}
        assert Action(stdout=json.dumps(answer)).answer() == {"changed": False}

    def test_a_value_of_the_wrong_form_is_a_failure_that_names_the_field(self):
        result = Action(stdout='{"changed": false, "path": 5}').answer()
        assert (result["failed"], result["errors"][0]["phase"]) == (True, "verify")
        assert result["msg"].startswith(f"module {MODULE} returned an invalid result: path is 5, but must be text")

    @pytest.mark.parametrize(
        ("name", "path", "fact"),
        [
            ("discovered_interpreter_python", "/usr/bin/python3.12", True),
            ("discovered_interpreter_python", "/usr/bin/python3; id", False),
            ("discovered_interpreter_python", "python3", False),
            ("discovered_interpreter_python", False, False),
            (None, "/usr/bin/python3.12", False),
        ],
    )
    def test_the_only_fact_is_the_path_of_the_python_that_ansible_core_discovered(self, name, path, fact):
        action = Action(stdout="{}")
        action._discovered_interpreter_key, action._discovered_interpreter = name, path
        assert action.answer() == ({"ansible_facts": {name: path}} if fact else {})

    def test_warnings_of_the_controller_and_the_vm_are_printable(self):
        action = Action(stdout='{"warnings": ["of\\nthe VM\\u001b[2J"]}')
        action.warnings_of_core = ["of the core", SimpleNamespace(event=SimpleNamespace(msg="of core 2.19"))]
        assert action.answer() == {"warnings": ["of the core", "of core 2.19", "of the VM\\x1b[2J"]}

    def test_a_traceback_is_shown_with_vvv_alone(self):
        result = Action(stdout=json.dumps({"failed": True, "msg": "x", "exception": "Traceback:\n  a\x1b[2J"}))
        assert "exception" not in result.answer()
        assert [call.args for call in result._display.vvv.call_args_list] == [("Traceback:",), ("  a\\x1b[2J",)]
        assert [each[0] for each in result._display.method_calls] == ["vvv", "vvv"]

    @pytest.mark.parametrize("kind", [AnsibleConnectionFailure, AnsibleError])
    def test_an_exception_of_the_connection_has_a_printable_message(self, kind):
        action = Action()
        action.exception = kind("banner\x1b[2J\nlost")
        with pytest.raises(kind) as caught:
            action.answer()
        assert caught.type is kind
        assert str(caught.value) == "banner\\x1b[2J lost"

    def test_what_any_command_prints_is_printable_and_bounded(self, monkeypatch):
        printed = {
            "rc": 0,
            "stdout": "a\x1b[2J\r\nX\r\nb\u009b",
            "stderr": "\x07" + "x" * 2000000,
            "stdout_lines": ["\x1b"],
        }
        monkeypatch.setattr(ActionBase, "_low_level_execute_command", lambda *arguments, **options: dict(printed))
        reply = VmModuleAction._low_level_execute_command(Action(), "id -un", sudoable=False)
        assert (reply["rc"], reply["stdout"]) == (0, "a\\x1b[2J\nX\nb\\x9b")
        assert reply["stdout_lines"] == ["a\\x1b[2J", "X", "b\\x9b"]
        assert reply["stderr"].startswith("\\x07x") and len(reply["stderr"]) < 1100000

    def test_an_exception_of_any_command_has_a_printable_message(self, monkeypatch):
        def fail(*arguments, **options):
            raise AnsibleConnectionFailure("lost\x1b[2J")

        monkeypatch.setattr(ActionBase, "_low_level_execute_command", fail)
        with pytest.raises(AnsibleConnectionFailure, match=r"^lost\\x1b"):
            VmModuleAction._low_level_execute_command(Action(), "id -un")

    @pytest.mark.parametrize(
        ("options", "seconds"),
        [
            ({}, 340),
            ({"timeout": "100"}, 500),
            ({"timeout": 7.5}, 315),
            ({"timeout": "x"}, 300),
            ({"timeout": 0}, math.inf),
        ],
    )
    def test_a_module_has_twice_its_timeout_and_thirty_connection_timeouts(self, monkeypatch, options, seconds):
        limits = []
        monkeypatch.setattr(
            vm_action, "answer_deadline", lambda limit: limits.append(limit) or contextlib.nullcontext()
        )
        monkeypatch.setattr(Action, "default_timeout", 20)
        Action(stdout="{}").run_on_vm(MODULE, options, {})
        assert limits == [seconds]

    def test_a_module_without_a_timeout_has_thirty_connection_timeouts(self, monkeypatch):
        limits = []
        monkeypatch.setattr(
            vm_action, "answer_deadline", lambda limit: limits.append(limit) or contextlib.nullcontext()
        )
        Action(stdout="{}").answer()
        assert limits == [300]

    def test_a_vm_that_never_answers_is_a_lost_connection(self, monkeypatch):
        monkeypatch.setattr(vm_action, "_CONNECT_TIMEOUTS", 0.005)
        monkeypatch.setattr(Action, "_execute_module", lambda *dummy, **options: time.sleep(30))
        with pytest.raises(AnsibleConnectionFailure, match="did not answer"):
            Action().answer()

    def test_a_command_that_never_ends_is_a_lost_connection(self, monkeypatch):
        monkeypatch.setattr(vm_action, "_CONNECT_TIMEOUTS", 0.005)
        monkeypatch.setattr(ActionBase, "_low_level_execute_command", lambda *dummy, **options: time.sleep(30))
        with pytest.raises(AnsibleConnectionFailure, match="did not answer"):
            VmModuleAction._low_level_execute_command(Action(), "id -un")

    def test_an_old_python_becomes_a_failure(self):
        action = Action(rc=1, stderr="SyntaxError: future feature")
        action.python = {"rc": 0, "stdout": "Welcome\r\n3.6.8\r\n"}
        result = action.answer()
        assert (result["failed"], result["changed"], len(result["errors"])) == (True, False, 1)
        assert result["errors"][0]["subject"] == "Python 3.6.8 (/usr/bin/python3)"
        assert result["errors"][0]["phase"] == "check"
        assert "Python 3.9 or newer" in result["msg"] and "SyntaxError" not in result["msg"]

    @pytest.mark.parametrize(
        "python",
        [
            {},
            {"rc": 126, "stdout": "sh: python3: Permission denied"},
            {"rc": 127, "stdout": "sh: python3: not found"},
        ],
    )
    def test_a_missing_python_becomes_a_failure(self, python):
        action = Action()
        action.python = python
        assert action.answer()["errors"][0]["subject"] == "/usr/bin/python3"

    @pytest.mark.parametrize(
        ("stdout", "stderr", "last"),
        [
            ("This account is currently not available.\r\n", "", "This account is currently not available"),
            ("", "rbash: /bin/sh: restricted\x1b\n", "rbash: /bin/sh: restricted\\x1b"),
            ("", "WARNING: expired.\nPassword change required\n", "Password change required"),
            ("", "x" * 300, "x" * 200 + "... (300 characters)"),
        ],
    )
    def test_a_user_who_cannot_log_in_is_not_reported_as_a_missing_python(self, stdout, stderr, last):
        action = Action()
        action.python = {"rc": 1, "stdout": stdout, "stderr": stderr}
        (only,) = action.answer()["errors"]
        cause = f"cannot run Python on this VM: its last line of output is: {last}"
        assert (only["phase"], only["subject"], only["cause"]) == ("check", "login user", cause)
        assert only["remedy"] == (
            "Check that the login user has a shell such as /bin/sh, a password that has not expired, and a working Python"
        )

    def test_a_python_that_fails_in_silence_is_reported_as_such(self):
        action = Action()
        action.python = {"rc": 1, "stdout": "", "stderr": ""}
        assert action.answer()["errors"][0]["subject"] == "/usr/bin/python3"

    def test_the_version_is_requested_from_the_used_interpreter_without_privileges(self):
        action = Action()
        action._used_interpreter = "#!/opt/my python"
        action.answer()
        command, sudoable = action.calls[1]
        assert command.startswith("'/opt/my python' -c 'import sys;")
        assert sudoable is False

    def test_the_command_prints_the_version_of_the_interpreter(self):
        action = Action()
        action._used_interpreter = sys.executable
        action.answer()
        command = shlex.split(action.calls[1][0])
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert output == ".".join(map(str, sys.version_info[:3]))

    def test_ansible_core_parses_nothing_that_the_vm_returned(self, monkeypatch):
        parsed = []
        monkeypatch.setattr(ActionBase, "_parse_returned_data", lambda self, reply, *profile: parsed.append(reply))
        reply = {"rc": 0, "stdout": '{"ansible_facts": {}}', "stderr": "from the VM"}
        Action()._parse_returned_data(reply)
        assert parsed == [{"rc": 0, "stdout": "{}", "stderr": ""}]

    def test_the_interpreter_is_python3_where_none_was_discovered(self):
        action = Action()
        action._used_interpreter = None
        action.answer()
        assert action.calls[1][0].startswith("python3 -c ")

    @pytest.mark.parametrize(("become", "remedy"), [(None, "-vvv"), (MagicMock(), "--ask-become-pass")])
    def test_other_output_becomes_a_failure(self, become, remedy):
        action = Action(rc=1, stderr="sudo: a password\n")
        action._connection.become = become
        result = action.answer()
        assert (result["failed"], result["changed"]) == (True, False)
        assert [each["cause"] for each in result["errors"]] == [
            "returned no result; its last line of output is: sudo: a password"
        ]
        assert remedy in result["msg"]

    @pytest.mark.parametrize("output", ["", '{"failed": true, "msg": "x"}'])
    def test_a_subclass_sets_the_phase(self, output):
        action = Action(stdout=output)
        action.phase = "prepare"
        assert action.answer()["errors"][0]["phase"] == "prepare"

    @given(
        answer=st.dictionaries(
            st.sampled_from(
                ["changed", "failed", "msg", "errors", "diff", "warnings", "exception", "path", "ansible_facts"]
            )
            | st.text(),
            JSON,
        )
        | JSON
    )
    @settings(max_examples=int(os.environ.get("FUZZ_EXAMPLES", "200")), deadline=None)
    def test_arbitrary_json_is_an_answer_or_a_failure(self, answer):
        result = Action(stdout=json.dumps(answer)).answer()
        assert set(result) <= {"changed", "failed", "msg", "errors", "diff", "warnings", "path"}
        assert len(json.dumps(result)) <= 2 * MAXIMUM_SIZE
        assert not any(
            ord(character) < 32 for text in texts_of(result) for character in text if character not in "\n\t"
        )
        assert not result.get("failed") or matches(result["errors"], [ERROR])

    @given(output=st.text() | st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")))
    @settings(max_examples=200, deadline=None)
    def test_arbitrary_output_is_an_answer_or_a_failure(self, output):
        assert isinstance(Action(stdout=output).answer(), dict)


class TestRun:
    def test_runs_the_module_of_the_task_with_its_options(self):
        action = Action(stdout='{"path": "/a"}')
        action._task.configure_mock(action=MODULE, args={"path": "/a"}, async_val=0)
        assert action.run(task_vars={"b": 1}) == {"path": "/a"}
        assert action.calls == [{"module_name": MODULE, "module_args": {"path": "/a"}, "task_vars": {"b": 1}}]
        action.run()
        assert action.calls[1]["task_vars"] == {}

    @pytest.fixture
    def without_connection(self):
        action = Action()
        action._task.configure_mock(action=MODULE, args={}, async_val=0)
        action.exception = AnsibleConnectionFailure("no route\x1b")
        return action

    def test_a_vm_that_cannot_be_reached_is_unreachable(self, without_connection):
        with pytest.raises(AnsibleConnectionFailure):
            without_connection.run()

    def test_a_vm_of_a_rolling_change_that_cannot_be_reached_has_failed(self, without_connection, monkeypatch):
        monkeypatch.setattr(Action, "lost_connection_fails", True)
        result = without_connection.run()
        assert result["failed"] and "unreachable" not in result
        assert result["errors"] == [
            {
                "phase": "check",
                "subject": "connection",
                "cause": "failed: no route\\x1b",
                "remedy": "Check that the VM is up and its connection works",
            }
        ]
