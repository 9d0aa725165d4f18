# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work on a VM that goes on when the connection is lost, and leaves its result in a private directory.

Ansible's own wrapper for such work is not used. It cannot be sent through a pipe, so that it costs five round trips
where this costs none, it leaves the result readable for everybody, and its time limit would end the module and leave the
command behind, which has a session of its own.
"""

import contextlib
import json
import os
import shutil
import stat
import time
from typing import Any, Callable, Dict, Optional

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import (
    RESULT,
    UNFINISHED_RESULT,
    PrivateDirectory,
    is_held,
)

_LONGEST_PAUSE = 0.25
_MAXIMUM_SIZE = 1 << 20
_ROOM = 1 << 16


class Lost(Exception):
    """There is no such work, or it has ended without a result; the message says which."""


def start(private: PrivateDirectory, work: Callable[[], Dict[str, Any]]) -> None:
    """Let ``work`` go on in a process that outlives this one, holds the directory, and leaves its result in it.

    There is room for the result before the work begins, or an ``OSError``: work that fills the disk must be able to say so.
    """
    room = _make_room(os.path.join(private.path, UNFINISHED_RESULT))
    child = os.fork()
    if child:
        os.close(room)
        os.waitpid(child, 0)
        private.release()
        return
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        # Who waits for the end of the output must not wait for the work.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nowhere, descriptor)
        os.chdir("/")
        _leave(private.path, room, work())
    finally:
        # Not sys.exit: what this process has registered for its end is for its parent to do.
        os._exit(0)


def wait(path: str, seconds: float) -> Optional[Dict[str, Any]]:
    """The result of the work in this directory, or None where it goes on for longer than we want to wait."""
    deadline = time.monotonic() + seconds
    pause = 0.02
    while True:
        over = not is_held(path)
        result = _read(path)
        if result is not None:
            return result
        if over:
            raise Lost("it has ended without a result" if os.path.isdir(path) else f"{path} is gone")
        if time.monotonic() >= deadline:
            return None
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def cancel(path: str) -> None:
    """Remove the directory, which ends the work in it."""
    # It must be gone at once, even where the work goes on making files until it notices.
    gone = path + ".gone"
    with contextlib.suppress(OSError):
        os.rename(path, gone)
        shutil.rmtree(gone, ignore_errors=True)


def forget(path: str) -> None:
    """Remove the result and leave the rest, which then is no longer waited for."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(path, RESULT))


def _make_room(path: str) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        # Not a write, which may be a short one.
        os.posix_fallocate(descriptor, 0, _ROOM)
    except OSError as error:
        os.close(descriptor)
        error.filename = path
        raise
    return descriptor


def _leave(path: str, room: int, result: Dict[str, Any]) -> None:
    # By its descriptor: the directory may be the login user's by now, who could have put another file there.
    with os.fdopen(room, "w", encoding="ascii") as stream:
        json.dump(result, stream)
        stream.truncate()
    os.rename(os.path.join(path, UNFINISHED_RESULT), os.path.join(path, RESULT))


def _read(path: str) -> Optional[Dict[str, Any]]:
    try:
        descriptor = os.open(os.path.join(path, RESULT), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        # The directory may be the login user's by now: what another user could have put there is no result.
        ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_nlink == 1
        if not ours or status.st_size > _MAXIMUM_SIZE:
            return None
        result = json.loads(stream.read().decode("ascii"))
    return result if isinstance(result, dict) else None
