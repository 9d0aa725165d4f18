# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that are needed, and the command that installs them."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterable

from vms.problem import Problem

# mkfs.ext4 is in a folder that an ordinary user's PATH may lack.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])

PACKAGES = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mkfs.ext4": "e2fsprogs",
    "tar": "tar",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    # With these the scenario `bundle` looks at what has come.
    "gzip": "gzip",
    "sha256sum": "coreutils",
    "unzip": "unzip",
}


def missing(programs: Iterable[str] = tuple(PACKAGES)) -> list[str]:
    return [program for program in programs if shutil.which(program, path=SEARCH_PATH) is None]


def packages(programs: Iterable[str]) -> list[str]:
    """Debian's packages that hold these programs."""
    return sorted({PACKAGES[program] for program in programs})


def check() -> None:
    """Raise a Problem that names everything that is missing at once."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise Problem(f"The VMs need Linux on x86_64; this is {platform.system()} on {platform.machine()}.")
    if lacking := missing():
        raise Problem(
            f"Not installed: {', '.join(lacking)}. On Debian or Ubuntu: "
            f"apt-get install --no-install-recommends {' '.join(packages(lacking))}"
        )
