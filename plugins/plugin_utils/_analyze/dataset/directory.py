# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory of a data set: what it contains, whose it is, and who may change it.

::

    dataset/records/day=YYYY-MM-DD/records.parquet   what Spark, ClickHouse and DuckDB read: a file a day
    dataset/collections.json                         the last collection of each VM
    dataset/staging/                                 files that are being written; a killed process leaves some
    dataset/lock                                     locked by the process that changes the data set
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import typing as t
from datetime import date
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.trusted_path import user_name
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import (
    make_private_directory,
    os_errors,
    sync,
)

_DAY = "day="
_FILE = "records.parquet"


class Directory:
    """A data set that this process has locked."""

    def __init__(self, root: Path) -> None:
        self.records = root / "records"
        self.staging = root / "staging"

    def file(self, day: date) -> Path:
        """Return the file of a day, which need not exist."""
        return self.records / f"{_DAY}{day}" / _FILE

    def days(self) -> list[date]:
        """Return the days of which there are records, the oldest first."""
        return [date.fromisoformat(file.parent.name.removeprefix(_DAY)) for file in files(self.records.parent)]

    def publish(self, staged: Path, day: date) -> None:
        """Replace the file of a day, so that a reader has the old or the new one, also after a crash."""
        file = self.file(day)
        staged.chmod(0o600)
        sync(staged)
        with contextlib.suppress(FileExistsError):
            file.parent.mkdir(mode=0o700)
            sync(self.records)
        _require_own(file.parent, stat.S_ISDIR)
        staged.replace(file)
        sync(file.parent)

    def remove(self, day: date) -> None:
        """Remove a day at once."""
        self.file(day).parent.rename(self.staging / "removed")
        sync(self.records)
        shutil.rmtree(self.staging / "removed")


def files(root: Path) -> list[Path]:
    """Return the files of a data set, the oldest day first. This needs no lock."""
    return sorted((root / "records").glob(f"{_DAY}*/{_FILE}"))


@contextlib.contextmanager
def locked(root: Path) -> t.Iterator[Directory]:
    """Create a data set or open it, wait until no other process changes it, and remove what a killed process left."""
    make_private_directory(root)
    with os_errors("store", root), contextlib.ExitStack() as stack:
        lock = root / "lock"
        if os.path.lexists(lock):
            _require_own(lock, stat.S_ISREG)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        stack.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        directory = Directory(root)
        for path in (directory.records, directory.staging):
            with contextlib.suppress(FileExistsError):
                path.mkdir(mode=0o700)
            _require_own(path, stat.S_ISDIR)
        _empty(directory.staging)
        stack.callback(_empty, directory.staging)
        yield directory


def _require_own(path: Path, has_type: t.Callable[[int], bool]) -> None:
    """Raise a ``Failure`` unless a path is of this type, no symbolic link, and belongs to this user."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        cause = f"is a symbolic link to {os.readlink(path)}, but a data set contains none"
        raise failure("store", str(path), cause, "Remove it, or choose another data set")
    if not has_type(status.st_mode):
        raise failure(
            "store", str(path), "is of another type than in a data set", "Move it, or choose another data set"
        )
    if status.st_uid != os.geteuid():
        cause = f"belongs to {user_name(status.st_uid)}, but a data set is changed by the user alone who created it"
        raise failure("store", str(path), cause, "Run as that user, or choose another data set")


def _empty(directory: Path) -> None:
    for path in directory.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
