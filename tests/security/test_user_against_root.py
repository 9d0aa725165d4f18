# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user of a VM, such as the product's, prepares files for the next run as root. It must change nothing outside its reach."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import background_job, bundle_job, options
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import (
    UNFINISHED_RESULT,
    PrivateDirectory,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import config_file, log_directories
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.pending_change import PendingChange

GUARD = 4711
"""The uid of the product's user."""
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to act as two users")
BACKUP = "config.4711.2026-11-24@14:08:00~"
OLD = "DATABASE_URL=postgres://u:planted@h/db\nLOG_LEVEL=debug\n"
SHADOW = "LOG_LEVEL=error\nroot:planted:\n"
MODULE = "ansible_collections.community.aqtive_guard.plugins.modules.logging_config"


@pytest.fixture
def place():
    """A directory like /: everybody can pass, and root alone can write. Only its owner can enter pytest's own."""
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)
        yield Path(path).resolve()


@pytest.fixture
def root_only(place):
    """A directory of root that no other user may enter, and a file in it."""
    path = place / "root-only"
    path.mkdir(mode=0o700)
    (path / "shadow").write_text(SHADOW)
    (path / "shadow").chmod(0o600)
    return path


@pytest.fixture
def config(place):
    """A configuration file in a directory of root."""
    (place / "etc").mkdir(mode=0o755)
    path = place / "etc" / "config"
    path.write_text(OLD)
    return path


@pytest.fixture
def run(place, config):
    """Run the module in a process of its own, as Ansible does; return its result."""
    (place / "ansible").mkdir(mode=0o700)

    def run(**module_options):
        values = {"path": str(config), "block": "LOG_LEVEL=info", **module_options}
        values.update(_ansible_remote_tmp=str(place / "ansible"))
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": values})
        # The profile is for newer cores alone.
        program = (
            "import sys; from ansible.module_utils import basic\n"
            f"basic._ANSIBLE_ARGS = {arguments.encode()!r}; basic._ANSIBLE_PROFILE = 'legacy'\n"
            f"from {MODULE} import main; main()"
        )
        process = subprocess.run(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert process.stdout, process.stderr.decode()
        return json.loads(process.stdout)

    return run


def snapshot(path: Path) -> dict[str, tuple[object, ...]]:
    """Return owner, mode and content of everything below a directory, itself included."""
    found: dict[str, tuple[object, ...]] = {}
    for each in [path, *sorted(path.rglob("*"))]:
        status = each.lstat()
        content = each.read_bytes() if stat.S_ISREG(status.st_mode) else None
        found[str(each)] = (status.st_uid, status.st_gid, status.st_mode, content)
    return found


def give_to_guard(*paths: Path) -> None:
    for path in paths:
        os.chown(str(path), GUARD, GUARD, follow_symlinks=False)


def refused(result: dict[str, object], culprit: Path) -> None:
    """Require a refusal that names who can do what, and the remedy."""
    assert result.get("failed"), result
    errors = result["errors"]
    assert isinstance(errors, list)
    assert [error["phase"] for error in errors] in (["validate"], ["read"])
    assert "can be replaced by" in errors[0]["cause"]
    assert str(culprit) in errors[0]["cause"] and str(culprit) in errors[0]["remedy"]


@AS_ROOT
class TestLogDirectories:
    @pytest.fixture
    def log(self, place):
        """The directory that an earlier run has given to the product's user."""
        path = place / "log"
        path.mkdir()
        give_to_guard(path)
        return path

    @pytest.fixture
    def configure(self, run):
        return lambda directory, **module_options: run(
            block=f"LOG_LEVEL=info\nLOG_FILE={directory}/a.log", directory_mode="0755", **module_options
        )

    @pytest.mark.parametrize("check_mode", [True, False])
    def test_a_directory_below_the_users_own_is_replaced_by_a_link(self, configure, log, root_only, check_mode):
        (log / "audit").symlink_to(root_only)
        before = snapshot(root_only)
        result = configure(log / "audit", directory_owner=str(GUARD), _ansible_check_mode=check_mode)
        refused(result, log / "audit")
        assert snapshot(root_only) == before

    def test_a_parent_below_the_users_own_is_replaced_by_a_link(self, configure, log, root_only):
        (log / "audit").symlink_to(root_only)
        before = snapshot(root_only)
        refused(configure(log / "audit" / "new", directory_owner=str(GUARD)), log / "audit")
        assert snapshot(root_only) == before

    def test_the_user_moves_a_link_that_root_has_created(self, configure, log, root_only):
        (log / "roots").symlink_to(root_only)
        (log / "roots").rename(log / "audit")
        before = snapshot(root_only)
        refused(configure(log / "audit", directory_owner=str(GUARD)), log / "audit")
        assert snapshot(root_only) == before

    @pytest.mark.parametrize("directory", ["audit", "audit/old"])
    def test_the_user_moves_a_directory_of_root_into_place(self, configure, log, directory):
        (log / "roots" / "old").mkdir(parents=True)
        (log / "roots" / "old" / "secret").write_text("planted")
        (log / "roots").rename(log / "audit")
        before = snapshot(log / "audit")
        refused(configure(log / directory, directory_owner=str(GUARD)), log / directory)
        assert snapshot(log / "audit") == before

    def test_a_directory_is_created_below_another_users(self, configure, log):
        before = snapshot(log)
        refused(configure(log / "audit" / "new", directory_owner=str(GUARD + 1)), log)
        refused(configure(log / "audit" / "new"), log)
        assert snapshot(log) == before

    @pytest.mark.parametrize("mode", [0o777, 0o775], ids=["everybody", "group"])
    def test_a_directory_is_created_where_others_can_write(self, configure, place, mode):
        shared = place / "shared"
        shared.mkdir()
        os.chown(str(shared), 0, GUARD)
        shared.chmod(mode)
        refused(configure(shared / "audit", directory_owner=str(GUARD)), shared)
        assert list(shared.iterdir()) == []


@AS_ROOT
class TestRacesForLogDirectories:
    """The user acts in the middle of root's work. These races are won for certain."""

    class Module:
        """As much of an ``AnsibleModule`` as directories need."""

        params = {"directory_owner": str(GUARD), "directory_group": None, "directory_mode": "0755"}
        labelled: list[int] = []

        def selinux_enabled(self):
            return True

        def selinux_default_context(self, path):
            return []

        def set_context_if_different(self, path, context, changed):
            self.labelled.append(os.stat(path).st_ino)

    @pytest.fixture
    def audit(self, place):
        """A directory of the user's."""
        (place / "log" / "audit").mkdir(parents=True)
        give_to_guard(place / "log", place / "log" / "audit")
        return place / "log" / "audit"

    @pytest.fixture
    def change(self, monkeypatch):
        def change(path, after, act):
            """Change a directory, and let the user act after a function of root's is called."""
            function = getattr(log_directories, after)

            def call_and_act(*arguments):
                result = function(*arguments)
                act(*arguments)
                return result

            directories = log_directories.LogDirectories(self.Module(), [str(path)])
            assert directories.errors == []
            directories.outdated = [str(path)]
            monkeypatch.setattr(log_directories, after, call_and_act)
            directories.change()

        return change

    def test_the_link_is_swapped_in_before_a_directory_is_opened(self, change, audit, root_only):
        def swap(*_arguments):
            audit.rmdir()
            audit.symlink_to(root_only)

        before = snapshot(root_only)
        with pytest.raises(Failure, match="cannot be created or changed"):
            change(audit, "resolve", swap)
        assert snapshot(root_only) == before

    def test_the_link_is_swapped_in_above_a_directory_that_is_created(self, change, audit, root_only):
        """The path leads to a directory of root by then. The one that was created gets the attributes all the same."""
        moved = audit.with_name("moved")

        def swap(name, _directory):
            if name == "new":
                audit.rename(moved)
                audit.symlink_to(root_only)

        (root_only / "new").mkdir()
        before = snapshot(root_only)
        change(audit / "new", "_exists", swap)
        assert snapshot(root_only) == before
        assert (moved / "new").stat().st_uid == GUARD
        assert self.Module.labelled[-1] == (moved / "new").stat().st_ino

    def test_a_directory_above_is_opened_to_everybody_after_the_checks(self, change, audit):
        with pytest.raises(Failure, match="can be replaced by every user"):
            change(audit / "new", "resolve", lambda *_arguments: audit.chmod(0o777))
        assert list(audit.iterdir()) == []


@AS_ROOT
class TestDirectoryOfTheConfigurationFile:
    @pytest.fixture
    def etc(self, config):
        """The directory of the configuration file, which belongs to the product's user."""
        give_to_guard(config.parent, config)
        return config.parent

    @pytest.mark.parametrize("state", ["present", "absent", "rolled_back", "confirmed"])
    @pytest.mark.parametrize("check_mode", [True, False])
    def test_nothing_is_changed_in_it(self, run, etc, state, check_mode):
        before = snapshot(etc)
        link = str(etc / "config.aqtive_guard-pending")
        result = run(state=state, backup=True, pending_link=link, _ansible_check_mode=check_mode)
        refused(result, etc)
        assert result["errors"][0]["phase"] == "read"
        assert snapshot(etc) == before

    def test_the_file_is_a_link_to_a_file_of_root(self, run, etc, root_only):
        (etc / "config").unlink()
        (etc / "config").symlink_to(root_only / "shadow")
        give_to_guard(etc / "config")
        before = snapshot(root_only)
        refused(run(backup=True), etc)
        assert snapshot(root_only) == before

    def test_the_file_is_a_link_of_the_user_in_a_sticky_directory(self, run, place, root_only):
        shared = place / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        (shared / "config").symlink_to(root_only / "shadow")
        give_to_guard(shared / "config")
        before = snapshot(root_only)
        refused(run(path=str(shared / "config")), shared / "config")
        assert snapshot(root_only) == before

    @pytest.mark.parametrize("path", ["shared/config", "link"])
    def test_the_backup_is_awaited_in_a_sticky_directory(self, run, place, path):
        shared = place / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        (shared / "config").write_text(OLD)
        (place / "link").symlink_to(shared / "config")
        refused(run(path=str(place / path), backup=True), shared)
        assert os.listdir(str(shared)) == ["config"]

    @pytest.mark.parametrize("state", ["rolled_back", "confirmed"])
    @pytest.mark.parametrize("name", ["shadow", BACKUP])
    def test_the_pending_link_leads_to_a_file_of_root(self, run, etc, root_only, state, name):
        link = etc / "config.aqtive_guard-pending"
        (root_only / "shadow").rename(root_only / name)
        link.symlink_to(root_only / name)
        give_to_guard(link)
        before, files = snapshot(etc), snapshot(root_only)
        assert run(state=state, pending_link=str(link))["failed"]
        assert (snapshot(etc), snapshot(root_only)) == (before, files)


class TestPendingLink:
    """What remains of such an attack after the administrator has taken the directory away from the user."""

    @pytest.fixture
    def link(self, config):
        return config.parent / "config.aqtive_guard-pending"

    @pytest.mark.parametrize("state", ["present", "rolled_back", "confirmed"])
    @pytest.mark.parametrize(
        "target", ["../root-only/shadow", f"../root-only/{BACKUP}", "other", BACKUP, f"{BACKUP}.old"]
    )
    def test_that_leads_to_another_file_is_not_followed(self, run, config, link, root_only, state, target):
        (root_only / BACKUP).write_text(SHADOW)
        (config.parent / "other").write_text(SHADOW)
        (config.parent / f"{BACKUP}.old").write_text(SHADOW)
        (config.parent / BACKUP).symlink_to(root_only / "shadow")
        link.symlink_to(target)
        before = snapshot(config.parent.parent)
        assert PendingChange(str(link), str(config)).rollback_file is None
        result = run(state=state, backup=state == "present", pending_link=str(link))
        assert [error["subject"] for error in result["errors"]] == [f"pending_link {link}"]
        assert snapshot(config.parent.parent) == before

    @AS_ROOT
    @pytest.mark.parametrize("state", ["present", "rolled_back", "confirmed"])
    @pytest.mark.parametrize("stranger", ["link", "backup"])
    def test_that_another_user_has_created_is_not_followed(self, run, config, link, state, stranger):
        (config.parent / BACKUP).write_text(SHADOW)
        link.symlink_to(BACKUP)
        give_to_guard(link if stranger == "link" else config.parent / BACKUP)
        before = snapshot(config.parent)
        assert run(state=state, backup=state == "present", pending_link=str(link))["failed"]
        assert snapshot(config.parent) == before

    @AS_ROOT
    @pytest.mark.parametrize("state", ["present", "rolled_back", "confirmed"])
    def test_is_not_awaited_where_others_can_create_files(self, run, config, place, state):
        shared = place / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        refused(run(state=state, backup=state == "present", pending_link=str(shared / "pending")), shared)
        assert (config.read_text(), os.listdir(str(shared))) == (OLD, [])


class TestRollback:
    def test_a_link_in_place_of_the_temporary_file_is_not_followed(self, run, config, root_only):
        link = config.parent / "config.aqtive_guard-pending"
        assert run(backup=True, pending_link=str(link))["changed"]
        config.with_name("config.aqtive_guard-old").symlink_to(root_only / "shadow")
        before = snapshot(root_only)
        assert run(state="rolled_back", pending_link=str(link))["changed"]
        assert config.read_text() == OLD
        assert snapshot(root_only) == before

    def test_a_link_in_place_of_the_backup_is_not_followed(self, config, root_only):
        config.with_name(BACKUP).symlink_to(root_only / "shadow")
        with pytest.raises(FileExistsError):
            config_file.copy(None, str(config), str(config.with_name(BACKUP)), [])
        assert (root_only / "shadow").read_text() == SHADOW

    def test_a_copy_is_private_until_it_is_complete(self, config):
        modes = []

        class Module:
            def preserved_copy(self, _source, target):
                modes.append(stat.S_IMODE(os.stat(target).st_mode))

        config_file.copy(Module(), str(config), str(config.with_name(BACKUP)), [])
        assert modes == [0o600]


class TestBundles:
    @pytest.fixture
    def collect(self):
        """Check a VM, as log_bundle does in check mode."""

        def collect(directory):
            values = {name: option.get("default") for name, option in options.ARGUMENT_SPEC.items()}
            return bundle_job.run({**values, "command": ["sh"], "directory": directory}, True, dict)

        return collect

    def test_their_directory_is_below_one_that_others_can_write_to(self, collect, place):
        place.chmod(0o777)
        (place / "bundles").mkdir()
        refused_bundle(collect(str(place / "bundles")), place)

    @AS_ROOT
    def test_their_directory_belongs_to_another_user(self, collect, place):
        (place / "bundles").mkdir(mode=0o777)
        give_to_guard(place / "bundles")
        refused_bundle(collect(str(place / "bundles")), place / "bundles")

    def test_a_file_with_a_predictable_name_does_not_keep_a_cancelled_job_in_its_directory(self, place, monkeypatch):
        """The directory disappears at once, even if the job keeps what is in it from being removed."""
        monkeypatch.setattr(background_job.shutil, "rmtree", lambda _path, **_options: None)
        private = PrivateDirectory(str(place), "abcd1234")
        for path in (private.path, private.path + ".removed"):
            os.makedirs(os.path.join(path, "content"))
        background_job.cancel(private.path)
        assert not os.path.lexists(private.path)

    def test_a_link_in_place_of_the_result_is_not_followed(self, place, root_only):
        private = PrivateDirectory(str(place), "abcd1234")
        os.symlink(str(root_only / "shadow"), os.path.join(private.path, UNFINISHED_RESULT))
        with pytest.raises(FileExistsError):
            background_job.start(private, dict)
        assert (root_only / "shadow").read_text() == SHADOW

    def test_the_new_owner_of_the_directory_replaces_the_file_of_the_result_by_a_link(self, place, root_only):
        private = PrivateDirectory(str(place), "abcd1234")
        result = os.path.join(private.path, UNFINISHED_RESULT)

        def work():
            os.unlink(result)
            os.symlink(str(root_only / "shadow"), result)
            return {"changed": True}

        background_job.start(private, work)
        with pytest.raises(Failure, match="ended without a result"):
            background_job.wait(private.path, 10)
        assert (root_only / "shadow").read_text() == SHADOW


def refused_bundle(result: dict[str, object], culprit: Path) -> None:
    assert result.get("failed"), result
    errors = result["errors"]
    assert isinstance(errors, list)
    assert [error["phase"] for error in errors] == ["prepare"]
    assert "can be replaced by" in errors[0]["cause"]
    assert str(culprit) in errors[0]["cause"] and str(culprit) in errors[0]["remedy"]
