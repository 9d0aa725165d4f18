# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.findings.findings_fleets import (
    evidence,
    judged,
)


def fleet(*digests):
    return judged(*(evidence(vm=f"vm{number}", machine_id_digest=each) for number, each in enumerate(digests, 1)))[
        "fleet"
    ]


def test_vms_with_the_same_machine_id_are_named():
    (found,) = fleet("a" * 64, "b" * 64, "a" * 64, None)
    assert found == {
        "kind": "machine_id_shared",
        "subject": "vm1 and vm3",
        "detail": "vm1 and vm3 have the same machine ID: one VM under several names, or clones",
        "count": 2,
    }


def test_each_machine_id_is_a_finding():
    assert [each["subject"] for each in fleet("a" * 64, "b" * 64, "a" * 64, "b" * 64)] == ["vm1 and vm3", "vm2 and vm4"]


@pytest.mark.parametrize("digests", [(), ("a" * 64,), ("a" * 64, "b" * 64), (None, None)])
def test_different_or_unknown_machine_ids_are_no_finding(digests):
    assert fleet(*digests) == []


def test_names_of_many_clones_are_bounded():
    (found,) = fleet(*["a" * 64] * 20)
    assert found["subject"] == "vm1, vm2 and 18 more"
    assert found["detail"].startswith("vm1, vm2, vm3, vm4 and 16 more have")
