# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import errno
import os
import stat

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import config_file
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.config_file import (
    SIZE_LIMIT,
    load,
    replace,
    replacement_errors,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.pending_change import PendingChange


class TestLoad:
    def problem(self, path, **options):
        file = load(str(path), **options)
        assert file.content is None
        (error,) = file.errors
        assert (error["phase"], error["subject"]) == ("read", str(path))
        return error["cause"], error["remedy"]

    def test_reads_the_file_behind_a_link(self, tmp_path):
        (tmp_path / "real").write_bytes(b"A=1\n")
        (tmp_path / "link").symlink_to("real")
        file = load(str(tmp_path / "link"))
        assert (file.path, file.content, file.errors) == (str(tmp_path / "real"), b"A=1\n", [])

    def test_a_directory(self, tmp_path):
        assert self.problem(tmp_path) == ("is a directory", "Set the path to the configuration file")

    def test_a_missing_file(self, tmp_path):
        remedy = (
            "Check that this is an AQtive Guard VM, and set the path (role variable aqtive_guard_logging_config_path)"
        )
        assert self.problem(tmp_path / "none") == ("does not exist", remedy)

    def test_a_missing_file_that_may_be_created(self, tmp_path):
        file = load(str(tmp_path / "none"), create=True)
        assert (file.content, file.errors) == (None, [])

    def test_a_missing_directory(self, tmp_path):
        assert self.problem(tmp_path / "none" / "config", create=True)[1] == "Create the directory first"

    def test_a_file_for_a_directory(self, tmp_path):
        (tmp_path / "file").write_bytes(b"")
        assert self.problem(tmp_path / "file" / "config")[0] == "does not exist"

    def test_a_fifo_does_not_hang(self, tmp_path):
        os.mkfifo(str(tmp_path / "fifo"))
        remedy = "Set the path to the product's configuration file"
        assert self.problem(tmp_path / "fifo") == ("is not a regular file", remedy)

    def test_a_device(self):
        assert self.problem("/dev/null")[0] == "is not a regular file"

    def test_a_loop_of_links(self, tmp_path):
        (tmp_path / "loop").symlink_to("loop")
        assert "leads back to itself" in self.problem(tmp_path / "loop")[0]

    def test_a_file_that_is_too_large(self, tmp_path):
        with (tmp_path / "large").open("wb") as large:
            large.truncate(50 * 1024 * 1024)
        remedy = "Set the path to the product's configuration file"
        assert self.problem(tmp_path / "large") == (f"is larger than {SIZE_LIMIT} bytes", remedy)

    def test_the_largest_file_is_read_to_its_end(self, tmp_path):
        with (tmp_path / "large").open("wb") as large:
            large.truncate(SIZE_LIMIT)
        file = load(str(tmp_path / "large"))
        assert (len(file.content), file.errors) == (SIZE_LIMIT, [])

    def test_a_file_that_grows_while_it_is_read(self, tmp_path, monkeypatch):
        (tmp_path / "growing").write_bytes(b"A" * (SIZE_LIMIT + 1))
        monkeypatch.setattr(config_file, "_unsuitable", lambda status: None)
        assert str(SIZE_LIMIT) in self.problem(tmp_path / "growing")[0]

    @pytest.mark.parametrize(
        ("number", "cause", "remedy"),
        [
            (errno.EPERM, "is not readable by the user that Ansible becomes", "Set become to true"),
            (errno.EACCES, "is not readable by the user that Ansible becomes", "Set become to true"),
            (errno.ELOOP, "is a symbolic link that leads back to itself", "Correct the link"),
            (errno.EIO, f"cannot be read ({os.strerror(errno.EIO)})", "Check the path and the permissions"),
        ],
    )
    def test_each_error_has_its_remedy(self, tmp_path, monkeypatch, number, cause, remedy):
        def fail(*dummy):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(config_file.os, "open", fail)
        (tmp_path / "config").write_bytes(b"")
        assert self.problem(tmp_path / "config") == (cause, remedy)

    def test_an_unreadable_file(self, tmp_path):
        (tmp_path / "config").write_bytes(b"")
        (tmp_path / "config").chmod(0)
        # Root reads every file, so it becomes someone else.
        user = os.geteuid()
        os.seteuid(user or 65534)
        try:
            assert self.problem(tmp_path / "config")[1] == "Set become to true"
        finally:
            os.seteuid(user)


class TestReplacementErrors:
    @pytest.fixture
    def causes(self, tmp_path, monkeypatch):
        """Return the causes for a file that is replaced by the user 1000, who belongs to the groups 1000 and 10."""

        def causes(uid, gid, user=1000, links=1):
            status = os.stat_result((0o100640, 1, 1, links, uid, gid, 0, 0, 0, 0))
            with monkeypatch.context() as patched:
                patched.setattr(os, "stat", lambda _path: status)
                patched.setattr(os, "geteuid", lambda: user)
                patched.setattr(os, "getegid", lambda: 1000)
                patched.setattr(os, "getgroups", lambda: [10])
                errors = list(replacement_errors("config"))
            assert {(each["phase"], each["subject"]) for each in errors} <= {("validate", "config")}
            remedies = {
                "belongs": "Set become to true",
                "has": "Find the others with find -samefile, and remove them or replace them by symbolic links",
            }
            assert all(each["remedy"] == remedies[each["cause"].split()[0]] for each in errors)
            return [each["cause"] for each in errors]

        return causes

    def test_owner_and_group_that_this_user_can_give(self, causes):
        assert causes(1000, 1000) == causes(1000, 10) == causes(4711, 4711, user=0) == []

    def test_owner_that_only_root_can_give(self, causes):
        (cause,) = causes(4711, 1000)
        assert cause == ("belongs to the user with the uid 4711, whom only root can make the owner of the new file")

    def test_group_that_only_root_can_give(self, causes):
        (cause,) = causes(1000, 4711)
        assert cause == "belongs to the gid 4711, which only root can give to the new file"

    def test_other_names_of_the_file(self, causes):
        (cause,) = causes(0, 0, user=0, links=3)
        assert cause == "has 3 names (hard links), of which the change would reach only this one"
        assert len(causes(4711, 0, links=2)) == 2


class FakeModule:
    """The methods of ``AnsibleModule`` that are used, each of which a test may let fail."""

    def __init__(self, directory, **params):
        self.tmpdir = str(directory)
        self.params = dict({"backup": True, "unsafe_writes": False}, **params)
        self.calls = []

    def fail_json(self, msg, **details):
        raise SystemExit(1)

    def preserved_copy(self, source, target):
        with open(source, "rb") as old, open(target, "wb") as new:
            new.write(old.read())

    def atomic_move(self, source, target, unsafe_writes):
        self.calls.append((stat.S_IMODE(os.stat(source).st_mode), os.path.dirname(source), unsafe_writes))
        os.replace(source, target)


class TestReplace:
    @pytest.fixture
    def tmpdir_of_module(self, tmp_path):
        directory = tmp_path / "tmp"
        directory.mkdir()
        return directory

    @pytest.fixture
    def config(self, tmp_path):
        config = tmp_path / "etc" / "config"
        config.parent.mkdir()
        config.write_bytes(b"old")
        return config

    @pytest.fixture
    def link(self, config):
        return config.parent / "pending"

    @pytest.fixture
    def module(self, tmpdir_of_module):
        return FakeModule(tmpdir_of_module)

    @pytest.fixture
    def replaced(self, module, config, link):
        return lambda: replace(module, load(str(config)), b"new", PendingChange(str(link), str(config)))

    @pytest.fixture
    def failed(self, replaced, config, tmpdir_of_module):
        """Return the error of a replacement that fails and leaves nothing behind."""

        def failed(content=b"old", names=("config",)):
            with pytest.raises(Failure) as caught:
                replaced()
            assert config.read_bytes() == content
            assert sorted(os.listdir(str(config.parent))) == sorted(names)
            assert os.listdir(str(tmpdir_of_module)) == []
            (error,) = caught.value.errors
            assert (error["phase"], error["subject"]) == ("write", str(config))
            return error

        return failed

    def test_returns_the_backup_that_the_pending_link_leads_to(self, replaced, module, config, link):
        backup = replaced()
        assert config.read_bytes() == b"new"
        assert os.readlink(str(link)) == backup
        assert link.read_bytes() == b"old"
        assert module.calls == [(0o600, module.tmpdir, False)]

    def test_the_backup_and_the_new_file_are_on_disk_before_the_file_is_replaced(self, replaced, module, monkeypatch):
        events = []
        fsync = os.fsync

        def record(descriptor):
            events.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", record)
        monkeypatch.setattr(module, "atomic_move", lambda source, target, unsafe_writes: events.append(source))
        backup = replaced()
        new_file = events[-1]
        assert events == [os.path.basename(new_file), os.path.basename(backup), new_file]

    def test_unsafe_writes_is_passed_on(self, replaced, module):
        module.params["unsafe_writes"] = True
        replaced()
        assert module.calls[0][-1] is True

    def test_without_backup(self, replaced, module, config, link):
        module.params["backup"] = False
        assert replaced() is None
        assert os.listdir(str(config.parent)) == ["config"]

    def test_new_file_has_no_backup(self, module, config):
        config.unlink()
        assert replace(module, load(str(config), create=True), b"new", PendingChange(None, str(config))) is None
        assert os.listdir(str(config.parent)) == ["config"]

    @pytest.mark.parametrize(
        ("number", "remedy"),
        [
            (errno.EBUSY, "Mount its directory instead of the file itself, or set unsafe_writes to true"),
            (errno.EPERM, "Remove the immutable attribute with chattr -i, and check the permissions of its directory"),
            (errno.EACCES, "Set become to true, and check the permissions of its directory"),
            (errno.EROFS, "Remount the file system read-write"),
            (errno.ENOSPC, "Free disk space on the file system"),
            (errno.EDQUOT, "Free disk space, or raise the quota of the user"),
            (errno.EIO, "Check permissions and free disk space"),
        ],
    )
    @pytest.mark.parametrize("how", ["OSError", "Exception", "fail_json"])
    def test_failed_move_reports_errno_and_remedy(self, failed, module, number, remedy, how):
        def atomic_move(*_args, **_options):
            try:
                raise OSError(number, os.strerror(number))
            except OSError as raised:
                if how == "OSError":
                    raise
                if how == "Exception":
                    raise Exception("Could not replace") from raised
                module.fail_json(msg="Could not replace", exception="Traceback")

        module.atomic_move = atomic_move
        error = failed()
        assert os.strerror(number) in error["cause"]
        assert errno.errorcode[number] in error["cause"]
        assert error["remedy"] == remedy

    def test_failure_without_errno_reports_the_message(self, failed, module):
        module.atomic_move = lambda *_args, **_options: module.fail_json(msg="No  such context.")
        error = failed()
        assert (error["cause"], error["remedy"]) == (
            "could not be replaced (No such context)",
            "Check the permissions",
        )

    def test_fail_json_is_restored(self, failed, module):
        original = module.fail_json
        module.atomic_move = lambda *_args, **_options: module.fail_json(msg="no")
        failed()
        assert module.fail_json == original

    @pytest.mark.parametrize("step", ["fsync", "symlink", "replace"])
    def test_any_step_may_fail(self, failed, monkeypatch, step):
        def fail(*_args):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, step, fail)
        assert "No space left on device" in failed()["cause"]

    def test_incomplete_backup_is_removed(self, failed, module):
        def preserved_copy(_source, target):
            with open(target, "wb") as new:
                new.write(b"ol")
            raise OSError(errno.ENOSPC, "No space left on device")

        module.preserved_copy = preserved_copy
        failed()

    def test_link_that_takes_the_place_of_the_backup_is_not_followed(self, failed, module, config):
        def preserved_copy(source, target):
            os.unlink(target)
            os.symlink(source, target)

        module.preserved_copy = preserved_copy
        assert os.strerror(errno.ELOOP) in failed()["cause"]

    def test_link_to_a_missing_backup_is_restored(self, failed, module, link):
        link.symlink_to("gone")
        module.atomic_move = lambda *_args, **_options: module.fail_json(msg="no")
        failed(names=["config", "pending"])
        assert os.readlink(str(link)) == "gone"

    def test_link_of_an_earlier_change_and_its_backup_stay(self, failed, module, config, link):
        name = "config.1.2026-11-24@14:08:00~"
        (config.parent / name).write_bytes(b"good")
        link.symlink_to(name)
        module.atomic_move = lambda *_args, **_options: module.fail_json(msg="no")
        failed(names=[name, "config", "pending"])
        assert link.read_bytes() == b"good"

    @pytest.mark.parametrize(
        "content", [b"new", b"ne"], ids=["after the replacement", "in the middle of an unsafe write"]
    )
    def test_backup_stays_if_the_file_is_no_longer_the_old_one(self, replaced, module, config, link, content):
        def atomic_move(*_args, **_options):
            config.write_bytes(content)
            module.fail_json(msg="no")

        module.atomic_move = atomic_move
        with pytest.raises(Failure):
            replaced()
        assert link.read_bytes() == b"old"

    def test_interruption_cleans_up(self, replaced, module, config):
        def atomic_move(*_args, **_options):
            raise KeyboardInterrupt

        module.atomic_move = atomic_move
        with pytest.raises(KeyboardInterrupt):
            replaced()
        assert os.listdir(str(config.parent)) == ["config"]

    @staticmethod
    def changed_meanwhile(config):
        cause = "was changed by another process, so it was not replaced"
        return error("write", str(config), cause, "Run the task again")

    @pytest.mark.parametrize("same_content", [False, True])
    def test_file_that_another_process_has_changed_is_not_replaced(self, module, config, same_content):
        file = load(str(config))
        other = config.parent / "other"
        other.write_bytes(b"old" if same_content else b"theirs")
        other.rename(config)
        with pytest.raises(Failure, match="changed by another process") as caught:
            replace(module, file, b"new", PendingChange(None, str(config)))
        assert caught.value.errors == [self.changed_meanwhile(config)]
        assert config.read_bytes() == (b"old" if same_content else b"theirs")
        assert os.listdir(str(config.parent)) == ["config"]

    def test_file_that_another_process_has_created_is_not_replaced(self, module, config):
        config.unlink()
        file = load(str(config), create=True)
        config.write_bytes(b"theirs")
        with pytest.raises(Failure, match="changed by another process") as caught:
            replace(module, file, b"new", PendingChange(None, str(config)))
        assert caught.value.errors == [self.changed_meanwhile(config)]
        assert config.read_bytes() == b"theirs"
