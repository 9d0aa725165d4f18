# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command that cannot outlive its time, fill the disk, or leave a process of its group behind."""

import os
import signal
import subprocess
import time
from typing import Any, Callable, Dict, List, Optional

GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL."""

_INTERVAL = 0.05


class Ended(Exception):
    """The command was ended before its time; the message says why."""


class Interrupted(Exception):
    """This process was told to stop while the command ran."""


def run(
    argv: List[str],
    stdout: Any,
    stderr: Any,
    cwd: str,
    env: Dict[str, str],
    timeout: float,
    trouble: Callable[[], Optional[str]],
    grace: float = GRACE,
) -> int:
    """Run a command in a session of its own and return its status; raise ``Ended`` when it had to be ended.

    ``trouble`` is asked all the time and ends the command by returning a reason. However this function is left, no
    process of the command's group is left running.
    """
    # AnsibleModule.run_command holds all output in memory, and knows neither groups nor time-outs.
    process = subprocess.Popen(  # pylint: disable=ansible-bad-function
        argv, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=cwd, env=env, start_new_session=True
    )
    deadline = time.monotonic() + timeout
    try:
        while not _has_exited(process.pid):
            reason = trouble()
            if time.monotonic() >= deadline:
                reason = f"it ran longer than {timeout:g} seconds"
            if reason:
                raise Ended(reason)
            time.sleep(_INTERVAL)
    finally:
        _end_group(process, grace)
    return process.returncode


def _has_exited(pid: int) -> bool:
    """Whether the process has ended. It stays a zombie, so that its number, which is its group's, is not given away."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_group(process: "subprocess.Popen[bytes]", grace: float) -> None:
    """End whatever is left of the command's group: first by asking, then by force."""
    pid = process.pid
    try:
        if not _has_exited(pid):
            _signal_group(pid, signal.SIGTERM)
            deadline = time.monotonic() + grace
            while not _has_exited(pid) and time.monotonic() < deadline:
                time.sleep(_INTERVAL)
    finally:
        if not _signal_group(pid, signal.SIGKILL) and not _has_exited(pid):
            raise Ended("it runs as another user, so it could not be ended and goes on")
        process.wait()


def _signal_group(pid: int, number: int) -> bool:
    """Signal a group; False where it belongs to another user, as it does when the command is ``sudo``."""
    try:
        os.killpg(pid, number)
    except PermissionError:
        return False
    return True


def stop_on_signals() -> None:
    """Let SIGTERM and SIGINT raise ``Interrupted``, so that what was made is removed.

    SIGHUP, which comes of a lost connection, is not among them: what goes on in the background is to survive that.
    """

    def stop(number: int, frame: Any) -> None:
        for each in _STOPPING:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(f"this run was told to stop ({signal.Signals(number).name})")

    for each in _STOPPING:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, stop)
    # An ignored SIGCHLD is inherited, and would turn every exit status into 0.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


_STOPPING = (signal.SIGTERM, signal.SIGINT)
