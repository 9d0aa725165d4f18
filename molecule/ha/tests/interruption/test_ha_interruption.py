# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller is killed during a change: the VM's file is complete at every moment, and the next run converges.

The points are distributed over the VMs, which work in parallel: one after the other takes too long without KVM.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

OLD, NEW = "old", "new"
TASK = "a task starts"
FILE = "the module is suspended while it creates or renames this file"
RESTART = "the product has stopped"


class Point(NamedTuple):
    """When the controller is killed, and which file the VM may have then."""

    moment: str
    name: str
    allowed: set
    rolls_back: bool = False


POINTS = [
    Point(TASK, "Drain the VM, and wait until it has no sessions", {OLD}),
    Point(TASK, "Write the settings", {OLD, NEW}),
    Point(FILE, "config.*~", {OLD}),
    Point(FILE, "config.aqtive_guard-pending", {OLD}),
    Point(FILE, "config", {NEW}),
    Point(TASK, "Restart AQtive Guard", {NEW}),
    Point(RESTART, "cs restart", {NEW}),
    Point(TASK, "Remove the link of the pending change", {NEW}),
    Point(TASK, "Restore the old configuration file", {OLD, NEW}, rolls_back=True),
    Point(FILE, "config.aqtive_guard-old", {NEW}, rolls_back=True),
    Point(TASK, "Restart with the old settings", {OLD}, rolls_back=True),
]


def check_file(state, files, attributes, allowed):
    assert state.config in [files[version] for version in allowed]
    assert state.attributes == attributes


def kill_and_run_again(point, vm, load_balancer, start_roll_out, unused_settings):
    before = vm.state()
    settings = unused_settings({vm.name: before})
    files = {OLD: before.config, NEW: vm.with_settings(settings)}
    vm.misbehave("refuse_change" if point.rolls_back else "none")

    with start_roll_out(settings, vm.name) as run:
        if point.moment == TASK:
            run.wait_for_task(point.name)
        elif point.moment == FILE:
            assert vm.observe("suspend", f"'{point.name}'")
        else:
            vm.observe("restarting")
        run.kill()

    # Immediately, and once the VM is idle: a write that has started completes without the controller.
    check_file(vm.state(), files, before.attributes, point.allowed)
    if point.moment == FILE:
        vm.observe("resume")
    idle = vm.idle_state()
    check_file(idle, files, before.attributes, {OLD, NEW} if point.moment == FILE else point.allowed)
    assert idle.unexpected_files == []

    vm.misbehave("none")
    with start_roll_out(settings, vm.name) as run:
        assert run.finish() == 0, run.output
    after = vm.state()
    check_file(after, files, before.attributes, {NEW})
    assert after.active
    assert after.starts > before.starts
    assert not after.pending
    assert after.unexpected_files == []
    assert load_balancer.servers()[vm.name].startswith("UP")


@pytest.fixture(scope="module")
def outcomes(request, vms, load_balancer, start_roll_out, unused_settings):
    """The results of the selected points, each tested on one of the VMs."""
    selected = [item.callspec.params["point"] for item in request.session.items if "outcomes" in item.fixturenames]
    queues = [(vm, ThreadPoolExecutor(1)) for vm in vms.values()]
    results = {}
    for number, point in enumerate(selected):
        vm, queue = queues[number % len(queues)]
        results[point.name] = queue.submit(
            kill_and_run_again, point, vm, load_balancer, start_roll_out, unused_settings
        )
    yield results
    for dummy, queue in queues:
        queue.shutdown(cancel_futures=True)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_after_a_kill_the_file_is_complete_and_the_next_run_converges(point, outcomes):
    outcomes[point.name].result()
