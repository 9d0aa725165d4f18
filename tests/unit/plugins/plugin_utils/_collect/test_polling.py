# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import bundle_job
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.bundle_job import BundleJob

OPTIONS = {"directory": "/var/tmp/", "timeout": 100, "dest": "/srv/web1"}


def make(**options):
    return BundleJob({**OPTIONS, **options})


@pytest.fixture
def now(monkeypatch):
    moment = [1000.0]
    monkeypatch.setattr(bundle_job.time, "monotonic", lambda: moment[0])
    return moment


def test_its_name_is_its_own_and_its_directory_is_one_that_is_cleaned_up():
    first, second = make(), make()
    assert first.name != second.name
    assert first.directory == f"/var/tmp/aqtive_guard_log_bundle.{first.name}"
    assert BundleJob(OPTIONS, "abcd1234").directory == "/var/tmp/aqtive_guard_log_bundle.abcd1234"


def test_the_bundle_stays_on_the_vm_only_where_nobody_fetches_it():
    assert not make().question()["keep"]
    assert make(dest=None).question()["keep"]


def test_it_is_started_until_the_vm_has_answered_and_then_asked_after_for_longer_and_longer():
    job = make()
    questions = [job.question() for dummy in range(2)]
    job.was_heard_of()
    questions += [job.question() for dummy in range(4)]
    assert [question["start"] for question in questions] == [True, True, False, False, False, False]
    assert [question["wait"] for question in questions] == [3, 6, 12, 24, 30, 30]
    assert {question["name"] for question in questions} == {job.name}


def test_a_vm_that_answers_gets_more_time_but_never_less(now):
    job = make()
    assert job.deadline == 1000 + 100 + 300
    job.was_heard_of()
    assert job.deadline == 1400
    now[0] = 1390.0
    job.was_heard_of()
    assert job.deadline == 1690


LOST = AnsibleConnectionFailure("Shared connection closed.")


class TestLostConnection:
    def test_before_an_answer_it_is_asked_once_more(self):
        job = make()
        assert [job.may_ask_again(LOST) for dummy in range(2)] == [True, False]

    @pytest.mark.parametrize(
        "error",
        [
            AnsibleConnectionFailure("ssh: connect to host web1 port 22: Connection timed out"),
            AnsibleConnectionFailure("Host key verification failed."),
            AnsibleError("sudo: a password is required"),
        ],
    )
    def test_but_not_where_the_vm_was_never_reached_or_has_refused(self, error):
        assert not make().may_ask_again(error)

    def test_after_an_answer_it_is_asked_always_with_pauses_that_grow_to_ten_seconds(self):
        job = make()
        job.was_heard_of()
        pauses = []
        for dummy in range(6):
            assert job.may_ask_again(LOST)
            pauses.append(job.pause())
        assert pauses == [1, 2, 4, 8, 10, 10]
        assert job.question()["wait"] == 3
        job.was_heard_of()
        assert job.may_ask_again(LOST)
        assert job.pause() == 1
