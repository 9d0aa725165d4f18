# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VMs of a scenario: either all of them start, or none is left running."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from problem import Problem

from vms import accelerator
from vms.image import USER, Image
from vms.machine import Machine, free_port, run

# 20 seconds on an idle machine without KVM, minutes on a loaded one.
BOOT_SECONDS = 600
JOURNAL_SECONDS = 30


class Fleet:
    """The VMs below a directory, whose subdirectories are the only record of which VMs exist."""

    def __init__(self, folder: Path) -> None:
        # Resolved, because processes are found by this path in their command lines.
        self.folder = folder.resolve()
        self.key = self.folder / "key"
        self.known_hosts = self.folder / "known_hosts"

    def machines(self) -> list[Machine]:
        names = sorted(path.name for path in self.folder.iterdir() if path.is_dir()) if self.folder.is_dir() else []
        return [Machine(name, 0, self.folder / name) for name in names]

    def create(
        self,
        names: list[str],
        image: Image,
        instances: Path,
        python: Path | None = None,
        ssh_port: int = 22,
        kernel_arguments: tuple[str, ...] = (),
    ) -> None:
        """Start the VMs, wait until each accepts an SSH login, and write the instance configuration for Molecule.

        `python` is a disk with a second Python, see interpreter.py; `ssh_port` is the port of sshd in the VMs.
        `kernel_arguments` are added to those that all VMs have.
        """
        self.destroy()
        # Ansible does not create the directory of its log.
        self.logs.mkdir(parents=True, exist_ok=True)
        chosen, why = accelerator.choose(image)
        print(f"The VMs run under {chosen.upper()} ({why}).", flush=True)
        try:
            machines = [
                Machine(name, number, self.folder / name, ssh_port, kernel_arguments)
                for number, name in enumerate(names, 1)
            ]
            ports = self._start(machines, image, chosen, python)
            self._wait(machines, ports)
            instances.write_text(json.dumps([self._instance(name, ports[name]) for name in names], indent=2) + "\n")
        except BaseException:
            # The consoles show why a VM did not boot.
            self.destroy(logs=self.logs)
            raise

    @property
    def logs(self) -> Path:
        return self.folder.parent.parent / "logs" / self.folder.name

    def _start(self, machines: list[Machine], image: Image, chosen: str, python: Path | None) -> dict[str, int]:
        self.folder.mkdir(parents=True, mode=0o700)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "molecule", "-f", str(self.key)])
        public_key = self.key.with_suffix(".pub").read_text()
        hosts = "127.0.0.1 localhost\n" + "".join(f"{machine.address} {machine.name}\n" for machine in machines)
        lan_port = free_port(socket.SOCK_DGRAM)
        ports = {}
        for machine in machines:
            host_key = machine.create_disks(image, public_key, hosts)
            ports[machine.name] = machine.start(image, chosen, lan_port, python)
            with open(self.known_hosts, "a") as file:
                file.write(f"[127.0.0.1]:{ports[machine.name]} {host_key}")
        (self.folder / "ports.json").write_text(json.dumps(ports))
        return ports

    def _wait(self, machines: list[Machine], ports: dict[str, int]) -> None:
        with ThreadPoolExecutor(len(machines)) as pool:
            try:
                waits = [pool.submit(self._wait_for, machine, ports[machine.name]) for machine in machines]
                for wait in as_completed(waits):
                    wait.result()
            except BaseException:
                # Stops the other waits as well: their VMs have exited.
                for machine in machines:
                    machine.stop()
                raise

    def _wait_for(self, machine: Machine, port: int) -> None:
        start = time.monotonic()
        # The slower the machine, the longer sshd needs to respond: a connection that is closed too early costs time as well.
        while not _sshd_responds(port, timeout=5 + (time.monotonic() - start) / 10):
            if not machine.processes():
                raise Problem(f"{machine.name} exited while it was booting: see {self.logs / machine.name}/console.log")
            if time.monotonic() > start + BOOT_SECONDS:
                raise Problem(
                    f"{machine.name} did not boot within {BOOT_SECONDS} seconds: see {self.logs / machine.name}/console.log"
                )
            time.sleep(0.5)
        result = subprocess.run(
            self._ssh(port, "true"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BOOT_SECONDS,
            check=False,
        )
        if result.returncode:
            raise Problem(f"{machine.name} has booted, but SSH to it fails: {result.stderr.strip()}")

    def _ssh(self, port: int, command: str) -> list[str]:
        options = ["BatchMode=yes", "ConnectTimeout=120", "StrictHostKeyChecking=yes", "GlobalKnownHostsFile=none"]
        options += [f"UserKnownHostsFile={self.known_hosts}", "IdentitiesOnly=yes", "ControlPath=none"]
        arguments = [argument for option in options for argument in ("-o", option)]
        # -F none: the user's configuration is for other machines.
        return ["ssh", "-F", "none", *arguments, "-i", str(self.key), "-p", str(port), f"{USER}@127.0.0.1", command]

    def _instance(self, name: str, port: int) -> dict[str, object]:
        return {"instance": name, "address": "127.0.0.1", "port": port, "user": USER, "identity_file": str(self.key)}

    def save_logs(self, target: Path) -> None:
        """Save the console and the journal of every VM; of a VM that does not respond, the console alone."""
        machines = self.machines()
        for machine in machines:
            folder = target / machine.name
            folder.mkdir(parents=True, exist_ok=True)
            if machine.console.exists():
                shutil.copyfile(machine.console, folder / "console.log")
        try:
            ports = json.loads((self.folder / "ports.json").read_text())
        except FileNotFoundError:
            return
        if machines:
            with ThreadPoolExecutor(len(machines)) as pool:
                list(pool.map(lambda machine: self._save_journal(machine, ports, target), machines))

    def _save_journal(self, machine: Machine, ports: dict[str, int], target: Path) -> None:
        if not machine.processes() or machine.name not in ports:
            return
        with open(target / machine.name / "journal.log", "wb") as file:
            try:
                subprocess.run(
                    self._ssh(ports[machine.name], "sudo journalctl --no-pager --output=short-iso"),
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    timeout=JOURNAL_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                file.write(b"The VM did not respond.\n")

    def destroy(self, logs: Path | None = None) -> None:
        if logs is not None and self.folder.is_dir():
            self.save_logs(logs)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(Machine.stop, self.machines()))
        if self.folder.is_dir():
            shutil.rmtree(self.folder)


def _sshd_responds(port: int, timeout: float) -> bool:
    """Return whether sshd responds behind the port: qemu accepts connections from the start."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
