# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import pwd

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import preflight
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure

MIB = 1 << 20


@pytest.fixture
def options(tmp_path):
    return {"command": ["sh"], "directory": str(tmp_path), "minimum_free": 0, "maximum_size": 0, "owner": None}


def failed(options):
    with pytest.raises(Failure) as caught:
        preflight.check(options)
    (error,) = caught.value.errors
    assert error["phase"] == "prepare"
    return error


def set_free(monkeypatch, size):
    status = os.statvfs_result((4096, 1024, 0, 0, size // 1024, 0, 0, 0, 0, 0))
    monkeypatch.setattr(os, "statvfs", lambda path: status)


def test_usable_vm(options):
    preflight.check(dict(options, owner=pwd.getpwuid(os.geteuid()).pw_name))


@pytest.mark.parametrize("command", ["no-such-command", "/no/such/command", "/etc/passwd"])
def test_command_that_cannot_be_run(options, command):
    error = failed(dict(options, command=[command]))
    assert error["subject"] == f"the command {command!r}"
    assert error["cause"] == f"does not exist or cannot be run by uid {os.geteuid()}"
    assert (
        error["remedy"]
        == "Check that this is an AQtive Guard VM, set command (role variable aqtive_guard_log_bundle_command) to its absolute path, or use become"
    )


def test_command_is_found_in_the_system_path(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert preflight.find_command("sh") in ("/bin/sh", "/usr/bin/sh")


def test_command_is_found_in_path_first(monkeypatch, tmp_path):
    program = tmp_path / "sh"
    program.touch()
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert preflight.find_command("sh") == str(program)


@pytest.mark.parametrize("directory", ["/no/such", "/etc/passwd"])
def test_directory_that_is_none(options, directory):
    error = failed(dict(options, directory=directory))
    assert (error["subject"], error["remedy"]) == (directory, "Set another directory, or use become")


@pytest.mark.parametrize("denied", [os.R_OK, os.W_OK, os.X_OK])
def test_directory_without_permission(options, monkeypatch, denied):
    access = os.access
    monkeypatch.setattr(
        os,
        "access",
        lambda path, mode, **more: (path != options["directory"] and access(path, mode)) or not mode & denied,
    )
    error = failed(options)
    assert error["cause"] == f"is not a directory that uid {os.geteuid()} can write to"


def test_directory_that_others_can_replace(options, tmp_path):
    tmp_path.chmod(0o777)
    directory = tmp_path / "bundles"
    directory.mkdir()
    error = failed(dict(options, directory=str(directory)))
    assert error["subject"] == str(directory)
    assert error["cause"] == f"can be replaced by every user, because {tmp_path} has the mode 0777"
    assert error["remedy"] == f"Run chmod go-w {tmp_path}, or set another directory"


def test_sticky_directory_that_all_can_write_to(options, tmp_path):
    tmp_path.chmod(0o1777)
    preflight.check(options)


def test_unknown_owner(options):
    assert failed(dict(options, owner="no-such-user"))["cause"] == "is 'no-such-user', but this VM has no such user"


def test_shortage_of_disk_space(options, monkeypatch):
    set_free(monkeypatch, 10 * MIB)
    error = failed(dict(options, minimum_free=11))
    assert error["subject"] == options["directory"]
    assert error["cause"] == "has 10 MiB free, but minimum_free is 11 MiB"
    assert error["remedy"] == "Free disk space, or set another directory or a smaller minimum_free"


@pytest.mark.parametrize(
    ("free", "minimum", "short"), [(10 * MIB, 10, False), (10 * MIB - 1024, 10, True), (0, 0, False)]
)
def test_boundary_of_free_space(options, monkeypatch, free, minimum, short):
    set_free(monkeypatch, free)
    assert bool(preflight.space_shortage(dict(options, minimum_free=minimum))) is short


@pytest.mark.parametrize(
    ("limit", "size", "cause"),
    [
        (0, 1 << 50, None),
        (2, 2 * MIB, None),
        (2, 2 * MIB + 1, "has 2.0 MiB or more, but maximum_size is 2 MiB"),
        (1, MIB * 5 // 2, "has 2.5 MiB or more, but maximum_size is 1 MiB"),
    ],
)
def test_excess_of_size(limit, size, cause):
    expected = ("the bundle", cause) if cause else None
    assert preflight.size_excess({"maximum_size": limit}, size) == expected
