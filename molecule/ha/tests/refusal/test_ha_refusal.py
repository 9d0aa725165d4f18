# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second VM refuses to run with the new settings: it goes back, the roll-out stops, and a run after the repair finishes it."""

from typing import NamedTuple

import pytest


class Story(NamedTuple):
    settings: dict
    before: dict
    after: dict
    status: int
    message: str
    servers: dict
    traffic: object


@pytest.fixture(scope="module")
def refusal(vms, load_balancer, start_roll_out, states, unused_settings):
    before = states()
    settings = unused_settings(before)
    vms["web2"].misbehave("refuse_change")
    with load_balancer.traffic() as seen, start_roll_out(settings) as run:
        status = run.finish()
    return Story(settings, before, states(), status, run.message, load_balancer.servers(), seen[0])


@pytest.fixture(scope="module")
def repair(refusal, vms, load_balancer, start_roll_out, states):
    """The same roll-out once more, after the cause was mended."""
    vms["web2"].misbehave("none")
    with load_balancer.traffic() as seen, start_roll_out(refusal.settings) as run:
        status = run.finish()
    return Story(refusal.settings, refusal.after, states(), status, run.message, load_balancer.servers(), seen[0])


def test_the_roll_out_fails(refusal):
    assert refusal.status != 0


def test_the_first_vm_has_the_new_settings(refusal, vms):
    assert refusal.after["web1"].config == vms["web1"].with_settings(refusal.settings)
    assert refusal.after["web1"].active


def test_the_second_vm_runs_with_its_old_file(refusal):
    after, before = refusal.after["web2"], refusal.before["web2"]
    assert after.config == before.config
    assert after.attributes == before.attributes
    assert after.active
    assert after.invocation != before.invocation
    assert not after.pending
    assert after.unexpected_files == []


def test_the_third_vm_was_not_touched(refusal):
    assert refusal.after["web3"] == refusal.before["web3"]


def test_all_vms_are_in_service(refusal):
    assert {name: state.split()[0] for name, state in refusal.servers.items()} == {
        "web1": "UP",
        "web2": "UP",
        "web3": "UP",
    }


def test_the_message_names_the_vm_the_cause_and_what_to_do(refusal):
    assert "web2 was rolled back: its old configuration file is in place again" in refusal.message
    assert "the stand-in was told to refuse any change of its logging settings" in refusal.message
    assert "The roll-out stops here. Mend the cause on web2, then run the playbook again" in refusal.message


def test_nobody_noticed(refusal):
    assert refusal.traffic.out_of_service == [[], ["web1"], [], ["web2"], []]
    assert refusal.traffic.failed == []


def test_after_the_repair_the_same_run_finishes_the_roll_out(repair, vms):
    assert repair.status == 0, repair.message
    assert {name: state.config for name, state in repair.after.items()} == {
        name: vm.with_settings(repair.settings) for name, vm in vms.items()
    }


def test_it_leaves_the_first_vm_alone(repair):
    assert repair.after["web1"] == repair.before["web1"]
    assert {name: repair.after[name].starts - repair.before[name].starts for name in ("web2", "web3")} == {
        "web2": 1,
        "web3": 1,
    }


def test_nobody_noticed_that_either(repair):
    assert repair.traffic.out_of_service == [[], ["web2"], [], ["web3"], []]
    assert repair.traffic.failed == []
