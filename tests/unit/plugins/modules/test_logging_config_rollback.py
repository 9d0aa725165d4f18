# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a pending change: rolled back or confirmed."""

import os
import signal
import stat
import threading

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import config_file, logging_keys
from ansible_collections.community.aqtive_guard.plugins.modules import logging_config
from ansible_collections.community.aqtive_guard.tests.unit.plugins.modules.conftest import BLOCK, NEW, OLD


@pytest.fixture
def link(config):
    return config.parent / "config.pending"


@pytest.fixture
def end(run, config, link):
    """End the pending change, in this state."""
    return lambda state, **options: run(
        logging_config, **{"path": str(config), "pending_link": str(link), "state": state, **options}
    )


@pytest.fixture
def changed(configure, link):
    """The result of a change that is pending."""
    return configure(backup=True, pending_link=str(link))


def attributes(path):
    status = os.stat(str(path))
    return stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid


def names(config):
    return sorted(os.listdir(str(config.parent)))


class TestRolledBack:
    def test_is_the_old_file_with_its_attributes_and_the_change_stays_pending(self, changed, end, config):
        config.chmod(0o600)
        result = end("rolled_back")
        assert (config.read_text(), attributes(config)) == (OLD, (0o640, os.getuid(), os.stat(str(config)).st_gid))
        expected = {
            "changed": True,
            "outdated": True,
            "path": str(config),
            "settings": changed["previous_settings"],
            "previous_settings": changed["settings"],
            "pending": True,
            "rollback_file": changed["backup_file"],
        }
        assert {key: result[key] for key in expected} == expected
        assert names(config) == ["config", os.path.basename(changed["backup_file"]), "config.pending"]

    def test_shows_logging_keys_alone(self, changed, end):
        (difference,) = end("rolled_back")["diff"]
        assert (difference["before"], difference["after"]) == (BLOCK + "\n", "LOG_LEVEL=debug\n")

    def test_in_check_mode_is_only_predicted(self, changed, end, config):
        predicted = end("rolled_back", check_mode=True)
        assert config.read_text() == NEW
        done = end("rolled_back")
        assert {key: done[key] for key in done if key != "size"} == {
            key: predicted[key] for key in done if key != "size"
        }

    def test_a_second_time_changes_nothing(self, changed, end, config):
        end("rolled_back")
        before = os.stat(str(config)).st_ino
        assert end("rolled_back")["changed"] is False
        assert os.stat(str(config)).st_ino == before

    def test_without_a_pending_change_changes_nothing(self, end, config):
        result = end("rolled_back")
        assert (result["changed"], result["pending"], result["rollback_file"]) == (False, False, None)
        assert config.read_text() == OLD

    def test_restores_a_file_that_was_removed(self, changed, end, config):
        config.unlink()
        assert end("rolled_back")["changed"]
        assert config.read_text() == OLD

    def test_removes_what_a_killed_run_has_left(self, changed, end, config):
        (config.parent / "config.aqtive_guard-old").write_text("half")
        end("rolled_back")
        assert "config.aqtive_guard-old" not in names(config)

    def test_to_a_backup_that_is_too_large_is_an_error(self, changed, end, config):
        with open(changed["backup_file"], "wb") as backup:
            backup.truncate(config_file.SIZE_LIMIT + 1)
        (error,) = end("rolled_back")["errors"]
        assert (error["phase"], error["subject"]) == ("read", changed["backup_file"])
        assert config.read_text() == NEW

    def test_returns_the_digest_of_the_restored_settings(self, changed, end):
        result = end("rolled_back")
        assert result["digest"] == logging_keys.digest(result["settings"]) != changed["digest"]

    def test_without_the_backup_is_an_error(self, changed, end, config):
        os.unlink(changed["backup_file"])
        (error,) = end("rolled_back")["errors"]
        assert (error["phase"], error["cause"]) == ("read", "leads to a file that no longer exists")
        assert error["remedy"] == "Choose one of the other backups beside the file, and restore it manually"
        assert config.read_text() == NEW

    @pytest.mark.parametrize("step", ["fsync", "rename"])
    def test_any_step_may_fail_and_leaves_nothing(self, changed, end, config, monkeypatch, step):
        def fail(*_args):
            raise OSError(28, "No space left on device")

        before = names(config)
        monkeypatch.setattr(os, step, fail)
        (error,) = end("rolled_back")["errors"]
        assert (error["phase"], error["subject"]) == ("write", str(config))
        assert "No space left on device" in error["cause"]
        assert (config.read_text(), names(config)) == (NEW, before)

    @pytest.mark.parametrize("lost", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
    def test_a_lost_connection_does_not_interrupt_it(self, changed, end, config, monkeypatch, lost):
        def interrupt(*_args):
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "fsync", lambda _descriptor: signal.pthread_kill(threading.main_thread().ident, lost))
        before, handler = names(config), signal.signal(lost, interrupt)
        try:
            with pytest.raises(KeyboardInterrupt):
                end("rolled_back")
        finally:
            signal.signal(lost, handler)
        assert (config.read_text(), names(config)) == (OLD, before)


class TestConfirmed:
    def test_removes_the_link_and_the_backup(self, changed, end, config):
        result = end("confirmed")
        assert (result["changed"], result["pending"], result["rollback_file"]) == (True, False, None)
        assert result["path"] == str(config)
        assert (config.read_text(), names(config)) == (NEW, ["config"])

    def test_shows_the_link_that_is_removed(self, changed, end, link):
        header = {"before_header": str(link), "after_header": str(link)}
        assert end("confirmed")["diff"] == [dict(header, before={"state": "link"}, after={"state": "absent"})]
        assert "diff" not in end("confirmed")

    def test_removes_what_a_killed_run_has_left(self, changed, end, config):
        (config.parent / "config.aqtive_guard-old").write_text("half")
        end("confirmed")
        assert names(config) == ["config"]

    def test_keeps_the_backup_on_request(self, changed, end, config):
        end("confirmed", backup=True)
        assert names(config) == ["config", os.path.basename(changed["backup_file"])]

    def test_in_check_mode_is_only_predicted(self, changed, end, config):
        before = names(config)
        predicted = end("confirmed", check_mode=True)
        assert names(config) == before
        assert predicted == end("confirmed")

    def test_a_second_time_changes_nothing(self, changed, end):
        end("confirmed")
        assert end("confirmed")["changed"] is False

    def test_removes_a_link_that_leads_nowhere(self, changed, end, config):
        os.unlink(changed["backup_file"])
        assert end("confirmed")["changed"]
        assert names(config) == ["config"]

    def test_removes_the_backup_first(self, changed, end, config, monkeypatch):
        unlink = os.unlink

        def fail(path):
            if str(path).endswith("pending"):
                raise OSError(30, "Read-only file system")
            unlink(path)

        monkeypatch.setattr(os, "unlink", fail)
        (error,) = end("confirmed")["errors"]
        assert error["cause"] == "could not be removed (Read-only file system, EROFS)"
        assert names(config) == ["config", "config.pending"]


@pytest.mark.parametrize("state", ["rolled_back", "confirmed"])
class TestLink:
    def test_is_required(self, run, config, state):
        assert "pending_link" in run(logging_config, path=str(config), state=state)["msg"]

    def test_behind_which_is_no_backup_is_not_followed(self, changed, end, config, link, state, tmp_path):
        (tmp_path / "other").write_text("A=1\n")
        for target in (str(tmp_path / "other"), "config", "."):
            link.unlink()
            link.symlink_to(target)
            (error,) = end(state)["errors"]
            assert (error["phase"], error["subject"]) == ("validate", f"pending_link {link}")
            assert f"is not a backup of {config}" in error["cause"]
        assert config.read_text() == NEW

    def test_to_a_backup_that_is_a_link_itself_is_not_followed(self, changed, end, config, state):
        backup = changed["backup_file"]
        os.rename(backup, str(config.parent / "elsewhere"))
        for put in (os.symlink, os.link):
            put(str(config.parent / "elsewhere"), backup)
            (error,) = end(state)["errors"]
            assert "which is not a regular file with a single name" in error["cause"]
            os.unlink(backup)
        assert config.read_text() == NEW
