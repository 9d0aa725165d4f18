# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which programs the test fleets need, and which Debian packages contain them: run as a program, print the missing packages.

Shared by the fleet of namespaces (loopback, beside this file) and the VMs of Molecule (molecule/shared/vms).
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess

# mkfs.ext4, sshd and others are in directories that a user's PATH may lack, as may root's under sudo or cron.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])

VM_PACKAGES = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mkfs.ext4": "e2fsprogs",
    "tar": "tar",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    # The tests unpack and compare bundles with these.
    "gzip": "gzip",
    "sha256sum": "coreutils",
    "unzip": "unzip",
}
NAMESPACE_PACKAGES = {
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
    """Return the path of a program, or its name if it is not installed."""
    return shutil.which(program, path=SEARCH_PATH) or program


def sftp_server() -> str:
    """Return the path of OpenSSH's SFTP server, or an empty string."""
    return next((path for path in SFTP_SERVERS if os.path.exists(path)), "")


def system_python() -> str:
    """Return a Python that every user can start, outside of directories that each namespace mounts for itself."""
    hidden = ("/tmp/", "/var/tmp/", "/run/", "/root/", "/home/")
    names = ["python3", *(f"python3.{minor}" for minor in range(14, 8, -1))]
    found = [shutil.which(name, path="/usr/bin:/usr/local/bin:/bin") for name in names]
    return next((path for path in found if path and not os.path.realpath(path).startswith(hidden)), "")


def absent(packages: dict[str, str]) -> dict[str, str]:
    """Return the part of such a table whose programs are not installed."""
    return {program: packages[program] for program in packages if not shutil.which(program, path=SEARCH_PATH)}


def missing_for_vms() -> str:
    """Return what virtual machines need and this machine lacks, as one line with the remedy; empty if nothing."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return f"The VMs need Linux on x86_64; this is {platform.system()} on {platform.machine()}."
    # mmdebstrap uses a user namespace unless root runs it.
    of_a_user = {} if os.geteuid() == 0 else {"newuidmap": "uidmap"}
    return _not_installed(absent({**VM_PACKAGES, **of_a_user}))


def missing_for_namespaces() -> str:
    """Return what a fleet of namespaces needs and this machine lacks, as one line with the remedy; empty if nothing."""
    if platform.system() != "Linux":
        return f"The fleet needs Linux; this is {platform.system()}."
    if os.geteuid() != 0:
        return "The fleet needs root to create namespaces: run it as root, or with sudo."
    return _not_installed(_absent_for_namespaces()) or _namespaces_forbidden()


def _absent_for_namespaces() -> dict[str, str]:
    packages = absent(NAMESPACE_PACKAGES)
    if not sftp_server():
        packages["sftp-server"] = "openssh-sftp-server"
    if not system_python():
        packages["python3"] = "python3"
    return packages


def _not_installed(packages: dict[str, str]) -> str:
    if not packages:
        return ""
    return (
        f"Not installed: {', '.join(packages)}. On Debian or Ubuntu: "
        f"apt-get install --no-install-recommends {' '.join(sorted(set(packages.values())))}"
    )


def _namespaces_forbidden() -> str:
    namespaces = [find("unshare"), "--mount", "--pid", "--uts", "--fork", "--kill-child"]
    probe = [*namespaces, "mount", "-t", "tmpfs", "none", "/tmp"]
    answer = subprocess.run(probe, capture_output=True, text=True, timeout=30, check=False)
    if answer.returncode == 0:
        return ""
    reason = " ".join(answer.stderr.split())
    return f"Root may not create namespaces here ({reason}): in a container, start it with --privileged."


if __name__ == "__main__":
    print(*sorted({*absent(VM_PACKAGES).values(), *_absent_for_namespaces().values()}))
