# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory for one bundle that only its owner can read, locked while a process works in it."""

import fcntl
import os
import pwd
import shutil
import stat
import subprocess
import time
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure

PREFIX = "aqtive_guard_log_bundle."
"""How the names of these directories begin; a random part follows."""

RESULT = ".result.json"
"""Where a background job stores its result."""

UNFINISHED_RESULT = RESULT + ".new"
"""The space that is allocated for the result before the job starts."""

LEFTOVER_AGE = 3600
"""Seconds after which an unlocked directory is a leftover of an earlier run."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class PrivateDirectory:
    """A new directory with mode 0700, locked by this process.

    As a context manager it removes the directory when an exception leaves the block, and unlocks it in any case.
    """

    def __init__(self, parent: str, name: str) -> None:
        self.path = os.path.join(parent, PREFIX + name)
        os.mkdir(self.path, 0o700)
        self._lock = _lock(self.path)

    def __enter__(self) -> "PrivateDirectory":
        return self

    def __exit__(self, kind: t.Optional[type], *dummy: object) -> None:
        if kind is not None:
            shutil.rmtree(self.path, ignore_errors=True)
        self.unlock()

    def unlock(self) -> None:
        """Release this process's lock; a forked process keeps its own."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def remove_all_except(self, name: t.Optional[str]) -> None:
        """Remove everything but one file, if any, and the space for the result."""
        for entry in os.listdir(self.path):
            path = os.path.join(self.path, entry)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            elif entry not in (name, UNFINISHED_RESULT):
                os.unlink(path)

    def grant(self, name: str, user: str) -> None:
        """Give the directory and the one file in it to a user, or let the user read both by access control lists."""
        account = find_user(user)
        if account.pw_uid == os.geteuid():
            return
        # The file first: the owner of the directory can replace what is in it.
        file_path = os.path.join(self.path, name)
        try:
            os.chown(file_path, account.pw_uid, account.pw_gid)
            os.chown(self.path, account.pw_uid, account.pw_gid)
        except PermissionError:
            _allow(file_path, user, f"u:{account.pw_uid}:r--")
            _allow(self.path, user, f"u:{account.pw_uid}:r-x")


def find_user(name: str) -> pwd.struct_passwd:
    """Return the account of a user, or raise ``Failure``."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise failure(
            "prepare", "owner", f"is {name!r}, but this VM has no such user", "Set owner to the login user"
        ) from None


def is_locked(path: str) -> bool:
    """Return whether a process works in the directory, or that cannot be determined."""
    lock = _lock(path)
    if lock is not None:
        os.close(lock)
    return lock is None and os.path.isdir(path)


def remove_leftovers(parent: str, owners: t.Container[int]) -> t.List[str]:
    """Remove the unlocked directories of these owners that are older than ``LEFTOVER_AGE``, and return their paths."""
    removed = []
    for name in sorted(os.listdir(parent)):
        path = os.path.join(parent, name)
        if not name.startswith(PREFIX) or not _is_old_directory(path, owners):
            continue
        lock = _lock(path)
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)
            if not os.path.lexists(path):
                removed.append(path)
    return removed


def _is_old_directory(path: str, owners: t.Container[int]) -> bool:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid in owners and time.time() - status.st_mtime > LEFTOVER_AGE


def _lock(path: str) -> t.Optional[int]:
    """Return a descriptor that locks the directory until it is closed, or None where that is impossible."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _allow(path: str, user: str, entry: str) -> None:
    """Add one entry to a path's access control list."""
    nowhere = subprocess.DEVNULL
    environment = dict(os.environ, PATH=SYSTEM_PATH)
    try:
        status = bounded_command.run(["setfacl", "--modify", entry, path], nowhere, nowhere, "/", environment, 60)
        problem = f"setfacl exited with status {status}" if status else ""
    except (OSError, bounded_command.Terminated) as error:
        problem = f"setfacl cannot be used ({error})"
    if problem:
        remedy = "Set become_user to root or to the login user, or install the package acl on the VM"
        raise failure("grant", "the bundle", f"cannot be given to {user!r}: {problem}", remedy)
