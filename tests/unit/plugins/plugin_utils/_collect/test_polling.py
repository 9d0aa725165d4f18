# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, error
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import polling, progress
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.polling import Clock, Job, Poller
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.progress import Progress

JOB = Job("/var/tmp", "abcd1234")
DONE = {"changed": True, "name": "logs"}
PENDING = {"changed": True, "pending": True, "bytes_written": 7}
LOST = AnsibleConnectionFailure("Shared connection closed.")
SEE_DETAILS = "Run the playbook with -vvv to see the details"
JOB_ERRORS = [error("run", "cs", "exited with status 3", "Run it")]


class Time:
    """Time that passes only in sleeps and in answers of the VM."""

    def __init__(self):
        self.now = 1000.0
        self.sleeps: list[float] = []

    def monotonic(self):
        return self.now

    time = monotonic

    def sleep(self, seconds):
        self.sleeps.append(seconds)
        self.now += seconds


@pytest.fixture
def time(monkeypatch):
    time = Time()
    for module in (polling, progress):
        monkeypatch.setattr(module, "time", time)
    return time


class Vm:
    """Return one result after the other, each after some seconds, a pending one after the requested wait or at once."""

    def __init__(self, time, results, seconds=0.0, waits=True):
        self.time, self.results, self.seconds, self.waits = time, results, seconds, waits
        self.polls: list[dict[str, object]] = []
        self.resets = 0
        self.lines: list[str] = []
        self.clock = Clock()

    def run_module(self, poll):
        self.polls.append(poll)
        self.time.now += self.seconds
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        if isinstance(result, Exception):
            raise result
        if result.get("pending") and self.waits:
            self.time.now += max(0.0, poll["wait"] - self.seconds)
        return dict(result)

    def reset(self):
        self.resets += 1
        raise AnsibleError("cannot be reset")

    def poll(self, timeout=100, keep=False):
        progress = Progress("web1", self.lines.append)
        return Poller(JOB, timeout, keep, progress, self.clock, self.run_module, self.reset).result()


class TestJob:
    def test_has_a_random_name_and_a_directory_that_the_cleanup_recognizes(self):
        first, second = Job.create("/var/tmp"), Job.create("/var/tmp")
        assert first.name != second.name
        assert re.fullmatch("[a-z0-9]{8}", first.name)
        assert first.directory == f"/var/tmp/aqtive_guard_log_bundle.{first.name}"

    @pytest.mark.parametrize("parent", ["/", "/tmp", "/a.b/c"])
    def test_is_restored_from_its_directory(self, parent):
        job = Job(parent, "abcd1234")
        assert Job.of_directory(job.directory) == job


class TestPolling:
    @pytest.mark.parametrize("keep", [False, True])
    def test_a_quick_bundle_needs_one_poll(self, time, keep):
        vm = Vm(time, [DONE])
        assert vm.poll(keep=keep) == DONE
        assert vm.polls == [{"name": "abcd1234", "start": True, "wait": 3.0, "keep": keep}]

    def test_a_slow_bundle_is_polled_at_growing_intervals(self, time):
        vm = Vm(time, [PENDING] * 6 + [DONE])
        assert vm.poll() == DONE
        assert [poll["wait"] for poll in vm.polls] == [3, 6, 12, 24, 30, 30, 30]
        assert [poll["start"] for poll in vm.polls] == [True] + [False] * 6
        assert {poll["name"] for poll in vm.polls} == {"abcd1234"}
        assert time.sleeps == []

    def test_a_vm_that_does_not_wait_is_not_polled_without_a_pause(self, time):
        vm = Vm(time, [PENDING] * 3 + [DONE], seconds=1, waits=False)
        assert vm.poll() == DONE
        assert time.sleeps == [2, 5, 11]

    def test_a_pause_may_be_shorter_than_a_second(self, time):
        assert Vm(time, [PENDING, DONE], seconds=2.5, waits=False).poll() == DONE
        assert time.sleeps == [0.5]

    def test_a_job_that_has_not_ended_at_the_deadline_itself_is_given_up(self, time):
        vm = Vm(time, [PENDING], seconds=100, waits=False)
        with pytest.raises(Failure, match="has not ended long after its timeout"):
            vm.poll(timeout=0)
        assert len(vm.polls) == 3

    def test_a_vm_that_never_ends_the_job_is_given_up_at_the_deadline(self, time):
        vm = Vm(time, [PENDING])
        with pytest.raises(Failure) as caught:
            vm.poll(timeout=100)
        assert caught.value.details == {"directory": JOB.directory}
        assert caught.value.errors == [
            error(
                "run",
                "the job on the VM",
                "has not ended long after its timeout, although the VM answers",
                "Check the VM's load and whether it can be trusted; raise the timeout for a large bundle",
            )
        ]
        # The timeout, as long again to read the bundle, 300 seconds to reconnect, and the last poll.
        assert 500 <= time.now - 1000 <= 500 + 30

    def test_bytes_are_shown_every_few_seconds(self, time):
        results = [{**PENDING, "bytes_written": 1024 * number} for number in range(1, 6)]
        vm = Vm(time, [*results, {**PENDING, "bytes_written": None}, DONE], seconds=3, waits=False)
        vm.poll()
        assert vm.lines == [f"web1: run: {number}.0 KiB written" for number in (1, 3, 4, 5)]


class TestFailedJob:
    def test_its_errors_and_details_are_raised(self, time):
        result = {"failed": True, "changed": False, "msg": "x", "errors": JOB_ERRORS, "rc": 3}
        with pytest.raises(Failure) as caught:
            Vm(time, [result]).poll()
        assert (caught.value.errors, caught.value.details) == (JOB_ERRORS, {"rc": 3})

    def test_a_job_that_fails_after_a_while_is_not_polled_again(self, time):
        vm = Vm(time, [PENDING, {"failed": True, "errors": JOB_ERRORS, "clock": [1, 2]}])
        with pytest.raises(Failure, match="exited with status 3"):
            vm.poll()
        assert (len(vm.polls), time.sleeps) == (2, [])


class TestLostConnection:
    @pytest.mark.parametrize(
        "lost", [LOST, AnsibleError("timeout waiting for sudo"), {"failed": True, "msg": "x", "errors": JOB_ERRORS}]
    )
    def test_a_started_job_is_polled_until_the_vm_answers_again(self, time, lost):
        vm = Vm(time, [PENDING, lost, lost, lost, PENDING, lost, DONE])
        assert vm.poll() == DONE
        assert time.sleeps == [1, 2, 4, 1]
        assert vm.resets == 4
        assert [poll["wait"] for poll in vm.polls] == [3, 6, 3, 3, 3, 6, 3]

    def test_pauses_grow_to_ten_seconds(self, time):
        Vm(time, [PENDING, *[LOST] * 6, DONE]).poll()
        assert time.sleeps == [1, 2, 4, 8, 10, 10]

    def test_it_is_shown(self, time):
        vm = Vm(time, [PENDING, LOST, DONE], seconds=6)
        vm.poll()
        assert vm.lines[1:] == ["web1: run: the connection was lost, reconnecting"]

    def test_a_poll_without_an_answer_is_repeated_once(self, time):
        vm = Vm(time, [LOST, DONE])
        assert vm.poll() == DONE
        # The VM may have started the job or not: it finds it by its name.
        assert [poll["start"] for poll in vm.polls] == [True, True]
        vm = Vm(time, [LOST])
        with pytest.raises(AnsibleConnectionFailure):
            vm.poll()
        assert len(vm.polls) == 2

    @pytest.mark.parametrize(
        "exception",
        [
            AnsibleConnectionFailure("via ssh: ssh: connect to host web1 port 22: Connection timed out"),
            AnsibleConnectionFailure("Could not resolve hostname web1"),
            AnsibleConnectionFailure("Permission denied (publickey)"),
            AnsibleConnectionFailure("Host key verification failed."),
            AnsibleError("sudo: a password is required"),
        ],
    )
    def test_a_vm_that_was_never_reached_is_polled_once(self, time, exception):
        vm = Vm(time, [exception])
        with pytest.raises(type(exception)):
            vm.poll()
        assert (len(vm.polls), time.sleeps) == (1, [])

    def test_a_failure_before_the_start_is_not_repeated(self, time):
        vm = Vm(time, [{"failed": True, "msg": "x", "errors": JOB_ERRORS}])
        with pytest.raises(Failure):
            vm.poll()
        assert len(vm.polls) == 1

    def test_a_vm_that_does_not_return_is_unreachable_after_the_deadline(self, time):
        vm = Vm(time, [PENDING, AnsibleConnectionFailure("no route")])
        with pytest.raises(Failure) as caught:
            vm.poll(timeout=100)
        cause = "was lost, and was not restored before the deadline: no route"
        remedy = "Check that the VM is up; a later run removes what this one left there"
        assert caught.value.errors == [error("run", "connection", cause, remedy)]
        assert caught.value.details == {"unreachable": True, "leftover": JOB.directory}
        assert caught.value.errors[0]["phase"] == "run"
        assert 500 <= time.now - 1000 <= 500 + 10

    def test_the_deadline_itself_is_too_late(self, time):
        vm = Vm(time, [PENDING, LOST], seconds=149.5)
        with pytest.raises(Failure):
            # 300 seconds, of which the three polls and the pause after the first loss take 448.5 and 1.
            vm.poll(timeout=0)
        assert (len(vm.polls), time.sleeps) == (3, [1])

    def test_an_answer_does_not_move_the_deadline(self, time):
        vm = Vm(time, [*[PENDING] * 9, LOST, LOST, DONE], seconds=30)
        assert vm.poll(timeout=100) == DONE
        vm = Vm(time, [*[PENDING] * 16, LOST, LOST, DONE], seconds=30)
        with pytest.raises(Failure, match="was lost, and was not restored before the deadline"):
            vm.poll(timeout=100)


class TestClock:
    def measured(self, *measurements):
        clock = Clock()
        for there, work, back, ahead in measurements:
            received = 1000.0 + there + ahead
            assert clock.measure(1000.0, [received, received + work], 1000.0 + there + work + back)
        return clock.difference

    @pytest.mark.parametrize("ahead", [3600.0, 0.0, -3600.0])
    def test_has_the_offset_and_its_uncertainty(self, ahead):
        assert self.measured((0.5, 3.0, 0.5, ahead)) == {"offset": ahead, "uncertainty": 0.5 + 0.0}

    def test_a_one_sided_delay_is_within_the_uncertainty(self):
        difference = self.measured((9.0, 1.0, 1.0, 100.0))
        assert difference == {"offset": 104.0, "uncertainty": 5.0}

    def test_the_most_certain_measurement_is_used(self):
        assert self.measured((9.0, 1.0, 1.0, 100.0), (0.25, 30.0, 0.25, 100.0), (2.0, 1.0, 0.0, 100.0)) == {
            "offset": 100.0,
            "uncertainty": 0.25,
        }

    @pytest.mark.parametrize("times", ["now", [1], [1, 2, 3], None, (1, 2)])
    def test_invalid_times_are_not_used(self, times):
        clock = Clock()
        assert clock.measure(1.0, times, 2.0) is False
        assert clock.difference is None

    def test_values_are_rounded_to_milliseconds(self):
        clock = Clock()
        clock.measure(0.0, [0.1, 0.1], 0.24691)
        assert clock.difference == {"offset": -0.023, "uncertainty": 0.123}

    def test_is_returned_with_the_result(self, time):
        vm = Vm(time, [{**PENDING, "clock": [1000.0, 1000.0]}, DONE], waits=False)
        assert vm.poll() == {**DONE, "clock": {"offset": 0.0, "uncertainty": 0.0}}
        assert vm.clock.difference == {"offset": 0.0, "uncertainty": 0.0}


class TestConnectionFailures:
    @pytest.mark.parametrize(
        ("exception", "become_remedy", "subject", "cause", "remedy", "details"),
        [
            (
                AnsibleConnectionFailure("no\nroute."),
                "sudo",
                "connection",
                "failed: no route",
                "Check that the VM is up and its connection works; a later run removes what an interrupted one left there",
                {"unreachable": True},
            ),
            (AnsibleError("no sudo"), "Use sudo", "log_bundle", "could not run on the VM: no sudo", "Use sudo", {}),
            (AnsibleError("x"), None, "log_bundle", "could not run on the VM: x", SEE_DETAILS, {}),
        ],
    )
    def test_become_failures_of_the_phase_prepare(self, exception, become_remedy, subject, cause, remedy, details):
        with pytest.raises(Failure) as caught, polling.connection_failures(become_remedy):
            raise exception
        (only,) = caught.value.errors
        assert only == error("prepare", subject, cause, remedy)
        assert caught.value.details == details
