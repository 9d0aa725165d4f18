# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import backups
from ansible_collections.community.aqtive_guard.plugins.modules import backup_retention, logging_config

NAMES = [
    "config.9.2026-11-24@14:08:00~",
    "config.1000.2026-11-25@00:00:00~",
    "config.20.2026-11-25@14:08:00~",
]
OTHERS = ["config", "config.pending~", "config~", "config.1.2026-11-01~", "other.1.2026-11-24@14:08:00~", "notes"]


@pytest.fixture
def etc(config):
    for name in NAMES + OTHERS[1:]:
        (config.parent / name).write_text("x")
    return config.parent


@pytest.fixture
def clean_up(run, config):
    return lambda **options: run(backup_retention, **{"path": str(config), "keep": 1, **options})


def remaining(etc):
    return [name for name in NAMES if os.path.lexists(str(etc / name))]


def test_oldest_backups_are_removed_by_the_time_in_their_names(clean_up, etc):
    os.utime(str(etc / NAMES[0]))
    assert clean_up(keep=2)["removed"] == [str(etc / NAMES[0])]
    result = clean_up(keep=1)
    assert (result["changed"], result["removed"]) == (True, [str(etc / NAMES[1])])
    assert result["path"] == str(etc / "config")
    assert sorted(os.listdir(str(etc))) == sorted(NAMES[2:] + OTHERS)


def test_second_run_changes_nothing(clean_up, etc):
    clean_up()
    result = clean_up()
    assert (result["changed"], result["removed"]) == (False, [])


def test_check_mode_removes_nothing(clean_up, etc):
    result = clean_up(check_mode=True)
    assert (result["changed"], result["removed"]) == (True, [str(etc / name) for name in NAMES[1::-1]])
    assert remaining(etc) == NAMES


def test_symbolic_link_to_the_file_leads_to_its_backups(clean_up, etc, tmp_path):
    (tmp_path / "link").symlink_to(etc / "config")
    assert len(clean_up(path=str(tmp_path / "link"))["removed"]) == 2


@pytest.mark.parametrize("target", [NAMES[0], "missing"])
def test_pending_change_keeps_all_backups(clean_up, etc, target):
    (etc / "pending").symlink_to(etc / target)
    result = clean_up(pending_link=str(etc / "pending"))
    assert (result["changed"], result["removed"], remaining(etc)) == (False, [], NAMES)


def test_link_that_must_not_be_followed_is_an_error(clean_up, etc):
    (etc / "pending").symlink_to(etc / "notes")
    result = clean_up(pending_link=str(etc / "pending"))
    assert result["failed"] and "is not a backup of" in result["msg"]
    assert remaining(etc) == NAMES


def test_symbolic_link_and_directory_and_hard_link_are_no_backups(clean_up, etc):
    for name in NAMES:
        (etc / name).unlink()
    (etc / NAMES[0]).symlink_to(etc / "notes")
    (etc / NAMES[1]).mkdir()
    os.link(str(etc / "notes"), str(etc / NAMES[2]))
    assert clean_up()["removed"] == []
    assert remaining(etc) == NAMES


def test_backup_of_another_user_is_kept(clean_up, etc, monkeypatch):
    lstat = os.lstat

    def foreign(path, **options):
        status = list(lstat(path, **options))
        status[4] += 4711 * (str(path) == str(etc / NAMES[0]))
        return os.stat_result(status)

    monkeypatch.setattr(os, "lstat", foreign)
    assert clean_up()["removed"] == [str(etc / NAMES[1])]


@pytest.mark.parametrize("keep", [0, -1])
def test_at_least_one_backup_is_kept(clean_up, etc, keep):
    result = clean_up(keep=keep)
    assert result["errors"][0]["cause"] == "is {0}, but must be at least 1".format(keep)
    assert remaining(etc) == NAMES


def test_directory_to_which_others_can_write_is_refused(clean_up, etc):
    etc.chmod(0o777)
    result = clean_up()
    assert (result["failed"], result["errors"][0]["phase"]) == (True, "read")
    assert remaining(etc) == NAMES


def test_backup_that_cannot_be_removed_is_an_error(clean_up, etc, monkeypatch):
    def remove(*paths):
        raise PermissionError(1, "Operation not permitted", paths[0])

    monkeypatch.setattr(backups, "remove", remove)
    assert clean_up()["errors"] == [
        {
            "phase": "cleanup",
            "subject": str(etc / NAMES[1]),
            "cause": "caused the error 'Operation not permitted'",
            "remedy": "Check this path and its file system on the VM",
        }
    ]


def test_backups_of_the_module_are_found(clean_up, configure, run, config):
    configure(backup=True)
    (config.parent / "config.1.2020-01-01@00:00:00~").write_text("")
    assert clean_up()["removed"] == [str(config.parent / "config.1.2020-01-01@00:00:00~")]


def test_it_runs_as_a_program(run_as_program):
    run_as_program(backup_retention.__file__)


def test_the_default_path_is_that_of_the_change():
    assert backup_retention.ARGUMENT_SPEC["path"] == logging_config.ARGUMENT_SPEC["path"]
