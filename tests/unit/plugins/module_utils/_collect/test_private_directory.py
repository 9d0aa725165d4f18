# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import pwd
import stat
import time

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import private_directory
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import (
    LEFTOVER_AGE,
    PREFIX,
    SYSTEM_PATH,
    UNFINISHED_RESULT,
    PrivateDirectory,
    is_locked,
    remove_leftovers,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, error

ME = os.geteuid()


@pytest.fixture
def parent(tmp_path):
    return str(tmp_path)


@pytest.fixture
def login(monkeypatch):
    """Return the account of a user who is not the one that runs this test."""
    account = pwd.struct_passwd(("login", "x", ME + 1000, ME + 2000, "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwnam", {"login": account}.__getitem__)
    return account


def set_age(path, seconds):
    past = time.time() - seconds
    os.utime(str(path), (past, past))


def test_system_path_has_the_directories_of_a_service():
    prefixes = ("/usr/local", "/usr", "")
    assert sorted(SYSTEM_PATH.split(":")) == sorted(
        f"{prefix}/{name}" for prefix in prefixes for name in ("bin", "sbin")
    )


class TestPrivateDirectory:
    def test_is_new_and_private(self, parent):
        with PrivateDirectory(parent, "one") as one, PrivateDirectory(parent, "two"):
            assert sorted(os.listdir(parent)) == [PREFIX + "one", PREFIX + "two"]
            assert stat.S_IMODE(os.stat(one.path).st_mode) == 0o700

    def test_existing_one_is_an_error(self, parent):
        with PrivateDirectory(parent, "one"), pytest.raises(FileExistsError), PrivateDirectory(parent, "one"):
            pass

    def test_remains_after_success(self, parent):
        with PrivateDirectory(parent, "abcd1234") as private:
            pass
        assert os.path.isdir(private.path)
        assert not is_locked(private.path)

    def test_is_removed_after_a_failure(self, parent, tmp_path):
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "file").write_text("remains")
        with pytest.raises(KeyError), PrivateDirectory(parent, "abcd1234") as private:
            os.makedirs(os.path.join(private.path, "a", "b"))
            os.symlink(str(outside), os.path.join(private.path, "link"))
            raise KeyError
        assert not os.path.lexists(private.path)
        assert (outside / "file").read_text() == "remains"

    def test_failure_is_reported_even_if_the_directory_is_gone(self, parent):
        with pytest.raises(KeyError), PrivateDirectory(parent, "abcd1234") as private:
            os.rmdir(private.path)
            raise KeyError

    def test_everything_except_one_file_is_removed(self, parent):
        with PrivateDirectory(parent, "abcd1234") as private:
            for name in ("bundle", "stderr", UNFINISHED_RESULT):
                with open(os.path.join(private.path, name), "w"):
                    pass
            os.makedirs(os.path.join(private.path, "work", "deep"))
            os.symlink("/", os.path.join(private.path, "root"))
            private.remove_all_except("bundle")
            assert sorted(os.listdir(private.path)) == [UNFINISHED_RESULT, "bundle"]
            private.remove_all_except(None)
            assert os.listdir(private.path) == [UNFINISHED_RESULT]

    def test_is_locked_until_it_is_unlocked(self, parent):
        with PrivateDirectory(parent, "one") as private:
            assert is_locked(private.path)
            assert is_locked(private.path)
            private.unlock()
            assert not is_locked(private.path)
            private.unlock()
        assert not is_locked(parent + "/no-such")

    def test_checking_the_lock_leaves_no_descriptor_open(self, parent):
        with PrivateDirectory(parent, "one") as private:
            before = len(os.listdir("/proc/self/fd"))
            is_locked(private.path)
            assert len(os.listdir("/proc/self/fd")) == before
            private.unlock()
            is_locked(private.path)
            assert len(os.listdir("/proc/self/fd")) == before - 1


class TestGrant:
    @pytest.fixture
    def private(self, parent):
        with PrivateDirectory(parent, "abcd1234") as private:
            with open(os.path.join(private.path, "bundle"), "w"):
                pass
            yield private

    @pytest.fixture
    def setfacl(self, tmp_path, monkeypatch):
        """Deny chown, and replace setfacl by a shell script."""

        def deny(*dummy):
            raise PermissionError

        monkeypatch.setattr(os, "chown", deny)
        monkeypatch.setattr(private_directory, "SYSTEM_PATH", str(tmp_path / "bin"))

        def install(script):
            (tmp_path / "bin").mkdir()
            program = tmp_path / "bin" / "setfacl"
            program.write_text("#!/bin/sh\n" + script)
            program.chmod(0o755)

        return install

    def test_to_the_current_user_changes_nothing(self, private, monkeypatch):
        monkeypatch.setattr(os, "chown", None)
        private.grant("bundle", pwd.getpwuid(ME).pw_name)
        assert os.stat(private.path).st_uid == ME

    def test_file_is_given_before_the_directory(self, private, login, monkeypatch):
        given = []
        monkeypatch.setattr(os, "chown", lambda path, uid, gid: given.append((os.path.basename(path), uid, gid)))
        private.grant("bundle", "login")
        ids = (login.pw_uid, login.pw_gid)
        assert given == [("bundle", *ids), (os.path.basename(private.path), *ids)]

    def test_access_control_lists_are_used_without_permission_to_change_the_owner(
        self, private, login, setfacl, tmp_path
    ):
        setfacl(f'echo "$*" >>{tmp_path}/calls')
        private.grant("bundle", "login")
        assert (tmp_path / "calls").read_text().splitlines() == [
            f"--modify u:{login.pw_uid}:r-- {private.path}/bundle",
            f"--modify u:{login.pw_uid}:r-x {private.path}",
        ]

    @pytest.mark.usefixtures("login")
    @pytest.mark.parametrize(
        ("script", "cause"),
        [(None, "setfacl cannot be used (.*No such file"), ("exit 1", "setfacl exited with status 1")],
    )
    def test_failure(self, private, setfacl, script, cause):
        if script:
            setfacl(script)
        with pytest.raises(Failure) as caught:
            private.grant("bundle", "login")
        (error,) = caught.value.errors
        assert (error["phase"], error["subject"]) == ("grant", "the bundle")
        assert error["cause"].startswith("cannot be given to 'login': " + cause.partition("(")[0])
        assert error["remedy"] == ("Set become_user to root or to the login user, or install the package acl on the VM")

    @pytest.mark.usefixtures("login")
    def test_setfacl_that_hangs(self, private, setfacl, monkeypatch):
        run = private_directory.bounded_command.run
        monkeypatch.setattr(private_directory.bounded_command, "run", lambda *given: run(*given[:-1], 0.2))
        setfacl("exec /bin/sleep 300")
        with pytest.raises(Failure, match="was terminated after 0.2 seconds"):
            private.grant("bundle", "login")

    def test_unknown_user(self, private):
        with pytest.raises(Failure) as caught:
            private.grant("bundle", "no-such-user")
        cause = "is 'no-such-user', but this VM has no such user"
        assert caught.value.errors == [error("prepare", "owner", cause, "Set owner to the login user")]


class TestLeftovers:
    @pytest.fixture
    def leave(self, parent):
        def leave(name="abcd1234", age=LEFTOVER_AGE + 60):
            with PrivateDirectory(parent, name) as private:
                os.mkdir(os.path.join(private.path, "work"))
            set_age(private.path, age)
            return private.path

        return leave

    def test_expired_leftovers_are_removed(self, parent, leave):
        paths = [leave("one"), leave("two")]
        assert remove_leftovers(parent, {ME}) == paths
        assert os.listdir(parent) == []

    def test_recent_directory_before_an_expired_one_is_kept(self, parent, leave):
        kept, expired = leave("a", LEFTOVER_AGE - 60), leave("b")
        assert remove_leftovers(parent, {ME}) == [expired]
        assert os.path.isdir(kept)

    def test_locked_directory_before_an_expired_one_is_kept(self, parent, leave):
        expired = leave("b")
        with PrivateDirectory(parent, "a") as private:
            set_age(private.path, LEFTOVER_AGE + 60)
            assert remove_leftovers(parent, {ME}) == [expired]
            assert os.path.isdir(private.path)

    def test_directory_of_another_user_is_kept(self, parent, leave):
        path = leave()
        assert remove_leftovers(parent, {ME + 1}) == []
        assert os.path.isdir(path)
        assert remove_leftovers(parent, {ME + 1, ME}) == [path]

    def test_other_names_files_and_links_are_kept(self, parent, tmp_path, leave):
        expired = leave("z")
        (tmp_path / "outside").mkdir()
        (tmp_path / (PREFIX + "file")).write_text("x")
        os.symlink(str(tmp_path / "outside"), str(tmp_path / (PREFIX + "link")))
        os.symlink("/no/such", str(tmp_path / (PREFIX + "dangling")))
        set_age(tmp_path / (PREFIX + "file"), LEFTOVER_AGE + 60)
        set_age(tmp_path / "outside", LEFTOVER_AGE + 60)
        assert remove_leftovers(parent, {ME}) == [expired]
        assert len(os.listdir(parent)) == 4

    def test_directory_that_disappears_before_an_expired_one(self, parent, leave, monkeypatch):
        expired = leave()
        names, listdir = [PREFIX + "a", PREFIX + "abcd1234"], os.listdir
        monkeypatch.setattr(os, "listdir", lambda path: names if path == parent else listdir(path))
        assert remove_leftovers(parent, {ME}) == [expired]

    def test_directory_that_cannot_be_removed_is_not_reported(self, parent, leave, monkeypatch):
        def keep(path, ignore_errors=False):
            if not ignore_errors:
                raise OSError(1, "Operation not permitted", path)

        path = leave()
        monkeypatch.setattr(private_directory.shutil, "rmtree", keep)
        before = len(os.listdir("/proc/self/fd"))
        assert remove_leftovers(parent, {ME}) == []
        assert len(os.listdir("/proc/self/fd")) == before
        assert os.path.isdir(path)
