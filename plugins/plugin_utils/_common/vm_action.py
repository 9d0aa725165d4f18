# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions whose module runs on a VM, and what they say when the VM's Python cannot run it."""

from __future__ import annotations

import re
import shlex
import typing as t

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as CORE_VERSION

OUR_MINIMUM = (3, 6)
"""The oldest Python that this collection's own code runs on: RHEL 8's."""

BECOME_REMEDY = (
    "If sudo says so: may the login user become root on this VM? A password for that is given with --ask-become-pass"
)

_LINE_SIZE = 300
_PROBE = "import sys; sys.stdout.write('.'.join(map(str, sys.version_info[:3])))"
_VERSION = re.compile(r"^(\d+)\.(\d+)\.\d+\s*$", re.MULTILINE)


def minimum_python(fallbacks: t.Iterable[str]) -> tuple[int, int]:
    """The oldest Python 3 that a core supports on a VM, from the names that it looks for there.

    ``fallbacks`` is the default of the core's own ``INTERPRETER_PYTHON_FALLBACK``, so no table of cores has to be kept here.
    """
    versions = [(3, int(match.group(1))) for name in fallbacks if (match := re.fullmatch(r"python3\.(\d+)", name))]
    return max(min(versions, default=OUR_MINIMUM), OUR_MINIMUM)


def unusable_python(interpreter: str, found: str | None, minimum: tuple[int, int], core: str) -> str | None:
    """The one line for a VM whose Python cannot run modules, or None where the Python is good enough.

    ``found`` is the version that the interpreter printed, or None where it could not be started.
    """
    needed = ".".join(map(str, minimum))
    remedy = (
        f"set ansible_python_interpreter for this VM to a Python {needed} or newer"
        " (on RHEL 8: `dnf install python3.12`, then /usr/bin/python3.12)"
    )
    if minimum > OUR_MINIMUM:
        remedy += ", or run ansible-core 2.16, the last one that supports RHEL 8's own Python 3.6"
    if found is None:
        return f"{interpreter} cannot be started on this VM, and ansible-core {core} needs Python {needed} or newer there: {remedy}."
    if tuple(int(part) for part in found.split(".")[:2]) < minimum:
        return f"Python {found} ({interpreter}) on this VM is too old for ansible-core {core}, which needs {needed} or newer: {remedy}."
    return None


def no_answer(result: dict[str, t.Any], become: bool) -> str:
    """The one line for a module that ended without an answer: the last thing that it, or what should start it, has said."""
    lines = []
    for stream in ("module_stdout", "module_stderr"):
        lines += [" ".join(line.split()) for line in str(result.get(stream) or "").splitlines()]
    # The last word of an ssh with a terminal is its own.
    said = [line for line in lines if line and not line.startswith("Shared connection to ")]
    reason = said[-1].rstrip(".")[:_LINE_SIZE] if said else f"it ended with status {result.get('rc')}"
    return f"the module gave no answer: {reason}. {BECOME_REMEDY if become else 'Run it with -vvv to see all that was said'}."


def crash(result: dict[str, t.Any]) -> str | None:
    """The one line for a module that ended with an exception, which cores since 2.19 hand over; None for any other result."""
    event = getattr(result.get("exception"), "event", None)
    if "msg" in result or event is None:
        return None
    return f"the module failed: {' '.join(event.msg.split())[:_LINE_SIZE].rstrip('.')}. Set ANSIBLE_DISPLAY_TRACEBACK=error to see where."


class VmActionBase(ActionBase):
    """Base of the actions that run a module of this collection on the VM."""

    def run_on_vm(
        self, module_name: str, module_args: dict[str, t.Any], task_vars: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        """Run a module on the VM; what keeps it from answering becomes one clear line instead of a traceback.

        The VM is asked for its Python only after a module has failed without an answer, so success costs no round trip.
        """
        result = self._execute_module(module_name=module_name, module_args=module_args, task_vars=task_vars)
        if "module_stdout" not in result:
            message = crash(result)
            return {**result, "changed": False, "msg": message} if message else result
        interpreter = (self._used_interpreter or "python3").lstrip("#!")
        # As the login user: a sudo that refuses must not look like a Python that does not start.
        answer = self._low_level_execute_command(shlex.join([interpreter, "-c", _PROBE]), sudoable=False)
        version = _VERSION.search(answer.get("stdout", ""))
        minimum = minimum_python(C.config.get_configuration_definition("INTERPRETER_PYTHON_FALLBACK")["default"])
        message = unusable_python(interpreter, version.group().strip() if version else None, minimum, CORE_VERSION)
        message = message or no_answer(result, bool(self._connection.become))
        return {"failed": True, "changed": False, "msg": message}
