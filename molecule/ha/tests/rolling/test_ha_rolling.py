# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rolling change under traffic: with the hooks nobody notices it; without them, a restart costs requests."""

from typing import NamedTuple

import pytest


class Story(NamedTuple):
    settings: dict
    before: dict
    after: dict
    status: int
    output: str
    traffic: object


@pytest.fixture(scope="module")
def story(load_balancer, start_roll_out, states, unused_settings):
    before = states()
    settings = unused_settings(before)
    with load_balancer.traffic() as seen, start_roll_out(settings) as run:
        status = run.finish()
    return Story(settings, before, states(), status, run.output, seen[0])


def test_the_roll_out_succeeds(story):
    assert story.status == 0, story.output


def test_every_vm_has_the_new_settings_and_nothing_else_has_changed(story, vms):
    for name, vm in vms.items():
        assert story.after[name].config == vm.with_settings(story.settings)
        assert story.after[name].attributes == story.before[name].attributes
        assert not story.after[name].pending
        assert story.after[name].unexpected_files == []


def test_each_vm_was_restarted_once(story):
    assert {name: story.after[name].starts - before.starts for name, before in story.before.items()} == {
        "web1": 1,
        "web2": 1,
        "web3": 1,
    }
    assert all(state.active for state in story.after.values())


def test_one_vm_after_the_other_was_out_of_service_and_never_two(story):
    assert story.traffic.out_of_service == [[], ["web1"], [], ["web2"], [], ["web3"], []]


def test_not_one_request_failed(story):
    assert story.traffic.failed == []


def test_there_was_traffic_on_every_vm_before_its_restart_and_after_it(story):
    assert story.traffic.requests > 300
    assert story.traffic.uploads > 30
    assert {name: len(processes) for name, processes in story.traffic.answers.items()} == {
        "web1": 2,
        "web2": 2,
        "web3": 2,
    }


def test_without_the_hooks_the_same_client_does_notice_a_restart(vms, load_balancer):
    """Else that no request failed would prove nothing."""
    with load_balancer.traffic() as seen:
        vms["web2"].run("sudo cs restart")
    assert seen[0].failed != []
    assert len(seen[0].answers["web2"]) == 2
