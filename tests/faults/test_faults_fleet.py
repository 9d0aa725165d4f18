# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test fleet itself: it changes nothing on the machine, and ends with the program that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from loopback import LOGIN_USER, PLACE, REPOSITORY
from site_under_test import FAULTY

START = """
import sys, time
from pathlib import Path
from loopback import Fleet
with Fleet(Path(sys.argv[1]), ["web1", "web2"]) as fleet:
    print(*(pid for vm in fleet.vms.values() for pid in vm.processes()), flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["SIGKILL", "Ctrl-C"])
def test_the_fleet_ends_with_the_program_that_started_it(fleet, tmp_path, number):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "tests" / "shared")}
    command = [sys.executable, "-c", START, str(tmp_path / "fleet")]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            pids = process.stdout.readline().split()
            process.send_signal(number)
            process.wait(30)
        finally:
            process.kill()
    # On each VM an init and an sshd, which may still have a child that answered whether it is up.
    assert len(pids) >= 4
    deadline = time.monotonic() + 30
    while left := [pid for pid in pids if Path("/proc", pid, "exe").exists()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_the_fleet_changes_nothing_on_the_machine(site):
    before = {path: Path(path).read_bytes() for path in ("/etc/passwd", "/etc/shadow", "/etc/sudoers")}
    seen = {path: site.faulty.path(path).read_bytes() for path in before}
    assert all(LOGIN_USER.encode() in seen[path] for path in before)
    assert not any(LOGIN_USER.encode() in content for content in before.values())
    assert PLACE not in Path("/proc/self/mountinfo").read_text()


@pytest.mark.parametrize("path", ["/usr/bin/rubbish", "/usr/lib/rubbish", "/root/rubbish"])
def test_a_vm_cannot_write_to_the_machine(site, path):
    with pytest.raises(Exception, match="Read-only file system"):
        site.faulty.run("touch", path)
    assert not Path(path).exists()


@pytest.mark.parametrize(
    "path", ["/tmp/rubbish", "/var/tmp/rubbish", "/etc/rubbish", "/run/rubbish", "/var/log/rubbish"]
)
def test_writes_of_a_vm_stay_in_the_vm(site, path):
    site.faulty.run("touch", path)
    assert not Path(path).exists()
    assert not any(vm.path(path).exists() for name, vm in site.vms.items() if name != FAULTY)
    site.faulty.run("rm", path)
