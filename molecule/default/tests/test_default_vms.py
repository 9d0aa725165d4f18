# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VMs are real virtual machines, distinct from each other and connected by a network."""

from pathlib import Path

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]

SEEN: set[str] = set()
"""Machine ids and host keys of the VMs that have been tested already."""


def test_vm_runs_a_kernel_of_its_own(host):
    virtualization, boot_id = host.check_output(
        "systemd-detect-virt --vm; cat /proc/sys/kernel/random/boot_id"
    ).splitlines()
    assert virtualization in ("qemu", "kvm")
    assert boot_id != Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_systemd_is_pid_1_and_no_unit_has_failed(host):
    assert host.check_output("cat /proc/1/comm; systemctl is-active systemd-journald").split() == ["systemd", "active"]
    assert host.check_output("systemctl list-units --failed --no-legend --plain") == ""


def test_machine_id_and_host_key_are_unique(host):
    for unique in host.check_output("cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub").splitlines():
        assert unique not in SEEN
        SEEN.add(unique)


@pytest.mark.parametrize("other", ["web1", "worker1"])
def test_vm_reaches_the_others_by_name(host, name, other):
    greeting = host.check_output("timeout 10 bash -c 'head -n 1 < /dev/tcp/%s/22'" % other)
    assert greeting.startswith("SSH-2.0")
    assert other == name or host.check_output("getent hosts %s", other).split()[0].startswith("192.168.77.")
