# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from unittest.mock import MagicMock

import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.action import log_retention
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import retention

MODULES = Path(__file__).parents[5] / "plugins/modules"


def documentation(module, section):
    text = (MODULES / f"{module}.py").read_text(encoding="utf-8")
    return yaml.safe_load(text.partition(f'{section} = r"""')[2].partition('"""')[0])


SAMPLE = documentation("log_manifest", "RETURN")["manifest"]["sample"]


@pytest.fixture
def dest(tmp_path):
    return tmp_path / "logs"


@pytest.fixture
def create(dest):
    """Create a run directory that was started on this day of a month."""

    def create(name, day, complete=True, **manifest):
        path = dest / name
        (path / "web1").mkdir(0o700, parents=True)
        (path / "web1" / "aqtive-guard-logs.log").write_text("log\n")
        values = {"run_id": name, "start": f"2026-01-{day:02}T00:00:00Z", "complete": complete, **manifest}
        (path / "manifest.json").write_text(json.dumps({**SAMPLE, **values}))
        return path

    return create


def run(dest, check_mode=False, **options):
    task = MagicMock(args={"dest": str(dest), **options}, async_val=0, check_mode=check_mode)
    return log_retention.ActionModule(task, *[MagicMock()] * 5).run()


def removed(dest, **options):
    result = run(dest, **options)
    assert result["warnings"] == []
    assert result["changed"] is bool(result["removed"])
    return [os.path.basename(path) for path in result["removed"]]


class TestSelection:
    def test_oldest_runs_are_removed_by_their_start(self, dest, create):
        for name, day in (("a", 3), ("b", 1), ("c", 4), ("d", 2)):
            create(name, day)
        assert removed(dest, keep=2) == ["d", "b"]
        assert sorted(os.listdir(dest)) == ["a", "c"]
        assert removed(dest, keep=2) == []

    def test_newest_complete_run_is_kept(self, dest, create):
        create("oldest", 1)
        create("complete", 2)
        create("incomplete", 3, complete=False)
        create("newest", 4, complete=False)
        assert removed(dest, keep=1) == ["incomplete", "oldest"]

    def test_current_run_counts_as_the_newest(self, dest, create):
        create("resumed", 1)
        create("a", 2)
        create("b", 3)
        assert removed(dest, keep=2, current="resumed") == ["a"]
        assert removed(dest, keep=1, current="resumed") == []  # b is the newest complete one
        assert sorted(os.listdir(dest)) == ["b", "resumed"]

    def test_current_run_that_does_not_exist_yet_counts_too(self, dest, create):
        create("a", 1)
        create("b", 2)
        assert removed(dest, keep=2, current="new", check_mode=True) == ["a"]
        assert sorted(os.listdir(dest)) == ["a", "b"]

    def test_run_without_a_start_is_ordered_by_its_end(self, dest, create):
        create("a", 1, start=None, end="2026-01-09T00:00:00Z")
        create("b", 5)
        assert removed(dest, keep=1) == ["b"]

    def test_missing_directory_has_no_runs(self, dest):
        assert removed(dest, keep=1) == []


class TestWhatIsNoRun:
    @pytest.fixture(autouse=True)
    def newest(self, create):
        return create("newest", 31)

    @pytest.mark.parametrize("manifest", [{"run_id": "other"}, {"format_version": 2}, {"vms": None}])
    def test_other_manifest(self, dest, create, manifest):
        create("a", 1, **manifest)
        assert removed(dest, keep=1) == []

    def test_directory_without_a_manifest(self, dest):
        (dest / "a").mkdir()
        assert removed(dest, keep=1) == []

    def test_file(self, dest):
        (dest / "a").write_text("")
        assert removed(dest, keep=1) == []

    def test_symbolic_link_to_a_run(self, dest, create, tmp_path):
        create("a", 1).rename(tmp_path / "a")
        (dest / "a").symlink_to(tmp_path / "a")
        assert removed(dest, keep=1) == []
        assert (tmp_path / "a" / "manifest.json").exists()

    def test_manifest_that_is_a_symbolic_link(self, dest, create, tmp_path):
        manifest = create("a", 1) / "manifest.json"
        manifest.rename(tmp_path / "manifest.json")
        manifest.symlink_to(tmp_path / "manifest.json")
        assert removed(dest, keep=1) == []

    @pytest.mark.parametrize("name", ["a", "a/manifest.json"])
    def test_run_of_another_user(self, dest, create, monkeypatch, name):
        create("a", 1)
        lstat = Path.lstat

        def foreign(path):
            status = list(lstat(path))
            status[4] += path == dest / name
            return os.stat_result(status)

        monkeypatch.setattr(Path, "lstat", foreign)
        assert [each.path.name for each in retention.find_runs(dest)] == ["newest"]


class TestRemoval:
    @pytest.fixture
    def old(self, create):
        create("newest", 31)
        return create("old", 1)

    def kept(self, dest, old):
        result = run(dest, keep=1)
        assert (result["changed"], result["removed"], old.exists()) == (False, [], True)
        assert (old / "manifest.json").exists() and (old / "web1/aqtive-guard-logs.log").exists()
        (warning,) = result["warnings"]
        return warning

    def test_run_in_use_is_kept(self, dest, old):
        descriptor = os.open(old / "web1", os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert "web1 is in use: another run is writing to it." in self.kept(dest, old)
        os.close(descriptor)
        assert removed(dest, keep=1) == ["old"]

    @pytest.mark.parametrize("name", ["link", "web1/link"])
    def test_run_with_a_symbolic_link_is_kept(self, dest, old, tmp_path, name):
        (old / name).symlink_to(tmp_path)
        assert self.kept(dest, old) == (
            f"{old / name} is a symbolic link, a special file, or belongs to another user, so its run was not removed."
            " Remove it manually if it is no longer needed."
        )

    def test_run_with_a_file_of_another_user_is_kept(self, dest, old, monkeypatch):
        is_own = retention._is_own
        foreign = old / "web1/aqtive-guard-logs.log"
        monkeypatch.setattr(retention, "_is_own", lambda path, is_type: path != foreign and is_own(path, is_type))
        assert self.kept(dest, old).startswith(f"{foreign} is a symbolic link")

    def test_next_run_is_removed_where_one_is_kept(self, dest, old, create):
        (old / "link").symlink_to("/")
        create("older", 1, start="2025-01-01T00:00:00Z")
        result = run(dest, keep=1)
        assert result["removed"] == [str(dest / "older")]
        assert len(result["warnings"]) == 1

    def test_manifest_is_removed_last(self, old, monkeypatch):
        def rmtree(path):
            raise PermissionError(13, "denied", str(path))

        monkeypatch.setattr(retention.shutil, "rmtree", rmtree)
        (old / "notes").write_text("")
        with pytest.raises(Failure, match="web1 cannot be used: denied"):
            retention.remove(retention._run(old))
        assert (old / "manifest.json").exists()

    def test_own_files_in_the_run_are_removed_with_it(self, dest, old):
        (old / "report" / "tables").mkdir(parents=True)
        (old / "report" / "tables" / "a").write_text("")
        assert removed(dest, keep=1) == ["old"]
        assert not old.exists()


class TestArguments:
    def test_are_those_that_the_module_documents(self):
        documented = documentation("log_retention", "DOCUMENTATION")["options"]
        for option in documented.values():
            assert option.pop("description")
        assert documented == log_retention._ARGUMENT_SPEC

    @pytest.mark.parametrize("keep", [0, -1])
    def test_at_least_one_run_is_kept(self, dest, create, keep):
        create("a", 1)
        result = run("logs", keep=keep)
        assert [each["subject"] for each in result["errors"]] == ["dest", "keep"]
        assert result["errors"][1]["cause"] == f"is {keep}, but must be at least 1"

    def test_directory_to_which_others_can_write_is_refused(self, dest, create):
        create("a", 1)
        create("b", 2)
        dest.chmod(0o777)
        result = run(dest, keep=1)
        assert (result["failed"], result["errors"][0]["subject"]) == (True, str(dest))
        assert sorted(os.listdir(dest)) == ["a", "b"]

    def test_no_connection_is_needed(self):
        assert log_retention.ActionModule._requires_connection is False
