# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which run directories are old, and their removal."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import store
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import run_directory
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import os_errors

_REMEDY = "Remove it manually if it is no longer needed"


class Run(t.NamedTuple):
    path: Path
    start: str
    complete: bool


def find_runs(dest: Path) -> list[Run]:
    """Return the runs in a directory, the newest first. Whatever is not a run directory of this user is left out."""
    if not dest.is_dir():
        return []
    with os_errors("cleanup", dest):
        found = [run for path in sorted(dest.iterdir()) if (run := _run(path))]
    return sorted(found, key=lambda run: run.start, reverse=True)


def _run(path: Path) -> Run | None:
    # A symbolic link leads to what someone else may still need.
    if not _is_own(path, stat.S_ISDIR) or not _is_own(path / run_directory.MANIFEST_NAME, stat.S_ISREG):
        return None
    try:
        manifest = run_directory.load(path / run_directory.MANIFEST_NAME)
    except Failure:
        return None
    if manifest["run_id"] != path.name:
        return None
    return Run(path, manifest["start"] or manifest["end"], manifest["complete"])


def _is_own(path: Path, is_type: t.Callable[[int], bool]) -> bool:
    """Return whether this is a directory or file of the user who runs Ansible, and no link to one."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return is_type(status.st_mode) and status.st_uid == os.geteuid()


def old_runs(runs: t.Sequence[Run], keep: int, current: str | None) -> list[Run]:
    """Return all runs but the ``keep`` newest ones, the newest complete one, and the current one, which counts as the newest."""
    others = [run for run in runs if run.path.name != current]
    newest_complete = next((run for run in runs if run.complete), None)
    return [run for run in others[keep - (current is not None) :] if run != newest_complete]


def remove(run: Run) -> None:
    """Remove a run directory, its manifest last. Raise a ``Failure`` if it is in use, or contains what no run has stored."""
    with contextlib.ExitStack() as locks, os_errors("cleanup", run.path):
        for each in sorted(run.path.iterdir()):
            if each.is_dir() and not each.is_symlink():
                locks.enter_context(store.locked(each))
        if foreign := next(_foreign_entries(run.path), None):
            cause = "is a symbolic link, a special file, or belongs to another user, so its run was not removed"
            raise failure("cleanup", str(foreign), cause, _REMEDY)
        for each in sorted(run.path.iterdir(), key=lambda path: path.name == run_directory.MANIFEST_NAME):
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        run.path.rmdir()


def _foreign_entries(directory: Path) -> t.Iterator[Path]:
    for path in directory.iterdir():
        if _is_own(path, stat.S_ISDIR):
            yield from _foreign_entries(path)
        elif not _is_own(path, stat.S_ISREG):
            yield path
