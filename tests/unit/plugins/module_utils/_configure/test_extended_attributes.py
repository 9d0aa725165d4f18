# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import errno
import os

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.extended_attributes import (
    read_attributes,
    write_attributes,
)

ACCESS_CONTROL_LIST = "system.posix_acl_access"


class FileSystem:
    """The extended attributes of one file, some of which cannot be read, set or removed."""

    def __init__(self, monkeypatch):
        self.present = {}
        self.denied = set()
        monkeypatch.setattr(os, "listxattr", lambda _path: list(self.present))
        monkeypatch.setattr(os, "getxattr", lambda _path, name: self.present[self.permitted("get", name)])
        monkeypatch.setattr(os, "setxattr", lambda _path, name, value: self.set(name, value))
        monkeypatch.setattr(os, "removexattr", lambda _path, name: self.present.pop(self.permitted("remove", name)))

    def permitted(self, action, name):
        if (action, name) in self.denied:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        return name

    def set(self, name, value):
        self.present[self.permitted("set", name)] = value


@pytest.fixture
def files(monkeypatch):
    return FileSystem(monkeypatch)


class TestRead:
    def test_returns_every_attribute_that_this_user_can_read(self, files):
        files.present = {"security.a": b"1", "user.b": b"2", "system.posix_acl_access": b"3"}
        files.denied.add(("get", "security.a"))
        assert read_attributes("config") == {"user.b": b"2", "system.posix_acl_access": b"3"}

    def test_leaves_out_what_the_kernel_computes_from_the_content(self, files):
        files.present = {"security.ima": b"1", "security.evm": b"2", "security.selinux": b"3"}
        assert read_attributes("config") == {"security.selinux": b"3"}

    def test_file_system_without_extended_attributes(self, monkeypatch):
        def fail(_path):
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

        monkeypatch.setattr(os, "listxattr", fail)
        assert read_attributes("config") == {}


class TestWrite:
    def test_sets_what_is_missing_or_different_and_keeps_the_rest(self, files):
        files.present = {"user.a": b"1", "user.b": b"1", "user.d": b"4"}
        files.denied.add(("set", "user.a"))
        assert write_attributes("config", {"user.a": b"1", "user.b": b"2", "user.c": b"3"}) == []
        assert files.present == {"user.a": b"1", "user.b": b"2", "user.c": b"3", "user.d": b"4"}

    def test_returns_the_names_of_what_it_could_not_set_in_order(self, files):
        files.denied = {("set", "user.b"), ("set", "security.a")}
        assert write_attributes("config", {"user.b": b"1", "security.a": b"2", "user.c": b"3"}) == [
            "security.a",
            "user.b",
        ]
        assert files.present == {"user.c": b"3"}

    def test_removes_an_access_control_list_that_is_not_wanted(self, files):
        files.present = {ACCESS_CONTROL_LIST: b"1"}
        assert write_attributes("config", {}) == []
        assert files.present == {}

    def test_returns_an_access_control_list_that_it_could_not_remove(self, files):
        files.present = {ACCESS_CONTROL_LIST: b"1"}
        files.denied = {("remove", ACCESS_CONTROL_LIST)}
        assert write_attributes("config", {}) == [ACCESS_CONTROL_LIST]

    def test_keeps_an_access_control_list_that_is_wanted(self, files):
        files.present = {ACCESS_CONTROL_LIST: b"1"}
        files.denied = {("remove", ACCESS_CONTROL_LIST)}
        assert write_attributes("config", {ACCESS_CONTROL_LIST: b"1"}) == []
        assert files.present == {ACCESS_CONTROL_LIST: b"1"}
