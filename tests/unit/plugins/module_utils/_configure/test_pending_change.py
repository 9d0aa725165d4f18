# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import re

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import error
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.pending_change import (
    PendingChange,
    backup_name,
)

BACKUP = "config.4711.2026-11-24@14:08:00~"
OTHER = "config.4711.2026-11-25@14:08:00~"
UID = 4711
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files to other users")


@pytest.fixture
def etc(tmp_path):
    """The directory of the configuration file, with two backups."""
    for name in ("config", BACKUP, OTHER):
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.fixture
def pending(etc):
    return PendingChange(str(etc / "pending"), str(etc / "config"))


def test_the_name_of_a_backup_has_process_and_time():
    pattern = rf"/etc/config\.{os.getpid()}\.\d{{4}}-\d\d-\d\d@\d\d:\d\d:\d\d~"
    assert re.fullmatch(pattern, backup_name("/etc/config"))


def test_without_a_path_for_the_link_nothing_is_ever_pending(etc):
    pending = PendingChange(None, str(etc / "config"))
    assert (pending.exists, pending.rollback_file) == (False, None)
    assert [*pending.errors(), *pending.creation_errors(backup=False, creates_file=True)] == []
    pending.begin(str(etc / BACKUP))
    pending.cancel()
    assert sorted(os.listdir(str(etc))) == sorted(["config", BACKUP, OTHER])


class TestBeginning:
    def test_the_link_leads_to_the_backup(self, pending, etc):
        assert (pending.exists, pending.rollback_file) == (False, None)
        pending.begin(str(etc / BACKUP))
        assert (pending.exists, pending.rollback_file) == (True, str(etc / BACKUP))
        assert list(pending.errors()) == []

    def test_a_change_that_is_pending_keeps_its_backup(self, pending, etc):
        pending.begin(str(etc / BACKUP))
        later = PendingChange(pending.link, pending.path)
        later.begin(str(etc / OTHER))
        assert later.rollback_file == str(etc / BACKUP)
        later.cancel()
        assert later.rollback_file == str(etc / BACKUP)

    def test_a_link_without_its_backup_is_replaced(self, pending, etc):
        os.symlink(str(etc / "gone"), pending.link)
        pending.begin(str(etc / BACKUP))
        assert pending.rollback_file == str(etc / BACKUP)

    def test_no_other_file_is_left_when_it_fails(self, pending, etc):
        os.mkdir(pending.link)
        with pytest.raises(OSError):
            pending.begin(str(etc / BACKUP))
        assert sorted(os.listdir(str(etc))) == sorted(["config", BACKUP, OTHER, "pending"])


class TestCancellation:
    def test_removes_the_link(self, pending, etc):
        pending.begin(str(etc / BACKUP))
        pending.cancel()
        assert not os.path.lexists(pending.link)

    def test_restores_the_link_that_was_replaced(self, pending, etc):
        os.symlink(str(etc / "gone"), pending.link)
        pending.begin(str(etc / BACKUP))
        pending.cancel()
        assert os.readlink(pending.link) == str(etc / "gone")

    def test_happens_once(self, pending, etc):
        pending.begin(str(etc / BACKUP))
        pending.cancel()
        os.symlink(str(etc / OTHER), pending.link)
        pending.cancel()
        assert os.path.islink(pending.link)

    def test_without_a_beginning_changes_nothing(self, pending, etc):
        os.symlink(str(etc / BACKUP), pending.link)
        pending.cancel()
        assert pending.rollback_file == str(etc / BACKUP)


class TestErrors:
    def found(self, pending):
        (only,) = pending.errors()
        assert (only["phase"], only["subject"]) == ("validate", f"pending_link {pending.link}")
        return only["cause"], only["remedy"]

    def test_a_relative_target_is_followed_from_the_link(self, pending, etc):
        os.symlink(BACKUP, pending.link)
        assert list(pending.errors()) == []
        assert pending.rollback_file == str(etc / BACKUP)

    def test_another_directory_that_others_can_write_to(self, etc):
        shared = etc / "shared"
        shared.mkdir()
        shared.chmod(0o777)
        pending = PendingChange(str(shared / "pending"), str(etc / "config"))
        # What else is wrong there depends on the others.
        (shared / "pending").write_text("")
        cause, remedy = self.found(pending)
        assert cause == f"can be replaced by every user, because {shared} has the mode 0777"
        assert remedy == f"Run chmod go-w {shared}"

    def test_a_file_in_place_of_the_link(self, pending):
        open(pending.link, "w").close()
        assert self.found(pending) == ("exists, but is not a symbolic link", "Choose an unused path")

    @AS_ROOT
    def test_a_link_of_another_user(self, pending, etc):
        os.symlink(str(etc / BACKUP), pending.link)
        os.chown(pending.link, UID, -1, follow_symlinks=False)
        assert self.found(pending) == (f"was created by the user with the uid {UID}", "Remove the link")

    @pytest.mark.parametrize(
        "target", ["config", "/etc/passwd", "config.1~", BACKUP + "x", "x" + BACKUP, "d/" + BACKUP]
    )
    def test_a_target_that_is_no_backup(self, pending, etc, target):
        path = os.path.join(str(etc), target)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.exists(path):
            open(path, "w").close()
        os.symlink(path, pending.link)
        cause, remedy = self.found(pending)
        assert cause == f"leads to {path}, which is not a backup of {etc}/config"
        assert remedy == f"Check who has created the link, compare {path} with the file, and remove the link"
        assert pending.rollback_file is None

    def test_a_backup_with_a_second_name(self, pending, etc):
        os.link(str(etc / BACKUP), str(etc / "second"))
        os.symlink(str(etc / BACKUP), pending.link)
        assert self.found(pending)[0] == f"leads to {etc / BACKUP}, which is not a regular file with a single name"

    def test_a_link_in_place_of_the_backup(self, pending, etc):
        (etc / BACKUP).unlink()
        (etc / BACKUP).symlink_to(etc / "config")
        os.symlink(str(etc / BACKUP), pending.link)
        assert self.found(pending)[0] == f"leads to {etc / BACKUP}, which is not a regular file with a single name"

    @AS_ROOT
    def test_a_backup_of_another_user_unless_the_file_is_his(self, pending, etc):
        os.chown(str(etc / BACKUP), UID, -1)
        os.symlink(str(etc / BACKUP), pending.link)
        assert self.found(pending)[0] == f"leads to {etc / BACKUP}, which belongs to the uid {UID}"
        os.chown(str(etc / "config"), UID, -1)
        assert list(pending.errors()) == []
        (etc / "config").unlink()
        assert self.found(pending)[0] == f"leads to {etc / BACKUP}, which belongs to the uid {UID}"

    def test_a_backup_that_no_longer_exists_is_none(self, pending, etc):
        os.symlink(str(etc / "gone"), pending.link)
        assert list(pending.errors()) == []
        assert (pending.exists, pending.rollback_file) == (True, None)


class TestCreationErrors:
    def test_a_link_that_can_be_created(self, pending):
        assert list(pending.creation_errors(backup=True, creates_file=False)) == []

    def test_everything_at_once(self, etc):
        pending = PendingChange(str(etc / "none" / "pending"), str(etc / "config"))
        subject = f"pending_link {pending.link}"
        assert list(pending.creation_errors(backup=False, creates_file=True)) == [
            error("validate", subject, "leads to the backup, but no backup is requested", "Set backup to true"),
            error(
                "validate",
                subject,
                "leads to the backup, but there is no old file",
                "Leave pending_link out, or create the file first",
            ),
            error(
                "validate",
                subject,
                "is in a directory that does not exist",
                "Choose a path in an existing directory",
            ),
        ]
