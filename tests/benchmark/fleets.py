# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets of namespaces, and logs of a given size on them."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from loopback import PLACE, Fleet, Vm

PLAYBOOKS = Path(__file__).resolve().parent / "playbooks"
SHIPPED_CFG = Path(__file__).resolve().parents[2] / "playbooks" / "ansible.cfg"
LOGS = f"{PLACE}/root/logs.json"
# The product's command: a bundle is a copy of logs that only root can read, and a restart does nothing.
COMMAND = f"""#!/bin/sh
[ "$1" != restart ] || exit 0
while [ "$1" != --out-file ]; do shift; done
exec cp {LOGS} "$2"
"""
CONFIGURATION = "DATABASE_URL=postgres://guard:made-up@db/guard\nLOG_LEVEL=debug\n"


@contextlib.contextmanager
def fleet(number: int) -> Iterator[Fleet]:
    """Start ``number`` VMs, connected to according to the collection's ansible.cfg."""
    with tempfile.TemporaryDirectory(prefix="benchmark.") as directory:
        vms = Fleet(Path(directory, "fleet"), [f"vm{index:03}" for index in range(1, number + 1)])
        shutil.copyfile(SHIPPED_CFG, vms.directory / "ansible.cfg")
        for vm in vms.vms.values():
            _configuration(vm).parent.mkdir(parents=True)
            _configuration(vm).write_text(CONFIGURATION)
            vm.directory.joinpath("root/var/log").mkdir(parents=True)
            vm.use_command(COMMAND)
        with vms:
            yield vms


def copy_configuration(fleet: Fleet) -> None:
    """Copy the configuration files of the first VM to all others."""
    first, *others = fleet.vms.values()
    for vm in others:
        shutil.copytree(_configuration(first).parent, _configuration(vm).parent, dirs_exist_ok=True)


def _configuration(vm: Vm) -> Path:
    return vm.directory / "root/etc/cryptosense-analyzer/config"


def create_logs(fleet: Fleet, size: int) -> None:
    """Create ``size`` MiB of logs on every VM, as compressible as real logs."""
    for number, vm in enumerate(fleet.vms.values()):
        source = random.Random(number)
        block = "".join(_record(source) for dummy in range(5000)).encode()
        logs = vm.directory / "root" / "logs.json"
        with logs.open("wb") as output:
            for dummy in range(size * 2**20 // len(block) + 1):
                output.write(block)
        os.truncate(logs, size * 2**20)
        logs.chmod(0o600)


def _record(source: random.Random) -> str:
    record = {
        "id": f"{source.getrandbits(128):032x}",
        "created_at": f"2026-11-{source.randint(1, 28):02}T12:{source.randint(0, 59):02}:00.{source.randint(0, 999999):06}Z",
        "hostname": "web1",
        "level": source.choice(["debug", "info", "warning", "error"]),
        "log_type": "application",
        "message": f"job {source.randint(1, 99999)} of project {source.randint(1, 999)} has been scheduled",
    }
    return json.dumps(record) + "\n"
