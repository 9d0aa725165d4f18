# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second VM does not start with the new settings: it is rolled back, the roll-out stops, and a run after the repair resumes it."""

from typing import NamedTuple

import pytest


class Outcome(NamedTuple):
    settings: dict
    before: dict
    after: dict
    status: int
    message: str
    servers: dict
    traffic: object


@pytest.fixture(scope="module")
def failed_run(vms, load_balancer, start_roll_out, states, unused_settings):
    before = states()
    settings = unused_settings(before)
    vms["web2"].misbehave("refuse_change")
    with load_balancer.traffic() as records, start_roll_out(settings) as run:
        status = run.finish()
    return Outcome(settings, before, states(), status, run.message, load_balancer.servers(), records[0])


@pytest.fixture(scope="module")
def repaired_run(failed_run, vms, load_balancer, start_roll_out, states):
    """The same roll-out after the cause has been fixed."""
    vms["web2"].misbehave("none")
    with load_balancer.traffic() as records, start_roll_out(failed_run.settings) as run:
        status = run.finish()
    return Outcome(
        failed_run.settings, failed_run.after, states(), status, run.message, load_balancer.servers(), records[0]
    )


def test_roll_out_fails(failed_run):
    assert failed_run.status != 0


def test_first_vm_keeps_the_new_settings(failed_run, vms):
    assert failed_run.after["web1"].config == vms["web1"].with_settings(failed_run.settings)
    assert failed_run.after["web1"].active


def test_second_vm_runs_with_its_old_file(failed_run):
    after, before = failed_run.after["web2"], failed_run.before["web2"]
    assert after.config == before.config
    assert after.attributes == before.attributes
    assert after.active
    assert after.invocation != before.invocation
    assert not after.pending
    assert after.unexpected_files == []


def test_third_vm_is_unchanged(failed_run):
    assert failed_run.after["web3"] == failed_run.before["web3"]


def test_all_vms_are_in_service(failed_run):
    assert {name: state.split()[0] for name, state in failed_run.servers.items()} == {
        "web1": "UP",
        "web2": "UP",
        "web3": "UP",
    }


def test_message_names_vm_cause_and_remedy(failed_run):
    assert "web2 was rolled back: its old configuration file is in place again" in failed_run.message
    assert "(misbehaviour: refuse_change)" in failed_run.message
    assert "The roll-out stops here. Fix the cause on web2, then run the playbook again" in failed_run.message


def test_no_request_fails(failed_run):
    assert failed_run.traffic.out_of_service == [[], ["web1"], [], ["web2"], []]
    assert failed_run.traffic.failed == []


def test_after_the_repair_the_same_run_completes_the_roll_out(repaired_run, vms):
    assert repaired_run.status == 0, repaired_run.message
    assert {name: state.config for name, state in repaired_run.after.items()} == {
        name: vm.with_settings(repaired_run.settings) for name, vm in vms.items()
    }


def test_after_the_repair_the_first_vm_is_not_changed_again(repaired_run):
    assert repaired_run.after["web1"] == repaired_run.before["web1"]
    assert {name: repaired_run.after[name].starts - repaired_run.before[name].starts for name in ("web2", "web3")} == {
        "web2": 1,
        "web3": 1,
    }


def test_no_request_fails_after_the_repair(repaired_run):
    assert repaired_run.traffic.out_of_service == [[], ["web2"], [], ["web3"], []]
    assert repaired_run.traffic.failed == []
