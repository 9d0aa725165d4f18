# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VMs are virtual machines, each of its own, and they see each other."""

from pathlib import Path

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]

SEEN: set[str] = set()
"""Machine ids and host keys of the VMs that were asked before."""


def test_it_has_a_kernel_of_its_own(host):
    boot_id = "/proc/sys/kernel/random/boot_id"
    assert host.check_output("cat %s", boot_id) != Path(boot_id).read_text().strip()
    assert host.check_output("systemd-detect-virt --vm") in ("qemu", "kvm")


def test_systemd_and_journald_run(host):
    assert host.check_output("cat /proc/1/comm") == "systemd"
    assert host.service("systemd-journald").is_running
    assert host.check_output("systemctl list-units --failed --no-legend --plain") == ""


def test_its_machine_id_and_host_key_are_its_own(host):
    for own in host.check_output("cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub").splitlines():
        assert own not in SEEN
        SEEN.add(own)


@pytest.mark.parametrize("other", ["web1", "web2", "worker1"])
def test_it_sees_the_others(host, name, other):
    greeting = host.check_output("timeout 10 bash -c 'head -n 1 < /dev/tcp/%s/22'" % other)
    assert greeting.startswith("SSH-2.0")
    assert other == name or host.check_output("getent hosts %s", other).split()[0].startswith("192.168.77.")
