# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import hashlib
import itertools
import json
import os
import stat
import typing as t
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.community.aqtive_guard.plugins.action import log_bundle
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import error
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import polling
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import last_collections

DATA = b"logs\n" * 1000
DIRECTORY = "/var/tmp/aqtive_guard_log_bundle.abcd1234"
PENDING = {"changed": True, "pending": True, "bytes_written": 7}
LOST = AnsibleConnectionFailure("lost")
NO_SUCH_OWNER = {
    "failed": True,
    "msg": "",
    "errors": [error("prepare", "owner", "is 'x', but this VM has no such user", "Set owner to the login user")],
}


def failed(phase="run", **more):
    return {"failed": True, "msg": "", "errors": [error(phase, "cs", "exited with status 3", "Run it")], **more}


class Vm:
    """A VM as the action sees it: the module's results, the download, the exit status of commands."""

    def __init__(self):
        self.result = {
            "changed": True,
            "directory": DIRECTORY,
            "path": f"{DIRECTORY}/aqtive-guard-logs.log",
            "name": "aqtive-guard-logs.log",
            "size": len(DATA),
            "sha256": hashlib.sha256(DATA).hexdigest(),
            "format": "text",
            "empty": False,
            "bundle_seconds": 1.5,
        }
        self.earlier_results: list[t.Any] = []
        self.arguments: dict[str, t.Any] | None = None
        self.polls: list[dict[str, t.Any]] = []
        self.downloaded = DATA
        self.download_errors: list[BaseException] = []
        self.downloads: list[tuple[str, str, str | None]] = []
        self.commands: list[tuple[str, bool]] = []
        self.command_result: t.Any = {"rc": 0, "stdout": "login\n", "stderr": ""}
        self.become = True
        self.transport = "ssh"
        self.options: dict[str, t.Any] = {"ssh_transfer_method": "smart", "remote_user": "deploy"}
        self.lines: list[tuple[str, bool]] = []
        self._shell = SimpleNamespace(tmpdir="/tmp/x")

    def get_option(self, name):
        return self.options[name]

    def set_option(self, name, value):
        self.options[name] = value

    def reset(self):
        pass

    close = reset

    def fetch_file(self, source, target):
        self.downloads.append((source, target, self.options.get("ssh_transfer_method")))
        if self.download_errors:
            raise self.download_errors.pop(0)
        with open(target, "wb") as stream:
            stream.write(self.downloaded)


def action_for(vm, check_mode=False, **args):
    task = MagicMock(args=args, async_val=0, check_mode=check_mode)
    return log_bundle.ActionModule(task, vm, MagicMock(), MagicMock(), MagicMock(), MagicMock())


def collect(vm, check_mode=False, host="web1", **args):
    action = action_for(vm, check_mode, **args)

    def run_on_vm(name, arguments, task_vars):
        assert (name, task_vars) == ("community.aqtive_guard.log_bundle", {"inventory_hostname": host})
        vm.arguments = arguments
        vm.polls.append(arguments["vm_job"])
        result = vm.earlier_results.pop(0) if vm.earlier_results else vm.result
        if isinstance(result, BaseException):
            raise result
        directory = f"/var/tmp/aqtive_guard_log_bundle.{arguments['vm_job']['name']}"
        result = {
            key: value.replace(DIRECTORY, directory) if isinstance(value, str) else value
            for key, value in result.items()
        }
        # What run_on_vm returns conforms to the action's schema.
        assert not result.keys() - {*action.answers["log_bundle"], "changed", "failed", "msg", "errors", "warnings"}
        return result

    def execute(command, sudoable=True):
        vm.commands.append((command, sudoable))
        if isinstance(vm.command_result, Exception):
            raise vm.command_result
        return vm.command_result

    action._display = SimpleNamespace(display=lambda line, stderr=False: vm.lines.append((line, stderr)))
    action.run_on_vm = run_on_vm
    action._low_level_execute_command = execute
    return action.run(task_vars={"inventory_hostname": host})


@pytest.fixture(autouse=True)
def job_names(monkeypatch):
    characters = itertools.cycle("abcd1234")
    monkeypatch.setattr(polling.secrets, "choice", lambda alphabet: next(characters))


@pytest.fixture(autouse=True)
def sleeps(monkeypatch):
    sleeps: list[float] = []
    monkeypatch.setattr(polling.time, "sleep", sleeps.append)
    return sleeps


@pytest.fixture
def vm():
    return Vm()


@pytest.fixture
def dest(tmp_path):
    return tmp_path / "run" / "web1"


def is_removed(vm):
    return (f"rm -rf -- {DIRECTORY}", True) in vm.commands


def phases(result):
    return [each["phase"] for each in result.get("errors", [])]


class TestSuccess:
    def test_the_bundle_is_stored_and_removed_from_the_vm(self, vm, dest):
        result = collect(vm, dest=str(dest))
        assert (result.get("failed"), result["changed"]) == (None, True)
        assert result["dest"] == str(dest / "aqtive-guard-logs.log")
        assert (dest / "aqtive-guard-logs.log").read_bytes() == DATA
        assert sorted(os.listdir(dest)) == [".bundle.json", "aqtive-guard-logs.log"]
        assert [stat.S_IMODE(path.stat().st_mode) for path in (dest, dest.parent)] == [0o700, 0o700]
        assert is_removed(vm)

    def test_the_result_has_the_metadata_without_what_is_true_on_the_vm_only(self, vm, dest):
        result = collect(vm, dest=str(dest))
        own = {"changed", "reused", "request", "dest", "download_seconds"}
        assert set(result) == {"name", "size", "sha256", "format", "empty", "bundle_seconds"} | own
        assert result["reused"] is False

    def test_the_record_says_that_nothing_is_left_to_do(self, vm, dest):
        result = collect(vm, dest=str(dest), log_types=["AUDIT"])
        record = json.loads((dest / ".bundle.json").read_text())
        assert (record["format_version"], record["directory"]) == (1, None)
        assert record["request"]["log_types"] == ["AUDIT"]
        assert record["request"] == result["request"]
        assert record["file"] == {key: result[key] for key in result.keys() - {"changed", "reused", "request", "dest"}}

    def test_the_download_has_a_temporary_name(self, vm, dest):
        collect(vm, dest=str(dest))
        target = str(dest / ".aqtive-guard-logs.log.partial")
        assert vm.downloads == [(f"{DIRECTORY}/aqtive-guard-logs.log", target, "sftp")]

    def test_without_a_destination_the_bundle_stays_on_the_vm(self, vm):
        result = collect(vm)
        assert (result["path"], result["directory"]) == (f"{DIRECTORY}/aqtive-guard-logs.log", DIRECTORY)
        assert (vm.downloads, vm.commands, vm.polls[0]["keep"]) == ([], [], True)

    def test_check_mode_stores_nothing(self, vm, dest):
        vm.result = {"changed": True, "excluded_by_filters": {}}
        assert collect(vm, check_mode=True, dest=str(dest)) == {"changed": True, "excluded_by_filters": {}}
        assert (vm.downloads, dest.exists()) == ([], False)

    def test_check_mode_checks_the_free_space_on_the_controller(self, vm, dest):
        assert phases(collect(vm, check_mode=True, dest=str(dest), minimum_free_dest=1 << 40)) == ["store"]

    def test_the_same_bundle_without_a_record_changes_nothing_but_gets_a_record(self, vm, dest):
        collect(vm, dest=str(dest))
        (dest / ".bundle.json").unlink()
        result = collect(vm, dest=str(dest))
        assert (result["changed"], result["reused"]) == (False, False)
        assert (dest / ".bundle.json").is_file()

    def test_a_record_that_cannot_be_updated_in_the_end_is_no_failure(self, vm, dest, monkeypatch):
        written = []
        write = log_bundle.record.write

        def fail_at_last(dest, record):
            written.append(record)
            if len(written) == 3:
                raise log_bundle.Failure([error("store", "x", "is full", "Free it")])
            write(dest, record)

        monkeypatch.setattr(log_bundle.record, "write", fail_at_last)
        assert not collect(vm, dest=str(dest)).get("failed")
        assert collect(vm, dest=str(dest))["reused"]
        assert [(each.directory, bool(each.file)) for each in written] == [
            (DIRECTORY, False),
            (DIRECTORY, True),
            (None, True),
            (None, True),
        ]


class TestReuse:
    @pytest.fixture
    def before(self, vm, dest):
        result = self.collect(vm, dest)
        vm.arguments = None
        vm.commands.clear()
        return result

    def collect(self, vm, dest, **more):
        options = {"dest": str(dest), "date_from": "2026-01-01", "log_types": ["AUDIT", "ANALYSIS"], **more}
        return collect(vm, **options)

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_a_stored_bundle_is_returned_without_contacting_the_vm(self, vm, dest, before, check_mode):
        result = self.collect(vm, dest, check_mode=check_mode)
        assert result == {**before, "changed": False, "reused": True}
        assert (vm.arguments, vm.commands, len(vm.downloads)) == (None, [], 1)

    def test_options_outside_the_request_may_differ(self, vm, dest, before):
        more = {"timeout": 9, "minimum_free": 1, "directory": "/tmp", "log_types": "ANALYSIS,AUDIT,AUDIT"}
        assert self.collect(vm, dest, **more)["reused"]
        assert vm.arguments is None

    @pytest.mark.parametrize(
        "more",
        [
            {"date_from": "2026-01-02"},
            {"date_to": "2026-01-02"},
            {"log_types": ["AUDIT"]},
            {"log_levels": ["INFO"]},
            {"compress": False},
            {"command": ["/opt/cs"]},
        ],
    )
    def test_another_request_fails_without_contacting_the_vm(self, vm, dest, before, more):
        result = self.collect(vm, dest, **more)
        assert (result["failed"], phases(result), vm.arguments) == (True, ["validate"], None)
        assert f"{next(iter(more))} " in result["errors"][0]["cause"]
        assert "another dest or run ID" in result["errors"][0]["remedy"]

    def test_a_changed_file_fails(self, vm, dest, before):
        (dest / "aqtive-guard-logs.log").write_bytes(b"L" + DATA[1:])
        result = self.collect(vm, dest)
        assert (result["failed"], phases(result), vm.arguments) == (True, ["verify"], None)
        assert "was changed since" in result["msg"]

    def test_a_missing_file_is_collected_again(self, vm, dest, before):
        (dest / "aqtive-guard-logs.log").unlink()
        assert self.collect(vm, dest)["changed"]
        assert vm.arguments

    @pytest.mark.parametrize("record", [b"", b"[]", b"{}", b"\xff", None])
    def test_without_a_valid_record_the_bundle_is_created_again(self, vm, dest, before, record):
        if record is None:
            (dest / ".bundle.json").unlink()
        else:
            (dest / ".bundle.json").write_bytes(record)
        result = self.collect(vm, dest)
        assert (result["changed"], result["reused"], bool(vm.arguments)) == (False, False, True)

    def test_an_interrupted_download_is_not_reused(self, vm, dest):
        vm.download_errors = [SystemExit(1)]
        with pytest.raises(SystemExit):
            self.collect(vm, dest)
        assert self.collect(vm, dest)["reused"] is False

    def test_a_record_of_a_file_that_was_not_renamed_is_not_reused(self, vm, dest, monkeypatch):
        def die(*dummy):
            raise SystemExit(1)

        with monkeypatch.context() as dying:
            dying.setattr(log_bundle.store.Path, "rename", die)
            with pytest.raises(SystemExit):
                self.collect(vm, dest)
        assert os.listdir(dest) == [".bundle.json"]
        assert self.collect(vm, dest)["reused"] is False

    def test_a_pending_cleanup_is_repeated(self, vm, dest):
        vm.command_result = LOST
        assert phases(self.collect(vm, dest)) == ["cleanup"]
        vm.arguments = None
        result = self.collect(vm, dest)
        assert (result["failed"], phases(result), result["leftover"]) == (True, ["cleanup"], DIRECTORY)
        assert result["dest"] == str(dest / "aqtive-guard-logs.log")
        vm.command_result = {"rc": 0, "stdout": "", "stderr": ""}
        vm.commands.clear()
        assert self.collect(vm, dest, check_mode=True)["reused"]
        assert vm.commands == []
        assert self.collect(vm, dest)["reused"]
        assert is_removed(vm)
        vm.commands.clear()
        assert self.collect(vm, dest)["reused"]
        assert (vm.arguments, vm.commands) == (None, [])

    def test_what_ansible_adds_to_a_result_is_not_recorded(self, vm, dest):
        vm.result["warnings"] = ["x"]
        assert self.collect(vm, dest)["warnings"] == ["x"]
        assert "warnings" not in self.collect(vm, dest)


class TestDateFromLast:
    NOON = datetime.datetime(2026, 10, 25, 12, tzinfo=datetime.timezone.utc)

    @pytest.fixture
    def dataset(self, tmp_path):
        """A data set that has the records of web1 up to noon."""
        tmp_path.chmod(0o700)
        last_collections.update(
            tmp_path, {"web1": [last_collections.Period(None, self.NOON)]}, lambda dummy, limit: limit
        )
        return str(tmp_path)

    def test_is_the_time_of_the_last_collection_minus_the_overlap(self, vm, dest, dataset):
        result = collect(vm, dest=str(dest), date_from="last", dataset=dataset)
        assert vm.arguments["date_from"] == result["request"]["date_from"] == "2026-10-25 11:00:00"
        assert "dataset" not in vm.arguments

    def test_needs_no_destination(self, vm, dataset):
        collect(vm, date_from="last", dataset=dataset)
        assert vm.arguments["date_from"] == "2026-10-25 11:00:00"

    @pytest.mark.parametrize("name", ["", "/missing"])
    def test_is_no_limit_for_a_vm_that_the_data_set_does_not_have(self, vm, dest, dataset, name):
        result = collect(vm, host="web2", dest=str(dest), date_from="last", dataset=f"{dataset}{name}")
        assert "date_from" not in vm.arguments
        assert result["request"]["date_from"] is None

    def test_is_that_of_the_run_which_is_completed(self, vm, dest, dataset):
        first = collect(vm, dest=str(dest), date_from="last", dataset=dataset)
        later = [last_collections.Period(None, self.NOON + datetime.timedelta(days=1))]
        last_collections.update(Path(dataset), {"web1": later}, lambda dummy, limit: limit)
        again = collect(vm, dest=str(dest), date_from="last", dataset=dataset)
        assert (again["reused"], again["request"]) == (True, first["request"])

    def test_is_an_error_without_a_data_set(self, vm, dest):
        (error_,) = collect(vm, dest=str(dest), date_from="last")["errors"]
        assert (error_["subject"], vm.arguments) == ("dataset", None)

    def test_is_an_error_if_it_is_later_than_the_other_date(self, vm, dest, dataset):
        result = collect(vm, dest=str(dest), date_from="last", date_to="2026-10-24", dataset=dataset)
        assert [each["subject"] for each in result["errors"]] == ["date_from"]
        assert vm.arguments is None

    def test_is_not_read_from_a_data_set_that_others_can_write(self, vm, dataset):
        Path(dataset).chmod(0o777)
        (error_,) = collect(vm, date_from="last", dataset=dataset)["errors"]
        assert (error_["subject"], vm.arguments) == (dataset, None)

    def test_does_not_hide_other_errors(self, vm, dest, dataset):
        result = collect(vm, dest=str(dest), date_from="last", log_types=["WEB"], timeout=0, dataset=dataset)
        assert [each["subject"] for each in result["errors"]] == ["log_types", "timeout"]


class TestValidation:
    def test_all_errors_are_reported_without_contacting_the_vm(self, vm):
        result = collect(vm, host="a/b", dest="relative", date_from="2026-02-30", log_types=["AUDIT", "WEB"])
        assert (result["failed"], result["changed"]) == (True, False)
        assert [(each["phase"], each["subject"]) for each in result["errors"]] == [
            ("validate", "date_from"),
            ("validate", "log_types"),
            ("validate", "inventory_hostname"),
            ("validate", "dest"),
        ]
        assert result["msg"].startswith("date_from is '2026-02-30', but must be")
        assert (vm.arguments, vm.commands) == (None, [])

    def test_without_variables_the_vm_has_no_name_and_nothing_is_stored(self, vm, dest):
        result = action_for(vm, dest=str(dest)).run()
        assert [(each["phase"], each["subject"]) for each in result["errors"]] == [("validate", "inventory_hostname")]
        assert result["msg"].startswith("inventory_hostname is '', but must be a safe name for a directory")

    def test_async_is_refused_as_by_every_action_of_ansible_core(self, vm):
        action = action_for(vm)
        action._task.async_val = 10
        with pytest.raises(AnsibleError, match="async"):
            action.run()

    def test_without_a_destination_the_name_of_the_vm_does_not_matter(self, vm):
        assert not collect(vm, host="a/b").get("failed")

    def test_bad_types_and_unknown_options_are_reported(self, vm):
        result = collect(vm, timeout="soon", nonsense=1)
        assert phases(result) == ["validate", "validate"]
        assert ("timeout" in result["msg"], "nonsense" in result["msg"], vm.arguments) == (True, True, None)

    def test_the_module_gets_converted_values_and_no_dest(self, vm, dest):
        collect(vm, dest=str(dest), timeout="60", log_types="AUDIT,ANALYSIS", compress="no", directory="/var/tmp//")
        values = vm.arguments
        assert (values["timeout"], values["log_types"], values["compress"]) == (60, ["AUDIT", "ANALYSIS"], False)
        assert (values["directory"], values["owner"], "dest" in values) == ("/var/tmp", "deploy", False)

    def test_a_bundle_can_be_created_below_the_root_directory(self, vm, dest):
        assert polling.Job.create("/").directory.startswith("/aqtive_guard_log_bundle.")
        collect(vm, dest=str(dest), directory="/")
        assert vm.arguments["directory"] == "/"

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_a_user_name_for_a_gateway_is_replaced_by_the_one_that_the_vm_knows(self, vm, check_mode):
        vm.options["remote_user"] = "alice@operations@web1"
        vm.earlier_results = [NO_SUCH_OWNER]
        assert not collect(vm, check_mode).get("failed")
        assert (vm.arguments["owner"], vm.commands) == ("login", [("id -un", False)])
        assert vm.polls[0] == vm.polls[1]

    def test_later_polls_use_the_name_that_the_vm_knows(self, vm):
        vm.earlier_results = [NO_SUCH_OWNER, PENDING]
        assert not collect(vm).get("failed")
        assert (vm.arguments["owner"], vm.commands) == ("login", [("id -un", False)])

    @pytest.mark.parametrize(("user", "runs"), [("login", 1), ("deploy", 2)])
    def test_a_vm_that_knows_neither_name_fails(self, vm, user, runs):
        vm.options["remote_user"] = user
        vm.earlier_results = [NO_SUCH_OWNER] * 3
        result = collect(vm)
        assert (result["failed"], phases(result), len(vm.polls)) == (True, ["prepare"], runs)

    def test_an_owner_that_was_set_is_not_replaced(self, vm):
        vm.earlier_results = [NO_SUCH_OWNER]
        assert (phases(collect(vm, owner="ops")), vm.commands) == (["prepare"], [])

    def test_a_vm_that_reports_an_owner_though_it_got_none_fails(self, vm):
        vm.become = False
        vm.earlier_results = [NO_SUCH_OWNER]
        assert (phases(collect(vm)), vm.commands) == (["prepare"], [])

    def test_the_owner_can_be_set(self, vm):
        collect(vm, owner="ops")
        assert (vm.arguments["owner"], vm.commands) == ("ops", [])

    def test_without_become_there_is_no_owner(self, vm):
        vm.become = None
        collect(vm)
        assert "owner" not in vm.arguments


class TestFailureOnTheVm:
    def test_a_module_that_cannot_run_is_a_failure_of_the_phase_prepare(self):
        assert log_bundle.ActionModule.phase == "prepare"

    def test_a_failed_job_is_a_failed_result(self, vm, dest):
        vm.result = failed(stderr_tail="x", rc=3)
        result = collect(vm, dest=str(dest))
        assert (result["failed"], result["changed"]) == (True, False)
        assert (result["msg"], result["stderr_tail"], result["rc"]) == ("cs exited with status 3. Run it.", "x", 3)
        assert not dest.exists()

    @pytest.mark.parametrize("pending", [[], [PENDING]])
    def test_the_directory_of_a_failed_job_is_removed(self, vm, dest, pending):
        vm.earlier_results = [*pending]
        vm.result = failed(directory=DIRECTORY, clock=[1, 2])
        result = collect(vm, dest=str(dest))
        assert (phases(result), "directory" in result, "leftover" in result) == (["run"], False, False)
        assert is_removed(vm)

    def test_the_directory_of_a_failed_job_that_cannot_be_removed_is_reported(self, vm, dest):
        vm.result = failed(directory=DIRECTORY)
        vm.command_result = {"rc": 1, "stdout": "", "stderr": "not permitted"}
        result = collect(vm, dest=str(dest))
        assert (phases(result), result["leftover"]) == (["run", "cleanup"], DIRECTORY)
        assert "not permitted" in result["msg"]

    def test_without_a_directory_nothing_is_removed(self, vm, dest):
        vm.result = failed()
        collect(vm, dest=str(dest))
        assert vm.commands == []

    def test_a_lost_connection_is_unreachable_and_not_failed(self, vm):
        vm.result = AnsibleConnectionFailure("no route to host.")
        result = collect(vm)
        assert (result["unreachable"], result["failed"], phases(result)) == (True, False, ["prepare"])
        assert result["msg"].startswith("connection failed: no route to host. Check that the VM is up")

    @pytest.mark.parametrize(("become", "remedy"), [(True, "--ask-become-pass"), (None, "-vvv")])
    def test_an_error_of_ansible_is_a_failure(self, vm, become, remedy):
        vm.become = become
        vm.result = AnsibleError("Missing sudo password")
        result = collect(vm)
        assert (result["failed"], phases(result)) == (True, ["prepare"])
        assert result["msg"].startswith("log_bundle could not run on the VM: Missing sudo password. ")
        assert remedy in result["msg"]

    def test_an_invalid_result_is_not_used(self, vm, dest):
        vm.result.update(path="/etc/shadow", directory="/etc")
        result = collect(vm, dest=str(dest))
        assert (result["failed"], phases(result)) == (True, ["verify", "verify"])
        assert (vm.downloads, vm.commands, dest.exists()) == ([], [], False)

    @pytest.mark.parametrize("more", [{}, {"failed": True, "msg": "", "errors": failed()["errors"]}])
    def test_the_clock_is_returned_with_a_success_and_with_a_failure(self, vm, dest, more):
        vm.result.update(more, clock=[1.0, 2.0])
        assert set(collect(vm, dest=str(dest))["clock"]) == {"offset", "uncertainty"}

    def test_the_clock_is_recorded(self, vm, dest):
        vm.result["clock"] = [1.0, 2.0]
        assert collect(vm, dest=str(dest))["clock"] == collect(vm, dest=str(dest))["clock"]


class TestResuming:
    @pytest.fixture
    def interrupted(self, vm, dest):
        vm.earlier_results = [PENDING, SystemExit(1)]
        with pytest.raises(SystemExit):
            collect(vm, dest=str(dest), log_types="AUDIT")
        assert os.listdir(dest) == [".bundle.json"]
        vm.polls.clear()

    @pytest.fixture(autouse=True)
    def job_names(self, monkeypatch):
        characters = itertools.cycle("first111second22third333fourth44")
        monkeypatch.setattr(polling.secrets, "choice", lambda alphabet: next(characters))

    def names(self, vm):
        return list(dict.fromkeys(poll["name"] for poll in vm.polls))

    @pytest.mark.usefixtures("interrupted")
    def test_a_started_job_is_resumed(self, vm, dest):
        result = collect(vm, dest=str(dest), log_types="AUDIT")
        assert result["dest"] == str(dest / "aqtive-guard-logs.log")
        assert self.names(vm) == ["first111"]
        assert ("web1: run: resuming the bundle that an earlier run started", True) in vm.lines

    @pytest.mark.usefixtures("interrupted")
    @pytest.mark.parametrize("other", [{"log_types": "ANALYSIS"}, {"log_types": "AUDIT", "directory": "/tmp"}])
    def test_another_request_starts_a_job_of_its_own(self, vm, dest, other):
        vm.result = failed()
        collect(vm, dest=str(dest), **other)
        assert "first111" not in self.names(vm)

    @pytest.mark.usefixtures("interrupted")
    def test_a_job_that_failed_in_the_meantime_is_replaced(self, vm, dest):
        vm.earlier_results = [failed(directory=DIRECTORY)]
        assert not collect(vm, dest=str(dest), log_types="AUDIT").get("failed")
        assert len(self.names(vm)) == 2
        assert vm.commands[0][0] == "rm -rf -- /var/tmp/aqtive_guard_log_bundle.first111"

    @pytest.mark.usefixtures("interrupted")
    def test_an_unreachable_vm_gets_no_other_job(self, vm, dest):
        vm.result = AnsibleConnectionFailure("ssh: connect to host web1")
        assert collect(vm, dest=str(dest), log_types="AUDIT")["unreachable"]
        assert self.names(vm) == ["first111"]

    @pytest.mark.usefixtures("interrupted")
    def test_an_invalid_record_is_ignored(self, vm, dest):
        record = json.loads((dest / ".bundle.json").read_text())
        (dest / ".bundle.json").write_text(json.dumps({**record, "directory": "/var/tmp/../x"}))
        collect(vm, dest=str(dest), log_types="AUDIT")
        assert "first111" not in self.names(vm)

    def test_a_bundle_that_could_not_be_downloaded_is_downloaded_by_the_next_run(self, vm, dest):
        vm.download_errors = [LOST] * 2
        vm.command_result = LOST
        assert collect(vm, dest=str(dest))["leftover"]
        vm.command_result = {"rc": 0, "stdout": "login", "stderr": ""}
        assert not collect(vm, dest=str(dest)).get("failed")
        assert self.names(vm) == ["first111"]

    @pytest.mark.parametrize("result", [AnsibleError("no sudo"), failed()])
    def test_after_a_failure_without_a_leftover_there_is_nothing_to_resume(self, vm, dest, result):
        vm.result = result
        collect(vm, dest=str(dest))
        assert not dest.exists()


class TestFailedDownload:
    @pytest.mark.parametrize(
        "exception", [AnsibleError("permission denied"), OSError(5, "Input/output error"), EOFError()]
    )
    def test_a_failed_download_leaves_nothing(self, vm, dest, exception):
        vm.download_errors = [exception] * 2
        result = collect(vm, dest=str(dest))
        assert (result["failed"], phases(result), result["changed"]) == (True, ["download"], False)
        assert (result["size"], "dest" in result, dest.exists(), is_removed(vm)) == (len(DATA), False, False, True)

    def test_a_lost_connection_is_unreachable(self, vm, dest):
        vm.download_errors = [LOST] * 2
        result = collect(vm, dest=str(dest))
        assert (result["unreachable"], result["failed"], phases(result)) == (True, False, ["download"])

    def test_a_different_file_is_not_stored(self, vm, dest):
        vm.downloaded = b"L" + DATA[1:]
        result = collect(vm, dest=str(dest))
        assert (phases(result), dest.exists(), is_removed(vm)) == (["verify"], False, True)

    def test_an_existing_file_is_not_replaced(self, vm, dest):
        dest.mkdir(parents=True)
        (dest / "aqtive-guard-logs.log").write_text("older")
        result = collect(vm, dest=str(dest))
        assert (phases(result), is_removed(vm)) == (["store"], True)
        assert os.listdir(dest) == ["aqtive-guard-logs.log"]
        assert (dest / "aqtive-guard-logs.log").read_text() == "older"

    def test_an_unusable_destination_fails_before_the_vm_is_contacted(self, vm, tmp_path):
        (tmp_path / "file").touch()
        result = collect(vm, dest=str(tmp_path / "file"))
        assert (phases(result), vm.downloads, vm.arguments) == (["store"], [], None)

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_nothing_below_a_directory_of_others_is_believed(self, vm, dest, check_mode):
        collect(vm, dest=str(dest))
        vm.arguments = None
        dest.parent.chmod(0o777)
        result = collect(vm, check_mode, dest=str(dest))
        assert (phases(result), "can be replaced by every user" in result["msg"]) == (["store"], True)
        assert vm.arguments is None

    @pytest.mark.parametrize("exception", [KeyboardInterrupt(), SystemExit(1)])
    def test_an_interrupted_run_removes_the_bundle_from_the_vm(self, vm, dest, exception):
        vm.download_errors = [exception]
        with pytest.raises(type(exception)):
            collect(vm, dest=str(dest))
        assert (os.listdir(dest), is_removed(vm)) == ([".bundle.json"], True)

    def test_too_little_free_space_fails_before_the_vm_is_contacted(self, vm, dest):
        result = collect(vm, dest=str(dest), minimum_free_dest=1 << 40)
        assert (result["failed"], phases(result), vm.arguments, dest.exists()) == (True, ["store"], None, False)
        assert result["errors"][0]["cause"].endswith(
            f" bytes of free disk space on the controller, but {1 << 40} MiB must stay free (minimum_free_dest)"
        )

    def test_a_bundle_larger_than_the_maximum_is_not_downloaded(self, vm, dest):
        vm.result["size"] = (1 << 20) + 1
        result = collect(vm, dest=str(dest), maximum_size=1)
        assert (phases(result), vm.downloads, is_removed(vm)) == (["download"], [], True)
        assert "but may have 1 MiB (maximum_size)" in result["msg"]

    def test_a_bundle_that_does_not_fit_is_not_downloaded(self, vm, dest):
        vm.result["size"] = 1 << 60
        result = collect(vm, dest=str(dest))
        assert (phases(result), vm.downloads, is_removed(vm)) == (["store"], [], True)


class TestCleanup:
    @pytest.mark.parametrize(
        "result", [{"rc": 1, "stdout": "", "stderr": "rm: not permitted"}, AnsibleConnectionFailure("not permitted")]
    )
    def test_a_bundle_that_remains_on_the_vm_is_a_failure_though_it_is_stored(self, vm, dest, result):
        vm.command_result = result
        result = collect(vm, dest=str(dest))
        assert (result["failed"], phases(result), result["leftover"]) == (True, ["cleanup"], DIRECTORY)
        assert "not permitted" in result["errors"][0]["cause"]
        assert result["dest"] == str(dest / "aqtive-guard-logs.log")
        assert (dest / "aqtive-guard-logs.log").is_file()

    def test_a_failed_cleanup_follows_the_error_of_the_download(self, vm, dest):
        vm.download_errors = [LOST] * 2
        vm.command_result = AnsibleConnectionFailure("still lost")
        result = collect(vm, dest=str(dest))
        assert (result["unreachable"], phases(result), result["leftover"]) == (True, ["download", "cleanup"], DIRECTORY)

    def test_a_lost_connection_does_not_replace_the_result_when_ansible_cleans_up(self, vm, monkeypatch):
        removed = []

        def lose(path):
            removed.append(path)
            raise AnsibleConnectionFailure("still lost")

        action = action_for(vm)
        monkeypatch.setattr(action, "_remove_tmp_path", lose)
        action.cleanup(force=True)
        assert removed == ["/tmp/x"]
        action._task.async_val = 10
        action.cleanup()
        assert removed == ["/tmp/x"]


class TestProgress:
    def test_each_phase_is_shown_on_standard_error(self, vm, dest):
        collect(vm, dest=str(dest))
        lines = [line for line, dummy in vm.lines]
        assert lines[:2] == ["web1: run: creating the bundle on the VM", "web1: download: 4.9 KiB"]
        assert lines[2].startswith("web1: verify: 4.9 KiB downloaded, ")
        assert {stderr for dummy, stderr in vm.lines} == {True}
        vm.lines.clear()
        collect(vm, dest=str(dest))
        assert vm.lines == [("web1: verify: reusing 4.9 KiB that an earlier run stored", True)]

    def test_the_duration_of_the_download_is_shown_as_a_rate_and_returned_in_milliseconds(self, vm, dest, monkeypatch):
        moments = iter([1000.0, 1002.00149])
        monkeypatch.setattr(log_bundle, "time", SimpleNamespace(monotonic=lambda: next(moments)))
        assert collect(vm, dest=str(dest))["download_seconds"] == 2.001
        assert ("web1: verify: 4.9 KiB downloaded, 2.4 KiB/s", True) in vm.lines

    @pytest.mark.parametrize("quiet", [{"progress": False}, {"check_mode": True}])
    def test_it_can_be_switched_off_and_is_off_in_check_mode(self, vm, dest, quiet):
        collect(vm, dest=str(dest), **quiet)
        assert vm.lines == []
