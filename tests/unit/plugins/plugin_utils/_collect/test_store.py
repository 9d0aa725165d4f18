# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from types import SimpleNamespace

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, error
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import store
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.store import IncomingFile

DATA = b"logs\n" * 100000
SIZE = len(DATA)
SHA256 = hashlib.sha256(DATA).hexdigest()


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def open_files():
    return sorted(os.listdir("/proc/self/fd"))


@pytest.fixture
def dest(tmp_path):
    path = tmp_path / "web1"
    path.mkdir(0o700)
    return path


def incoming(dest, size=SIZE, reserve=0):
    return IncomingFile(dest, "logs", size, reserve)


def receive(dest, data=DATA):
    with incoming(dest) as file:
        file.partial.write_bytes(data)
        file.verify(SHA256)
        is_stored = file.is_stored(SHA256)
        if not is_stored:
            file.rename()
        return is_stored


class TestLock:
    def test_a_directory_is_created_and_removed_again_if_it_is_empty(self, tmp_path):
        dest = tmp_path / "run" / "web1"
        before = open_files()
        with store.locked(dest):
            assert mode(dest) == 0o700
        assert (dest.exists(), dest.parent.exists()) == (False, True)
        assert open_files() == before

    def test_what_was_stored_is_kept(self, tmp_path):
        with pytest.raises(KeyError), store.locked(tmp_path / "web1"):
            (tmp_path / "web1" / "logs").touch()
            raise KeyError
        assert (tmp_path / "web1" / "logs").exists()

    def test_a_second_run_fails(self, dest):
        with (
            store.locked(dest),
            pytest.raises(Failure) as caught,
            store.locked(dest),
        ):
            pytest.fail("both runs have the lock")
        remedy = "Wait for the other run to end, or choose another dest"
        expected = error("store", str(dest), "is in use: another run is writing to it", remedy)
        assert caught.value.errors == [expected]
        with store.locked(dest):
            pass

    @pytest.mark.parametrize(("other", "reason"), [("link", "."), ("file", "Not a directory")])
    def test_what_takes_the_place_of_the_directory_is_not_locked(self, dest, monkeypatch, other, reason):
        monkeypatch.setattr(store, "make_private_directory", lambda path: None)
        (dest.parent / "link").symlink_to(dest)
        (dest.parent / "file").touch()
        with (
            pytest.raises(Failure, match=f"{other} cannot be used: {reason}") as caught,
            store.locked(dest.parent / other),
        ):
            pytest.fail("it was locked")
        assert caught.value.errors[0]["phase"] == "store"

    def test_a_directory_that_the_previous_run_removes_is_created_again(self, dest, monkeypatch):
        flock = fcntl.flock

        def flock_late(descriptor, how):
            monkeypatch.undo()
            dest.rmdir()
            flock(descriptor, how)

        monkeypatch.setattr(fcntl, "flock", flock_late)
        with store.locked(dest):
            assert mode(dest) == 0o700


class TestFreeSpace:
    @pytest.fixture(autouse=True)
    def ten_mib_are_free(self, monkeypatch):
        status = SimpleNamespace(f_bavail=10 << 8, f_frsize=1 << 12)
        self.paths = []
        monkeypatch.setattr(os, "statvfs", lambda path: self.paths.append(path) or status)

    @pytest.mark.parametrize(("size", "reserve"), [(0, 10), (10 << 20, 0), (6 << 20, 4)])
    def test_what_fits_exactly_is_accepted(self, dest, size, reserve):
        store.require_free_space(dest, size, reserve)
        with incoming(dest, size, reserve):
            pass

    @pytest.mark.parametrize(
        ("size", "reserve", "cause", "remedy"),
        [
            (0, 11, "but 11 MiB must stay free (minimum_free_dest)", " or a smaller minimum_free_dest"),
            ((10 << 20) + 1, 0, "but the bundle has 10485761 bytes", ""),
            (
                (6 << 20) + 1,
                4,
                "but the bundle has 6291457 bytes and 4 MiB must stay free (minimum_free_dest)",
                " or a smaller minimum_free_dest",
            ),
        ],
    )
    def test_what_does_not_fit_is_an_error(self, dest, size, reserve, cause, remedy):
        with pytest.raises(Failure) as caught:
            incoming(dest, size, reserve)
        (only,) = caught.value.errors
        assert (only["phase"], only["subject"]) == ("store", str(dest))
        assert only["cause"] == f"has 10485760 bytes of free disk space on the controller, {cause}"
        assert only["remedy"] == f"Free disk space, or choose another dest{remedy}"
        assert os.listdir(dest) == []

    def test_a_file_system_that_cannot_be_queried_is_an_error(self, dest, monkeypatch):
        def fail(path):
            raise OSError(5, "Input/output error", str(path))

        monkeypatch.setattr(os, "statvfs", fail)
        with pytest.raises(Failure, match=f"{dest} cannot be used: Input/output error") as caught:
            store.require_free_space(dest, 0, 10)
        assert caught.value.errors[0]["phase"] == "store"

    def test_the_file_system_of_a_directory_that_does_not_exist_yet_is_checked(self, tmp_path):
        store.require_free_space(tmp_path / "a" / "b", 0, 10)
        assert self.paths == [tmp_path]


class TestMaximumSize:
    @pytest.mark.parametrize(("size", "maximum"), [(5 << 20, 5), (1 << 60, 0), (0, 1)])
    def test_a_bundle_up_to_it_is_accepted_and_0_is_no_limit(self, size, maximum):
        store.require_size("/var/tmp/x/logs", size, maximum)

    def test_a_larger_bundle_is_an_error(self):
        with pytest.raises(Failure) as caught:
            store.require_size("/var/tmp/x/logs", (5 << 20) + 1, 5)
        cause = "has 5242881 bytes, but may have 5 MiB (maximum_size)"
        remedy = "Narrow the dates, or set a larger maximum_size"
        assert caught.value.errors == [error("download", "/var/tmp/x/logs", cause, remedy)]


class TestIncomingFile:
    def test_a_verified_file_gets_its_name(self, dest):
        assert receive(dest) is False
        assert os.listdir(dest) == ["logs"]
        assert (dest / "logs").read_bytes() == DATA
        assert mode(dest / "logs") == 0o600

    def test_its_content_and_then_its_name_are_flushed_to_disk(self, dest, monkeypatch):
        flushed = []
        monkeypatch.setattr(os, "fsync", lambda number: flushed.append(os.readlink(f"/proc/self/fd/{number}")))
        receive(dest)
        assert flushed == [str(dest / ".logs.partial"), str(dest)]

    def test_it_is_private_whatever_the_connection_does(self, dest):
        with incoming(dest) as file:
            assert mode(file.partial) == 0o600
            file.partial.chmod(0o666)
            file.partial.write_bytes(DATA)
            file.verify(SHA256)
            assert mode(file.partial) == 0o600

    @pytest.mark.parametrize("data", [b"", DATA[:-1], DATA + b"x", b"L" + DATA[1:]])
    def test_a_file_that_differs_from_the_one_on_the_vm_is_discarded(self, dest, data):
        with pytest.raises(Failure) as caught:
            receive(dest, data)
        digest = hashlib.sha256(data).hexdigest()
        cause = (
            f"has {len(data)} bytes and SHA-256 {digest} after the download, but {SIZE} bytes and {SHA256} on the VM"
        )
        remedy = "Nothing was stored. Collect again; if it happens again, check the network and the disks"
        assert caught.value.errors == [error("verify", "logs", cause, remedy)]
        assert os.listdir(dest) == []

    def test_a_symbolic_link_in_its_place_is_not_followed(self, dest, tmp_path):
        (tmp_path / "other").write_bytes(DATA)
        with incoming(dest) as file:
            file.partial.unlink()
            file.partial.symlink_to(tmp_path / "other")
            with pytest.raises(Failure) as caught:
                file.verify(SHA256)
        assert caught.value.errors[0]["phase"] == "verify"
        assert (tmp_path / "other").read_bytes() == DATA

    def test_the_same_file_is_not_stored_again(self, dest):
        receive(dest)
        assert receive(dest) is True
        assert os.listdir(dest) == ["logs"]

    def test_a_different_file_is_not_replaced(self, dest):
        (dest / "logs").write_text("older")
        with pytest.raises(Failure) as caught:
            receive(dest)
        remedy = "Choose another dest or run ID, or move the file"
        expected = error("store", str(dest / "logs"), "exists, but has another content", remedy)
        assert caught.value.errors == [expected]
        assert (dest / "logs").read_text() == "older"
        assert os.listdir(dest) == ["logs"]

    def test_neither_is_a_symbolic_link_nor_a_directory(self, dest, tmp_path):
        (tmp_path / "same").write_bytes(DATA)
        (dest / "logs").symlink_to(tmp_path / "same")
        with pytest.raises(Failure, match="exists, but has another content"):
            receive(dest)
        (dest / "logs").unlink()
        (dest / "logs").mkdir()
        with pytest.raises(Failure, match="exists, but has another content"):
            receive(dest)

    def test_a_failed_rename_is_an_error(self, dest):
        with incoming(dest) as file:
            (dest / "logs").mkdir()
            with pytest.raises(Failure, match="cannot be used: Is a directory") as caught:
                file.rename()
        assert caught.value.errors[0]["phase"] == "store"

    def test_the_partial_file_of_a_killed_run_is_replaced_before_the_space_is_checked(self, dest, monkeypatch):
        (dest / ".logs.partial").write_bytes(b"half of something long" * 100000)
        require = store.require_free_space

        def check(*arguments):
            assert os.listdir(dest) == []
            require(*arguments)

        monkeypatch.setattr(store, "require_free_space", check)
        assert receive(dest) is False
        assert os.listdir(dest) == ["logs"]

    def test_a_symbolic_link_in_place_of_the_partial_file_is_not_followed(self, dest, tmp_path):
        (tmp_path / "elsewhere").write_text("another's")
        (dest / ".logs.partial").symlink_to(tmp_path / "elsewhere")
        assert receive(dest) is False
        assert (tmp_path / "elsewhere").read_text() == "another's"

    def test_a_directory_in_place_of_the_partial_file_is_an_error_and_is_kept(self, dest):
        (dest / ".logs.partial" / "theirs").mkdir(parents=True)
        with pytest.raises(Failure, match=r"logs\.partial cannot be used: File exists") as caught:
            receive(dest)
        assert caught.value.errors[0]["phase"] == "store"
        assert (dest / ".logs.partial" / "theirs").is_dir()
