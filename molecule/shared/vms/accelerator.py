# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The choice between KVM and TCG: KVM only if a Linux guest boots under it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from vms import initrd
from vms.image import Image

PROBE_SECONDS = 8


def choose(image: Image) -> tuple[str, str]:
    """Return the accelerator and the reason. A nested KVM may provide /dev/kvm and still crash every guest."""
    if not any(Path("/sys/module", module).exists() for module in ("kvm_intel", "kvm_amd")):
        return "tcg", "no KVM: neither kvm_intel nor kvm_amd is loaded"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg", "no KVM: /dev/kvm cannot be opened (is the user in the group kvm?)"
    if not _guest_boots(image):
        return "tcg", f"no KVM: a test guest did not boot in {PROBE_SECONDS} seconds"
    return "kvm", "a test guest booted"


def _guest_boots(image: Image) -> bool:
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
