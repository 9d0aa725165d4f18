# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import local, ssh

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import bounded_transfer
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.bounded_transfer import (
    TransferAborted,
    Watch,
    fetch,
)

SIZE = 1000
LIMIT = resource.getrlimit(resource.RLIMIT_FSIZE)
SOURCE = "/var/tmp/x/logs"
WRITE = "import sys; open(sys.argv[1], 'ab').write(bytes(int(sys.argv[2])))"


class Connection:
    """A connection whose transfer is a function of the target path."""

    def __init__(self, transfer):
        self.transfer = transfer
        self.is_closed = False

    def fetch_file(self, source, target):
        assert source == SOURCE
        self.transfer(Path(target))

    def close(self):
        self.is_closed = True


class SshConnection(Connection):
    """One that may be used in a process of its own, as ansible-core's connections by ssh."""


SshConnection.__module__ = "ansible.plugins.connection.ssh"
KINDS = pytest.mark.parametrize("kind", [Connection, SshConnection])


@pytest.fixture(autouse=True)
def interval(monkeypatch):
    monkeypatch.setattr(bounded_transfer, "_INTERVAL", 0.01)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "partial"
    path.touch()
    return path


def watch(path, stall_timeout=60.0, shown=None):
    return Watch(path, SIZE, stall_timeout, (shown if shown is not None else []).append)


def by_program(path, size):
    """Write a file as sftp does, in a process of its own, and report a failure as ansible-core does."""
    if subprocess.run(
        [sys.executable, "-c", WRITE, path, str(size)], check=False, stderr=subprocess.DEVNULL
    ).returncode:
        raise AnsibleError("failed to transfer file")


def directly(path, size):
    with open(path, "ab", buffering=0) as stream:
        while size > 0:
            size -= stream.write(bytes(size))


class TestWatch:
    @pytest.fixture
    def now(self, monkeypatch):
        now = [1000.0]
        monkeypatch.setattr(bounded_transfer, "time", SimpleNamespace(monotonic=lambda: now[0]))
        return now

    def test_a_file_that_grows_goes_on_and_is_shown(self, path, now):
        shown: list[int] = []
        watched = watch(path, 60, shown)
        for size in (0, 1, SIZE):
            path.write_bytes(bytes(size))
            assert watched.abort_reason() is None
            now[0] += 59
        assert shown == [0, 1, SIZE]

    def test_a_file_larger_than_announced_ends_the_transfer(self, path):
        path.write_bytes(bytes(SIZE + 1))
        assert watch(path).abort_reason() == "is larger than the 1000 bytes that the VM announced"

    def test_a_file_that_has_not_grown_for_the_timeout_ends_the_transfer(self, path, now):
        watched = watch(path, 60)
        now[0] += 59
        assert watched.abort_reason() is None
        now[0] += 1
        assert watched.abort_reason() == "does not arrive: 0 of 1000 bytes, and fewer than 65536 in 60 seconds"

    @pytest.mark.parametrize(("size", "progress"), [(1 << 20, 65536), (1 << 30, (1 << 30) // 1000)])
    def test_a_byte_now_and_then_is_no_progress(self, path, now, size, progress):
        watched = Watch(path, size, 60, lambda arrived: None)
        for arrived in (progress, 2 * progress - 1):
            os.truncate(path, arrived)
            now[0] += 59
            assert watched.abort_reason() is None
        now[0] += 1
        assert watched.abort_reason() == (
            f"does not arrive: {2 * progress - 1} of {size} bytes, and fewer than {progress} in 60 seconds"
        )

    def test_the_last_bytes_may_be_few(self, path, now):
        watched = Watch(path, 65537, 60, lambda arrived: None)
        for arrived in (65536, 65537, 65537):
            os.truncate(path, arrived)
            now[0] += 59
            assert watched.abort_reason() is None

    def test_of_a_missing_file_nothing_has_arrived(self, tmp_path):
        assert watch(tmp_path / "missing").arrived() == 0


WRITERS = pytest.mark.parametrize("write", [by_program, directly])


class TestSize:
    @KINDS
    @WRITERS
    @pytest.mark.parametrize("size", [0, 1, SIZE])
    def test_a_file_up_to_the_announced_size_arrives(self, path, kind, write, size):
        fetch(kind(lambda target: write(target, size)), SOURCE, watch(path))
        assert path.stat().st_size == size

    @KINDS
    @WRITERS
    @pytest.mark.parametrize("size", [SIZE + 2, 1000 * SIZE])
    def test_not_more_than_the_byte_that_shows_the_excess_is_written(self, path, kind, write, size):
        with pytest.raises(TransferAborted, match="^is larger than the 1000 bytes that the VM announced$"):
            fetch(kind(lambda target: write(target, size)), SOURCE, watch(path))
        assert path.stat().st_size == SIZE + 1

    @KINDS
    def test_the_limit_does_not_last(self, path, kind):
        fetch(kind(lambda target: None), SOURCE, watch(path))
        with pytest.raises(KeyError), pytest.MonkeyPatch.context() as patch:
            patch.setattr(bounded_transfer, "_STATELESS", ())
            fetch(kind(lambda target: {}["x"]), SOURCE, watch(path))
        assert resource.getrlimit(resource.RLIMIT_FSIZE) == LIMIT


class TestStall:
    def test_a_transfer_without_a_new_byte_is_killed_with_its_children(self, path, tmp_path):
        def transfer(target):
            target.write_bytes(b"12345")
            with subprocess.Popen(["sleep", "600"]) as program:
                (tmp_path / "pid").write_text(str(program.pid))

        with pytest.raises(
            TransferAborted, match="^does not arrive: 5 of 1000 bytes, and fewer than 65536 in 0.5 seconds$"
        ):
            fetch(SshConnection(transfer), SOURCE, watch(path, 0.5))
        pid = int((tmp_path / "pid").read_text())
        assert ended(pid)

    def test_another_connection_is_closed(self, path):
        def transfer(target):
            while not connection.is_closed:
                time.sleep(0.01)
            raise EOFError

        connection = Connection(transfer)
        with pytest.raises(TransferAborted, match="fewer than 65536 in 0.2 seconds"):
            fetch(connection, SOURCE, watch(path, 0.2))

    def test_nothing_is_shown_after_the_transfer(self, path):
        observed, shown = threading.Event(), []

        def show(arrived):
            observed.set()
            time.sleep(0.2)
            shown.append(arrived)

        fetch(Connection(lambda target: observed.wait(60)), SOURCE, Watch(path, SIZE, 60, show))
        assert shown == [0]

    @KINDS
    def test_a_slow_transfer_is_no_stall(self, path, kind, monkeypatch):
        monkeypatch.setattr(bounded_transfer, "_PROGRESS", 1)

        def transfer(target):
            for _number in range(10):
                directly(target, 1)
                time.sleep(0.1)

        shown: list[int] = []
        fetch(kind(transfer), SOURCE, watch(path, 0.8, shown))
        assert path.stat().st_size == 10
        assert set(shown) > {2, 5, 8}
        assert shown == sorted(shown)


class TestProcess:
    @pytest.mark.parametrize("plugin", [local, ssh])
    def test_a_connection_of_ansible_core_without_a_state_is_used_in_a_process_of_its_own(self, path, plugin):
        kind = type("Connection", (Connection,), {"__module__": plugin.Connection.__module__})
        fetch(kind(lambda target: target.write_text(str(os.getpid()))), SOURCE, watch(path))
        assert int(path.read_text()) != os.getpid()

    def test_another_connection_is_used_in_this_process(self, path):
        fetch(Connection(lambda target: target.write_text(str(os.getpid()))), SOURCE, watch(path))
        assert int(path.read_text()) == os.getpid()


class TestFailure:
    @pytest.mark.parametrize(
        ("exception", "kind"),
        [(AnsibleConnectionFailure("lost"), AnsibleConnectionFailure), (EOFError("lost"), AnsibleError)],
    )
    def test_of_a_child_is_raised_with_its_text(self, path, exception, kind):
        def transfer(target):
            raise exception

        with pytest.raises(kind, match="^lost$") as caught:
            fetch(SshConnection(transfer), SOURCE, watch(path))
        assert caught.type is kind

    def test_of_this_process_is_raised_as_it_is(self, path):
        def transfer(target):
            raise EOFError("lost")

        with pytest.raises(EOFError, match="^lost$"):
            fetch(Connection(transfer), SOURCE, watch(path))

    def test_a_killed_child_is_a_failure(self, path):
        with pytest.raises(AnsibleError, match="^the process was killed$"):
            fetch(SshConnection(lambda target: os.kill(os.getpid(), signal.SIGKILL)), SOURCE, watch(path))

    def test_a_file_that_disappears_is_no_crash(self, path):
        def transfer(target):
            target.unlink()
            time.sleep(0.1)

        fetch(SshConnection(transfer), SOURCE, watch(path))

    @KINDS
    def test_the_caller_has_no_child_and_no_open_file_afterwards(self, path, kind):
        before = sorted(os.listdir("/proc/self/fd"))
        fetch(kind(lambda target: None), SOURCE, watch(path))
        assert sorted(os.listdir("/proc/self/fd")) == before
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)


def test_a_child_ends_with_its_parent(path, tmp_path):
    def transfer(target):
        (tmp_path / "pid").write_text(str(os.getpid()))
        time.sleep(600)

    parent = os.fork()
    if parent == 0:
        fetch(SshConnection(transfer), SOURCE, watch(path))
        os._exit(0)
    assert becomes_true((tmp_path / "pid").exists)
    assert becomes_true((tmp_path / "pid").read_text)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert ended(int((tmp_path / "pid").read_text()))


def becomes_true(condition):
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def ended(pid):
    """Whether a process ends soon; a zombie has ended."""

    def is_dead():
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True

    return becomes_true(is_dead)
