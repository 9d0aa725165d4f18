# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of the connection: the VM is unreachable, the connection is lost, the VM loses power, sudo fails."""

from __future__ import annotations

import os

import pytest
from loopback import ALLOW_ALL, LOGIN_USER, PLACE
from site_under_test import FAULTY, OTHERS, VMS, Failure, deliver

SIZE = 32 * 1024 * 1024
CONNECTION = r"[Cc]onnect"
CHECK_THE_VM = r"Check that the VM is up"
OFFERS_SFTP = r"Check that the VM is up and that the VM offers SFTP or SCP, then collect again"
ANYWHERE_ON_THE_VM = r"prepare|run"


def test_host_unreachable_at_the_start(site):
    site.proxies[FAULTY].down()
    outcome = site.collect()
    failure = Failure("prepare", "Connection refused", CHECK_THE_VM, status="unreachable")
    site.assert_contract(outcome, {FAULTY: failure})


@pytest.mark.parametrize(
    ("rules", "cause"),
    [
        pytest.param("", "sudo", id="everything"),
        pytest.param(f"{LOGIN_USER} ALL=(ALL) NOPASSWD: /bin/true\n", "sudo", id="everything but one command"),
        pytest.param(f"Defaults requiretty\n{ALLOW_ALL}", "sudo: sorry, you must have a tty", id="without a terminal"),
        pytest.param(f"{LOGIN_USER} ALL = (\n", "sudo", id="because its file is broken"),
    ],
)
def test_sudo_that_rejects(site, rules, cause):
    site.faulty.use_sudoers(rules)
    outcome = site.collect()
    failure = Failure("prepare", cause, r"allow the login user to become root on this VM")
    site.assert_contract(outcome, {FAULTY: failure})


def test_connection_lost_while_the_command_runs(site):
    begun = site.faulty.directory / "bin" / "begun"
    begun.unlink(missing_ok=True)
    deliver(site.faulty, os.urandom(4096), first=f"touch /run/vm/bin/{begun.name}", between="sleep 5")
    collection = site.start()
    site.wait_until(begun.exists, "the command has begun")
    site.proxies[FAULTY].down()
    outcome = collection.finish()
    failure = Failure(ANYWHERE_ON_THE_VM, CONNECTION, CHECK_THE_VM, status="unreachable|failed")
    site.assert_contract(outcome, {FAULTY: failure}, clean=OTHERS)
    site.assert_later_run_cleans()


@pytest.mark.parametrize("percent", [1, 50, 99])
def test_connection_lost_during_the_transfer(site, percent):
    deliver(site.faulty, os.urandom(SIZE))
    proxy = site.proxies[FAULTY]
    proxy.after(SIZE * percent // 100, proxy.down)
    outcome = site.collect()
    assert not proxy.is_armed
    failure = Failure("download", CONNECTION, OFFERS_SFTP, status="unreachable|failed")
    site.assert_contract(outcome, {FAULTY: failure}, clean=OTHERS)
    site.assert_later_run_cleans()


def test_connection_lost_during_the_transfer_and_restored_at_once(site):
    digest = deliver(site.faulty, os.urandom(SIZE))
    proxy = site.proxies[FAULTY]
    proxy.after(SIZE // 2, proxy.cut)
    outcome = site.collect()
    assert not proxy.is_armed
    site.assert_contract(outcome, collected=VMS)
    assert outcome.manifest["vms"][FAULTY]["files"][0]["sha256"] == digest


def test_vm_powered_off_during_the_transfer(site):
    deliver(site.faulty, os.urandom(SIZE))
    proxy = site.proxies[FAULTY]

    def lose_power():
        # No connection is closed: nobody is left who could.
        proxy.stall()
        site.faulty.end()

    proxy.after(SIZE // 2, lose_power)
    outcome = site.collect()
    assert not proxy.is_armed
    failure = Failure("download", CONNECTION, OFFERS_SFTP, status="unreachable|failed")
    site.assert_contract(outcome, {FAULTY: failure}, clean=OTHERS)
    site.assert_later_run_cleans()


def test_vm_that_keeps_its_connection_and_never_answers(site):
    site.faulty.put("bin/silent", b"#!/bin/sh\nexec sleep 600\n", 0o755)
    hosts = {vm: site.address(vm) for vm in VMS}
    hosts[FAULTY]["ansible_python_interpreter"] = f"{PLACE}/bin/silent"
    outcome = site.collect(hosts=hosts, prefix=["env", "ANSIBLE_TIMEOUT=1"])
    failure = Failure("prepare", r"did not answer within \d+ s", CHECK_THE_VM, status="unreachable")
    site.assert_contract(outcome, {FAULTY: failure}, clean=OTHERS)
