# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import background_job
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import (
    RESULT,
    PrivateDirectory,
    is_locked,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure


@pytest.fixture
def private(tmp_path):
    return PrivateDirectory(str(tmp_path), "abcd1234")


@pytest.fixture
def clock(clock_of):
    return clock_of(background_job)


def write_result(private, text):
    with open(os.path.join(private.path, RESULT), "w") as stream:
        stream.write(text)


def wait_until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


class TestResult:
    def test_is_private_and_can_be_read_repeatedly(self, private):
        before = os.umask(0)
        try:
            background_job.start(private, lambda: {"path": "/x", "size": 1})
        finally:
            os.umask(before)
        results = [background_job.wait(private.path, 60) for dummy in range(2)]
        assert results == [{"path": "/x", "size": 1}] * 2
        assert os.listdir(private.path) == [RESULT]
        assert stat.S_IMODE(os.stat(os.path.join(private.path, RESULT)).st_mode) == 0o600

    def test_space_is_allocated_before_the_job_starts(self, private, monkeypatch):
        def job():
            return {
                "blocks": [os.stat(os.path.join(private.path, name)).st_blocks for name in os.listdir(private.path)]
            }

        ranges = []
        allocate = os.posix_fallocate

        def note(descriptor, *span):
            ranges.append(span)
            allocate(descriptor, *span)

        monkeypatch.setattr(os, "posix_fallocate", note)
        background_job.start(private, job)
        (blocks,) = background_job.wait(private.path, 60)["blocks"]
        assert blocks * 512 >= 1 << 16
        assert ranges == [(0, 1 << 16)]

    def test_caller_has_no_child_and_no_further_open_file(self, private):
        before = os.listdir("/proc/self/fd")
        background_job.start(private, dict)
        assert background_job.wait(private.path, 60) == {}
        # The caller has given up the lock, and so its descriptor.
        assert len(os.listdir("/proc/self/fd")) == len(before) - 1
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)

    def test_job_does_not_start_without_space(self, private, tmp_path, monkeypatch):
        def full(*dummy):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "posix_fallocate", full)
        descriptors = os.listdir("/proc/self/fd")
        with pytest.raises(OSError, match="No space left on device: .*aqtive_guard_log_bundle.abcd1234"):
            background_job.start(private, lambda: tmp_path.joinpath("started").touch())
        assert len(os.listdir("/proc/self/fd")) == len(descriptors)
        assert not tmp_path.joinpath("started").exists()

    def test_only_the_result_is_removed(self, private):
        background_job.start(private, dict)
        background_job.wait(private.path, 60)
        with open(os.path.join(private.path, "bundle"), "w"):
            pass
        background_job.remove_result(private.path)
        background_job.remove_result(private.path)
        assert os.listdir(private.path) == ["bundle"]

    def test_is_returned_as_soon_as_it_exists(self, private):
        start = time.monotonic()
        background_job.start(private, dict)
        assert background_job.wait(private.path, 600) == {}
        assert time.monotonic() - start < 60

    def test_is_returned_while_the_directory_is_locked(self, private):
        write_result(private, "{}")
        assert background_job.wait(private.path, 0) == {}

    def test_of_a_running_job_is_none(self, private):
        assert background_job.wait(private.path, 0) is None
        background_job.start(private, lambda: time.sleep(60))
        assert background_job.wait(private.path, 0.2) is None
        assert is_locked(private.path)

    @pytest.mark.parametrize(("seconds", "pauses"), [(0, []), (0.02, [0.02]), (0.05, [0.02, 0.03])])
    def test_is_awaited_no_longer_than_requested(self, private, clock, seconds, pauses):
        assert background_job.wait(private.path, seconds) is None
        assert clock.pauses == pauses

    def test_is_looked_for_less_and_less_often_but_four_times_a_second(self, private, clock):
        assert background_job.wait(private.path, 10) is None
        assert clock.pauses == sorted(clock.pauses)
        assert set(clock.pauses[7:]) == {0.25}

    @pytest.mark.parametrize("text", ["[]", "3"])
    def test_of_another_type_is_ignored(self, private, text):
        write_result(private, text)
        private.unlock()
        with pytest.raises(Failure):
            background_job.wait(private.path, 1)

    @pytest.mark.parametrize(("size", "accepted"), [(1 << 20, True), ((1 << 20) + 1, False)])
    def test_larger_than_the_limit_is_ignored(self, private, size, accepted):
        write_result(private, "{}" + " " * (size - 2))
        private.unlock()
        if accepted:
            assert background_job.wait(private.path, 1) == {}
        else:
            with pytest.raises(Failure):
                background_job.wait(private.path, 1)

    def test_that_another_user_can_have_written_is_ignored(self, private, tmp_path, monkeypatch):
        private.unlock()
        (tmp_path / "secret").write_text('{"secret": 1}')
        for put in (os.symlink, os.link):
            put(str(tmp_path / "secret"), os.path.join(private.path, RESULT))
            with pytest.raises(Failure):
                background_job.wait(private.path, 1)
            background_job.remove_result(private.path)
        os.mkfifo(os.path.join(private.path, RESULT))
        with pytest.raises(Failure):
            background_job.wait(private.path, 1)
        background_job.remove_result(private.path)
        write_result(private, "{}")
        assert background_job.wait(private.path, 1) == {}
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        with pytest.raises(Failure):
            background_job.wait(private.path, 1)


class TestEndOfTheJob:
    @pytest.mark.parametrize("job", [lambda: os.kill(os.getpid(), 9), lambda: 1 // 0], ids=["killed", "exception"])
    def test_without_a_result(self, private, job):
        background_job.start(private, job)
        with pytest.raises(Failure) as caught:
            background_job.wait(private.path, 600)
        (error,) = caught.value.errors
        assert (error["phase"], error["subject"]) == ("run", f"the job in {private.path}")
        assert error["cause"] == "ended without a result"
        assert error["remedy"] == "Check whether the VM was restarted or the process was killed, and collect again"
        assert caught.value.details == {"directory": private.path}

    def test_of_a_job_that_does_not_exist(self, tmp_path):
        with pytest.raises(Failure, match=r"^the job in .*/no-such no longer exists\. Check "):
            background_job.wait(str(tmp_path / "no-such"), 600)

    def test_by_cancellation(self, private, tmp_path):
        def job():
            while os.path.isdir(private.path):
                time.sleep(0.02)
            (tmp_path / "noticed").touch()

        with open(os.path.join(private.path, "file"), "w"):
            pass
        background_job.start(private, job)
        background_job.cancel(private.path)
        assert not os.path.lexists(private.path)
        assert wait_until(lambda: os.listdir(str(tmp_path)) == ["noticed"])

    def test_cancellation_removes_as_much_as_it_can(self, private, monkeypatch):
        for name in ("a", "b", "c"):
            with open(os.path.join(private.path, name), "w"):
                pass
        unlink = os.unlink

        def keep_b(path, **more):
            if path.endswith("b"):
                raise OSError(1, "Operation not permitted", path)
            unlink(path, **more)

        with monkeypatch.context() as kept:
            kept.setattr(os, "unlink", keep_b)
            background_job.cancel(private.path)
        # Under a name that a later run takes for a leftover.
        (left,) = os.listdir(os.path.dirname(private.path))
        assert re.fullmatch(re.escape(os.path.basename(private.path)) + "[.][0-9a-f]{16}", left), left
        assert os.listdir(os.path.join(os.path.dirname(private.path), left)) == ["b"]

    def test_cancellation_where_the_directory_cannot_be_renamed(self, private, monkeypatch):
        def denied(*dummy):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "rename", denied)
        background_job.cancel(private.path)
        assert not os.path.lexists(private.path)

    def test_cancellation_of_a_job_that_does_not_exist(self, tmp_path):
        background_job.cancel(str(tmp_path / "no-such"))


STARTER = """
import os, sys, time
sys.path[:0] = {path!r}
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import background_job
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import PrivateDirectory
def job():
    print("output of the job")
    print("errors of the job", file=sys.stderr)
    while not os.path.exists({released!r}):
        time.sleep(0.02)
    streams = [os.path.realpath("/proc/self/fd/%d" % number) for number in range(3)]
    return {{"session": os.getsid(0), "leader": os.getpid(), "cwd": os.getcwd(), "streams": streams}}
background_job.start(PrivateDirectory({parent!r}, "x"), job)
print("started")
"""


@pytest.fixture
def started(tmp_path):
    """Start a job from a process with piped output, in a session of its own; return it and how to release the job."""
    parent = tmp_path / "parent"
    parent.mkdir()
    released = tmp_path / "released"
    program = STARTER.format(path=sys.path, parent=str(parent), released=str(released))
    starter = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    yield starter, str(parent / "aqtive_guard_log_bundle.x"), released.touch
    released.touch()


def test_job_closes_the_output_and_survives_its_starter_and_a_hangup(started):
    starter, path, release = started
    # The job cannot end before it is released: this returns because it has closed both pipes.
    assert starter.communicate(timeout=60) == (b"started\n", b"")
    assert starter.returncode == 0
    assert is_locked(path)
    # No process is left in the session of the connection.
    with pytest.raises(ProcessLookupError):
        os.killpg(starter.pid, signal.SIGHUP)
    release()
    result = background_job.wait(path, 60)
    assert result["session"] not in (starter.pid, result["leader"]), "no leader can acquire a terminal"
    assert (result["cwd"], result["streams"]) == ("/", [os.devnull] * 3)
    assert wait_until(lambda: not is_locked(path))
    with open(os.path.join(path, RESULT)) as stream:
        assert json.load(stream) == result
