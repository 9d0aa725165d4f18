# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import stat

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(str(tmp_path))
    workspace.create()
    return workspace


def write(path, size):
    with open(path, "wb") as stream:
        stream.write(b"x" * size)


def test_paths():
    workspace = Workspace("/p")
    assert workspace.private == "/p"
    assert [workspace.directory, workspace.temporary] == ["/p/work", "/p/temporary"]
    assert [workspace.stdout, workspace.stderr] == ["/p/stdout", "/p/stderr"]


def test_directories_are_private(workspace):
    for path in (workspace.directory, workspace.temporary):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o700


def test_entries_are_sorted_and_links_are_not_followed(workspace):
    for name in ("c", "a"):
        write(os.path.join(workspace.directory, name), 1)
    os.symlink("c", os.path.join(workspace.directory, "b"))
    entries = workspace.entries()
    assert list(entries) == ["a", "b", "c"]
    assert stat.S_ISLNK(entries["b"].st_mode)


def test_bytes_written_are_those_of_the_largest_file(workspace):
    assert workspace.bytes_written() == 0
    write(os.path.join(workspace.directory, "a"), 10)
    write(os.path.join(workspace.directory, "b"), 1000)
    write(os.path.join(workspace.directory, "c"), 20)
    assert workspace.bytes_written() == 1000
    write(workspace.stdout, 2000)
    assert workspace.bytes_written() == 2000


def test_bytes_written_without_directory(tmp_path):
    assert Workspace(str(tmp_path / "no-such")).bytes_written() == 0


def test_bytes_written_without_files_that_disappear(workspace, monkeypatch):
    write(os.path.join(workspace.directory, "b"), 1000)
    monkeypatch.setattr(os, "listdir", lambda path: ["a", "b"])
    assert workspace.bytes_written() == 1000
