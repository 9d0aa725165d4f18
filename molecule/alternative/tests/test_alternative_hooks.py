# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the drain and undrain tasks have seen, as files/note.sh has written it down."""

from typing import NamedTuple

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]


CHANGES: list[tuple[float, float]] = []
"""When the VMs that were asked before were drained and undrained."""


class Note(NamedTuple):
    moment: str
    word: str
    umask: str
    by: str
    blocks: str
    run: str


@pytest.fixture
def notes(read):
    return [Note(*line.split()) for line in read("/srv/notes").decode().splitlines()]


def test_the_vm_was_drained_before_its_one_change_and_undrained_after_the_restart(host, unit, notes):
    """So neither the check run nor the second run has called them."""
    assert [(note.word, note.blocks) for note in notes] == [("drain", "0"), ("undrain", "1")]
    before, after = (note.run for note in notes)
    assert before != after == host.check_output("systemctl show --property=InvocationID --value %s", unit)


def test_the_vms_were_changed_at_the_same_time(notes):
    """So says serial. The VMs have the clock of the machine that they run on."""
    change = (float(notes[0].moment), float(notes[-1].moment))
    assert all(begin < change[1] and change[0] < end for begin, end in CHANGES)
    CHANGES.append(change)


def test_the_umask_of_the_login_user_holds_behind_sudo(notes):
    assert {(note.by, note.umask) for note in notes} == {("limited", "0077")}
