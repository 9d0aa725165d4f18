# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch a file that a VM announced: never more bytes than that, and not for ever.

The connection plugins know neither limit: sftp writes whatever the VM sends, and waits as long as the VM keeps the
connection. So those that run ssh or copy locally work in a process of their own, which can be killed with its children.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import threading
import time
import typing as t
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.vm_action import exception_text

Fetch = t.Callable[[], None]

_INTERVAL = 0.5
# What has to arrive within the time after which a transfer has stalled, unless less is left: bytes, or a part of the file.
_PROGRESS = 1 << 16
_PARTS = 1000
# Their state is not in this process. Other plugins, such as paramiko's, could not be used after a fork.
_STATELESS = ("ansible.plugins.connection.ssh", "ansible.plugins.connection.local")


class TransferAborted(Exception):
    """The transfer was ended early; the message is a predicate of the file."""


class Watch:
    """Decide from the size of a file that is being fetched whether the transfer goes on."""

    def __init__(self, path: Path, size: int, stall_timeout: float, show: t.Callable[[int], None]) -> None:
        self.size = size
        self.path = path
        self._stall_timeout = stall_timeout
        self._show = show
        self._progress = max(_PROGRESS, size // _PARTS)
        self._arrived, self._changed = 0, time.monotonic()

    def abort_reason(self) -> str | None:
        """Return why the transfer has to end, as a predicate of the file, or None."""
        arrived, now = self.arrived(), time.monotonic()
        self._show(arrived)
        if arrived > self.size:
            return self.excess()
        # A byte now and then is no progress.
        if arrived >= self._arrived + min(self._progress, max(1, self.size - self._arrived)):
            self._arrived, self._changed = arrived, now
        elif now - self._changed >= self._stall_timeout:
            return f"does not arrive: {arrived} of {self.size} bytes, and fewer than {self._progress} in {self._stall_timeout:g} seconds"
        return None

    def excess(self) -> str:
        return f"is larger than the {self.size} bytes that the VM announced"

    def arrived(self) -> int:
        with contextlib.suppress(OSError):
            return self.path.stat().st_size
        return 0


def fetch(connection: ConnectionBase, source: str, watch: Watch) -> None:
    """Fetch a file through the connection; raise ``TransferAborted``, or whatever the connection raises."""
    try:
        if type(connection).__module__ in _STATELESS:
            _in_child(lambda: connection.fetch_file(source, str(watch.path)), watch)
        else:
            _in_process(lambda: connection.fetch_file(source, str(watch.path)), watch, connection.close)
    finally:
        # The operating system ends a transfer at the limit, which its exception does not say.
        if watch.arrived() > watch.size:
            raise TransferAborted(watch.excess())


def _in_process(fetch_file: Fetch, watch: Watch, close: t.Callable[[], None]) -> None:
    """Fetch in this process, and close the connection to end the transfer."""
    reasons: list[str] = []
    done = threading.Event()

    def observe() -> None:
        while not done.wait(_INTERVAL):
            if reason := watch.abort_reason():
                reasons.append(reason)
                with contextlib.suppress(Exception):
                    close()
                return

    observer = threading.Thread(target=observe, daemon=True)
    before = _limit_file_size(watch.size)
    observer.start()
    try:
        fetch_file()
    except Exception as exception:
        if reasons:
            raise TransferAborted(reasons[0]) from exception
        raise
    finally:
        done.set()
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        observer.join()


def _in_child(fetch_file: Fetch, watch: Watch) -> None:
    """Fetch in a child process, and kill it with its own children to end the transfer."""
    (result, child_result), (child_lifeline, lifeline) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(result)
        os.close(lifeline)
        _child(fetch_file, watch.size, child_result, child_lifeline)
    os.close(child_result)
    os.close(child_lifeline)
    try:
        while not select.select([result], [], [], _INTERVAL)[0]:
            if reason := watch.abort_reason():
                raise TransferAborted(reason)
        _raise_for(os.read(result, 1 << 16))
    finally:
        # Without a group of its own, the child has only just started.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(result)
        os.close(lifeline)


def _child(fetch_file: Fetch, size: int, result: int, lifeline: int) -> t.NoReturn:
    """Fetch within the limit, write what failed to ``result``, and end with the parent."""
    try:
        os.setsid()

        def end_with_parent() -> None:
            os.read(lifeline, 1)
            os.killpg(0, signal.SIGKILL)

        threading.Thread(target=end_with_parent, daemon=True).start()
        _limit_file_size(size)
        outcome = {}
        fetch_file()
    except BaseException as exception:
        outcome = {"error": exception_text(exception), "lost": isinstance(exception, AnsibleConnectionFailure)}
    finally:
        os.write(result, json.dumps(outcome).encode("ascii"))
        # Not sys.exit, which would run the exit handlers of the parent.
        os._exit(0)


def _limit_file_size(size: int) -> tuple[int, int]:
    """Let no file of this process and its children grow past the size, but by the byte that shows it; return the old limits."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    limits = [size + 1, *(limit for limit in before if limit != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (min(limits), before[1]))
    return before


def _raise_for(data: bytes) -> None:
    outcome = json.loads(data) if data else {"error": "the process was killed"}
    if "error" in outcome:
        raise (AnsibleConnectionFailure if outcome.get("lost") else AnsibleError)(outcome["error"])
