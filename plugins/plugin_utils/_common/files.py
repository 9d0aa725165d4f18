# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private files and directories on the controller."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common import trusted_path
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure

_CHUNK = 1 << 20


@contextlib.contextmanager
def os_errors(phase: str, path: Path) -> t.Iterator[None]:
    """Convert an ``OSError`` to a ``Failure`` of this phase; ``path`` is named where the error names no file."""
    try:
        yield
    except OSError as error:
        subject, cause = str(error.filename or path), f"cannot be used: {error.strerror}"
        raise failure(phase, subject, cause, "Check this path and its file system on the controller") from error


def require_trusted(path: Path) -> None:
    """Raise a ``Failure`` if another user can write to a directory, or replace one on the way to it. It need not exist."""
    if untrusted := trusted_path.untrusted_writer(str(path), trusted_path.root_and_this_user()):
        raise failure("store", str(path), untrusted.cause, f"{untrusted.remedy}, or choose another dest")


def make_private_directory(path: Path) -> None:
    """Create a directory and its parents with mode 0700, or accept a directory that only this user can write to."""
    require_trusted(path)
    with os_errors("store", path):
        for each in reversed([path, *path.parents]):
            # The tasks of other VMs create the same parents at the same time.
            with contextlib.suppress(FileExistsError):
                if not os.path.lexists(each):
                    each.mkdir(mode=0o700)
        status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise failure("store", str(path), "exists, but is not a directory", "Move it, or choose another dest")
    # Another user may have created one of them meanwhile. From now on, nobody else can replace any.
    require_trusted(path)


def write_private_file(path: Path, data: bytes) -> None:
    """Write a small file with mode 0600, completely or not at all.

    The temporary file has a fixed name, so that one which a killed process left is used again. It is locked while it is written.
    """
    temporary = path.with_name(f".{path.name}.partial")
    with os_errors("store", path), os.fdopen(_open_locked(temporary), "wb") as stream:
        try:
            stream.truncate()
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        sync(path.parent)


def _open_locked(path: Path) -> int:
    """Create a private file, or open the one that exists, and wait until no other process writes it."""
    while True:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.fchmod(descriptor, 0o600)
            # The process that held the lock has renamed or removed the file.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), path.lstat()):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def open_regular_file(path: Path) -> t.BinaryIO:
    """Open a file for reading; a symbolic link, a directory or a device is an ``OSError``."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is not a regular file", str(path))
    return os.fdopen(descriptor, "rb")


def size_and_sha256(stream: t.BinaryIO) -> tuple[int, str]:
    """Return the number of bytes up to the end of the stream, and their SHA-256 digest."""
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


def sync(path: Path) -> None:
    """Make the content of a file, or the names in a directory, survive a crash of the controller."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
