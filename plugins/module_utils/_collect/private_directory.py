# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory that nobody else can read, gone after a failure, and given to one user after a success."""

import contextlib
import fcntl
import os
import pwd
import shutil
import stat
import time
from typing import Collection, List, Optional

from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command

PREFIX = "aqtive_guard_log_bundle."
"""How the names of these directories begin. What follows is random."""

RESULT = ".result.json"
"""What work in the background leaves there in the end. See ``_job``."""

UNFINISHED_RESULT = RESULT + ".new"
"""Where it is written, and where there is room for it from the beginning."""

UNFETCHED_AGE = 3600
"""Seconds after which nobody will come to fetch a result any more."""

DEAD_AGE = 60
"""Seconds after which work that nobody does has died."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class HandOverError(Exception):
    """The directory could not be given to the user."""


class PrivateDirectory:
    """A fresh directory with mode 0700, locked while this process works in it.

    As a context manager it removes the directory when an exception leaves the block, and keeps it otherwise.
    """

    def __init__(self, parent: str, name: str) -> None:
        self.path = os.path.join(parent, PREFIX + name)
        os.mkdir(self.path, 0o700)
        self._lock = _lock(self.path)

    def __enter__(self) -> "PrivateDirectory":
        return self

    def __exit__(self, kind: Optional[type], *dummy: object) -> None:
        if kind is not None:
            shutil.rmtree(self.path, ignore_errors=True)
        self.release()

    def release(self) -> None:
        """No longer hold the directory; a process that was forked meanwhile still does."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def keep_only(self, name: Optional[str]) -> None:
        """Remove everything but one file, if any, and the room for the result."""
        for entry in os.listdir(self.path):
            path = os.path.join(self.path, entry)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            elif entry not in (name, UNFINISHED_RESULT):
                os.unlink(path)

    def hand_over(self, name: str, user: str) -> None:
        """Give the directory and the one file in it to a user, and to nobody else."""
        account = find_user(user)
        if account is None:
            raise HandOverError(f"this VM has no user {user!r}")
        if account.pw_uid == os.geteuid():
            return
        # The file first: as soon as the user owns the directory, its names are the user's to change.
        file_path = os.path.join(self.path, name)
        try:
            os.chown(file_path, account.pw_uid, account.pw_gid)
            os.chown(self.path, account.pw_uid, account.pw_gid)
        except PermissionError:
            _allow(file_path, account.pw_uid, "r--")
            _allow(self.path, account.pw_uid, "r-x")


def find_user(name: str) -> Optional[pwd.struct_passwd]:
    """The account of a user, or None where there is no such user."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def is_held(path: str) -> bool:
    """Whether a process works in the directory, or there is no telling."""
    lock = _lock(path)
    if lock is not None:
        os.close(lock)
    return lock is None and os.path.isdir(path)


def remove_leftovers(parent: str, owners: Collection[int], age: float) -> List[str]:
    """Remove what dead runs of these owners left behind, and say what that was.

    That is what nobody works in, nobody reads, and nobody will come for: after ``age`` seconds in any case.
    """
    removed = []
    for name in sorted(os.listdir(parent)):
        path = os.path.join(parent, name)
        if not name.startswith(PREFIX) or not _is_leftover(path, owners, age):
            continue
        lock = _lock(path)
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)
            if not os.path.lexists(path):
                removed.append(path)
    return removed


def _is_leftover(path: str, owners: Collection[int], age: float) -> bool:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners:
        return False
    idle = time.time() - status.st_mtime
    if idle > age:
        return True
    try:
        left = os.listdir(path)
    except OSError:
        return False
    # A bundle alone was left on purpose, for somebody to fetch by hand.
    patience = UNFETCHED_AGE if RESULT in left else DEAD_AGE if "work" in left else age
    return idle > patience and not _may_be_read(path, owners)


def _may_be_read(path: str, owners: Collection[int]) -> bool:
    """Whether a process has a file of this directory open, as one that sends it has, or there is no telling."""
    if os.geteuid() != 0 and set(owners) != {os.geteuid()}:
        return True
    try:
        pids = [entry for entry in os.listdir("/proc") if entry.isdigit()]
    except OSError:
        return True
    if not pids:
        return True
    for pid in pids:
        # Processes end while they are looked at, and those of others are none of ours.
        with contextlib.suppress(OSError):
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    if os.readlink(f"/proc/{pid}/fd/{descriptor}").startswith(path + "/"):
                        return True
    return False


def _lock(path: str) -> Optional[int]:
    """A descriptor that holds the directory's lock until it is closed, or None where another process holds it."""
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


def _allow(path: str, uid: int, permissions: str) -> None:
    """Let one more user in by an access control list."""
    setfacl = shutil.which("setfacl", path=SYSTEM_PATH)
    if setfacl is None:
        raise HandOverError("its owner may not be changed, and this VM has no setfacl")
    entry = f"u:{uid}:{permissions}"
    with open(os.devnull, "wb") as nowhere:
        status = bounded_command.run(
            [setfacl, "--modify", entry, path],
            stdout=nowhere,
            stderr=nowhere,
            cwd="/",
            env=dict(os.environ),
            timeout=60,
            trouble=lambda: None,
        )
    if status != 0:
        raise HandOverError(f"its owner may not be changed, and setfacl ended with status {status}")
