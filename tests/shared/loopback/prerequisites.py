# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether this machine can hold a fleet, and the command that mends it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess

# What root needs is in folders that its PATH may lack under sudo or cron.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])

PACKAGES = {
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "sftp": "openssh-client",
    "ssh-keygen": "openssh-client",
    "sudo": "sudo",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "mount": "mount",
}
SFTP_SERVERS = (
    "/usr/lib/openssh/sftp-server",
    "/usr/libexec/openssh/sftp-server",
    "/usr/lib/ssh/sftp-server",
    "/usr/libexec/sftp-server",
)


def find(program: str) -> str:
    """The path of a program that ``missing`` has looked for."""
    return shutil.which(program, path=SEARCH_PATH) or program


def sftp_server() -> str:
    return next((path for path in SFTP_SERVERS if os.path.exists(path)), "")


def system_python() -> str:
    """A Python that every user can start, and that does not lie where a VM has directories of its own."""
    hidden = ("/tmp/", "/var/tmp/", "/run/", "/root/", "/home/")
    names = ["python3", *(f"python3.{minor}" for minor in range(14, 8, -1))]
    found = [shutil.which(name, path="/usr/bin:/usr/local/bin:/bin") for name in names]
    return next((path for path in found if path and not os.path.realpath(path).startswith(hidden)), "")


def missing() -> str | None:
    """Why no fleet can be brought up here, as one line with the remedy, or None."""
    if platform.system() != "Linux":
        return f"The fleet needs Linux; this is {platform.system()}."
    if os.geteuid() != 0:
        return "The fleet needs root, for namespaces of its own: run it as root, or with sudo."
    packages = {package for program, package in PACKAGES.items() if shutil.which(program, path=SEARCH_PATH) is None}
    if not sftp_server():
        packages.add("openssh-sftp-server")
    if not system_python():
        packages.add("python3")
    if packages:
        return (
            f"Not installed, on Debian or Ubuntu: apt-get install --no-install-recommends {' '.join(sorted(packages))}"
        )
    probe = [
        find("unshare"),
        "--mount",
        "--pid",
        "--uts",
        "--fork",
        "--kill-child",
        "mount",
        "-t",
        "tmpfs",
        "none",
        "/tmp",
    ]
    answer = subprocess.run(probe, capture_output=True, text=True, timeout=30, check=False)
    if answer.returncode != 0:
        reason = " ".join(answer.stderr.split())
        return f"Root may not make namespaces here ({reason}): in a container, start it with --privileged."
    return None
