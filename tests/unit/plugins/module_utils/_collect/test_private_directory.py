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
    PREFIX,
    UNFINISHED_RESULT,
    HandOverError,
    PrivateDirectory,
    is_held,
    remove_leftovers,
)

ME = os.geteuid()


@pytest.fixture
def parent(tmp_path):
    return str(tmp_path)


def make_old(path, seconds=100):
    past = time.time() - seconds
    os.utime(str(path), (past, past))


@pytest.fixture
def stranger(monkeypatch):
    """A user who is not the one who runs this test."""
    account = pwd.struct_passwd(("login", "x", ME + 1000, ME + 1000, "", "/", "/bin/sh"))
    monkeypatch.setattr(private_directory, "find_user", lambda name: account if name == "login" else None)
    return account


class TestPrivateDirectory:
    def test_it_is_fresh_recognisable_and_closed_to_others(self, parent):
        with PrivateDirectory(parent, "one") as one, PrivateDirectory(parent, "two") as other:
            assert one.path != other.path
            assert os.path.basename(one.path).startswith(PREFIX)
            assert stat.S_IMODE(os.stat(one.path).st_mode) == 0o700

    def test_one_that_is_there_is_never_taken(self, parent):
        with PrivateDirectory(parent, "one"), pytest.raises(FileExistsError), PrivateDirectory(parent, "one"):
            pass

    def test_it_stays_after_success(self, parent):
        with PrivateDirectory(parent, "abcd1234") as private:
            pass
        assert os.path.isdir(private.path)

    def test_it_is_gone_after_a_failure_with_all_that_is_in_it(self, parent, tmp_path):
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "file").write_text("stays")
        with pytest.raises(KeyError), PrivateDirectory(parent, "abcd1234") as private:
            os.makedirs(os.path.join(private.path, "a", "b"))
            os.symlink(str(outside), os.path.join(private.path, "link"))
            raise KeyError
        assert not os.path.lexists(private.path)
        assert (outside / "file").read_text() == "stays"

    def test_only_one_file_is_kept(self, parent):
        with PrivateDirectory(parent, "abcd1234") as private:
            for name in ("bundle", "stderr"):
                with open(os.path.join(private.path, name), "w"):
                    pass
            os.makedirs(os.path.join(private.path, "work", "deep"))
            os.symlink("/", os.path.join(private.path, "root"))
            private.keep_only("bundle")
            assert os.listdir(private.path) == ["bundle"]
            private.keep_only(None)
            assert os.listdir(private.path) == []

    def test_the_room_for_the_result_stays(self, parent):
        with PrivateDirectory(parent, "one") as private:
            for name in ("bundle", UNFINISHED_RESULT):
                with open(os.path.join(private.path, name), "w"):
                    pass
            private.keep_only(None)
            assert os.listdir(private.path) == [UNFINISHED_RESULT]

    def test_it_is_held_while_somebody_works_in_it(self, parent):
        with PrivateDirectory(parent, "one") as private:
            assert is_held(private.path)
            private.release()
            assert not is_held(private.path)
        assert not is_held(parent + "/no-such")


class TestHandOver:
    @pytest.fixture
    def private(self, parent):
        with PrivateDirectory(parent, "abcd1234") as private:
            with open(os.path.join(private.path, "bundle"), "w"):
                pass
            yield private

    def test_to_oneself_changes_nothing(self, private):
        private.hand_over("bundle", pwd.getpwuid(ME).pw_name)
        assert os.stat(private.path).st_uid == ME

    def test_the_file_goes_first_so_that_nobody_can_exchange_it(self, private, stranger, monkeypatch):
        given = []
        monkeypatch.setattr(os, "chown", lambda path, uid, gid: given.append((os.path.basename(path), uid, gid)))
        private.hand_over("bundle", "login")
        mine = (stranger.pw_uid, stranger.pw_gid)
        assert given == [("bundle", *mine), (os.path.basename(private.path), *mine)]

    def test_without_the_right_to_give_it_away_the_user_is_let_in(self, private, stranger, monkeypatch):
        calls = []
        monkeypatch.setattr(os, "chown", self.refuse)
        monkeypatch.setattr(private_directory.shutil, "which", lambda *dummy, **more: "/usr/bin/setfacl")
        monkeypatch.setattr(private_directory.bounded_command, "run", lambda argv, **dummy: calls.append(argv[1:]) or 0)
        private.hand_over("bundle", "login")
        file_path = os.path.join(private.path, "bundle")
        assert calls == [
            ["--modify", f"u:{stranger.pw_uid}:r--", file_path],
            ["--modify", f"u:{stranger.pw_uid}:r-x", private.path],
        ]

    @pytest.mark.usefixtures("stranger")
    @pytest.mark.parametrize(("setfacl", "said"), [(None, "no setfacl"), ("/bin/false", "status 1")])
    def test_where_that_is_impossible_too_it_is_said(self, private, monkeypatch, setfacl, said):
        monkeypatch.setattr(os, "chown", self.refuse)
        monkeypatch.setattr(private_directory.shutil, "which", lambda *dummy, **more: setfacl)
        with pytest.raises(HandOverError, match=said):
            private.hand_over("bundle", "login")

    def test_an_unknown_user(self, private):
        with pytest.raises(HandOverError, match="no user 'no-such-user'"):
            private.hand_over("bundle", "no-such-user")

    @staticmethod
    def refuse(*dummy):
        raise PermissionError


class TestLeftovers:
    def leave(self, parent):
        with PrivateDirectory(parent, "abcd1234") as private:
            os.mkdir(os.path.join(private.path, "anything"))
        return private.path

    def test_what_a_dead_run_left_is_removed(self, parent):
        path = self.leave(parent)
        make_old(path)
        assert remove_leftovers(parent, {ME}, 50) == [path]
        assert os.listdir(parent) == []

    def test_what_may_still_be_fetched_is_not(self, parent):
        path = self.leave(parent)
        assert remove_leftovers(parent, {ME}, 50) == []
        assert os.path.isdir(path)

    def test_what_is_in_use_is_not_however_old(self, parent):
        with PrivateDirectory(parent, "abcd1234") as private:
            make_old(private.path)
            assert remove_leftovers(parent, {ME}, 50) == []
            assert os.path.isdir(private.path)

    def test_what_belongs_to_somebody_else_is_not(self, parent):
        path = self.leave(parent)
        make_old(path)
        assert remove_leftovers(parent, {ME + 1}, 50) == []
        assert os.path.isdir(path)

    @pytest.mark.parametrize(
        ("content", "age"),
        [("work", private_directory.DEAD_AGE), (private_directory.RESULT, private_directory.UNFETCHED_AGE)],
    )
    def test_work_that_died_and_results_that_nobody_fetched_go_sooner(self, parent, content, age):
        with PrivateDirectory(parent, "one") as private, open(os.path.join(private.path, content), "w"):
            pass
        make_old(private.path, age - 30)
        assert remove_leftovers(parent, {ME}, 1e9) == []
        make_old(private.path, age + 30)
        assert remove_leftovers(parent, {ME}, 1e9) == [private.path]

    def test_but_not_while_somebody_reads_them(self, parent):
        with PrivateDirectory(parent, "one") as private:
            bundle = os.path.join(private.path, private_directory.RESULT)
            with open(bundle, "w"):
                pass
        with open(bundle):
            make_old(private.path, private_directory.UNFETCHED_AGE + 30)
            assert remove_leftovers(parent, {ME}, 1e9) == []
        assert remove_leftovers(parent, {ME}, 1e9) == [private.path]

    def test_nor_where_there_is_no_telling_who_reads_them(self, parent, monkeypatch):
        with PrivateDirectory(parent, "one") as private:
            os.mkdir(os.path.join(private.path, "work"))
        make_old(private.path, 1000)
        with monkeypatch.context() as other:
            other.setattr(os, "geteuid", lambda: ME + 1)
            assert remove_leftovers(parent, {ME, ME + 1}, 1e9) == []
        assert remove_leftovers(parent, {ME}, 1e9) == [private.path]

    def test_a_bundle_that_was_left_on_purpose_is_not(self, parent):
        with PrivateDirectory(parent, "one") as private, open(os.path.join(private.path, "aqtive-guard-logs.log"), "w"):
            pass
        make_old(private.path, 1e6)
        assert remove_leftovers(parent, {ME}, 1e9) == []

    def test_other_names_files_and_links_are_not(self, parent, tmp_path):
        outside = tmp_path / "somebody's"
        outside.mkdir()
        (tmp_path / (PREFIX + "file")).write_text("x")
        os.symlink(str(outside), str(tmp_path / (PREFIX + "link")))
        make_old(tmp_path / (PREFIX + "file"))
        make_old(outside)
        assert remove_leftovers(parent, {ME}, 50) == []
        assert len(os.listdir(parent)) == 3
