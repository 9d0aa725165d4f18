# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The drain and undrain hooks run once each, around the change, as files/record-state.sh has recorded it."""

from typing import NamedTuple

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]


CHANGES: list[tuple[float, float]] = []
"""Times of drain and undrain on the VMs that have been tested already."""


class State(NamedTuple):
    time: str
    hook: str
    umask: str
    user: str
    blocks: str
    invocation: str


@pytest.fixture(scope="module")
def states(read):
    return [State(*line.split()) for line in read("/srv/states").decode().splitlines()]


def test_vm_is_drained_before_its_only_change_and_undrained_after_the_restart(host, unit, states):
    """So neither the check run nor the second run has called the hooks."""
    assert [(state.hook, state.blocks) for state in states] == [("drain", "0"), ("undrain", "1")]
    before, after = (state.invocation for state in states)
    assert before != after == host.check_output("systemctl show --property=InvocationID --value %s", unit)


def test_vms_of_a_batch_are_changed_at_the_same_time(states):
    """The clocks of the VMs were still those of the controller."""
    change = (float(states[0].time), float(states[-1].time))
    assert all(start < change[1] and change[0] < end for start, end in CHANGES)
    CHANGES.append(change)


def test_hooks_run_with_the_umask_of_the_login_user(states):
    assert {(state.user, state.umask) for state in states} == {("limited", "0077")}
