# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.child_process import end_with_parent

WORKERS = 3


def is_locked(path):
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def work(path, seconds):
    path.touch()
    time.sleep(seconds)


@pytest.mark.parametrize("is_busy", [True, False])
def test_processes_of_a_pool_end_when_their_parent_is_killed_and_release_its_locks(is_busy, tmp_path):
    path = tmp_path / "lock"
    path.touch()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        with path.open("rb") as stream, ProcessPoolExecutor(WORKERS, get_context("fork"), end_with_parent) as pool:
            fcntl.flock(stream, fcntl.LOCK_EX)
            jobs = [pool.submit(work, tmp_path / f"{number}.begun", 600 * is_busy) for number in range(WORKERS)]
            for job in () if is_busy else jobs:
                job.result()
            (tmp_path / "ready").touch()
            time.sleep(600)
    try:
        until(lambda: (tmp_path / "ready").exists() and len(list(tmp_path.glob("*.begun"))) == WORKERS)
        assert is_locked(path)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        until(lambda: not is_locked(path))
    finally:
        # If they do not end, they must not outlive the test.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)


def test_a_process_of_no_pool_is_refused():
    with pytest.raises(RuntimeError):
        end_with_parent()
