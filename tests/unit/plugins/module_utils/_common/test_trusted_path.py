# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import grp
import os
import pwd
from types import SimpleNamespace

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.trusted_path import (
    resolve,
    root_and_this_user,
    untrusted_writer,
)

OTHER = 4711
ME = os.geteuid()
AS_ROOT = pytest.mark.skipif(ME != 0, reason="needs root, to give files to other users")


@pytest.fixture
def place(tmp_path):
    """A directory that others cannot change, below a sticky one (/tmp)."""
    return os.path.realpath(str(tmp_path))


def untrusted(path, **options):
    found = resolve(path, root_and_this_user(), **options).untrusted
    return found and (found.path, found.who, found.why)


def make(*parts, mode=0o755, uid=None):
    path = os.path.join(*parts)
    os.mkdir(path)
    os.chmod(path, mode)
    if uid is not None:
        os.chown(path, uid, -1)
    return path


def test_root_and_the_user_of_this_process_are_trusted(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: OTHER)
    assert root_and_this_user() == {0, OTHER}


class TestResolution:
    def test_returns_the_path_without_links_and_dots(self, place):
        make(place, "a")
        os.symlink("a", place + "/relative")
        os.symlink(place + "/relative", place + "/absolute")
        for path in ("absolute/../a/.//b", "relative/b/", "a/b", "a/./../a/b", "a//../a/b"):
            assert resolve(f"{place}/{path}", root_and_this_user()) == (place + "/a/b", None)

    def test_keeps_what_does_not_exist(self, place):
        assert resolve(place + "/a/b/../c/d", root_and_this_user()) == (place + "/a/c/d", None)

    def test_of_a_relative_path_begins_in_the_current_directory(self, place, monkeypatch):
        monkeypatch.chdir(place)
        assert resolve("a", root_and_this_user()).path == place + "/a"

    def test_ends_at_a_loop_of_links(self, place):
        os.symlink("loop", place + "/loop")
        assert resolve(place + "/loop/a/b", root_and_this_user()) == (place + "/loop/a/b", None)

    def test_follows_forty_links(self, place):
        for number in range(41):
            os.symlink(str(number + 1), f"{place}/{number}")
        assert resolve(place + "/1/a/b", root_and_this_user()) == (place + "/41/a/b", None)
        assert resolve(place + "/0/a/b", root_and_this_user()) == (place + "/40/a/b", None)

    def test_agrees_with_realpath(self):
        for path in ("/", "/usr/bin/python3", "/proc/self/cwd", "/etc/../var/tmp"):
            assert resolve(path, root_and_this_user()).path.split("/")[1] == os.path.realpath(path).split("/")[1]


class TestDirectories:
    def test_of_this_user_are_trusted(self, place):
        assert untrusted(make(place, "a") + "/file") is None

    def test_that_everybody_can_write_to_are_not(self, place):
        path = make(place, "a", mode=0o777)
        make(place, "b")
        assert untrusted(place + "/b/../a") == (path, "every user", "has the mode 0777")
        assert untrusted(path + "/b/c") == (path, "every user", "has the mode 0777")

    def test_that_a_group_can_write_to_are_not(self, place, monkeypatch):
        path = make(place, "a", mode=0o775)
        monkeypatch.setattr(grp, "getgrgid", lambda gid: SimpleNamespace(gr_name="staff", gr_gid=gid, gr_mem=["bob"]))
        assert untrusted(path) == (path, "the group staff", "has the mode 0775")

    def test_that_an_unknown_group_can_write_to_are_not(self, place, monkeypatch):
        def unknown(gid):
            raise KeyError(gid)

        path = make(place, "a", mode=0o775)
        monkeypatch.setattr(grp, "getgrgid", unknown)
        assert untrusted(path) == (path, f"the group with the gid {os.stat(path).st_gid}", "has the mode 0775")

    @pytest.mark.parametrize(
        ("group", "members", "primary", "attributes", "trusted"),
        [
            ("alice", [], [], [], True),
            ("alice", ["alice"], [], [], True),
            ("alice", ["bob"], [], [], False),
            ("alice", [], ["bob"], [], False),
            ("staff", [], [], [], False),
            ("alice", [], [], ["system.posix_acl_access"], False),
        ],
    )
    def test_whose_group_is_their_owners_own_are_trusted(
        self, place, monkeypatch, group, members, primary, attributes, trusted
    ):
        path = make(place, "a", mode=0o775)
        user = SimpleNamespace(pw_name="alice", pw_gid=1, pw_uid=os.geteuid())
        others = [SimpleNamespace(pw_name=name, pw_gid=1, pw_uid=4711) for name in primary]
        stranger = SimpleNamespace(pw_name="stranger", pw_gid=2, pw_uid=4712)
        monkeypatch.setattr(pwd, "getpwuid", lambda uid: user)
        monkeypatch.setattr(pwd, "getpwall", lambda: [user, stranger, *others])
        monkeypatch.setattr(grp, "getgrgid", lambda gid: SimpleNamespace(gr_name=group, gr_gid=1, gr_mem=members))
        monkeypatch.setattr(os, "listxattr", lambda path: attributes)
        assert (untrusted(path) is None) is trusted

    def test_that_are_sticky_are_trusted_but_not_for_files_of_predictable_names(self, place):
        path = make(place, "a", mode=0o1777)
        assert untrusted(path + "/b") is None
        assert untrusted_writer(path, root_and_this_user()).who == "every user"
        assert untrusted_writer(make(path, "b"), root_and_this_user()) is None

    def test_that_do_not_exist_belong_to_whoever_creates_them(self, place):
        assert untrusted(place + "/no/such") is None
        assert untrusted_writer(place + "/no/such", root_and_this_user()) is None

    def test_the_first_one_is_reported_with_a_remedy(self, place):
        outer = make(place, "a", mode=0o777)
        inner = make(outer, "b", mode=0o777)
        found = resolve(inner + "/c/d", root_and_this_user())
        assert found.untrusted.path == outer
        assert found.untrusted.remedy == f"Run chmod go-w {outer}"
        assert found.untrusted.cause == f"can be replaced by every user, because {outer} has the mode 0777"
        assert found.path == inner + "/c/d"

    def test_of_a_uid_that_is_not_trusted(self, place):
        found = resolve(place, frozenset({ME + 1, 0} - {ME})).untrusted
        assert found.why == "belongs to this user"
        assert found.remedy == f"Run chown root {found.path} if no other user has to change it"

    @AS_ROOT
    def test_of_another_user_are_not_trusted(self, place):
        path = make(place, "a", mode=0o700, uid=OTHER)
        assert untrusted(path + "/b") == (path, f"the user with the uid {OTHER}", "belongs to this user")

    @AS_ROOT
    def test_of_another_user_in_a_sticky_directory_are_not_trusted(self, place):
        path = make(make(place, "a", mode=0o1777), "b", uid=OTHER)
        assert untrusted(path)[0] == path

    @AS_ROOT
    def test_of_the_owner_are_trusted_on_request(self, place):
        path = make(place, "a", uid=OTHER)
        assert untrusted(path + "/b", owner=OTHER) is None
        os.chmod(path, 0o777)
        assert untrusted(path + "/b", owner=OTHER)[1] == "every user"


class TestFiles:
    @AS_ROOT
    def test_may_belong_to_anyone(self, place):
        path = place + "/file"
        with open(path, "w"):
            os.chown(path, OTHER, -1)
        os.chmod(path, 0o666)
        assert untrusted(path) is None


class TestLinks:
    def test_of_this_user_are_followed_and_their_targets_are_judged(self, place):
        path = make(place, "a", mode=0o777)
        os.symlink("a", place + "/link")
        assert untrusted(place + "/link/b") == (path, "every user", "has the mode 0777")

    @AS_ROOT
    def test_of_another_user_are_not_followed(self, place):
        os.symlink("/root", place + "/link")
        os.chown(place + "/link", OTHER, -1, follow_symlinks=False)
        who = f"the user with the uid {OTHER}"
        expected = (place + "/link", who, "is a symbolic link that this user can change")
        assert untrusted(place + "/link") == untrusted(place + "/link/b") == expected

    @AS_ROOT
    def test_below_a_directory_of_the_owner_are_not_followed_even_if_root_has_created_them(self, place):
        path = make(place, "a", uid=OTHER)
        os.symlink("/root", path + "/link")
        found = untrusted(path + "/link", owner=OTHER)
        assert found == (
            path + "/link",
            f"the user with the uid {OTHER}",
            "is a symbolic link that this user can change",
        )
