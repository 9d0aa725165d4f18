# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One VM: its files, its qemu process, and its identity on the network."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tarfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from problem import Problem

from vms.image import USER, Image, add_file

MEMORY = "512"
USER_ID = 1000  # the first that useradd assigns
STOP_SECONDS = 5
START_SECONDS = 60
START_TRIES = 3


@dataclass(frozen=True)
class Machine:
    """A VM and its directory. `number` is unique within a fleet: 1, 2, 3, …"""

    name: str
    number: int
    folder: Path
    ssh_port: int = 22
    kernel_arguments: tuple[str, ...] = ()

    @property
    def pid_file(self) -> Path:
        return self.folder / "pid"

    @property
    def console(self) -> Path:
        return self.folder / "console.log"

    @property
    def address(self) -> str:
        """The address on the network that the VMs share."""
        return f"192.168.77.{10 + self.number}"

    def create_disks(self, image: Image, public_key: str, hosts: str) -> str:
        """Create the overlay and the identity disk; return the public host key."""
        self.folder.mkdir(mode=0o700)
        disk = self.folder / "disk.qcow2"
        run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(image.disk.resolve()), str(disk)])
        key = self.folder / "host_key"
        # Generated here, so that the key is known before the first connection.
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.name, "-f", str(key)])
        public_host_key = key.with_suffix(".pub").read_text()
        with tarfile.open(self.folder / "identity.tar", "w") as tar:
            add_file(tar, "etc/hostname", 0o644, f"{self.name}\n".encode())
            add_file(tar, "etc/hosts", 0o644, hosts.encode())
            add_file(tar, "etc/vm-identity", 0o644, f"LAN_ADDRESS={self.address}/24\n".encode())
            add_file(tar, "etc/ssh/sshd_config.d/port.conf", 0o644, f"Port {self.ssh_port}\n".encode())
            add_file(tar, "etc/ssh/ssh_host_ed25519_key", 0o600, key.read_bytes())
            add_file(tar, "etc/ssh/ssh_host_ed25519_key.pub", 0o644, public_host_key.encode())
            add_file(tar, f"etc/sudoers.d/{USER}", 0o440, f"{USER} ALL=(ALL) NOPASSWD: ALL\n".encode())
            directory = tarfile.TarInfo(f"home/{USER}/.ssh")
            directory.type, directory.mode, directory.uid, directory.gid = tarfile.DIRTYPE, 0o700, USER_ID, USER_ID
            tar.addfile(directory)
            add_file(tar, f"home/{USER}/.ssh/authorized_keys", 0o600, public_key.encode(), USER_ID)
        return public_host_key

    def start(self, image: Image, accelerator: str, lan_port: int, python: Path | None = None) -> int:
        """Start qemu, with `python` as a further disk if given; return the port on 127.0.0.1 that is forwarded to sshd."""
        for dummy in range(START_TRIES):
            port = free_port(socket.SOCK_STREAM)
            try:
                result = subprocess.run(
                    self._command(image, accelerator, lan_port, port, python),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=START_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise Problem(
                    f"{self.name} could not be started: qemu did not return within {START_SECONDS} seconds"
                ) from None
            if result.returncode == 0:
                return port
            if "host forwarding" not in result.stderr:  # otherwise another process has taken the port meanwhile
                break
        raise Problem(f"{self.name} could not be started: {result.stderr.strip()}")

    def _command(self, image: Image, accelerator: str, lan_port: int, port: int, python: Path | None) -> list[str]:
        mac = f"52:54:00:77:{{}}:{self.number:02x}"
        kernel_arguments = [
            "console=ttyS0",
            "loglevel=4",
            "net.ifnames=0",
            "panic=-1",
            # A test VM needs no mitigations, which are expensive without KVM.
            "mitigations=off",
            # The check of the timer fails on a loaded machine.
            "no_timer_check",
            # systemd's progress animation slows down a slow boot even more.
            "systemd.show_status=error",
            f"systemd.hostname={self.name}",
            f"systemd.machine_id={uuid.uuid4().hex}",
            *self.kernel_arguments,
        ]
        return [
            *(
                "qemu-system-x86_64",
                "-name",
                f"guest={self.name}",
                "-nodefaults",
                "-no-user-config",
                "-display",
                "none",
            ),
            # TCG is slow at what the kernel and glibc do with a CPU's extensions (ERMS, AVX2, LA57).
            *("-machine", f"q35,accel={accelerator}", "-cpu", "host" if accelerator == "kvm" else "qemu64"),
            *("-m", MEMORY, "-smp", "1", "-kernel", str(image.kernel), "-initrd", str(image.initrd)),
            *("-append", " ".join(kernel_arguments)),
            *("-drive", f"file={self.folder}/disk.qcow2,format=qcow2,if=virtio,cache=unsafe"),
            *("-drive", f"file={self.folder}/identity.tar,format=raw,if=virtio,readonly=on"),
            *(("-drive", f"file={python.resolve()},format=raw,if=virtio,readonly=on") if python else ()),
            # restrict=on: the VM reaches nothing outside, and only this machine reaches its sshd.
            *("-netdev", f"user,id=login,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:{self.ssh_port}"),
            *("-device", f"virtio-net-pci,netdev=login,mac={mac.format('00')}"),
            *("-netdev", f"socket,id=lan,mcast=230.0.0.77:{lan_port},localaddr=127.0.0.1"),
            *("-device", f"virtio-net-pci,netdev=lan,mac={mac.format('01')}"),
            *("-device", "virtio-rng-pci", "-serial", f"file:{self.console}"),
            *("-daemonize", "-pidfile", str(self.pid_file)),
        ]

    def processes(self) -> list[int]:
        """Return the ids of the processes that were started with this VM's pid file.

        The content of the pid file may be stale or not written yet.
        """
        argument = b"\0-pidfile\0" + os.fsencode(self.pid_file) + b"\0"
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # the process has exited meanwhile
                if argument in path.read_bytes():  # empty for a zombie
                    found.append(int(path.parent.name))
        return found

    def stop(self) -> None:
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal_number)
            deadline = time.monotonic() + STOP_SECONDS
            while self.processes() and time.monotonic() < deadline:
                time.sleep(0.05)
        if left := self.processes():
            raise Problem(f"{self.name} (process {left[0]}) could not be terminated, even by SIGKILL")


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(command: list[str]) -> None:
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    if result.returncode:
        raise Problem(f"{command[0]} failed: {result.stderr.strip()}")
