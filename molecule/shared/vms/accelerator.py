# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""KVM, where a Linux guest really runs under it; TCG elsewhere."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from vms import initrd
from vms.image import Image

PROBE_SECONDS = 8


def choose(image: Image) -> tuple[str, str]:
    """The accelerator, and why. /dev/kvm alone proves nothing: a nested KVM may open, and kill every guest."""
    if not any(Path("/sys/module", module).exists() for module in ("kvm_intel", "kvm_amd")):
        return "tcg", "no KVM: neither kvm_intel nor kvm_amd is loaded"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg", "no KVM: /dev/kvm cannot be opened (is the user in the group kvm?)"
    if not _guest_runs(image):
        return "tcg", f"no KVM: a guest did not come up under it in {PROBE_SECONDS} seconds"
    return "kvm", "a guest runs under it"


def _guest_runs(image: Image) -> bool:
    command = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-m", "256"]
    command += ["-machine", "q35,accel=kvm", "-cpu", "host", "-serial", "stdio"]
    command += ["-kernel", str(image.kernel), "-initrd", str(image.initrd)]
    command += ["-append", f"console=ttyS0 panic=-1 {initrd.PROBE}"]
    try:
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return initrd.PROBE_ANSWER.encode() in result.stdout
