# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One VM: a namespace with its own sshd, login user and sudo, and methods that inject faults."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import prerequisites
from problem import Problem

LOGIN_USER = "operations"
PLACE = "/run/vm"
"""The mount point of a VM's own directory, with bin/ (first in sudo's PATH), root/ (of the simulator) and home/."""

ALLOW_ALL = f"{LOGIN_USER} ALL=(ALL:ALL) NOPASSWD: ALL\n"
_UID = 61234
_INIT = Path(__file__).resolve().parent / "init.py"
_START_SECONDS = 20
_SUDO_PATH = f"{PLACE}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SUDOERS = f"""Defaults env_reset, secure_path="{_SUDO_PATH}"
root ALL=(ALL:ALL) ALL
"""
_PAM = """auth sufficient pam_rootok.so
auth required pam_deny.so
account required pam_permit.so
session required pam_permit.so
"""
_SSHD = f"""ListenAddress 127.0.0.1
HostKey {PLACE}/ssh/host_key
AuthorizedKeysFile {PLACE}/ssh/authorized_keys
AllowUsers {LOGIN_USER}
PidFile none
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PrintMotd no
PrintLastLog no
MaxStartups 500
MaxSessions 100
Subsystem sftp {PLACE}/ssh/sftp
"""


class Vm:
    """A VM in a directory on the controller. It can be ended and restarted with the same files."""

    def __init__(self, name: str, directory: Path, authorized_key: str) -> None:
        self.name = name
        self.directory = directory
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self._pid = 0
        self._create(authorized_key)

    def start(self) -> None:
        """Start the VM, and wait until its sshd responds."""
        for dummy in range(5):
            # Another process may take the port before sshd does.
            self.port = self.port or _free_port()
            if self._try_to_start():
                return
            self.end()
            self.port = 0
        log = self.directory.joinpath("ssh/log").read_text(errors="replace").strip()
        raise Problem(f"The sshd of {self.name} does not start: {log.splitlines()[-1] if log else 'its log is empty'}")

    def end(self) -> None:
        """Kill all processes of the VM at once, as a power failure does. Its files remain."""
        if self._process is None:
            return
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._process.kill()
        self._process.communicate()
        self._process, self._pid = None, 0

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def address(self) -> dict[str, str | int]:
        """The inventory variables for a connection without a proxy."""
        return {"ansible_host": "127.0.0.1", "ansible_port": self.port}

    @property
    def host_key(self) -> str:
        return self.directory.joinpath("ssh/host_key.pub").read_text().strip()

    def path(self, inside: str) -> Path:
        """Return the controller's path of a path inside the VM, which must be running."""
        return Path(f"/proc/{self._pid}/root") / inside.lstrip("/")

    def run(self, *command: str, timeout: float = 60) -> str:
        """Run a command as root on the VM, without SSH, and return its output."""
        enter = [prerequisites.find("nsenter"), "--target", str(self._pid), "--mount", "--pid", "--uts", "--wd=/", "--"]
        answer = subprocess.run([*enter, *command], capture_output=True, text=True, timeout=timeout, check=False)
        if answer.returncode != 0:
            raise Problem(
                f"{self.name}: {' '.join(command)} exited with status {answer.returncode}: {answer.stderr.strip()}"
            )
        return answer.stdout

    def processes(self) -> dict[int, str]:
        """Return the command lines of the VM's processes by their process ids on the controller; no zombies."""
        found: dict[int, str] = {}
        if not self.is_up:
            return found
        own = os.readlink(f"/proc/{self._pid}/ns/pid")
        for entry in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                if entry.isdigit() and os.readlink(f"/proc/{entry}/ns/pid") == own:
                    line = Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if line:
                        found[int(entry)] = line.strip()
        return found

    def put(self, inside: str, content: str | bytes, mode: int = 0o755) -> None:
        """Write a file atomically; its path is relative to the VM's own directory."""
        target = self.directory / inside
        data = content.encode() if isinstance(content, str) else content
        new = target.with_name(f".{target.name}.new")
        new.write_bytes(data)
        new.chmod(mode)
        new.replace(target)

    def use_sudoers(self, rules: str = ALLOW_ALL) -> None:
        """Set the sudo rules of the login user; by default everything, without a password."""
        # Not replaced, because this inode is mounted over /etc/sudoers.
        self.directory.joinpath("etc/sudoers").write_text(_SUDOERS + rules)

    def serve_files_by(self, script: str | None) -> None:
        """Replace sftp-server by a script; None restores it."""
        self.put("ssh/sftp", script or f'#!/bin/sh\nexec {prerequisites.sftp_server()} "$@"\n')

    def use_command(self, script: str | bytes | None, mode: int = 0o755) -> None:
        """Replace the product's command by a script; None restores the ``cs`` of the simulator."""
        link = self.directory / "bin" / "cs"
        link.unlink(missing_ok=True)
        if script is None:
            link.symlink_to(f"{PLACE}/root/bin/cs")
        else:
            self.put("bin/cs", script, mode)

    def remove_command(self) -> None:
        self.directory.joinpath("bin/cs").unlink()

    @contextlib.contextmanager
    def mounted(self, inside: str, options: str) -> Iterator[None]:
        """Mount a tmpfs over a directory of the VM, with options such as ``size=8m``, ``ro`` or ``noexec``."""
        self.run("mount", "-t", "tmpfs", "-o", f"mode=1777,{options}", "none", inside)
        try:
            yield
        finally:
            self.run("umount", "--lazy", inside)

    def _create(self, authorized_key: str) -> None:
        for folder in ("bin", "etc/pam.d", "etc/sudoers.d", "home", "root", "ssh", "disk/tmp", "disk/var/tmp"):
            self.directory.joinpath(folder).mkdir(mode=0o755, parents=True)
        for folder in ("disk/tmp", "disk/var/tmp"):
            self.directory.joinpath(folder).chmod(0o1777)
        os.chown(self.directory / "home", _UID, _UID)
        separation = _passwd_line("sshd") or "sshd:x:101:65534::/run/sshd:/usr/sbin/nologin"
        users = {
            "etc/passwd": [
                f"root:x:0:0:root:{PLACE}/root:/bin/sh",
                separation,
                "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
                f"{LOGIN_USER}:x:{_UID}:{_UID}::{PLACE}/home:/bin/sh",
            ],
            "etc/group": ["root:x:0:", "nogroup:x:65534:", f"{LOGIN_USER}:x:{_UID}:"],
            "etc/shadow": ["root:*:19000::::::", "sshd:*:19000::::::", f"{LOGIN_USER}:*:19000::::::"],
            "etc/hosts": ["127.0.0.1 localhost", f"127.0.1.1 {self.name}"],
        }
        for path, lines in users.items():
            self.put(path, "\n".join(lines) + "\n", 0o600 if path.endswith("shadow") else 0o644)
        self.put("etc/pam.d/sudo", _PAM, 0o644)
        self.put("etc/sudoers", "", 0o440)
        self.use_sudoers()
        self.use_command(None)
        self.serve_files_by(None)
        self.put("ssh/authorized_keys", authorized_key, 0o644)
        create_key(self.directory / "ssh" / "host_key")

    def _try_to_start(self) -> bool:
        sshd = [prerequisites.find("sshd"), "-D", "-e", "-f", f"{PLACE}/ssh/sshd_config"]
        self.put("ssh/sshd_config", f"Port {self.port}\n{_SSHD}{_without_penalties()}", 0o600)
        settings = self.directory / "vm.json"
        settings.write_text(
            json.dumps({"name": self.name, "place": PLACE, "directory": str(self.directory), "sshd": sshd})
        )
        # Both end the VM: the exit of unshare, and the end of the standard input of its first process.
        namespace = [prerequisites.find("unshare"), "--mount", "--pid", "--uts", "--fork", "--kill-child", "--"]
        with self.directory.joinpath("ssh/log").open("ab") as log:
            self._process = subprocess.Popen(
                [*namespace, prerequisites.system_python(), "-I", str(_INIT), str(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
                env={"PATH": prerequisites.SEARCH_PATH, "LANG": "C.UTF-8"},
            )
        assert self._process.stdout is not None
        pid = self._process.stdout.readline().strip()
        if not pid:
            return False
        self._pid = int(pid)
        return self._sshd_responds()

    def _sshd_responds(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.is_up:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as probe:
                if probe.recv(4) == b"SSH-":
                    return True
            time.sleep(0.05)
        return False


def create_key(path: Path) -> str:
    """Create a key pair without a passphrase, and return the public key."""
    keygen = prerequisites.find("ssh-keygen")
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-C", "loopback", "-f", str(path)], check=True, timeout=60)
    return path.with_name(f"{path.name}.pub").read_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _passwd_line(name: str) -> str | None:
    lines = Path("/etc/passwd").read_text(errors="replace").splitlines()
    return next((line for line in lines if line.startswith(f"{name}:")), None)


def _without_penalties() -> str:
    """Return the option that stops newer versions of sshd from delaying an address whose connections break."""
    probe = [prerequisites.find("sshd"), "-t", "-f", os.devnull, "-h", os.devnull, "-o", "PerSourcePenalties=no"]
    answer = subprocess.run(probe, capture_output=True, text=True, timeout=30, check=False)
    return "" if "PerSourcePenalties" in answer.stderr else "PerSourcePenalties no\n"
