# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job on a VM that survives a lost connection, and stores its result in a private directory.

Ansible's ``async`` is not used: it cannot be pipelined, so that it costs five round trips where this costs none, its
result is readable for everybody, and its time limit terminates the module but not the command in a session of its own.
"""

import contextlib
import json
import os
import secrets
import shutil
import stat
import time
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import (
    RESULT,
    UNFINISHED_RESULT,
    PrivateDirectory,
    is_locked,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure

_MAXIMUM_PAUSE = 0.25
_MAXIMUM_RESULT_SIZE = 1 << 20
_ALLOCATED_SIZE = 1 << 16


def start(private: PrivateDirectory, job: t.Callable[[], t.Dict[str, t.Any]]) -> None:
    """Run ``job`` in a process that outlives this one, locks the directory, and stores the result there.

    The space for the result is allocated first, or ``OSError`` raised: a job that fills the disk must be able to say so.
    """
    descriptor = _allocate(os.path.join(private.path, UNFINISHED_RESULT))
    child = os.fork()
    if child:
        os.close(descriptor)
        os.waitpid(child, 0)
        private.unlock()
        return
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        # A reader of our output waits for the end of it, which must not be the end of the job.
        null = os.open(os.devnull, os.O_RDWR)
        for standard_stream in range(3):
            os.dup2(null, standard_stream)
        os.chdir("/")
        _store(private.path, descriptor, job())
    finally:
        # Not sys.exit, which would run the exit handlers of the parent.
        os._exit(0)


def wait(path: str, seconds: float) -> t.Optional[t.Dict[str, t.Any]]:
    """Return the result of the job in this directory, or None where it is still running after ``seconds``.

    Raise ``Failure`` where there is no such job, or it ended without a result.
    """
    deadline = time.monotonic() + seconds
    pause = 0.02
    while True:
        has_ended = not is_locked(path)
        result = _read(path)
        if result is not None:
            return result
        if has_ended:
            cause = "ended without a result" if os.path.isdir(path) else "no longer exists"
            remedy = "Check whether the VM was restarted or the process was killed, and collect again"
            raise failure("run", f"the job in {path}", cause, remedy, directory=path)
        if time.monotonic() >= deadline:
            return None
        time.sleep(pause)
        pause = min(pause * 1.5, _MAXIMUM_PAUSE)


def cancel(path: str) -> None:
    """Remove the directory, which cancels the job in it."""
    # Renamed first, so that it disappears at once even if the job is still creating files. To a random name: where anyone can
    # create files, a predictable one could exist already.
    renamed = f"{path}.{secrets.token_hex(8)}"
    with contextlib.suppress(OSError):
        os.rename(path, renamed)
        path = renamed
    shutil.rmtree(path, ignore_errors=True)


def remove_result(path: str) -> None:
    """Remove the result, and nothing else, from the directory."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(path, RESULT))


def _allocate(path: str) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        # Not a write, which may be short.
        os.posix_fallocate(descriptor, 0, _ALLOCATED_SIZE)
    except OSError as error:
        os.close(descriptor)
        error.filename = path
        raise
    return descriptor


def _store(path: str, descriptor: int, result: t.Dict[str, t.Any]) -> None:
    # The login user may own the directory by now, and could have replaced the file of this name.
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        json.dump(result, stream)
        stream.truncate()
    os.rename(os.path.join(path, UNFINISHED_RESULT), os.path.join(path, RESULT))


def _read(path: str) -> t.Optional[t.Dict[str, t.Any]]:
    try:
        descriptor = os.open(os.path.join(path, RESULT), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        # The login user may own the directory by now: a file that another user can have put there is no result.
        ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_nlink == 1
        if not ours or status.st_size > _MAXIMUM_RESULT_SIZE:
            return None
        result = json.loads(stream.read().decode("ascii"))
    return result if isinstance(result, dict) else None
