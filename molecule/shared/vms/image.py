# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The disk image that all VMs share: Debian, built by mmdebstrap and cached by a digest of its definition."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from prerequisites import SEARCH_PATH
from problem import Problem

from vms import initrd

SUITE = "bookworm"
PACKAGES = (
    "busybox-static",
    "dbus",
    "haproxy",
    "iproute2",
    "linux-image-cloud-amd64",
    "openssh-server",
    "openssl",
    "python3",
    "socat",
    "sudo",
    "systemd",
    "systemd-sysv",
    "udev",
    "unzip",
)
# A policy and labels double the time that the image takes, so only the scenarios that need them have them.
SELINUX_PACKAGES = ("policycoreutils", "selinux-policy-default")
# By default, the kernel drops the denials that come before journald has started.
SELINUX_ARGUMENTS = ("security=selinux", "selinux=1", "enforcing=1", "audit=1", "audit_backlog_limit=8192")
# Neither an fsync for each file, nor Debian's initramfs (see initrd.py), nor documentation.
DPKG_OPTIONS = (
    "force-unsafe-io",
    "path-exclude=/etc/kernel/postinst.d/initramfs-tools",
    "path-exclude=/usr/share/doc/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/man/*",
)
FILE_CONTEXTS = "/etc/selinux/default/contexts/files/file_contexts"
SIZE = "4G"
USER = "operations"
BUILD_SECONDS = 1200

# Host name, keys and addresses of a VM are on a second disk, a plain tar: see machine.py.
_IDENTITY_UNIT = """[Unit]
Description=Name, keys and addresses of this VM
DefaultDependencies=no
After=systemd-tmpfiles-setup.service
Before=network-pre.target ssh.service sysinit.target
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=true
ExecStart=/usr/local/sbin/vm-identity

[Install]
WantedBy=sysinit.target
"""
_IDENTITY = """#!/bin/sh
set -e
tar --extract --file=/dev/vdb --directory=/ --numeric-owner --same-permissions --overwrite
. /etc/vm-identity
# Labels of these files. All other files have theirs already.
if [ -d /sys/fs/selinux ] && selinuxenabled; then
    tar --list --file=/dev/vdb | xargs restorecon -F
fi
ip link set lo up
ip link set eth0 up
ip address replace 10.0.2.15/24 dev eth0
ip link set eth1 up
ip address replace "$LAN_ADDRESS" dev eth1
# A second Python, if there is one: see interpreter.py.
if [ -b /dev/vdc ]; then
    mkdir -p /opt/python
    mount -o ro /dev/vdc /opt/python
    echo /opt/python/lib > /etc/ld.so.conf.d/python.conf
    ldconfig
fi
"""
FILES = {
    # Takes effect with SELINUX_ARGUMENTS alone.
    "etc/selinux/config": (0o644, "SELINUX=enforcing\nSELINUXTYPE=default\n"),
    "etc/ssh/sshd_config.d/vm.conf": (
        0o644,
        "HostKey /etc/ssh/ssh_host_ed25519_key\nPasswordAuthentication no\nPermitRootLogin no\nUseDNS no\n",
    ),
    "etc/systemd/journald.conf.d/vm.conf": (0o644, "[Journal]\nStorage=persistent\n"),
    "etc/systemd/system/vm-identity.service": (0o644, _IDENTITY_UNIT),
    "usr/local/sbin/vm-identity": (0o755, _IDENTITY),
}

# Without KVM, every unneeded unit and generator delays each boot.
_SCRIPT = f"""set -e
useradd --create-home --shell /bin/bash {USER}
rm -f /etc/ssh/ssh_host_*
: > /etc/machine-id
systemctl enable vm-identity.service ssh.service
systemctl disable haproxy.service
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \\
    fstrim.timer getty.target systemd-logind.service systemd-binfmt.service systemd-pstore.service \\
    systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-repart.service systemd-firstboot.service \\
    systemd-network-generator.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \\
    systemd-ask-password-console.path systemd-ask-password-wall.path systemd-machine-id-commit.service \\
    sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount \\
    dev-hugepages.mount proc-sys-fs-binfmt_misc.automount kmod-static-nodes.service systemd-modules-load.service
mkdir -p /etc/systemd/system-generators
for generator in /usr/lib/systemd/system-generators/*; do
    ln -s /dev/null "/etc/systemd/system-generators/${{generator##*/}}"
done
"""
# Arguments: the tar of the system, an empty directory, the disk. SELinux labels can be set in a user namespace, too, but only on
# a file system that was mounted in it. Without /proc, setfiles sets none.
_DISK_SCRIPT = f"""set -e
mount -t tmpfs -o mode=755 tmpfs "$2"
tar --extract --file="$1" --directory="$2" --numeric-owner --exclude='./dev/*'
if [ -e "$2{FILE_CONTEXTS}" ]; then
    mount --rbind /proc "$2/proc"
    chroot "$2" /sbin/setfiles -F {FILE_CONTEXTS} /
    umount --lazy "$2/proc"
fi
mkfs.ext4 -q -F -L vm -d "$2" "$3" {SIZE}
"""


class Image(NamedTuple):
    disk: Path
    kernel: Path
    initrd: Path


def digest(packages: tuple[str, ...] = PACKAGES) -> str:
    definition = [
        SUITE,
        packages,
        DPKG_OPTIONS,
        SIZE,
        FILES,
        _SCRIPT,
        _DISK_SCRIPT,
        Path(initrd.__file__).read_text(encoding="utf-8"),
    ]
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:16]


def get(cache: Path, selinux: bool = False) -> Image:
    """Return the image, with or without a policy of SELinux; build it if it is not cached. Concurrent runs build it once."""
    cache.mkdir(parents=True, exist_ok=True)
    packages = (*PACKAGES, *SELINUX_PACKAGES) if selinux else PACKAGES
    folder = cache / digest(packages)
    with locked(cache):
        if not folder.is_dir():
            print(f"Building the image of the VMs, once: {folder}", flush=True)
            with tempfile.TemporaryDirectory(dir=cache, prefix="unfinished-") as unfinished:
                # mmdebstrap enters it from a user namespace.
                Path(unfinished).chmod(0o755)
                new_image = Path(unfinished, "image")
                new_image.mkdir()
                _build(Path(unfinished), new_image, packages)
                new_image.rename(folder)
    return Image(folder / "disk.raw", folder / "vmlinuz", folder / "initrd")


@contextlib.contextmanager
def locked(cache: Path) -> Iterator[None]:
    """Hold the lock of the cache, which all runs share."""
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(work: Path, image: Path, packages: tuple[str, ...]) -> None:
    system, files = work / "system.tar", work / "files.tar"
    with tarfile.open(files, "w") as tar:
        for name, (mode, text) in FILES.items():
            add_file(tar, name, mode, text.encode())
    log = work.parent / "image.log"
    log.write_text("")
    _run(
        [
            "mmdebstrap",
            f"--mode={'root' if os.geteuid() == 0 else 'unshare'}",
            "--variant=minbase",
            f"--include={','.join(packages)}",
            *(f"--dpkgopt={option}" for option in DPKG_OPTIONS),
            f"--customize-hook=tar-in {files} /",
            f"--customize-hook=chroot \"$1\" sh -c '{_SCRIPT}'",
            SUITE,
            str(system),
        ],
        log,
    )
    tree, disk = work / "tree", image / "disk.raw"
    tree.mkdir()
    disk.touch()
    # In the user namespace of mmdebstrap, this user is another one.
    disk.chmod(0o666)
    helper = [] if os.geteuid() == 0 else ["mmdebstrap", "--unshare-helper"]
    script = ["env", f"PATH={SEARCH_PATH}", "unshare", "--mount", "sh", "-c", _DISK_SCRIPT, "sh"]
    _run([*helper, *script, str(system), str(tree), str(disk)], log)
    disk.chmod(0o644)
    with tarfile.open(system) as tar:
        kernel = next(member for member in tar if member.name.removeprefix("./").startswith("boot/vmlinuz-"))
        (image / "vmlinuz").write_bytes(initrd.read_member(tar, kernel))
    initrd.build(system, image / "initrd")


def add_file(tar: tarfile.TarFile, name: str, mode: int, content: bytes, owner: int = 0) -> None:
    member = tarfile.TarInfo(name)
    member.mode, member.size, member.uid, member.gid = mode, len(content), owner, owner
    tar.addfile(member, io.BytesIO(content))


def _run(command: list[str], log: Path) -> None:
    with open(log, "ab") as output:
        try:
            status = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=BUILD_SECONDS, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            raise Problem(f"{command[0]} did not finish in {BUILD_SECONDS} seconds: see {log}") from None
    if status:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise Problem(f"The image of the VMs could not be built: {' '.join(last)} (see {log})")
