# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command with a time limit and an abort condition, and leave no process of its group behind."""

import os
import signal
import subprocess
import time
import typing as t

GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL."""

_INTERVAL = 0.05
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Terminated(Exception):
    """The command was terminated early; the message is a predicate of the command."""


class Interrupted(Exception):
    """This process received SIGTERM or SIGINT; the message is a predicate of the process."""


def run(
    argv: t.Sequence[str],
    stdout: t.Any,
    stderr: t.Any,
    cwd: str,
    env: t.Mapping[str, str],
    timeout: float,
    abort_reason: t.Callable[[], t.Optional[str]] = lambda: None,
    grace: t.Optional[float] = None,
    leave_background: bool = False,
) -> int:
    """Run a command in a session of its own and return its exit status, negative for a signal.

    ``abort_reason`` is polled while the command runs; a reason terminates it. Raise ``Terminated`` after that and
    after ``timeout`` seconds. No process of the command's group survives this function, unless the command has exited by
    itself and ``leave_background`` is true.
    """
    # AnsibleModule.run_command keeps all output in memory, and knows neither process groups nor time limits.
    process = subprocess.Popen(  # pylint: disable=ansible-bad-function
        argv, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=cwd, env=env, start_new_session=True
    )
    deadline = time.monotonic() + timeout
    try:
        while not _has_exited(process.pid):
            reason = abort_reason()
            if reason:
                raise Terminated(f"was terminated because {reason}")
            if time.monotonic() >= deadline:
                raise Terminated(f"was terminated after {timeout:g} seconds")
            time.sleep(_INTERVAL)
    finally:
        if not (leave_background and _has_exited(process.pid)):
            _terminate_group(process, GRACE if grace is None else grace)
    return process.wait()


def _has_exited(pid: int) -> bool:
    """Return whether the process has exited. It stays a zombie, so that its group's number is not reused."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _terminate_group(process: "subprocess.Popen[bytes]", grace: float) -> None:
    """Terminate what is left of the command's group, with SIGTERM first, and reap the command."""
    pid = process.pid
    try:
        if not _has_exited(pid):
            _signal_group(pid, signal.SIGTERM)
            deadline = time.monotonic() + grace
            while not _has_exited(pid) and time.monotonic() < deadline:
                time.sleep(_INTERVAL)
    finally:
        # A signal may interrupt the wait above.
        if not _signal_group(pid, signal.SIGKILL) and not _has_exited(pid):
            raise Terminated("runs as another user, could not be terminated and is still running")
        process.wait()


def _signal_group(pid: int, number: int) -> bool:
    """Signal a group; return False where it belongs to another user, as with the command ``sudo``."""
    try:
        os.killpg(pid, number)
    except PermissionError:
        return False
    return True


def stop_on_signals() -> None:
    """Let SIGTERM and SIGINT raise ``Interrupted``, so that callers can clean up.

    SIGHUP keeps its effect: it follows a lost connection, which a background job must survive.
    """

    def stop(number: int, frame: t.Any) -> None:
        for each in _STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(f"was stopped by {signal.Signals(number).name}")

    for each in _STOP_SIGNALS:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, stop)
    # An ignored SIGCHLD is inherited, and would turn every exit status into 0.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
