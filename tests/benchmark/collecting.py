# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`collect_logs`, and other tools that download a bundle from each VM to the controller."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from fleets import PLAYBOOKS
from loopback import LOGIN_USER, Fleet
from measure import Failed, Figures, run

OURS = "collect_logs"
SFTP = "ssh, sftp, sha256sum"
_DOWNLOAD = Path(__file__).resolve().parent / "download.sh"
_DEPLOY = PLAYBOOKS / "pyinfra_deploy.py"


def _collect_logs(fleet: Fleet, dest: Path) -> list[list[str]]:
    options = {
        "aqtive_guard_log_bundle_dest": str(dest),
        "aqtive_guard_log_bundle_minimum_free": 16,
        "aqtive_guard_log_bundle_compress": False,
    }
    return [_play(fleet, "community.aqtive_guard.collect_logs", options)]


def _sftp(fleet: Fleet, dest: Path) -> list[list[str]]:
    """For all VMs in parallel: create the bundle, download it, compare the checksums."""
    dest.mkdir()
    common = [
        "-F",
        "/dev/null",
        "-o",
        f"UserKnownHostsFile={fleet.directory / 'known_hosts'}",
        "-i",
        str(fleet.directory / "key"),
    ]
    common += ["-o", "ControlMaster=auto", "-o", f"ControlPath={fleet.sockets}/raw-%p", "-o", "ControlPersist=60s"]
    return [
        ["bash", str(_DOWNLOAD), LOGIN_USER, str(vm.port), str(dest / name), *common] for name, vm in fleet.vms.items()
    ]


def _fetch(become: bool) -> Callable[[Fleet, Path], list[list[str]]]:
    def command(fleet: Fleet, dest: Path) -> list[list[str]]:
        return [_play(fleet, str(PLAYBOOKS / "fetch.yml"), {"dest": f"{dest}/", "fetch_become": become})]

    return command


def _pyinfra(fleet: Fleet, dest: Path) -> list[list[str]]:
    dest.mkdir()
    known = str(fleet.directory / "known_hosts")
    data = {
        "ssh_user": LOGIN_USER,
        "ssh_key": str(fleet.directory / "key"),
        "ssh_known_hosts_file": known,
        "dest": str(dest),
    }
    hosts = [(name, {"ssh_hostname": "127.0.0.1", "ssh_port": vm.port, **data}) for name, vm in fleet.vms.items()]
    inventory = fleet.directory / "pyinfra_inventory.py"
    inventory.write_text(f"vms = {hosts!r}\n")
    return [fleet.command("pyinfra", "-y", str(inventory), str(_DEPLOY))]


WAYS: dict[str, Callable[[Fleet, Path], list[list[str]]]] = {
    SFTP: _sftp,
    OURS: _collect_logs,
    "pyinfra files.get": _pyinfra,
    "command and fetch, without become": _fetch(become=False),
    "command and fetch, with become": _fetch(become=True),
}


def _play(fleet: Fleet, play: str, variables: dict[str, object]) -> list[str]:
    inventory = str(fleet.inventory())
    return fleet.command("ansible-playbook", "-i", inventory, play, "--extra-vars", json.dumps(variables))


def _vm_processes(fleet: Fleet) -> Iterator[set[int]]:
    for vm in fleet.vms.values():
        yield set(vm.processes())


def measure_way(fleet: Fleet, name: str, size: int, watch_memory: bool = False) -> Figures:
    """Download a bundle of ``size`` MiB from every VM, and verify that all are complete."""
    dest = fleet.directory / "downloads"
    commands = WAYS[name](fleet, dest)
    try:
        figures = run(
            commands,
            fleet.environment(),
            fleet.directory,
            (lambda: _vm_processes(fleet)) if watch_memory else None,
        )
        sizes = [path.stat().st_size for path in dest.rglob("*") if path.is_file()]
    finally:
        shutil.rmtree(dest, ignore_errors=True)
    # There are also a manifest and records.
    if sorted(sizes)[-len(fleet.vms) :] != [size * 2**20] * len(fleet.vms):
        raise Failed(f"{name} downloaded files of {sizes} bytes, not {len(fleet.vms)} of {size} MiB")
    return figures
