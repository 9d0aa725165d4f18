# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The destination directory of a bundle on the controller, and the file that is downloaded into it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import (
    make_private_directory,
    open_regular_file,
    os_errors,
    size_and_sha256,
    sync,
)

_MIB = 1 << 20


@contextlib.contextmanager
def locked(dest: Path) -> t.Iterator[None]:
    """Create the directory and lock it for this run; remove it at the end if it is empty."""
    with contextlib.ExitStack() as opened:
        while True:
            make_private_directory(dest)
            with os_errors("store", dest), contextlib.suppress(FileNotFoundError):
                descriptor = os.open(dest, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                opened.callback(os.close, descriptor)
                _lock(descriptor, dest)
                # The run that had locked it before may have removed it in the meantime.
                if os.path.samestat(os.fstat(descriptor), dest.lstat()):
                    break
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                dest.rmdir()


def require_free_space(dest: Path, size: int, reserve: int) -> None:
    """Raise a ``Failure`` unless ``size`` bytes fit into the file system of ``dest`` and leave ``reserve`` MiB free."""
    path = next(each for each in (dest, *dest.parents) if each.exists())
    with os_errors("store", path):
        status = os.statvfs(path)
    free = status.f_bavail * status.f_frsize
    if free < size + reserve * _MIB:
        required = [f"the bundle has {size} bytes"] if size else []
        required += [f"{reserve} MiB must stay free (minimum_free_dest)"] if reserve else []
        cause = f"has {free} bytes of free disk space on the controller, but {' and '.join(required)}"
        remedy = "Free disk space, or choose another dest" + (" or a smaller minimum_free_dest" if reserve else "")
        raise failure("store", str(path), cause, remedy)


def require_size(path: str, size: int, maximum: int) -> None:
    """Raise a ``Failure`` if a bundle has more than ``maximum`` MiB, unless that is 0."""
    if maximum and size > maximum * _MIB:
        cause = f"has {size} bytes, but may have {maximum} MiB (maximum_size)"
        raise failure("download", path, cause, "Narrow the dates, or set a larger maximum_size")


class IncomingFile:
    """A bundle that is being downloaded under a temporary name into a locked directory.

    As a context manager it removes the temporary file when the block is left.
    """

    def __init__(self, dest: Path, name: str, size: int, reserve: int) -> None:
        self.final = dest / name
        self.partial = dest / f".{name}.partial"
        self._size = size
        # An earlier run may have been killed and have left one, which takes disk space.
        self._discard()
        require_free_space(dest, size, reserve)
        with os_errors("store", self.partial):
            os.close(os.open(self.partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def __enter__(self) -> IncomingFile:
        return self

    def __exit__(self, *exception: object) -> None:
        self._discard()

    def verify(self, sha256: str) -> None:
        """Compare size and digest with those on the VM, and flush the file to disk."""
        with os_errors("verify", self.partial), open_regular_file(self.partial) as stream:
            os.fchmod(stream.fileno(), 0o600)
            size, digest = size_and_sha256(stream)
            os.fsync(stream.fileno())
        if (size, digest) != (self._size, sha256):
            cause = f"has {size} bytes and SHA-256 {digest} after the download, but {self._size} bytes and {sha256} on the VM"
            remedy = "Nothing was stored. Collect again; if it happens again, check the network and the disks"
            raise failure("verify", self.final.name, cause, remedy)

    def is_stored(self, sha256: str) -> bool:
        """Return whether the same file exists under the final name; raise a ``Failure`` if anything else does."""
        if not os.path.lexists(self.final):
            return False
        with contextlib.suppress(OSError), open_regular_file(self.final) as stream:
            if size_and_sha256(stream) == (self._size, sha256):
                return True
        remedy = "Choose another dest or run ID, or move the file"
        raise failure("store", str(self.final), "exists, but has another content", remedy)

    def rename(self) -> None:
        """Give the file its final name."""
        with os_errors("store", self.final):
            self.partial.rename(self.final)
            sync(self.final.parent)

    def _discard(self) -> None:
        with contextlib.suppress(OSError):
            self.partial.unlink()


def _lock(descriptor: int, dest: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        cause, remedy = (
            "is in use: another run is writing to it",
            "Wait for the other run to end, or choose another dest",
        )
        raise failure("store", str(dest), cause, remedy) from error
