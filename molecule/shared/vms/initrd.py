# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A minimal initramfs: the kernel modules for a VM's devices, and a script that mounts the disk and starts its systemd.

Without KVM, Debian's own initramfs takes seconds to unpack and run.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

from problem import Problem

PROBE = "aqtive_guard_probe"
PROBE_ANSWER = "the guest has booted"
MODULES = ("virtio_pci", "virtio_blk", "virtio_net", "virtio-rng")

_INIT = f"""#!/bin/busybox sh
set -e
busybox mount -t devtmpfs dev /dev
busybox mount -t proc proc /proc
if busybox grep -q {PROBE} /proc/cmdline; then
    echo "{PROBE_ANSWER}" > /dev/console
    busybox reboot -f
fi
while read -r module; do
    busybox insmod "/modules/$module"
done < /modules/order
tries=0
until [ -b /dev/vda ] && [ -b /dev/vdb ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || {{ echo "no disk found" > /dev/console; busybox poweroff -f; }}
    busybox sleep 0.1
done
busybox mount -t ext4 /dev/vda /root
busybox umount /proc
busybox mount -o move /dev /root/dev
exec busybox switch_root /root /sbin/init
"""


def build(system: Path, target: Path) -> None:
    """Write an initramfs in cpio's "newc" format from the tar of a Debian system with a kernel and busybox-static."""
    with tarfile.open(system) as tar:
        members = {member.name.removeprefix("./"): member for member in tar if member.isfile()}

        def read(name: str) -> bytes:
            return read_member(tar, members[name])

        modules = {name.rsplit("/", 1)[1]: read(name) for name in _module_files(members, read)}
        busybox = read("usr/bin/busybox" if "usr/bin/busybox" in members else "bin/busybox")
    entries: list[tuple[str, int, bytes]] = [
        (name, 0o040755, b"") for name in ("bin", "dev", "proc", "root", "modules")
    ]
    entries += [("bin/busybox", 0o100755, busybox), ("init", 0o100755, _INIT.encode())]
    entries += [(f"modules/{name}", 0o100644, content) for name, content in modules.items()]
    entries.append(("modules/order", 0o100644, "".join(f"{name}\n" for name in modules).encode()))
    entries.append(("TRAILER!!!", 0, b""))
    target.write_bytes(b"".join(_entry(*entry) for entry in entries))


def read_member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    if file is None:
        raise Problem(f"{member.name} is no longer a file in Debian's packages: adapt molecule/shared/vms/image.py")
    return file.read()


def _module_files(members: Iterable[str], read: Callable[[str], bytes]) -> list[str]:
    """Return the paths of the modules in load order."""
    table = next(name for name in members if name.endswith("/modules.dep"))
    root = table.rsplit("/", 1)[0]
    needs = {}
    for line in read(table).decode().splitlines():
        path, dummy, others = line.partition(":")
        needs[path] = others.split()
    wanted = []
    for module in MODULES:
        file = next((path for path in needs if path.rsplit("/", 1)[1] == f"{module}.ko"), None)
        if file:  # else it is built into this kernel
            # modules.dep lists dependencies in reverse load order.
            wanted += [*reversed(needs[file]), file]
    return [f"{root}/{path}" for path in dict.fromkeys(wanted)]


def _entry(name: str, mode: int, content: bytes) -> bytes:
    fields = [0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return _padded(head) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
