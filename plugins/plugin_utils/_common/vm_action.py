# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions that run a module on a VM, and the errors of a module that could not run there."""

from __future__ import annotations

import contextlib
import math
import re
import shlex
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as CORE_VERSION

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, Failure, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import (
    on_one_line,
    printable,
    shortened,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import module_answer
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.deadline import answer_deadline

Reply = dict[str, t.Any]
"""What a command on the VM returned: ``rc``, ``stdout`` and ``stderr``."""

OUR_MINIMUM = (3, 6)
"""The oldest Python that this collection supports on a VM: RHEL 8's."""

BECOME_REMEDY = (
    "If sudo denied access, allow the login user to become root on this VM, or pass a password with --ask-become-pass"
)

_CONNECT_TIMEOUTS = 30
"""How many of Ansible's connection timeouts a VM may take for an answer, besides what the module itself takes."""

_PRINT_VERSION = "import sys; sys.stdout.write('.'.join(map(str, sys.version_info[:3])))"
_INTERPRETER = re.compile(r"/[A-Za-z0-9._/+-]{1,255}")
_EXCEPTION_LENGTH = 1000
_NOT_STARTED = (126, 127)
"""Exit statuses of a shell that cannot start a command."""
_VERSION = re.compile(r"^(\d+)\.(\d+)\.\d+\s*$", re.MULTILINE)


def exception_text(exception: BaseException) -> str:
    """Return the message of an exception on one line, or its class where it has none."""
    return shortened(on_one_line(str(exception)), _EXCEPTION_LENGTH) or type(exception).__name__


@contextlib.contextmanager
def printable_exceptions() -> t.Iterator[None]:
    """Let exceptions of ansible-core, which repeat what a VM printed, have a printable message."""
    try:
        yield
    except AnsibleConnectionFailure as exception:
        raise AnsibleConnectionFailure(exception_text(exception)) from None
    except AnsibleError as exception:
        raise AnsibleError(exception_text(exception)) from None


def minimum_python(fallbacks: t.Iterable[str]) -> tuple[int, int]:
    """Return the oldest Python that is supported on a VM, by this collection and by the running ansible-core.

    ``fallbacks`` is the default of ansible-core's ``INTERPRETER_PYTHON_FALLBACK``: the names of the interpreters it supports.
    """
    versions = [(3, int(match.group(1))) for name in fallbacks if (match := re.fullmatch(r"python3\.(\d+)", name))]
    return max(min(versions, default=OUR_MINIMUM), OUR_MINIMUM)


def unusable_python(phase: str, interpreter: str, version: str | None, minimum: tuple[int, int]) -> Error | None:
    """Return the error of a VM whose Python cannot run modules, or None where it can.

    ``version`` is what the interpreter printed, or None where it could not be started.
    """
    required = ".".join(map(str, minimum))
    remedy = (
        f"Set ansible_python_interpreter for this VM to a Python {required} or newer"
        " (on RHEL 8: `dnf install python3.12`, then /usr/bin/python3.12)"
    )
    if minimum > OUR_MINIMUM:
        remedy += ", or run ansible-core 2.16, the last one that supports RHEL 8's own Python 3.6"
    if version is None:
        cause = f"cannot be started on this VM, but ansible-core {CORE_VERSION} requires Python {required} or newer"
        return error(phase, interpreter, cause, remedy)
    if tuple(int(part) for part in version.split(".")[:2]) < minimum:
        cause = f"is too old for ansible-core {CORE_VERSION}, which requires Python {required} or newer on a VM"
        return error(phase, f"Python {version} ({interpreter})", cause, remedy)
    return None


def missing_answer(phase: str, module_name: str, reply: Reply, become: bool) -> Error:
    """Return the error of a module that ended without an answer: its last line of output, or its exit status."""
    line = _last_line(reply)
    cause = f"its last line of output is: {line}" if line else f"exited with status {reply.get('rc')}"
    remedy = BECOME_REMEDY if become else "Run the command again with -vvv to see the complete output"
    return error(phase, f"module {module_name}", f"returned no result; {cause}", remedy)


def login_failure(phase: str, reply: Reply) -> Error:
    """Return the error of a VM on which the login user cannot run Python, with what the VM printed in its place."""
    cause = f"cannot run Python on this VM: its last line of output is: {_last_line(reply)}"
    remedy = (
        "Check that the login user has a shell such as /bin/sh, a password that has not expired, and a working Python"
    )
    return error(phase, "login user", cause, remedy)


def _last_line(reply: Reply) -> str:
    """Return the last line that a command printed, printable and shortened; empty where there is none."""
    output = "\n".join(str(reply.get(stream) or "")[-module_answer.MAXIMUM_SIZE :] for stream in ("stdout", "stderr"))
    lines = [on_one_line(line) for line in output.splitlines()]
    # With a terminal, ssh prints the last line itself.
    lines = [line for line in lines if line and not line.startswith("Shared connection to ")]
    return shortened(lines[-1]) if lines else ""


class VmActionBase(ActionBase):
    """Base class of actions that run a module of this collection on the VM."""

    phase = "check"
    """The phase of errors that prevent the module from running."""

    answers: t.ClassVar[t.Mapping[str, module_answer.Schema]]
    """What each module may answer, by its short name."""

    default_timeout: t.ClassVar[float | None] = None
    """The default of the module's option ``timeout``, if it has one."""
    _module_seconds = 0.0

    def required(self, module_args: t.Mapping[str, t.Any]) -> t.Collection[str]:
        """Return the keys of an answer that is no failure."""
        return ()

    def duration(self, module_args: t.Mapping[str, t.Any]) -> float:
        """Return how many seconds the module itself may take: to work, and to end what it has started."""
        timeout = module_args.get("timeout", self.default_timeout)
        if timeout is None:
            return 0
        try:
            seconds = float(timeout)
        except (TypeError, ValueError):
            return 0  # The module refuses the value.
        # Zero is no limit.
        return 2 * seconds if seconds > 0 else math.inf

    def run_on_vm(
        self, module_name: str, module_args: dict[str, t.Any], task_vars: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        """Run a module on the VM and return its answer, or the result of a failure with the reason why there is none.

        Nothing that the VM returns reaches the caller, the terminal or ansible-core unless the module's schema allows it.
        The version of the VM's Python is requested only after a failure: success costs no round trip.
        """
        self._reply: Reply = {}
        self._module_seconds = self.duration(module_args)
        with self._bounded():
            of_core = self._execute_module(module_name=module_name, module_args=module_args, task_vars=task_vars)
        output = str(self._reply.get("stdout") or "")
        schema = self.answers[module_name.rpartition(".")[2]]
        answer = module_answer.parse(output, schema, self.phase, module_name, self.required(module_args))
        if answer is None:
            become = bool(self._connection.become)
            reason = self._unusable_python() or missing_answer(self.phase, module_name, self._reply, become)
            return Failure([reason]).as_result()
        for line in module_answer.traceback(output):
            self._display.vvv(line)
        if warnings := module_answer.texts(of_core.get("warnings")) + answer.get("warnings", []):
            answer["warnings"] = warnings
        return {**answer, **self._interpreter_facts()}

    @contextlib.contextmanager
    def _bounded(self) -> t.Iterator[None]:
        """Limit the time that the VM takes to answer, and let exceptions have a printable message."""
        limit = self._module_seconds + _CONNECT_TIMEOUTS * float(self._play_context.timeout)
        with printable_exceptions(), answer_deadline(limit):
            yield

    def _low_level_execute_command(self, cmd: str, *arguments: t.Any, **options: t.Any) -> Reply:
        """Run a command on the VM and return what it printed, printable and bounded: ansible-core shows some of it."""
        with self._bounded():
            reply = super()._low_level_execute_command(cmd, *arguments, **options)
        for stream in ("stdout", "stderr"):
            lines = str(reply.get(stream) or "")[: module_answer.MAXIMUM_OUTPUT].split("\n")
            reply[stream] = "\n".join(printable(line.rstrip("\r")) for line in lines)
            reply[f"{stream}_lines"] = reply[stream].splitlines()
        return dict(reply)

    def _parse_returned_data(self, res: Reply, *profile: str) -> t.Any:
        """Give ansible-core an empty answer to parse, and keep what the VM returned."""
        self._reply = res
        return super()._parse_returned_data({**res, "stdout": "{}", "stderr": ""}, *profile)

    def _interpreter_facts(self) -> dict[str, t.Any]:
        """Return the fact that spares later tasks the discovery of the VM's Python."""
        name, path = self._discovered_interpreter_key, self._discovered_interpreter
        if not name or not isinstance(path, str) or not _INTERPRETER.fullmatch(path):
            return {}
        return {"ansible_facts": {name: path}}

    def _unusable_python(self) -> Error | None:
        interpreter = (self._used_interpreter or "python3").removeprefix("#!")
        # Without privilege escalation: a failing sudo must not be reported as a missing Python.
        answer = self._low_level_execute_command(shlex.join([interpreter, "-c", _PRINT_VERSION]), sudoable=False)
        match = _VERSION.search(answer.get("stdout", ""))
        # Without Python, a shell exits with 126 or 127. Others did not get as far: nologin, rbash, an expired password.
        if not match and answer.get("rc") not in (None, *_NOT_STARTED) and _last_line(answer):
            return login_failure(self.phase, answer)
        minimum = minimum_python(C.config.get_configuration_definition("INTERPRETER_PYTHON_FALLBACK")["default"])
        return unusable_python(self.phase, interpreter, match.group().strip() if match else None, minimum)


class VmModuleAction(VmActionBase):
    """Runs the module of the same name on the VM, with the task's options."""

    lost_connection_fails: t.ClassVar[bool] = False
    """Whether a lost connection is a failure: a rolling change must stop at it, but ansible-core counts failures alone."""

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        try:
            return self.run_on_vm(self._task.action, dict(self._task.args), task_vars or {})
        except AnsibleConnectionFailure as exception:
            if not self.lost_connection_fails:
                raise
            remedy = "Check that the VM is up and its connection works"
            failed = error(self.phase, "connection", f"failed: {exception_text(exception)}", remedy)
            return Failure([failed]).as_result()
