# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directories of log files: created, adjusted, and refused where others can replace them."""

import os
import stat

import pytest
from ansible.module_utils import basic

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import log_directories
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.log_directories import LogDirectories
from ansible_collections.community.aqtive_guard.tests.unit.plugins.modules.conftest import OLD

OTHER = 4711
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give directories to other users")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "log"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def configure(configure, folder):
    def with_folder(log=folder, **options):
        return configure(**{"block": f"LOG_LEVEL=info\nLOG_FILE={log}/a.log", "root": "", **options})

    return with_folder


@pytest.fixture
def refused(configure, config):
    """Return the error of a change that is refused, in check mode as well, before anything is written."""

    def refused(**options):
        results = [configure(check_mode=check_mode, **options) for check_mode in (True, False)]
        assert config.read_text() == OLD
        assert results[0]["errors"] == results[1]["errors"]
        (error,) = results[1]["errors"]
        assert error["phase"] == "validate"
        return error

    return refused


def mode(path):
    return stat.S_IMODE(os.stat(str(path)).st_mode)


class TestCreation:
    def test_of_a_missing_directory(self, configure, folder):
        folder.rmdir()
        result = configure()
        assert (result["missing_directories"], result["outdated_directories"]) == ([str(folder)], [str(folder)])
        assert result["changed"]
        assert mode(folder) == 0o750

    def test_a_second_time_changes_nothing(self, configure, folder):
        folder.rmdir()
        configure()
        result = configure()
        assert (result["changed"], result["missing_directories"], result["outdated_directories"]) == (False, [], [])

    def test_with_the_parents_and_the_wanted_mode(self, configure, folder):
        configure(log=folder / "a" / "b", directory_mode="u=rwx,g=rxs,o=")
        assert [mode(path) for path in (folder, folder / "a", folder / "a" / "b")] == [0o700, 0o2750, 0o2750]

    def test_in_check_mode_is_only_predicted(self, configure, folder):
        folder.rmdir()
        predicted = configure(check_mode=True)
        assert not folder.exists()
        done = configure()
        assert predicted["missing_directories"] == done["missing_directories"] == [str(folder)]
        assert predicted["diff"] == done["diff"]
        assert done["diff"][-1] == {
            "before_header": str(folder),
            "before": {"state": "absent"},
            "after_header": str(folder),
            "after": {"state": "directory"},
        }

    def test_gets_the_context_that_the_policy_wants(self, configure, folder, monkeypatch):
        folder.rmdir()
        contexts = []
        monkeypatch.setattr(basic.AnsibleModule, "selinux_enabled", lambda _self: True)
        monkeypatch.setattr(basic.AnsibleModule, "selinux_mls_enabled", lambda _self: True)
        monkeypatch.setattr(basic.AnsibleModule, "selinux_context", lambda _self, path: ["old"] * 4)
        monkeypatch.setattr(basic.AnsibleModule, "selinux_default_context", lambda _self, path, mode=0: ["of", path])

        def set_context(_self, path, context, changed, diff=None):
            contexts.append((os.path.realpath(path), context))
            return changed

        monkeypatch.setattr(basic.AnsibleModule, "set_context_if_different", set_context)
        configure()
        assert (str(folder), ["of", str(folder)]) in contexts
        del contexts[:]
        configure(directory_mode="0711")
        assert str(folder) not in [path for path, _context in contexts]

    def test_is_private_until_it_has_its_attributes(self, configure, folder, monkeypatch):
        adjust, modes = LogDirectories._adjust, []

        def look_and_adjust(directories, descriptor, *arguments):
            modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
            adjust(directories, descriptor, *arguments)

        folder.rmdir()
        monkeypatch.setattr(LogDirectories, "_adjust", look_and_adjust)
        configure()
        assert (modes, mode(folder)) == ([0o700], 0o750)

    def test_that_is_impossible_is_an_error_of_the_checks(self, refused, folder):
        (folder / "file").write_text("")
        assert "Not a directory" in refused(log=folder / "file" / "log")["cause"]

    def test_in_place_of_a_fifo_is_an_error_and_does_not_hang(self, refused, folder):
        os.mkfifo(str(folder / "fifo"))
        assert refused(log=folder / "fifo")["cause"] == "cannot be created or changed (Not a directory)"

    @AS_ROOT
    def test_gives_new_directories_to_their_owner(self, configure, folder):
        configure(log=folder / "a" / "b", directory_owner=str(OTHER), directory_group=str(OTHER))
        assert [os.stat(str(path)).st_uid for path in (folder, folder / "a", folder / "a" / "b")] == [0, OTHER, OTHER]
        assert os.stat(str(folder / "a")).st_gid == OTHER


class TestAdjustment:
    def test_without_a_wish_changes_nothing(self, configure, folder):
        assert configure()["outdated_directories"] == []

    def test_of_the_mode(self, configure, folder):
        predicted = configure(directory_mode="0750", check_mode=True)
        assert mode(folder) == 0o700
        done = configure(directory_mode="0750")
        assert predicted["outdated_directories"] == done["outdated_directories"] == [str(folder)]
        assert (done["missing_directories"], mode(folder)) == ([], 0o750)
        status = os.stat(str(folder))
        ids = {"owner": str(status.st_uid), "group": str(status.st_gid)}
        assert done["diff"][-1] == {
            "before_header": str(folder),
            "before": dict(ids, mode="0700"),
            "after_header": str(folder),
            "after": dict(ids, mode="0750"),
        }

    @pytest.mark.parametrize("wanted", ["0700", "u=rwx,go=", 0o700])
    def test_is_not_needed_with_the_wanted_mode(self, configure, wanted):
        assert configure(directory_mode=wanted)["outdated_directories"] == []

    def test_is_not_needed_with_the_wanted_owner_and_group(self, configure, folder):
        owner, group = str(os.getuid()), str(os.stat(str(folder)).st_gid)
        assert configure(directory_owner=owner, directory_group=group)["outdated_directories"] == []

    def test_is_predicted_with_another_owner_or_group(self, configure, folder):
        for option, number in (("directory_owner", os.getuid()), ("directory_group", os.getgid())):
            result = configure(check_mode=True, **{option: str(number + 1)})
            assert result["outdated_directories"] == [str(folder)]

    @pytest.mark.parametrize(
        ("option", "value", "cause", "remedy"),
        [
            (
                "directory_owner",
                "no-such-user",
                "is 'no-such-user', but this VM has no such user",
                "Set it (role variable aqtive_guard_logging_directory_owner) to an existing user",
            ),
            (
                "directory_group",
                "no-such-group",
                "is 'no-such-group', but this VM has no such group",
                "Set it (role variable aqtive_guard_logging_directory_group) to an existing group",
            ),
            ("directory_mode", "rwx", "is 'rwx', but must be a mode such as 0750 or u=rwx,g=rx,o=", "Correct the mode"),
            (
                "directory_mode",
                "100750",
                "is '100750', but must be a mode such as 0750 or u=rwx,g=rx,o=",
                "Correct the mode",
            ),
        ],
    )
    def test_with_an_invalid_option_is_an_error_of_the_checks(self, refused, option, value, cause, remedy):
        error = refused(**{option: value})
        assert (error["subject"], error["cause"], error["remedy"]) == (option, cause, remedy)

    @AS_ROOT
    def test_of_the_owner_of_a_directory_with_files(self, configure, folder):
        (folder / "a.log").write_text("")
        configure(directory_owner=str(OTHER))
        assert os.stat(str(folder)).st_uid == OTHER
        assert os.stat(str(folder / "a.log")).st_uid == 0


class TestRefusal:
    def test_below_a_directory_that_others_can_write_to(self, refused, folder):
        folder.chmod(0o777)
        error = refused(log=folder / "new")
        assert error["subject"] == str(folder / "new")
        assert error["cause"] == f"can be replaced by every user, because {folder} has the mode 0777"
        assert error["remedy"] == f"Run chmod go-w {folder}, or set another log file"
        assert not (folder / "new").exists()

    def test_not_of_a_sticky_directory(self, configure, folder):
        folder.chmod(0o1777)
        assert configure(log=folder / "new")["missing_directories"] == [str(folder / "new")]

    def test_not_of_the_directory_itself_that_others_can_write_to(self, configure, folder):
        folder.chmod(0o777)
        assert configure(directory_mode="0750")["changed"]
        assert mode(folder) == 0o750

    def test_below_a_directory_that_others_can_write_to_since_the_path_was_resolved(self, refused, folder, monkeypatch):
        resolve = log_directories.resolve

        def resolve_and_share(*arguments):
            folder.chmod(0o700)
            found = resolve(*arguments)
            folder.chmod(0o777)
            return found

        monkeypatch.setattr(log_directories, "resolve", resolve_and_share)
        error = refused(log=folder / "new")
        assert error["cause"] == f"can be replaced by every user, because {folder} has the mode 0777"
        assert not (folder / "new").exists()

    def test_not_of_an_existing_directory_that_needs_no_change(self, configure, folder):
        (folder / "old").mkdir()
        folder.chmod(0o777)
        assert configure(log=folder / "old")["outdated_directories"] == []

    def test_not_of_a_link_that_only_trusted_users_can_change(self, configure, folder):
        (folder / "link").symlink_to("real/log")
        (folder / "real").mkdir()
        assert configure(log=folder / "link", directory_mode="0711")["changed"]
        assert mode(folder / "real" / "log") == 0o711

    @AS_ROOT
    def test_below_a_directory_of_another_user_than_the_wanted_owner(self, refused, folder):
        os.chown(str(folder), OTHER, -1)
        error = refused(log=folder / "new", directory_owner=str(OTHER + 1))
        expected = f"can be replaced by the user with the uid {OTHER}, because {folder} belongs to this user"
        assert error["cause"] == expected

    @AS_ROOT
    def test_not_below_a_directory_of_the_wanted_owner(self, configure, folder):
        os.chown(str(folder), OTHER, -1)
        (folder / "empty").mkdir()
        for name in ("new", "empty"):
            configure(log=folder / name, directory_owner=str(OTHER))
            assert os.stat(str(folder / name)).st_uid == OTHER

    @AS_ROOT
    def test_to_give_away_files_below_a_directory_of_the_wanted_owner(self, refused, configure, folder):
        os.chown(str(folder), OTHER, -1)
        (folder / "full").mkdir()
        (folder / "full" / "a.log").write_text("")
        error = refused(log=folder / "full", directory_owner=str(OTHER))
        because = f"because {folder / 'full'} belongs to the user root and is not empty"
        assert error["cause"] == f"can be replaced by the user with the uid {OTHER}, {because}"
        assert f"run chown {OTHER} {folder / 'full'} if it is right" in error["remedy"]
        os.chown(str(folder / "full"), OTHER, -1)
        assert configure(log=folder / "full", directory_owner=str(OTHER), directory_mode="0711")["changed"]
        assert mode(folder / "full") == 0o711


@pytest.mark.parametrize("target_exists", [True, False])
def test_link_that_replaces_a_directory_while_the_module_runs_is_not_followed(
    configure, folder, monkeypatch, tmp_path, target_exists
):
    resolve, target = log_directories.resolve, tmp_path / "target"

    def resolve_and_replace(*arguments):
        found = resolve(*arguments)
        if not folder.is_symlink():
            folder.rmdir()
            folder.symlink_to(target)
        return found

    if target_exists:
        target.mkdir(mode=0o700)
    monkeypatch.setattr(log_directories, "resolve", resolve_and_replace)
    (error,) = configure(directory_mode="0711")["errors"]
    assert (error["phase"], error["subject"]) == ("validate", str(folder))
    assert target.exists() is target_exists
    assert not target_exists or mode(target) == 0o700


def test_directory_that_cannot_be_created_is_a_failure_and_leaves_no_descriptor_open(configure, folder, monkeypatch):
    def fail(*dummy, **more):
        raise OSError(28, "No space left on device")

    folder.rmdir()
    before = os.listdir("/proc/self/fd")
    monkeypatch.setattr(os, "mkdir", fail)
    (error,) = configure()["errors"]
    assert error == {
        "phase": "write",
        "subject": str(folder),
        "cause": "cannot be created or changed (No space left on device)",
        "remedy": "Check its path and file system, and set become to true",
    }
    monkeypatch.undo()
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_directory_is_removed_while_the_module_looks_at_it(configure, folder, monkeypatch):
    stat_of = os.stat

    def stat_and_remove(path, **options):
        found = stat_of(path, **options)
        if path == str(folder) and folder.exists():
            folder.rmdir()
        return found

    monkeypatch.setattr(os, "stat", stat_and_remove)
    result = configure(directory_mode="0711")
    assert result["outdated_directories"] == [str(folder)]
    assert result["missing_directories"] == []
    assert mode(folder) == 0o711


def test_error_of_the_operating_system_is_a_failure(configure, config, monkeypatch):
    def removed(*dummy):
        raise FileNotFoundError(2, "No such file or directory", "/nowhere/guard")

    monkeypatch.setattr(os.path, "lexists", removed)
    (error,) = configure(pending_link=f"{config}.pending", backup=True)["errors"]
    assert (error["phase"], error["subject"]) == ("write", "/nowhere/guard")
    assert error["cause"] == "caused the error 'No such file or directory'"
    assert config.read_text() == OLD
