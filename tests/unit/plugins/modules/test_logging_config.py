# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import signal
import stat
import struct
import threading

import pytest
from ansible.module_utils import basic

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import change, config_file
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.document import BEGIN, END
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import digest
from ansible_collections.community.aqtive_guard.plugins.modules import logging_config, logging_config_info
from ansible_collections.community.aqtive_guard.tests.unit.plugins.modules.conftest import BLOCK, NEW, OLD, SECRET

# Version 2; user::rw-, user:65534:r--, group::---, mask::r--, other::---
ACCESS_CONTROL_LIST = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", *entry)
    for entry in [(1, 6, 2**32 - 1), (2, 4, 65534), (4, 0, 2**32 - 1), (16, 4, 2**32 - 1), (32, 0, 2**32 - 1)]
)


def mode(path):
    return stat.S_IMODE(os.stat(str(path)).st_mode)


def causes(result):
    assert result["failed"]
    assert len(result["msg"].splitlines()) == len(result["errors"])
    assert all(error["cause"] in result["msg"] and error["remedy"] in result["msg"] for error in result["errors"])
    return {error["subject"]: error["cause"] for error in result["errors"]}


class TestPresent:
    def test_writes_the_block_and_tells_what_it_did(self, configure, config, root):
        result = configure()
        assert config.read_text() == NEW
        settings = {"LOG_LEVEL": "info", "LOG_FILE": "/nowhere/guard/a.log"}
        expected = {
            "changed": True,
            "outdated": True,
            "path": str(config),
            "settings": settings,
            "digest": digest(settings),
            "previous_settings": {"LOG_LEVEL": "debug"},
            "removed": ["LOG_LEVEL=debug"],
            "missing_directories": [root + "/nowhere/guard"],
            "pending": False,
            "rollback_file": None,
        }
        assert {key: result[key] for key in expected} == expected
        assert "backup_file" not in result

    def test_a_second_time_changes_nothing(self, configure, config):
        configure()
        before = os.stat(str(config))
        result = configure()
        assert (result["changed"], result["outdated"], result["removed"]) == (False, False, [])
        assert os.stat(str(config)).st_ino == before.st_ino

    def test_the_difference_shows_logging_keys_alone(self, configure, config):
        content, attributes, _directory = configure(mode="0600")["diff"]
        assert content == {
            "before_header": f"{config} (logging keys)",
            "before": "LOG_LEVEL=debug\n",
            "after_header": f"{config} (logging keys)",
            "after": "LOG_LEVEL=info\nLOG_FILE=/nowhere/guard/a.log\n",
        }
        assert (attributes["before"], attributes["after"]) == ({"mode": "0640"}, {"mode": "0600"})

    @pytest.mark.parametrize(("count", "last"), [(100, "LOG_LEVEL=debug"), (2000, "... and 1900 more")])
    def test_the_difference_lists_a_hundred_lines_at_most(self, configure, config, count, last):
        config.write_text("LOG_LEVEL=debug\n" * count)
        result = configure()
        before = result["diff"][0]["before"].splitlines()
        assert before[:100] == result["removed"] == ["LOG_LEVEL=debug"] * 100
        assert (before[-1], len(before)) == (last, min(count, 101))

    def test_errors_of_many_lines_are_short(self, configure, config):
        config.write_text("LOG_LEVEL = debug\n" * 2000)
        block = BLOCK + "\n" + "\n".join(f"KEY_{number}=1" for number in range(2000))
        result = configure(block=block)
        assert (len(result["errors"]), result["errors"][-1]["subject"]) == (50, "1952 more errors")
        assert len(result["msg"]) < 10000

    def test_keeps_the_mode(self, configure, config):
        configure()
        assert mode(config) == 0o640

    def test_keeps_the_access_control_list_and_other_extended_attributes(self, configure, config):
        try:
            os.setxattr(str(config), "system.posix_acl_access", ACCESS_CONTROL_LIST)
            os.setxattr(str(config), "user.owner", b"guard")
        except OSError as unsupported:
            pytest.skip(f"extended attributes: {unsupported}")
        before = {name: os.getxattr(str(config), name) for name in os.listxattr(str(config))}
        result = configure(backup=True, pending_link=str(config) + ".pending")
        for path in (str(config), result["backup_file"]):
            assert {name: os.getxattr(path, name) for name in os.listxattr(path)} == before
            assert mode(path) == 0o640
        configure(state="rolled_back", block=None, pending_link=str(config) + ".pending")
        assert {name: os.getxattr(str(config), name) for name in os.listxattr(str(config))} == before

    def test_warns_of_extended_attributes_that_it_cannot_keep(self, configure, config, monkeypatch):
        write = config_file.write_attributes
        monkeypatch.setattr(config_file, "write_attributes", lambda path, wanted: [*write(path, wanted), "trusted.a"])
        (warning,) = configure()["warnings"]
        assert warning == f"{config} was replaced without its extended attributes trusted.a. Set them again."

    def test_changes_the_file_behind_a_link(self, configure, config, tmp_path):
        link = tmp_path / "link"
        link.symlink_to(config)
        assert configure(path=str(link))["path"] == str(config)
        assert link.is_symlink()
        assert config.read_text() == NEW

    def test_owner_and_mode_of_the_file_behind_a_link_are_set(self, configure, config, tmp_path):
        link = tmp_path / "link"
        link.symlink_to(config)
        options = {"path": str(link), "mode": "0604", "owner": str(os.getuid()), "group": str(os.getgid())}
        assert configure(**options)["changed"]
        assert mode(config) == 0o604
        assert configure(**options)["changed"] is False

    def test_temporary_file_is_not_in_the_directory_of_the_file(self, configure, config, monkeypatch, tmp_path):
        directories = []
        move = basic.AnsibleModule.atomic_move
        monkeypatch.setattr(
            basic.AnsibleModule,
            "atomic_move",
            lambda self, src, dest, **options: (
                directories.append(os.path.dirname(src)) or move(self, src, dest, **options)
            ),
        )
        configure()
        assert directories[0].startswith(str(tmp_path / "ansible"))

    def test_warns_of_what_is_hardly_meant(self, configure):
        result = configure(block="LOG_LEVEL=info\nLOG_FILE=/a\nLOG_FILE_AUDIT=/a")
        assert "LOG_FILE_AUDIT is '/a'" in str(result["warnings"])


class TestNeeded:
    """Whether a VM has to be changed at all."""

    @pytest.fixture
    def configure(self, configure, tmp_path):
        def settled(**options):
            return configure(**{"block": f"LOG_LEVEL=info\nLOG_FILE={tmp_path}/a.log", "root": "", **options})

        settled()
        return settled

    def test_not_where_all_is_as_wanted(self, configure):
        assert not configure()["needed"]

    def test_where_the_file_is_not(self, configure):
        assert configure(block="LOG_LEVEL=debug")["needed"]

    def test_where_a_directory_is_not(self, configure, tmp_path):
        other = "0711" if mode(tmp_path) == 0o700 else "0700"
        assert configure(directory_mode=other)["needed"]

    def test_where_an_earlier_change_is_incomplete(self, configure, config):
        options = {"pending_link": f"{config}.pending", "backup": True}
        configure(block="LOG_LEVEL=debug", **options)
        assert configure(block="LOG_LEVEL=debug", **options)["needed"]


class TestCheckMode:
    def test_tells_the_same_and_changes_nothing(self, configure, config):
        predicted = configure(check_mode=True, mode="0600")
        assert (config.read_text(), mode(config)) == (OLD, 0o640)
        done = configure(mode="0600")
        volatile = {"mode", "size", "uid", "gid", "owner", "group", "state"}
        assert {k: v for k, v in predicted.items() if k not in volatile} == {
            k: v for k, v in done.items() if k not in volatile
        }

    def test_sees_a_mode_that_has_drifted(self, configure, config):
        configure(mode="0600")
        config.chmod(0o644)
        assert configure(check_mode=True)["changed"] is False
        assert configure(check_mode=True, mode="0600")["changed"] is True
        assert mode(config) == 0o644
        assert configure(mode="0600")["changed"] is True
        assert mode(config) == 0o600

    def test_makes_no_file(self, configure, config):
        config.unlink()
        assert configure(check_mode=True, create=True, mode="0640")["changed"] is True
        assert not config.exists()


class TestCreate:
    def test_makes_a_file_for_its_owner_alone(self, configure, config):
        config.unlink()
        result = configure(create=True, backup=True)
        assert result["changed"]
        assert "backup_file" not in result
        assert config.read_text() == f"{BEGIN.decode()}\n{BLOCK}\n{END.decode()}\n"
        assert mode(config) == 0o600

    def test_with_the_mode_that_was_asked_for(self, configure, config):
        config.unlink()
        configure(create=True, mode="0644")
        assert mode(config) == 0o644


class TestBackup:
    def test_is_the_old_file_with_its_mode(self, configure, config):
        backup = configure(backup=True)["backup_file"]
        assert os.path.dirname(backup) == str(config.parent)
        with open(backup) as opened:
            assert opened.read() == OLD
        assert mode(backup) == 0o640

    def test_is_not_made_when_the_content_stays(self, configure, config):
        configure()
        result = configure(backup=True, mode="0600")
        assert result["changed"]
        assert "backup_file" not in result
        assert os.listdir(str(config.parent)) == ["config"]

    def test_is_not_made_in_check_mode(self, configure, config):
        assert "backup_file" not in configure(backup=True, check_mode=True)
        assert os.listdir(str(config.parent)) == ["config"]


class TestAbsent:
    def test_gives_the_file_back(self, configure, config):
        config.write_text(f"PASSWORD={SECRET}")
        configure()
        result = configure(state="absent", block=None)
        assert config.read_text() == f"PASSWORD={SECRET}"
        assert result["changed"]
        assert result["settings"] == {}
        assert result["removed"] == BLOCK.splitlines()
        assert configure(state="absent", block=None)["changed"] is False

    def test_warns_that_the_product_needs_a_level(self, configure):
        configure()
        assert "LOG_LEVEL is not set" in str(configure(state="absent", block=None)["warnings"])

    def test_keys_of_the_block_option_remain(self, configure, config):
        config.write_text("PASSWORD=x\n")
        configure()
        result = configure(state="absent", block="LOG_LEVEL=info")
        assert config.read_text() == "PASSWORD=x\nLOG_LEVEL=info\n"
        assert (result["settings"], result["needed"]) == ({"LOG_LEVEL": "info"}, True)
        assert result["warnings"] == []
        assert configure(state="absent", block="LOG_LEVEL=info")["changed"] is False

    def test_keys_that_remain_are_validated(self, configure, config):
        configure()
        assert causes(configure(state="absent", block="LOG_LEVEL=loud")) == {
            "LOG_LEVEL": "is 'loud', but must be debug, info, warning, error or critical, in lower case"
        }

    def test_warnings_show_the_length_of_an_invalid_value_alone(self, configure, config):
        config.write_text(f"LOG_LEVEL=info\nLOG_FILE={SECRET}\n")
        (warning,) = configure(state="absent", block=None)["warnings"]
        assert warning.startswith("LOG_FILE is <7 characters, not shown>, but must be an absolute path")

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_a_missing_file_needs_no_change(self, configure, config, check_mode):
        config.unlink()
        result = configure(state="absent", block=None, mode="0600", check_mode=check_mode)
        assert (result["changed"], result["needed"], result["removed"]) == (False, False, [])
        assert not config.exists()

    def test_a_missing_directory_is_an_error(self, configure, config):
        path = config.parent / "mistyped" / "config"
        result = configure(state="absent", block=None, path=str(path))
        assert causes(result) == {str(path): "is in a directory that does not exist"}


class TestErrors:
    def failed(self, configure, config, **options):
        before = config.read_bytes() if config.is_file() else None
        listing = os.listdir(str(config.parent))
        result = configure(**options)
        assert (config.read_bytes() if config.is_file() else None) == before
        assert os.listdir(str(config.parent)) == listing
        return causes(result)

    def test_a_missing_block(self, run, config):
        assert "block" in run(logging_config, path=str(config))["msg"]

    @pytest.mark.parametrize("block", [None, "", "\n", "# nothing"])
    def test_an_empty_block(self, configure, config, block):
        assert self.failed(configure, config, block=block) == {"LOG_LEVEL": "is not set, but is required"}

    def test_everything_that_is_wrong_at_once(self, configure, config):
        config.write_text(f"PASSWORD='{SECRET}\nLOG_LEVEL=debug\n'\n{END.decode()}\n")
        found = self.failed(
            configure, config, block="LOG_LEVEL=loud\nLOG_FORMAT=json", pending_link="/nowhere/marker", backup=False
        )
        assert set(found) == {
            "LOG_LEVEL",
            "block, line 2",
            "pending_link /nowhere/marker",
            f"{config}, line 1",
            f"{config}, line 4",
        }

    def test_a_directory(self, configure, config):
        assert self.failed(configure, config, path=str(config.parent)) == {str(config.parent): "is a directory"}

    def test_a_missing_file(self, configure, config):
        result = configure(path=str(config) + "x")
        assert causes(result) == {str(config) + "x": "does not exist"}
        assert result["errors"][0]["remedy"].startswith("Check that this is an AQtive Guard VM, and set the path ")

    def test_a_fifo(self, configure, config):
        config.unlink()
        os.mkfifo(str(config))
        assert self.failed(configure, config) == {str(config): "is not a regular file"}

    def test_a_large_file(self, configure, config):
        with config.open("wb") as opened:
            opened.truncate(50 * 1024 * 1024)
        assert "is larger than" in self.failed(configure, config)[str(config)]

    def test_new_content_that_is_too_large(self, configure, config):
        config.write_text("A" * (config_file.SIZE_LIMIT - 1) + "\n")
        found = self.failed(configure, config)
        assert found == {f"{config} with the new settings": f"is larger than {config_file.SIZE_LIMIT} bytes"}
        assert configure()["errors"][0]["remedy"] == "Shorten the file, or the comments of the block"

    def test_a_hard_link(self, configure, config, tmp_path):
        os.link(str(config), str(tmp_path / "other"))
        assert "has 2 names" in self.failed(configure, config)[str(config)]
        assert "has 2 names" in self.failed(configure, config, check_mode=True)[str(config)]

    def test_a_hard_link_of_a_file_that_needs_no_change_is_none(self, configure, config, tmp_path):
        configure()
        os.link(str(config), str(tmp_path / "other"))
        assert configure(mode="0600")["changed"]

    def test_a_second_assignment_on_the_line(self, configure, config):
        config.write_text(f"LOG_LEVEL=debug PASSWORD={SECRET}\n")
        assert list(self.failed(configure, config)) == [f"{config}, line 1"]

    @pytest.mark.parametrize("replace", [False, True], ids=["rewritten", "replaced"])
    def test_a_file_that_changes_while_it_is_being_merged(self, configure, config, monkeypatch, replace, tmp_path):
        merge = change.merge
        theirs = OLD + "A=1\n" if not replace else OLD

        def slow_merge(*args):
            if replace:
                other = tmp_path / "other"
                other.write_text(theirs)
                other.rename(config)
            else:
                config.write_text(theirs)
            return merge(*args)

        monkeypatch.setattr(change, "merge", slow_merge)
        result = configure(backup=True, pending_link=str(config) + ".pending")
        assert "changed by another process" in causes(result)[str(config)]
        assert config.read_text() == theirs
        assert os.listdir(str(config.parent)) == ["config"]

    def test_a_file_that_appears_while_it_is_being_made(self, configure, config, monkeypatch):
        config.unlink()
        merge = change.merge
        monkeypatch.setattr(change, "merge", lambda *args: (config.write_text(OLD), merge(*args))[1])
        assert "changed by another process" in causes(configure(create=True))[str(config)]
        assert config.read_text() == OLD

    def test_a_full_disk(self, configure, config, monkeypatch):
        def full(_descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        assert "No space left on device" in self.failed(configure, config, backup=True)[str(config)]


class TestLostConnection:
    @pytest.mark.parametrize("lost", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
    def test_it_finishes_what_it_has_begun(self, configure, config, tmp_path, monkeypatch, lost):
        def end(*_args):
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "fsync", lambda _descriptor: signal.pthread_kill(threading.main_thread().ident, lost))
        before = signal.signal(lost, end)
        try:
            with pytest.raises(KeyboardInterrupt):
                configure(backup=True, pending_link=str(config) + ".pending")
        finally:
            signal.signal(lost, before)
        assert config.read_text() == NEW
        assert (config.parent / "config.pending").read_text() == OLD
        assert len(list(config.parent.iterdir())) == 3
        assert [path for path in (tmp_path / "ansible").rglob("*") if path.is_file()] == []


class TestPrivacy:
    def test_nothing_that_is_written_can_be_read_by_others_before_it_is_in_place(self, configure, config, monkeypatch):
        seen = []
        move = basic.AnsibleModule.atomic_move

        def watched(self, src, dest, **kwargs):
            seen.append(mode(src))
            return move(self, src, dest, **kwargs)

        monkeypatch.setattr(basic.AnsibleModule, "atomic_move", watched)
        configure()
        assert seen == [0o600]


class TestPendingLink:
    @pytest.fixture
    def link(self, config):
        return config.parent / "config.pending"

    @pytest.fixture
    def configure(self, configure, link):
        def with_link(**options):
            return configure(**{"backup": True, "pending_link": str(link), **options})

        return with_link

    def test_leads_to_the_backup(self, configure, link):
        result = configure()
        assert result["pending"] is True
        assert result["rollback_file"] == result["backup_file"] == os.readlink(str(link))
        assert link.read_text() == OLD

    def test_is_made_before_the_file_is_replaced(self, configure, config, link, monkeypatch):
        def killed(*_args, **_kwargs):
            assert link.read_text() == config.read_text() == OLD
            raise KeyboardInterrupt

        monkeypatch.setattr(basic.AnsibleModule, "atomic_move", killed)
        with pytest.raises(KeyboardInterrupt):
            configure()

    def test_is_told_of_by_a_run_that_changes_nothing(self, configure):
        first = configure()
        second = configure()
        assert second["changed"] is False
        assert (second["pending"], second["rollback_file"]) == (True, first["backup_file"])

    def test_that_is_there_keeps_leading_to_the_last_good_file(self, configure, link, monkeypatch):
        first = configure()
        # Part of the backup's name, and never the same twice in a second but in a test.
        monkeypatch.setattr(os, "getpid", lambda: 1)
        second = configure(block="LOG_LEVEL=error")
        assert second["backup_file"] != first["backup_file"]
        assert second["rollback_file"] == first["backup_file"] == os.readlink(str(link))

    def test_that_leads_nowhere_is_replaced(self, configure, link):
        link.symlink_to("gone")
        result = configure()
        assert result["rollback_file"] == result["backup_file"]

    def test_that_leads_nowhere_is_pending_without_a_file_to_go_back_to(self, configure, link):
        configure()
        os.unlink(os.readlink(str(link)))
        result = configure()
        assert (result["changed"], result["pending"], result["rollback_file"]) == (False, True, None)

    def test_check_mode_tells_that_it_would_be_there(self, configure, link):
        result = configure(check_mode=True)
        assert (result["pending"], result["rollback_file"]) == (True, None)
        assert not link.exists()

    def test_is_not_made_when_the_content_stays(self, configure, link):
        configure()
        link.unlink()
        result = configure(mode="0600")
        assert (result["changed"], result["pending"]) == (True, False)
        assert not os.path.lexists(str(link))

    def test_serves_the_removal_of_the_block_too(self, configure, link, monkeypatch):
        configure()
        link.unlink()
        # Part of the backup's name, and never the same twice in a second but in a test.
        monkeypatch.setattr(os, "getpid", lambda: 1)
        result = configure(state="absent", block=None)
        assert result["rollback_file"] == result["backup_file"]

    def test_needs_a_backup(self, configure, link):
        assert causes(configure(backup=False)) == {
            f"pending_link {link}": "leads to the backup, but no backup is requested"
        }

    def test_needs_an_old_file(self, configure, config, link):
        config.unlink()
        assert causes(configure(create=True)) == {
            f"pending_link {link}": "leads to the backup, but there is no old file"
        }

    def test_overwrites_nothing_else(self, configure, link):
        link.write_text("")
        assert causes(configure()) == {f"pending_link {link}": "exists, but is not a symbolic link"}

    def test_that_cannot_be_made_keeps_the_file_from_being_replaced(self, configure, config, monkeypatch):
        def read_only(_source, target):
            raise OSError(30, "Read-only file system", target)

        monkeypatch.setattr(os, "symlink", read_only)
        assert "Read-only file system" in causes(configure())[str(config)]
        assert config.read_text() == OLD
        assert os.listdir(str(config.parent)) == ["config"]


class TestInfo:
    def test_tells_of_logging_keys_alone(self, run, config):
        result = run(logging_config_info, path=str(config))
        assert result["changed"] is False
        assert result["path"] == str(config)
        assert result["settings"] == {"LOG_LEVEL": "debug"}
        assert result["digest"] == digest({"LOG_LEVEL": "debug"})
        assert (result["managed"], result["duplicates"], result["problems"]) == (False, [], [])

    def test_tells_what_logging_config_has_written(self, run, configure, config):
        written = configure()
        result = run(logging_config_info, path=str(config))
        assert result["managed"] is True
        assert (result["settings"], result["digest"]) == (written["settings"], written["digest"])

    def test_problems_are_no_failure(self, run, config):
        config.write_text(
            f"LOG_LEVEL=loud\nLOG_ROTATE_MAX=0\nLOG_LEVEL=loud\nPASSWORD={SECRET}\\\nLOG_LEVEL=info\n{END.decode()}\n"
        )
        result = run(logging_config_info, path=str(config))
        assert [error["subject"] for error in result["problems"]] == [
            "LOG_LEVEL",
            "LOG_ROTATE_MAX",
            "LOG_ROTATE_MAX",
            f"{config}, line 4",
            f"{config}, line 6",
        ]
        assert result["duplicates"] == [{"key": "LOG_LEVEL", "lines": [1, 3]}]

    def test_a_line_with_bytes_that_are_no_text_is_a_problem_and_no_setting(self, run, config):
        config.write_bytes(b"LOG_LEVEL=info\nLOG_FILE=/\xff\n")
        result = run(logging_config_info, path=str(config))
        assert result["settings"] == {"LOG_LEVEL": "info"}
        assert [problem["subject"] for problem in result["problems"]] == [f"{config}, line 2"]

    @pytest.mark.parametrize("name", ["", "none"])
    def test_a_file_that_cannot_be_read(self, run, config, name):
        result = run(logging_config_info, path=str(config.parent / name))
        assert causes(result) == {str(config.parent / name): "does not exist" if name else "is a directory"}
