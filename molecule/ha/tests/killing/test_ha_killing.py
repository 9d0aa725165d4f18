# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller dies in the middle of a change: the VM's file is whole at every moment, and the next run converges.

The VMs take turns with the points, each at its own pace: a third of the points after the other takes too long without KVM.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

OLD, NEW = "old", "new"
TASK = "the task begins"
FILE = "the module has just made this file, or put it into its place, and stands still"
RESTART = "the product is down, or on its way up"


class Point(NamedTuple):
    """Where the controller dies, and which file the VM may have then."""

    moment: str
    name: str
    which: set
    goes_back: bool = False


POINTS = [
    Point(TASK, "Take the VM out of the load balancer, and wait until it has answered everybody", {OLD}),
    Point(TASK, "Write the settings", {OLD, NEW}),
    Point(FILE, "config.*~", {OLD}),
    Point(FILE, "config.aqtive_guard-pending", {OLD}),
    Point(FILE, "config", {NEW}),
    Point(TASK, "Restart AQtive Guard", {NEW}),
    Point(RESTART, "cs restart", {NEW}),
    Point(TASK, "Remove the note of an incomplete change", {NEW}),
    Point(TASK, "Put the old file back", {OLD, NEW}, goes_back=True),
    Point(FILE, "config.aqtive_guard-old", {NEW}, goes_back=True),
    Point(TASK, "Restart AQtive Guard with the old settings", {OLD}, goes_back=True),
]


def check_the_file(state, files, attributes, which):
    assert state.config in [files[word] for word in which]
    assert state.attributes == attributes


def kill_and_run_again(point, vm, load_balancer, start_roll_out, unused_settings):
    before = vm.state()
    settings = unused_settings({vm.name: before})
    files = {OLD: before.config, NEW: vm.with_settings(settings)}
    vm.misbehave("refuse_change" if point.goes_back else "none")

    with start_roll_out(settings, vm.name) as run:
        if point.moment == TASK:
            run.wait_for_task(point.name)
        elif point.moment == FILE:
            assert vm.observe("hold", f"'{point.name}'")
        else:
            vm.observe("restarting")
        run.kill()

    # At once, and when the VM has ended what it was told to do: a write that has begun needs no controller.
    check_the_file(vm.state(), files, before.attributes, point.which)
    if point.moment == FILE:
        vm.observe("release")
    left = vm.quiet_state()
    check_the_file(left, files, before.attributes, {OLD, NEW} if point.moment == FILE else point.which)
    assert left.unexpected_files == []

    vm.misbehave("none")
    with start_roll_out(settings, vm.name) as run:
        assert run.finish() == 0, run.output
    after = vm.state()
    check_the_file(after, files, before.attributes, {NEW})
    assert after.active
    assert after.starts > before.starts
    assert not after.pending
    assert after.unexpected_files == []
    assert load_balancer.servers()[vm.name].startswith("UP")


@pytest.fixture(scope="module")
def outcomes(request, vms, load_balancer, start_roll_out, unused_settings):
    """Of the points that were chosen, each on one of the VMs."""
    chosen = [item.callspec.params["point"] for item in request.session.items if "outcomes" in item.fixturenames]
    queues = [(vm, ThreadPoolExecutor(1)) for vm in vms.values()]
    found = {}
    for number, point in enumerate(chosen):
        vm, queue = queues[number % len(queues)]
        found[point.name] = queue.submit(kill_and_run_again, point, vm, load_balancer, start_roll_out, unused_settings)
    yield found
    for dummy, queue in queues:
        queue.shutdown(cancel_futures=True)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_after_a_kill_the_file_is_whole_and_the_next_run_converges(point, outcomes):
    outcomes[point.name].result()
