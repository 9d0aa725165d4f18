# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of the inventory: unsafe host names, and groups of no, one and three VMs."""

from __future__ import annotations

import re

import pytest
from site_under_test import FAULTY, OTHERS, VMS, Failure


@pytest.mark.parametrize("name", ["../outside", "a/b", "..", "/etc", "web1/../../outside"])
def test_a_host_name(site, name):
    hosts = {**{vm: site.address(vm) for vm in OTHERS}, name: site.address(FAULTY)}
    before = site.proxies[FAULTY].received
    outcome = site.collect(hosts=hosts)
    failure = Failure("validate", "inventory_hostname is .* must be a safe name for a directory", "Rename the VM")
    site.assert_contract(outcome, {name: failure})
    assert site.proxies[FAULTY].received == before
    assert [path.name for path in site.dest.iterdir()] == ["run"]


def test_no_vm_in_the_group(site):
    outcome = site.collect(vms=())
    assert outcome.status != 0
    assert "No VM matches aqtive_guard" in outcome.output
    assert "Add the VMs to the group aqtive_guard of an inventory" in outcome.output
    site.add_row(re.findall(r'"msg": "(No VM matches[^"]*)"', outcome.output)[0], outcome.status)
    assert not site.dest.exists()


@pytest.mark.parametrize("vms", [VMS[:1], VMS], ids=["1 VM", "3 VMs"])
def test_a_group_of(site, vms):
    outcome = site.collect(vms=vms)
    site.assert_contract(outcome, collected=vms)
    assert f"{len(vms)} of {len(vms)} VMs collected" in outcome.output


def test_all_of_3_vms_fail(site):
    for vm in VMS:
        site.proxies[vm].down()
    outcome = site.collect()
    failure = Failure("prepare", "Connection refused", "Check that the VM is up", status="unreachable")
    site.assert_contract(outcome, dict.fromkeys(VMS, failure), collected=())
