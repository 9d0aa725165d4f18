# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several VMs, with the inventory and the environment for ansible-playbook."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import prerequisites
from problem import Problem

from loopback.vm import LOGIN_USER, PLACE, Vm, create_key

REPOSITORY = Path(__file__).resolve().parents[3]
ANSIBLE_CFG = """[defaults]
forks = 20
nocows = true
localhost_warning = false
retry_files_enabled = false

[connection]
pipelining = true

[ssh_connection]
ssh_args = -o ControlMaster=auto -o ControlPersist=60s -o ServerAliveInterval=2 -o ServerAliveCountMax=3
"""
INSTALL = """---
- name: Install the simulator
  hosts: aqtive_guard
  gather_facts: false
  become: true
  roles:
    - role: community.aqtive_guard.aqtive_guard_simulator
"""


class Fleet:
    """VMs below a directory. As a context manager, it starts them, and ends them with the block."""

    def __init__(self, directory: Path, names: list[str]) -> None:
        if reason := prerequisites.missing_for_namespaces():
            raise Problem(reason)
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        key = create_key(directory / "key")
        self.vms = {name: Vm(name, directory / "vms" / name, key) for name in names}
        # The path of a control socket is limited to about 100 bytes.
        self.sockets = Path(tempfile.mkdtemp(prefix="agf."))
        collection = directory / "collections" / "ansible_collections" / "community" / "aqtive_guard"
        collection.parent.mkdir(parents=True)
        collection.symlink_to(REPOSITORY)
        directory.joinpath("ansible.cfg").write_text(ANSIBLE_CFG)

    def __enter__(self) -> Fleet:
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *dummy: object) -> None:
        self.end()

    def start(self) -> None:
        for vm in self.vms.values():
            vm.start()
        known = "".join(f"* {vm.host_key}\n" for vm in self.vms.values())
        self.directory.joinpath("known_hosts").write_text(known)

    def end(self) -> None:
        for vm in self.vms.values():
            vm.end()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def install_simulator(self, history: int = 2000, **variables: Any) -> None:
        """Install the simulator on every VM by its role, over SSH, and write that many records.

        Its services are stopped, so that the content of a bundle does not change.
        """
        play = self.directory / "install.yml"
        play.write_text(INSTALL)
        extra = json.dumps({"aqtive_guard_simulator_systemd": False, **variables})
        command = ["ansible-playbook", "-i", str(self.inventory()), str(play), "--extra-vars", extra]
        answer = subprocess.run(
            self.command(*command), env=self.environment(), capture_output=True, text=True, timeout=600, check=False
        )
        if answer.returncode != 0:
            raise Problem(f"The simulator could not be installed:\n{answer.stdout}{answer.stderr}")
        for vm in self.vms.values():
            simulator = f"{PLACE}/root/bin/aqtive-guard-simulator"
            vm.run(simulator, "stop")
            vm.run(simulator, "write-history", "--days", "2", "--records", str(history))

    def inventory(
        self,
        name: str = "inventory.json",
        hosts: Mapping[str, Mapping[str, Any]] | None = None,
        **variables: Any,
    ) -> Path:
        """Write an inventory with the group ``aqtive_guard``; by default of all VMs, without a proxy."""
        if hosts is None:
            hosts = {name: vm.address for name, vm in self.vms.items()}
        common = {
            "ansible_user": LOGIN_USER,
            "ansible_ssh_private_key_file": str(self.directory / "key"),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.directory / 'known_hosts'} -o IdentitiesOnly=yes -F /dev/null",
            "ansible_python_interpreter": prerequisites.system_python(),
            "aqtive_guard_simulator_root": f"{PLACE}/root",
            "aqtive_guard_logging_root": f"{PLACE}/root",
            "aqtive_guard_logging_config_path": f"{PLACE}/root/etc/cryptosense-analyzer/config",
            "aqtive_guard_logging_units": [],
            **variables,
        }
        path = self.directory / name
        path.write_text(json.dumps({"aqtive_guard": {"hosts": dict(hosts), "vars": common}}, indent=2))
        return path

    def environment(self, **more: str) -> dict[str, str]:
        """Return an environment in which ansible-playbook finds the collection and writes nothing to the user's home."""
        kept = {name: os.environ[name] for name in ("LANG", "TZ", "PYTHONDONTWRITEBYTECODE") if name in os.environ}
        own = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), prerequisites.SEARCH_PATH]),
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(self.directory / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.directory / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.directory / "collections"),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.sockets),
            "ANSIBLE_NOCOLOR": "true",
        }
        return {**kept, **own, **more}

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return a command line with the path of a program from this Python's environment, such as ansible-playbook."""
        path = shutil.which(program, path=self.environment()["PATH"])
        if path is None:
            raise Problem(f"{program} is not installed: pip install -r requirements/faults.txt")
        return [path, *arguments]
