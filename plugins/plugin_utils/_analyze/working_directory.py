# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory for the intermediate files of an analysis."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import (
    make_private_directory,
    os_errors,
)


@contextlib.contextmanager
def working_directory(dest: Path) -> t.Iterator[Path]:
    """Create ``dest`` and an empty directory in it, which is removed at the end. Another analysis of ``dest`` waits."""
    make_private_directory(dest)
    work = dest / ".work"
    with os_errors("store", dest), contextlib.ExitStack() as stack:
        descriptor = os.open(dest, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        stack.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # What a killed process has left.
        if work.exists():
            shutil.rmtree(work)
        work.mkdir(mode=0o700)
        stack.callback(shutil.rmtree, work, ignore_errors=True)
        yield work
