# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import itertools
import os
import stat
import typing as t
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.community.aqtive_guard.plugins.action import log_bundle
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import bundle_job, progress

DATA = b"logs\n" * 1000
DIRECTORY = "/var/tmp/aqtive_guard_log_bundle.abcd1234"


class Vm:
    """A VM, as far as the action sees it: what the module answers, how a file travels, how commands end."""

    def __init__(self, options=None):
        self.answer = {
            "changed": True,
            "directory": DIRECTORY,
            "path": f"{DIRECTORY}/aqtive-guard-logs.log",
            "name": "aqtive-guard-logs.log",
            "size": len(DATA),
            "sha256": hashlib.sha256(DATA).hexdigest(),
            "format": "text",
            "duration": 1.5,
            "owner": "root",
            "mode": "0600",
        }
        self.arrives = DATA
        self.troubles: list[BaseException] = []
        self.commands: list[tuple[str, bool]] = []
        self.command_answer = {"rc": 0, "stdout": "login\n", "stderr": ""}
        self.become = True
        self.transport = "ssh"
        self.options = {"ssh_transfer_method": "smart", "remote_user": "deploy", **(options or {})}
        self.fetched: list[tuple[str, str, str | None]] = []
        self.asked: dict[str, t.Any] | None = None
        self.questions: list[dict[str, t.Any]] = []
        self.earlier_answers: list[t.Any] = []
        self.resets = 0
        self.takes: list[t.Any] = []
        self.lines: list[tuple[str, bool]] = []
        self._shell = SimpleNamespace(tmpdir="/tmp/x")

    def get_option(self, name):
        return self.options[name]

    def set_option(self, name, value):
        self.options[name] = value

    def reset(self):
        self.resets += 1

    def fetch_file(self, source, target):
        self.fetched.append((source, target, self.options.get("ssh_transfer_method")))
        if self.troubles:
            raise self.troubles.pop(0)
        with open(target, "wb") as stream:
            stream.write(self.arrives)


def told(value, directory):
    """What the VM tells of the directory that it made, whose name the action has chosen."""
    return value.replace(DIRECTORY, directory) if isinstance(value, str) else value


def action_for(vm, check_mode=False, **args):
    task = MagicMock(args=args, async_val=0, check_mode=check_mode)
    return log_bundle.ActionModule(task, vm, MagicMock(), MagicMock(), MagicMock(), MagicMock())


def collect(vm, check_mode=False, host="web1", **args):
    action = action_for(vm, check_mode, **args)

    def run_on_vm(name, arguments, task_vars):
        assert name == "community.aqtive_guard.log_bundle"
        vm.asked = arguments
        vm.questions.append(arguments["_job"])
        answer = vm.earlier_answers.pop(0) if vm.earlier_answers else vm.answer
        if vm.takes:
            clock, there, work, back, ahead = vm.takes.pop(0)
            heard = clock.now + there + ahead
            clock.now += there + work + back
            answer = {**answer, "clock": [heard, heard + work]}
        if isinstance(answer, BaseException):
            raise answer
        directory = f"/var/tmp/aqtive_guard_log_bundle.{arguments['_job']['name']}"
        return {key: told(value, directory) for key, value in answer.items()}

    def execute(command, sudoable=True):
        vm.commands.append((command, sudoable))
        if isinstance(vm.command_answer, Exception):
            raise vm.command_answer
        return vm.command_answer

    action._display = SimpleNamespace(display=lambda line, stderr=False: vm.lines.append((line, stderr)))
    action.run_on_vm = run_on_vm
    action._low_level_execute_command = execute
    return action.run(task_vars={"inventory_hostname": host})


@pytest.fixture(autouse=True)
def chosen_name(monkeypatch):
    name = itertools.cycle("abcd1234")
    monkeypatch.setattr(bundle_job.secrets, "choice", lambda alphabet: next(name))


@pytest.fixture
def vm():
    return Vm()


@pytest.fixture
def dest(tmp_path):
    return tmp_path / "run" / "web1"


def is_removed(vm):
    return (f"rm -rf -- {DIRECTORY}", True) in vm.commands


class TestSuccess:
    def test_a_bundle_comes_to_rest_and_the_vm_is_clean(self, vm, dest):
        result = collect(vm, dest=str(dest))
        assert not result.get("failed")
        assert result["changed"]
        assert result["dest"] == str(dest / "aqtive-guard-logs.log")
        assert (dest / "aqtive-guard-logs.log").read_bytes() == DATA
        assert sorted(os.listdir(dest)) == [".bundle.json", "aqtive-guard-logs.log"]
        assert [stat.S_IMODE(path.stat().st_mode) for path in (dest, dest.parent)] == [0o700, 0o700]
        assert is_removed(vm)

    def test_what_is_told(self, vm, dest):
        result = collect(vm, dest=str(dest))
        own = {"changed", "taken_over", "dest", "transfer_duration"}
        assert set(result) == {"name", "size", "sha256", "format", "duration"} | own
        assert result["taken_over"] is False

    def test_it_travels_under_another_name(self, vm, dest):
        collect(vm, dest=str(dest))
        assert vm.fetched == [
            (f"{DIRECTORY}/aqtive-guard-logs.log", str(dest / ".aqtive-guard-logs.log.partial"), "sftp")
        ]

    def test_without_a_destination_it_stays_on_the_vm(self, vm):
        result = collect(vm)
        assert result["path"].startswith(DIRECTORY)
        assert (vm.fetched, is_removed(vm)) == ([], False)

    def test_check_mode_brings_nothing(self, vm, dest):
        vm.answer = {"changed": True, "cannot_bring": {}}
        assert collect(vm, check_mode=True, dest=str(dest)) == {"changed": True, "cannot_bring": {}}
        assert (vm.fetched, dest.exists()) == ([], False)

    def test_the_same_bundle_again_changes_nothing(self, vm, dest):
        collect(vm, dest=str(dest))
        (dest / ".bundle.json").unlink()
        assert collect(vm, dest=str(dest))["changed"] is False
        assert (dest / ".bundle.json").is_file()


class TestTakingOver:
    """A second run over the same destination: what counts is what lies there."""

    @pytest.fixture
    def before(self, vm, dest):
        result = collect(vm, dest=str(dest), date_from="2026-01-01", log_types=["AUDIT", "ANALYSIS"])
        vm.asked = None
        vm.commands.clear()
        return result

    def again(self, vm, dest, **more):
        return collect(vm, **{"dest": str(dest), "date_from": "2026-01-01", "log_types": ["AUDIT", "ANALYSIS"], **more})

    def test_a_vm_that_is_complete_is_not_asked_and_the_result_is_the_same(self, vm, dest, before):
        result = self.again(vm, dest)
        assert result == {**before, "changed": False, "taken_over": True}
        assert (vm.asked, vm.commands, len(vm.fetched)) == (None, [], 1)

    def test_options_that_say_how_and_not_what_may_be_others(self, vm, dest, before):
        more = {"timeout": 9, "minimum_free": 1, "directory": "/tmp", "log_types": "ANALYSIS,AUDIT,AUDIT"}
        assert self.again(vm, dest, **more)["taken_over"]
        assert vm.asked is None

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
    def test_other_options_are_refused_and_the_vm_is_not_asked(self, vm, dest, before, more):
        result = self.again(vm, dest, **more)
        assert (result["failed"], result["phase"], vm.asked) == (True, "refuse", None)
        assert f"{next(iter(more))} " in result["msg"]
        assert "another dest or run id" in result["msg"]

    def test_a_file_that_was_changed_is_not_taken_for_what_was_collected(self, vm, dest, before):
        (dest / "aqtive-guard-logs.log").write_bytes(b"L" + DATA[1:])
        result = self.again(vm, dest)
        assert (result["failed"], result["phase"], vm.asked) == (True, "verify", None)
        assert "was changed since" in result["msg"]

    def test_a_file_that_is_gone_is_collected_again(self, vm, dest, before):
        (dest / "aqtive-guard-logs.log").unlink()
        assert self.again(vm, dest)["changed"]
        assert vm.asked

    @pytest.mark.parametrize("record", [b"", b"[]", b"{}", b"\xff", b'{"name": "../x", "asked": {}, "told": {}}', None])
    def test_without_a_sound_record_the_vm_is_asked(self, vm, dest, before, record):
        if record is None:
            (dest / ".bundle.json").unlink()
        else:
            (dest / ".bundle.json").write_bytes(record)
        result = self.again(vm, dest)
        assert (result["changed"], result["taken_over"], bool(vm.asked)) == (False, False, True)

    def test_half_a_transfer_is_nothing_to_take_over(self, vm, dest):
        vm.troubles = [SystemExit(1)]
        with pytest.raises(SystemExit):
            self.again(vm, dest)
        assert self.again(vm, dest)["taken_over"] is False

    def test_neither_is_a_record_whose_bundle_never_got_its_name(self, vm, dest, monkeypatch):
        def die(*dummy):
            raise SystemExit(1)

        with monkeypatch.context() as dying:
            dying.setattr(log_bundle.bundle_store.Path, "rename", die)
            with pytest.raises(SystemExit):
                self.again(vm, dest)
        assert sorted(os.listdir(dest)) == [".bundle.json", ".job.json"]
        assert self.again(vm, dest)["taken_over"] is False

    def test_what_the_run_could_not_remove_from_the_vm_is_removed_now_and_nothing_else_is_asked(self, vm, dest):
        vm.command_answer = AnsibleConnectionFailure("lost")
        assert self.again(vm, dest)["phase"] == "clean"
        vm.asked = None
        assert self.again(vm, dest)["left_on_vm"] == DIRECTORY
        vm.command_answer = {"rc": 0, "stdout": "", "stderr": ""}
        vm.commands.clear()
        assert self.again(vm, dest, check_mode=True)["taken_over"]
        assert vm.commands == []
        assert self.again(vm, dest)["taken_over"]
        assert is_removed(vm)
        vm.commands.clear()
        assert self.again(vm, dest)["taken_over"]
        assert (vm.asked, vm.commands) == (None, [])

    def test_a_record_removes_nothing_but_a_directory_of_bundles(self, vm, dest, before):
        record = (dest / ".bundle.json").read_text()
        (dest / ".bundle.json").write_text(record.replace('"left_on_vm": null', '"left_on_vm": "/etc"'))
        self.again(vm, dest)
        assert vm.commands == []

    def test_what_ansible_adds_to_a_result_is_not_recorded(self, vm, dest):
        vm.answer.update(warnings=[object()], invocation={"module_args": {}}, _ansible_parsed=True)
        assert len(self.again(vm, dest)["warnings"]) == 1
        assert "warnings" not in self.again(vm, dest)


class TestOwner:
    def test_the_connection_knows_who_logs_in(self, vm):
        collect(vm)
        assert vm.asked["owner"] == "deploy"
        assert vm.commands == []

    @pytest.mark.parametrize(("transport", "user"), [("ssh", None), ("local", "somebody")])
    def test_otherwise_the_vm_does(self, vm, transport, user):
        vm.transport = transport
        vm.options["remote_user"] = user
        collect(vm)
        assert vm.asked["owner"] == "login"
        assert vm.commands == [("id -un", False)]

    def test_or_nobody_does(self, vm):
        vm.options["remote_user"] = None
        vm.command_answer = {"rc": 1, "stdout": "", "stderr": ""}
        assert collect(vm)["phase"] == "prepare"
        assert vm.asked is None

    def test_without_become_there_is_one_user_only(self, vm):
        vm.become = None
        collect(vm)
        assert "owner" not in vm.asked

    def test_the_task_may_say(self, vm):
        collect(vm, owner="ops")
        assert vm.asked["owner"] == "ops"


class TestRefusal:
    def test_everything_is_named_and_the_vm_is_not_asked(self, vm):
        result = collect(vm, host="a/b", dest="relative", date_from="2026-02-30", log_types=["WEB"])
        assert result["failed"]
        assert result["phase"] == "refuse"
        assert [error["option"] for error in result["errors"]] == [
            "date_from",
            "log_types",
            "inventory_hostname",
            "dest",
        ]
        assert result["msg"].startswith("a/b: refuse: date_from is '2026-02-30', but must be")
        assert (vm.asked, vm.commands) == (None, [])

    def test_values_of_another_kind_and_options_that_do_not_exist(self, vm):
        result = collect(vm, timeout="soon", nonsense=1)
        assert result["phase"] == "refuse"
        assert "timeout" in result["msg"]
        assert "nonsense" in result["msg"]
        assert vm.asked is None

    def test_values_arrive_as_what_they_are(self, vm):
        collect(vm, timeout="60", log_types="AUDIT,ANALYSIS", compress="no")
        assert (vm.asked["timeout"], vm.asked["log_types"], vm.asked["compress"]) == (60, ["AUDIT", "ANALYSIS"], False)
        assert "dest" not in vm.asked


class TestFailureOnTheVm:
    def test_of_the_module(self, vm, dest):
        vm.answer = {"failed": True, "phase": "run", "msg": "run: it ended with status 3. Look."}
        result = collect(vm, dest=str(dest))
        assert (result["failed"], result["phase"]) == (True, "run")
        assert result["msg"] == "web1: run: it ended with status 3. Look."
        assert not dest.exists()

    def test_of_a_module_that_could_not_start(self, vm):
        vm.answer = {"failed": True, "msg": "Python 3.6 is too old."}
        result = collect(vm)
        assert (result["failed"], result["phase"]) == (True, "prepare")
        assert result["msg"] == "web1: prepare: Python 3.6 is too old. Nothing was kept."

    def test_of_the_connection(self, vm):
        vm.answer = AnsibleConnectionFailure("no route to host.")
        result = collect(vm)
        assert (result["unreachable"], result["failed"], result["phase"]) == (True, False, "prepare")
        assert result["msg"].startswith("web1: prepare: no route to host. Is the VM up")

    def test_of_become(self, vm):
        vm.answer = AnsibleError("Missing sudo password")
        result = collect(vm)
        assert (result["failed"], result["phase"]) == (True, "prepare")
        assert result["msg"].startswith("web1: prepare: Missing sudo password. ")
        assert "--ask-become-pass" in result["msg"]

    @pytest.mark.parametrize(
        "lie",
        [
            {"directory": "/"},
            {"directory": "/var/tmp"},
            {"directory": "/var/tmp/aqtive_guard_log_bundle.abcd1234/../../../etc"},
            {"directory": "/tmp/aqtive_guard_log_bundle.abcd1234"},
            {"directory": None},
            {"name": "../../x"},
            {"name": None},
            {"path": "/etc/shadow"},
            {"size": "many"},
            {"sha256": "x"},
        ],
    )
    def test_an_answer_that_makes_no_sense_is_not_acted_upon(self, vm, dest, lie):
        vm.answer.update(lie)
        result = collect(vm, dest=str(dest))
        assert (result["failed"], result["phase"]) == (True, "verify")
        assert (vm.fetched, vm.commands) == ([], [])


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self):
        return self.now

    time = monotonic

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def rule(self, monkeypatch):
        for module in (log_bundle, bundle_job, progress):
            monkeypatch.setattr(module, "time", self)


def slowly(clock, question, seconds=30):
    def ask(job):
        clock.now += seconds
        return question(job)

    return ask


class TestLongRuns:
    PENDING = {"changed": True, "pending": True, "made_so_far": 7}

    @pytest.fixture
    def clock(self, monkeypatch):
        clock = Clock()
        clock.rule(monkeypatch)
        return clock

    def test_a_quick_bundle_is_asked_for_once(self, vm, dest):
        collect(vm, dest=str(dest))
        assert vm.questions == [{"name": "abcd1234", "start": True, "wait": 3.0, "keep": False}]

    def test_a_slow_one_is_asked_after_until_it_is_there_and_the_result_is_the_same(self, vm, dest, clock):
        vm.earlier_answers = [self.PENDING] * 6
        result = collect(vm, dest=str(dest))
        assert result["dest"].startswith(str(dest))
        assert "pending" not in result
        assert [question["wait"] for question in vm.questions] == [3, 6, 12, 24, 30, 30, 30]
        assert [question["start"] for question in vm.questions] == [True] + [False] * 6
        assert len({question["name"] for question in vm.questions}) == 1
        assert clock.slept == []

    @pytest.mark.parametrize("lost", [AnsibleConnectionFailure("closed"), AnsibleError("timeout waiting for sudo")])
    def test_a_connection_that_drops_is_made_anew(self, vm, dest, clock, lost):
        vm.earlier_answers = [self.PENDING, lost, lost, lost, self.PENDING, lost]
        assert not collect(vm, dest=str(dest)).get("failed")
        assert clock.slept == [1, 2, 4, 1]
        assert vm.resets == 4

    def test_so_is_one_that_drops_before_the_vm_has_answered_but_only_once(self, vm, dest, clock):
        vm.earlier_answers = [AnsibleConnectionFailure("Shared connection closed.")]
        assert not collect(vm, dest=str(dest)).get("failed")
        # The VM may have started or not: it finds out by the name.
        assert [(each["name"], each["start"]) for each in vm.questions] == [("abcd1234", True)] * 2
        vm.earlier_answers = [AnsibleConnectionFailure("closed")] * 2
        assert collect(vm, dest=str(dest / "other"))["phase"] == "prepare"

    @pytest.mark.parametrize(
        "error", ["via ssh: ssh: connect to host web1 port 22: Connection timed out", "Permission denied"]
    )
    def test_a_vm_that_was_never_reached_is_not_asked_twice(self, vm, clock, error):
        vm.answer = AnsibleConnectionFailure(error)
        assert collect(vm)["unreachable"]
        assert (len(vm.questions), clock.slept) == (1, [])

    def test_a_vm_that_does_not_come_back_is_given_up_when_its_time_is_over(self, vm, dest, clock):
        vm.earlier_answers = [self.PENDING]
        vm.answer = AnsibleConnectionFailure("no route")
        result = collect(vm, dest=str(dest), timeout=100)
        assert (result["unreachable"], result["failed"], result["phase"]) == (True, False, "run")
        assert result["left_on_vm"] == DIRECTORY
        assert "no route" in result["msg"]
        assert 400 <= clock.now - 1000 <= 400 + 10

    def test_a_vm_that_answers_is_never_given_up(self, vm, dest, clock, monkeypatch):
        vm.earlier_answers = [self.PENDING] * 50
        monkeypatch.setattr(bundle_job.BundleJob, "question", slowly(clock, bundle_job.BundleJob.question))
        vm.earlier_answers.append(AnsibleConnectionFailure("lost"))
        assert not collect(vm, dest=str(dest), timeout=1).get("failed")

    def test_a_module_that_cannot_run_for_a_moment_is_asked_again(self, vm, dest, clock):
        vm.earlier_answers = [self.PENDING, {"failed": True, "msg": "MODULE FAILURE"}]
        assert not collect(vm, dest=str(dest)).get("failed")

    def test_a_failure_is_final_and_its_directory_is_removed(self, vm, dest, clock):
        vm.earlier_answers = [self.PENDING]
        vm.answer = {"failed": True, "phase": "run", "msg": "run: no.", "directory": DIRECTORY}
        result = collect(vm, dest=str(dest))
        assert (result["failed"], "directory" in result, is_removed(vm)) == (True, False, True)

    def test_or_it_is_told_that_it_could_not_be(self, vm, dest):
        vm.answer = {"failed": True, "phase": "run", "msg": "run: no.", "directory": DIRECTORY}
        vm.command_answer = {"rc": 1, "stdout": "", "stderr": "not permitted"}
        result = collect(vm, dest=str(dest))
        assert (result["left_on_vm"], "not permitted" in result["warnings"][0]) == (DIRECTORY, True)

    def test_a_bundle_that_stays_on_the_vm_is_not_waited_for_any_more(self, vm):
        collect(vm)
        assert vm.questions[0]["keep"]

    @pytest.mark.parametrize("given", ["", "-o ServerAliveInterval=5", "-o serveraliveinterval=5"])
    def test_ssh_notices_a_dead_connection_as_the_user_says_or_as_we_do(self, vm, given):
        vm.options.update(ssh_args=given, ssh_common_args=None, ssh_extra_args="-4")
        collect(vm)
        assert vm.options["ssh_extra_args"] == (
            "-4" if given else "-4 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
        )

    def test_other_connections_have_no_such_option(self, vm):
        vm.transport = "local"
        collect(vm)
        assert "ssh_extra_args" not in vm.options


class TestGoingOn:
    """A run that was killed while the VM made its bundle, and the one that finishes it."""

    @pytest.fixture
    def killed(self, vm, dest):
        vm.earlier_answers = [dict(TestLongRuns.PENDING), SystemExit(1)]
        with pytest.raises(SystemExit):
            collect(vm, dest=str(dest), log_types="AUDIT")
        assert os.listdir(dest) == [".job.json"]
        vm.questions.clear()

    @pytest.fixture(autouse=True)
    def other_names(self, monkeypatch):
        name = itertools.cycle("first111second22third333fourth44")
        monkeypatch.setattr(bundle_job.secrets, "choice", lambda alphabet: next(name))

    @pytest.mark.usefixtures("killed")
    def test_the_vm_is_asked_for_what_it_has_begun(self, vm, dest):
        result = collect(vm, dest=str(dest), log_types="AUDIT")
        assert result["dest"] == str(dest / "aqtive-guard-logs.log")
        assert [question["name"] for question in vm.questions] == ["first111"]
        assert sorted(os.listdir(dest)) == [".bundle.json", "aqtive-guard-logs.log"]

    @pytest.mark.usefixtures("killed")
    @pytest.mark.parametrize("other", [{"log_types": "ANALYSIS"}, {"log_types": "AUDIT", "directory": "/tmp"}])
    def test_but_not_for_something_else(self, vm, dest, other):
        vm.answer = {"failed": True, "phase": "run", "msg": "run: no."}
        collect(vm, dest=str(dest), **other)
        assert [question["name"] for question in vm.questions] == ["second22"]

    @pytest.mark.usefixtures("killed")
    def test_what_failed_meanwhile_is_begun_anew(self, vm, dest):
        vm.earlier_answers = [{"failed": True, "phase": "run", "msg": "run: it took too long.", "directory": DIRECTORY}]
        assert not collect(vm, dest=str(dest), log_types="AUDIT").get("failed")
        assert [question["name"] for question in vm.questions] == ["first111", "second22"]
        assert "rm -rf -- /var/tmp/aqtive_guard_log_bundle.first111" in vm.commands[0]

    @pytest.mark.usefixtures("killed")
    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "../../x", "asked": {}, "directory": "/var/tmp"}'])
    def test_what_cannot_be_read_is_none(self, vm, dest, text):
        (dest / ".job.json").write_text(text)
        collect(vm, dest=str(dest), log_types="AUDIT")
        assert [question["name"] for question in vm.questions] == ["second22"]

    def test_what_could_not_be_fetched_and_is_still_there_is_fetched_then(self, vm, dest):
        vm.troubles = [AnsibleConnectionFailure("lost")] * 2
        vm.command_answer = AnsibleConnectionFailure("still lost")
        assert collect(vm, dest=str(dest))["left_on_vm"]
        vm.command_answer = {"rc": 0, "stdout": "login", "stderr": ""}
        assert not collect(vm, dest=str(dest)).get("failed")
        assert {question["name"] for question in vm.questions} == {"first111"}

    @pytest.mark.parametrize("answer", [AnsibleError("no sudo"), {"failed": True, "phase": "run", "msg": "no"}])
    def test_after_a_failure_there_is_nothing_to_go_on_with(self, vm, dest, answer):
        vm.answer = answer
        collect(vm, dest=str(dest))
        assert not dest.exists()

    def test_a_bundle_that_is_meant_to_stay_on_the_vm_is_not_remembered(self, vm, monkeypatch):
        monkeypatch.setattr(log_bundle.bundle_store, "remember_job", lambda *dummy: pytest.fail("it was"))
        assert collect(vm)["path"]


class TestClock:
    @pytest.fixture
    def clock(self, monkeypatch, vm):
        clock = Clock()
        clock.rule(monkeypatch)
        return clock

    @pytest.mark.parametrize("ahead", [3600.0, 0.0, -3600.0])
    def test_it_is_told_how_far_the_vm_s_is_ahead_and_how_sure_that_is(self, vm, dest, clock, ahead):
        # Half a second there, three seconds of work, half a second back.
        vm.takes = [(clock, 0.5, 3.0, 0.5, ahead)]
        assert collect(vm, dest=str(dest))["clock"] == {"offset": ahead, "uncertainty": 0.5}

    def test_a_slow_way_makes_it_less_sure_and_never_wrong_by_more(self, vm, clock):
        vm.takes = [(clock, 9.0, 1.0, 1.0, 100.0)]
        told = collect(vm)["clock"]
        assert told["uncertainty"] == 5.0
        assert abs(told["offset"] - 100.0) <= told["uncertainty"]

    def test_the_surest_answer_counts(self, vm, clock):
        vm.earlier_answers = [dict(TestLongRuns.PENDING)] * 2
        vm.takes = [(clock, 9.0, 1.0, 1.0, 100.0), (clock, 0.25, 30.0, 0.25, 100.0), (clock, 2.0, 1.0, 0.0, 100.0)]
        assert collect(vm)["clock"] == {"offset": 100.0, "uncertainty": 0.25}

    def test_it_is_told_of_a_failure_too(self, vm, dest, clock):
        vm.takes = [(clock, 0.5, 3.0, 0.5, 7.0)]
        vm.troubles = [AnsibleConnectionFailure("lost")] * 2
        result = collect(vm, dest=str(dest))
        assert (result["phase"], result["clock"]["offset"]) == ("transfer", 7.0)
        vm.takes = [(clock, 0.5, 3.0, 0.5, 7.0)]
        vm.answer = {"failed": True, "phase": "run", "msg": "run: no."}
        assert collect(vm)["clock"]["offset"] == 7.0

    @pytest.mark.parametrize("moments", ["now", [1], ["a", "b"], None])
    def test_what_is_no_time_says_nothing(self, vm, moments):
        vm.answer["clock"] = moments
        assert "clock" not in collect(vm)


class TestProgress:
    @pytest.fixture
    def lines(self, vm):
        return vm.lines

    def test_each_phase_is_told_where_no_program_reads(self, vm, dest, lines):
        collect(vm, dest=str(dest))
        assert [line for line, dummy in lines[:2]] == ["web1: run: the VM makes its bundle", "web1: transfer: 4.9 KiB"]
        assert lines[2][0].startswith("web1: verify: 4.9 KiB arrived, ")
        assert {stderr for dummy, stderr in lines} == {True}
        lines.clear()
        collect(vm, dest=str(dest))
        assert [line for line, dummy in lines] == ["web1: here already: 4.9 KiB, verified, not asked for again"]

    def test_how_far_the_vm_is_is_told_now_and_then(self, vm, lines, monkeypatch):
        clock = Clock()
        clock.rule(monkeypatch)
        monkeypatch.setattr(bundle_job.BundleJob, "question", slowly(clock, bundle_job.BundleJob.question, 3))
        vm.earlier_answers = [dict(TestLongRuns.PENDING, made_so_far=1024 * n) for n in range(1, 6)]
        vm.earlier_answers += [AnsibleConnectionFailure("lost")] * 2 + [
            dict(TestLongRuns.PENDING, made_so_far="\x1b[2J")
        ]
        collect(vm)
        assert [line.removeprefix("web1: run: ") for line, dummy in lines[1:]] == [
            "2.0 KiB so far",
            "4.0 KiB so far",
            "the connection is lost, and is made anew",
        ]

    @pytest.mark.parametrize("quiet", [{"progress": False}, {"check_mode": True}])
    def test_or_nothing_is(self, vm, dest, lines, quiet):
        collect(vm, dest=str(dest), **quiet)
        assert lines == []


class TestFailureOnTheWay:
    @pytest.mark.parametrize("error", [AnsibleError("permission denied"), OSError(5, "Input/output error"), EOFError()])
    def test_the_transfer_fails(self, vm, dest, error):
        vm.troubles = [error, error]
        result = collect(vm, dest=str(dest))
        assert (result["failed"], result["phase"], result["changed"]) == (True, "transfer", False)
        assert result["msg"].startswith("web1: transfer: ")
        assert not dest.exists()
        assert is_removed(vm)

    def test_the_connection_is_lost(self, vm, dest):
        vm.troubles = [AnsibleConnectionFailure("lost")] * 2
        result = collect(vm, dest=str(dest))
        assert (result["unreachable"], result["failed"], result["phase"]) == (True, False, "transfer")
        assert not dest.exists()

    def test_something_else_arrives(self, vm, dest):
        vm.arrives = b"L" + DATA[1:]
        result = collect(vm, dest=str(dest))
        assert (result["phase"], dest.exists(), is_removed(vm)) == ("verify", False, True)

    def test_another_file_is_there(self, vm, dest):
        dest.mkdir(parents=True)
        (dest / "aqtive-guard-logs.log").write_text("older")
        result = collect(vm, dest=str(dest))
        assert (result["phase"], is_removed(vm)) == ("store", True)
        assert os.listdir(dest) == ["aqtive-guard-logs.log"]
        assert (dest / "aqtive-guard-logs.log").read_text() == "older"

    def test_the_destination_cannot_be_used(self, vm, tmp_path):
        (tmp_path / "file").touch()
        result = collect(vm, dest=str(tmp_path / "file"))
        assert (result["phase"], vm.fetched, vm.asked) == ("store", [], None)

    @pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(1)])
    def test_the_run_is_cut(self, vm, dest, end):
        vm.troubles = [end]
        with pytest.raises(type(end)):
            collect(vm, dest=str(dest))
        assert (os.listdir(dest), is_removed(vm)) == ([".job.json"], True)


class TestCleaning:
    @pytest.mark.parametrize(
        "answer", [{"rc": 1, "stdout": "", "stderr": "rm: not permitted"}, AnsibleConnectionFailure("not permitted")]
    )
    def test_a_bundle_that_stays_on_the_vm_is_a_failure_though_it_is_here(self, vm, dest, answer):
        vm.command_answer = answer
        result = collect(vm, dest=str(dest))
        assert (result["failed"], result["phase"], result["left_on_vm"]) == (True, "clean", DIRECTORY)
        assert "not permitted" in result["warnings"][0]
        assert (dest / "aqtive-guard-logs.log").is_file()
        assert result["dest"] == str(dest / "aqtive-guard-logs.log")

    def test_the_first_failure_counts_and_the_dirt_is_told(self, vm, dest):
        vm.troubles = [AnsibleConnectionFailure("lost")] * 2
        vm.command_answer = AnsibleConnectionFailure("still lost")
        result = collect(vm, dest=str(dest))
        assert (result["unreachable"], result["phase"], result["left_on_vm"]) == (True, "transfer", DIRECTORY)
        assert result["msg"].startswith("web1: transfer: lost. Is the VM up, does its connection work")

    def test_a_lost_connection_does_not_replace_the_result_when_ansible_tidies_up(self, vm, monkeypatch):
        def lose(*dummy, **more):
            raise AnsibleConnectionFailure("still lost")

        action = action_for(vm)
        monkeypatch.setattr(action, "_remove_tmp_path", lose)
        action.cleanup()

    def test_a_full_disk_of_the_controller_is_no_fault_of_the_vm(self, vm, dest):
        vm.troubles = [AnsibleError('scp: write local "x": No space left on device')] * 2
        result = collect(vm, dest=str(dest))
        assert (result["failed"], result["phase"]) == (True, "transfer")
        assert "Make room, or give another dest" in result["msg"]


class TestLimits:
    def test_the_controller_has_too_little_room_and_the_vm_is_not_asked(self, vm, dest):
        result = collect(vm, dest=str(dest), minimum_free_dest=1 << 40)
        assert (result["failed"], result["phase"], vm.asked, dest.exists()) == (True, "store", None, False)
        assert "(minimum_free_dest)" in result["msg"]

    def test_or_too_little_for_this_bundle_and_it_does_not_travel(self, vm, dest):
        vm.answer["size"] = 1 << 60
        result = collect(vm, dest=str(dest))
        assert (result["phase"], vm.fetched, is_removed(vm)) == ("store", [], True)

    def test_the_bandwidth_is_for_both_methods_and_adds_to_what_the_user_gave(self, vm, dest):
        vm.options.update(sftp_extra_args="-B 1", scp_extra_args="")
        assert not collect(vm, dest=str(dest), bandwidth=800).get("failed")
        assert (vm.options["sftp_extra_args"], vm.options["scp_extra_args"]) == ("-B 1 -l 800", "-l 800")

    def test_without_a_limit_nothing_is_set(self, vm, dest):
        vm.options.update(sftp_extra_args="-B 1")
        collect(vm, dest=str(dest))
        assert vm.options["sftp_extra_args"] == "-B 1"

    @pytest.mark.parametrize(("transport", "method"), [("local", "smart"), ("paramiko", "smart"), ("ssh", "piped")])
    def test_a_limit_that_nothing_would_keep_is_refused(self, vm, dest, transport, method):
        vm.transport = transport
        vm.options["ssh_transfer_method"] = method
        result = collect(vm, dest=str(dest), bandwidth=800)
        assert (result["phase"], vm.asked) == ("refuse", None)
        assert [error["option"] for error in result["errors"]] == ["bandwidth"]


class TestTransferMethods:
    def test_scp_follows_sftp_and_nothing_follows_scp(self, vm, dest):
        vm.troubles = [AnsibleError("no sftp")]
        assert not collect(vm, dest=str(dest)).get("failed")
        assert [method for *dummy, method in vm.fetched] == ["sftp", "scp"]

        vm.fetched.clear()
        vm.options["ssh_transfer_method"] = "smart"
        vm.troubles = [AnsibleError("no")] * 2
        assert collect(vm, dest=str(dest / "other"))["phase"] == "transfer"
        assert [method for *dummy, method in vm.fetched] == ["sftp", "scp"]

    def test_core_2_16_has_an_older_option_besides(self, vm, dest):
        vm.options.update(ssh_transfer_method=None, scp_if_ssh="smart")
        collect(vm, dest=str(dest))
        assert [method for *dummy, method in vm.fetched] == ["sftp"]

    @pytest.mark.parametrize("chosen", ["piped", "scp", "sftp"])
    def test_a_choice_of_the_user_is_kept(self, vm, dest, chosen):
        vm.options["ssh_transfer_method"] = chosen
        collect(vm, dest=str(dest))
        assert [method for *dummy, method in vm.fetched] == [chosen]

    def test_other_connections_are_left_alone(self, vm, dest):
        del vm.options["ssh_transfer_method"]
        assert not collect(vm, dest=str(dest)).get("failed")
        assert [method for *dummy, method in vm.fetched] == [None]
