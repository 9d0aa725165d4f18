# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import stat
import subprocess
import sys
import time

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import background_job
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import (
    RESULT,
    PrivateDirectory,
    is_held,
)


@pytest.fixture
def private(tmp_path):
    return PrivateDirectory(str(tmp_path), "abcd1234")


def leave(private, text):
    with open(os.path.join(private.path, RESULT), "w") as stream:
        stream.write(text)


def is_over(path, seconds=60.0):
    deadline = time.monotonic() + seconds
    while is_held(path) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_held(path)


class TestResult:
    def test_it_comes_back_private_and_as_often_as_it_is_asked_for(self, private):
        before = os.umask(0)
        try:
            background_job.start(private, lambda: {"path": "/x", "size": 1})
        finally:
            os.umask(before)
        assert (
            background_job.wait(private.path, 60) == background_job.wait(private.path, 60) == {"path": "/x", "size": 1}
        )
        assert os.listdir(private.path) == [RESULT]
        assert stat.S_IMODE(os.stat(os.path.join(private.path, RESULT)).st_mode) == 0o600

    def test_there_is_room_for_it_before_the_work_begins(self, private):
        def work():
            return {"room": [os.stat(os.path.join(private.path, name)).st_blocks for name in os.listdir(private.path)]}

        background_job.start(private, work)
        (blocks,) = background_job.wait(private.path, 60)["room"]
        assert blocks * 512 >= 1 << 16

    def test_without_room_nothing_begins(self, private, tmp_path, monkeypatch):
        def full(*dummy):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "posix_fallocate", full)
        with pytest.raises(OSError, match="No space left on device: .*aqtive_guard_log_bundle.abcd1234"):
            background_job.start(private, lambda: tmp_path.joinpath("begun").touch())
        assert not tmp_path.joinpath("begun").exists()

    def test_it_is_forgotten(self, private):
        background_job.start(private, dict)
        background_job.wait(private.path, 60)
        background_job.forget(private.path)
        background_job.forget(private.path)
        assert os.listdir(private.path) == []

    def test_a_quick_one_is_here_quickly(self, private):
        start = time.monotonic()
        background_job.start(private, dict)
        assert background_job.wait(private.path, 60) == {}
        assert time.monotonic() - start < 30

    def test_one_that_is_not_there_yet_is_not_waited_for_longer_than_asked(self, private):
        start = time.monotonic()
        background_job.start(private, lambda: time.sleep(60))
        assert background_job.wait(private.path, 0.2) is None
        assert time.monotonic() - start < 30
        assert is_held(private.path)

    @pytest.mark.parametrize("text", ["[]", "3"])
    def test_something_else_is_none(self, private, text):
        leave(private, text)
        private.release()
        with pytest.raises(background_job.Lost):
            background_job.wait(private.path, 1)

    def test_neither_is_what_another_user_could_have_put_there(self, private, tmp_path, monkeypatch):
        private.release()
        (tmp_path / "secret").write_text('{"secret": 1}')
        for put in (os.symlink, os.link):
            put(str(tmp_path / "secret"), os.path.join(private.path, RESULT))
            with pytest.raises(background_job.Lost):
                background_job.wait(private.path, 1)
            background_job.forget(private.path)
        leave(private, "{}")
        assert background_job.wait(private.path, 1) == {}
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        with pytest.raises(background_job.Lost):
            background_job.wait(private.path, 1)


class TestTheEnd:
    def test_work_that_dies_is_missed_at_once(self, private):
        start = time.monotonic()
        background_job.start(private, lambda: os.kill(os.getpid(), 9))
        with pytest.raises(background_job.Lost, match="ended without a result"):
            background_job.wait(private.path, 60)
        assert time.monotonic() - start < 30

    def test_work_that_never_was(self, tmp_path):
        with pytest.raises(background_job.Lost, match="no-such is gone"):
            background_job.wait(str(tmp_path / "no-such"), 60)

    def test_it_is_cancelled_by_removing_its_directory(self, private, tmp_path):
        def work():
            while os.path.isdir(private.path):
                time.sleep(0.02)
            (tmp_path / "noticed").touch()

        background_job.start(private, work)
        background_job.cancel(private.path)
        deadline = time.monotonic() + 60
        while os.listdir(str(tmp_path)) != ["noticed"] and time.monotonic() < deadline:
            time.sleep(0.02)
        assert os.listdir(str(tmp_path)) == ["noticed"]


def test_it_outlives_who_started_it_and_what_it_says_keeps_nobody_waiting(tmp_path):
    program = f"""
import os, sys, time
sys.path[:0] = {sys.path!r}
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import background_job
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import PrivateDirectory
def work():
    print("not heard")
    time.sleep(2)
    return {{"session": os.getsid(0) == os.getpid(), "parent": os.getppid(), "cwd": os.getcwd()}}
parent = os.getpid()
background_job.start(PrivateDirectory({str(tmp_path)!r}, "x"), work)
print("started")
"""
    start = time.monotonic()
    said = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, timeout=60)
    assert said.stdout == b"started\n"
    path = str(next(tmp_path.iterdir()))
    assert time.monotonic() - start > 2 or is_held(path)
    result = background_job.wait(path, 60)
    assert result is not None
    # Not the leader of its session, so that no terminal can ever become its own.
    assert (result["session"], result["cwd"]) == (False, "/")
    assert is_over(path)
    with open(os.path.join(path, RESULT)) as stream:
        assert json.load(stream) == result
