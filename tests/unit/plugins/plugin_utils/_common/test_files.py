# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
import stat
from pathlib import Path

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import files


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def open_files():
    return sorted(os.listdir("/proc/self/fd"))


class TestErrors:
    @pytest.mark.parametrize(
        ("exception", "subject"),
        [(OSError(28, "No space left on device", "/a"), "/a"), (OSError(28, "No space left on device"), "/b")],
    )
    def test_an_os_error_becomes_a_failure(self, exception, subject):
        with pytest.raises(Failure) as caught, files.os_errors("verify", Path("/b")):
            raise exception
        (only,) = caught.value.errors
        assert (only["phase"], only["subject"]) == ("verify", subject)
        assert only["cause"] == "cannot be used: No space left on device"
        assert only["remedy"] == "Check this path and its file system on the controller"


class TestTrust:
    def test_a_path_that_only_this_user_can_change_is_trusted(self, tmp_path):
        files.require_trusted(tmp_path)
        files.require_trusted(tmp_path / "missing" / "below")

    @pytest.mark.parametrize("below", [".", "run", "run/web1"])
    def test_a_directory_on_the_way_that_others_can_write_to_is_an_error(self, tmp_path, below):
        (tmp_path / "shared" / "run").mkdir(parents=True)
        (tmp_path / "shared").chmod(0o777)
        path = tmp_path / "shared" / "logs" / below
        with pytest.raises(Failure) as caught:
            files.require_trusted(path)
        assert caught.value.errors == [
            {
                "phase": "store",
                "subject": str(path),
                "cause": f"can be replaced by every user, because {tmp_path}/shared has the mode 0777",
                "remedy": f"Run chmod go-w {tmp_path}/shared, or choose another dest",
            }
        ]

    def test_a_directory_that_another_user_creates_in_the_meantime_is_an_error(self, tmp_path, monkeypatch):
        """Below a sticky directory, anyone can be faster between the check and the creation."""
        tmp_path.chmod(0o1777)

        def create_first(path, mode):
            os.mkdir(path)
            os.chmod(path, 0o777)
            raise FileExistsError

        monkeypatch.setattr(Path, "mkdir", create_first)
        with pytest.raises(Failure, match=f"because {tmp_path}/a has the mode 0777"):
            files.make_private_directory(tmp_path / "a" / "b")

    def test_nothing_is_created_there(self, tmp_path):
        tmp_path.chmod(0o777)
        with pytest.raises(Failure, match="can be replaced by every user"):
            files.make_private_directory(tmp_path / "a" / "b")
        assert list(tmp_path.iterdir()) == []


class TestPrivateDirectory:
    def test_it_and_its_parents_are_private(self, tmp_path):
        before = os.umask(0)
        try:
            files.make_private_directory(tmp_path / "a" / "b")
        finally:
            os.umask(before)
        assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700

    def test_an_existing_directory_is_accepted_and_not_changed(self, tmp_path):
        tmp_path.chmod(0o755)
        files.make_private_directory(tmp_path)
        assert mode(tmp_path) == 0o755

    @pytest.mark.parametrize("bits", [0o702, 0o777, 0o1777])
    def test_a_directory_that_others_can_write_to_is_an_error(self, tmp_path, bits):
        tmp_path.chmod(bits)
        with pytest.raises(Failure, match=f"can be replaced by every user, because {tmp_path} has the mode {bits:04o}"):
            files.make_private_directory(tmp_path)

    def test_a_directory_of_another_user_is_an_error(self, tmp_path, monkeypatch):
        owner = tmp_path.stat().st_uid
        monkeypatch.setattr(files.trusted_path, "root_and_this_user", lambda: {owner + 1, 0} - {owner})
        with pytest.raises(Failure, match="can be replaced by the user .*, because .* belongs to this user"):
            files.make_private_directory(tmp_path)

    def test_a_file_or_a_symbolic_link_is_an_error(self, tmp_path):
        (tmp_path / "file").touch()
        (tmp_path / "link").symlink_to(tmp_path)
        (tmp_path / "broken").symlink_to("nowhere")
        for name in ("file", "link", "broken"):
            with pytest.raises(
                Failure, match="exists, but is not a directory. Move it, or choose another dest.$"
            ) as caught:
                files.make_private_directory(tmp_path / name)
            assert caught.value.errors[0]["phase"] == "store"

    def test_a_file_among_its_parents_is_named(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(Failure, match=r"file/x cannot be used: Not a directory") as caught:
            files.make_private_directory(tmp_path / "file" / "x")
        assert caught.value.errors[0]["phase"] == "store"

    def test_a_parent_that_another_task_creates_at_the_same_time_is_accepted(self, tmp_path, monkeypatch):
        mkdir = Path.mkdir

        def mkdir_late(path, mode):
            mkdir(path, mode)
            mkdir(path, mode)

        monkeypatch.setattr(Path, "mkdir", mkdir_late)
        files.make_private_directory(tmp_path / "a" / "b")
        assert (tmp_path / "a" / "b").is_dir()


class TestPrivateFile:
    def test_an_older_file_is_replaced_by_a_private_one(self, tmp_path):
        (tmp_path / "m").write_text("older and longer")
        (tmp_path / "m").chmod(0o644)
        files.write_private_file(tmp_path / "m", b"new")
        assert (tmp_path / "m").read_bytes() == b"new"
        assert mode(tmp_path / "m") == 0o600
        assert os.listdir(tmp_path) == ["m"]

    def test_after_an_error_the_older_file_is_unchanged(self, tmp_path, monkeypatch):
        def full(*dummy):
            raise OSError(28, "No space left on device")

        (tmp_path / "m").write_text("older")
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(Failure, match="m cannot be used: No space left on device") as caught:
            files.write_private_file(tmp_path / "m", b"new")
        assert caught.value.errors[0]["phase"] == "store"
        assert (tmp_path / "m").read_text() == "older"
        assert os.listdir(tmp_path) == ["m"]

    def test_the_whole_file_and_its_directory_are_flushed_to_disk(self, tmp_path, monkeypatch):
        flushed = []

        def fsync(descriptor):
            status = os.fstat(descriptor)
            flushed.append((stat.S_IFMT(status.st_mode), stat.S_ISREG(status.st_mode) and status.st_size))
            names.append(os.listdir(tmp_path))

        names: list[list[str]] = []
        monkeypatch.setattr(os, "fsync", fsync)
        before = open_files()
        files.write_private_file(tmp_path / "m", b"new")
        assert flushed == [(stat.S_IFREG, 3), (stat.S_IFDIR, False)]
        assert names == [[".m.partial"], ["m"]]
        assert open_files() == before

    def test_the_temporary_file_of_a_killed_process_is_used_again(self, tmp_path):
        (tmp_path / ".m.partial").write_text("longer than the new content")
        (tmp_path / ".m.partial").chmod(0o644)
        files.write_private_file(tmp_path / "m", b"new")
        assert (os.listdir(tmp_path), (tmp_path / "m").read_bytes(), mode(tmp_path / "m")) == (["m"], b"new", 0o600)

    def test_a_link_in_place_of_the_temporary_file_is_not_followed(self, tmp_path):
        (tmp_path / "victim").write_text("unchanged")
        (tmp_path / ".m.partial").symlink_to("victim")
        with pytest.raises(Failure):
            files.write_private_file(tmp_path / "m", b"new")
        assert (tmp_path / "victim").read_text() == "unchanged"

    def test_a_temporary_file_that_another_process_renames_is_not_written(self, tmp_path, monkeypatch):
        (tmp_path / ".m.partial").write_text("of the other process")
        flock = fcntl.flock

        def renamed_meanwhile(descriptor, operation):
            if (tmp_path / ".m.partial").exists() and not (tmp_path / "other").exists():
                (tmp_path / ".m.partial").rename(tmp_path / "other")
            flock(descriptor, operation)

        monkeypatch.setattr(fcntl, "flock", renamed_meanwhile)
        before = open_files()
        files.write_private_file(tmp_path / "m", b"new")
        assert (tmp_path / "other").read_text() == "of the other process"
        assert (tmp_path / "m").read_bytes() == b"new"
        assert open_files() == before


class TestRegularFile:
    def test_is_opened(self, tmp_path):
        (tmp_path / "m").write_bytes(b"data")
        with files.open_regular_file(tmp_path / "m") as stream:
            assert stream.read() == b"data"
            assert not os.get_inheritable(stream.fileno())

    def test_anything_else_is_an_error(self, tmp_path):
        (tmp_path / "link").symlink_to("m")
        (tmp_path / "m").touch()
        (tmp_path / "directory").mkdir()
        os.mkfifo(tmp_path / "fifo")
        before = open_files()
        for name, reason in (
            ("link", os.strerror(errno.ELOOP)),
            ("directory", "it is not a regular file"),
            ("fifo", "it is not a regular file"),
            ("missing", os.strerror(errno.ENOENT)),
        ):
            with pytest.raises(OSError, match=f"{reason}: .*{name}"):
                files.open_regular_file(tmp_path / name)
        assert open_files() == before


@pytest.mark.parametrize("data", [b"", b"x", bytes(3 << 20)])
def test_size_and_digest_are_those_of_the_whole_stream(data):
    assert files.size_and_sha256(io.BytesIO(data)) == (len(data), hashlib.sha256(data).hexdigest())
