# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rolling change under traffic: with the hooks no request fails; without them, a restart makes requests fail."""

from typing import NamedTuple

import pytest


class Outcome(NamedTuple):
    settings: dict
    before: dict
    after: dict
    status: int
    output: str
    traffic: object


@pytest.fixture(scope="module")
def outcome(load_balancer, start_roll_out, states, unused_settings):
    before = states()
    settings = unused_settings(before)
    with load_balancer.traffic() as records, start_roll_out(settings) as run:
        status = run.finish()
    return Outcome(settings, before, states(), status, run.output, records[0])


def test_roll_out_succeeds(outcome):
    assert outcome.status == 0, outcome.output


def test_every_vm_has_the_new_settings_and_no_other_change(outcome, vms):
    for name, vm in vms.items():
        assert outcome.after[name].config == vm.with_settings(outcome.settings)
        assert outcome.after[name].attributes == outcome.before[name].attributes
        assert not outcome.after[name].pending
        assert outcome.after[name].unexpected_files == []


def test_each_vm_is_restarted_once(outcome):
    assert {name: outcome.after[name].starts - before.starts for name, before in outcome.before.items()} == {
        "web1": 1,
        "web2": 1,
        "web3": 1,
    }
    assert all(state.active for state in outcome.after.values())


def test_one_vm_at_a_time_is_out_of_service(outcome):
    assert outcome.traffic.out_of_service == [[], ["web1"], [], ["web2"], [], ["web3"], []]


def test_no_request_fails(outcome):
    assert outcome.traffic.failed == []


def test_every_vm_serves_requests_before_and_after_its_restart(outcome):
    assert outcome.traffic.requests > 300
    assert outcome.traffic.uploads > 30
    assert {name: len(processes) for name, processes in outcome.traffic.responses.items()} == {
        "web1": 2,
        "web2": 2,
        "web3": 2,
    }


def test_without_the_hooks_a_restart_makes_requests_fail(vms, load_balancer):
    """So the client does detect failures."""
    with load_balancer.traffic() as records:
        vms["web2"].run("sudo cs restart")
    assert records[0].failed != []
    assert len(records[0].responses["web2"]) == 2
