# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of all scenarios: files and journal of a VM as root reads them there.

Module scope, because each command on a VM without KVM takes a noticeable part of a second.
"""

import json
import os
from pathlib import Path

import pytest

CONFIG = "/etc/cryptosense-analyzer/config"


@pytest.fixture(scope="module")
def name(host):
    return host.check_output("hostname")


@pytest.fixture(scope="module")
def original(name):
    """The VM's configuration file before the first run of the collection."""
    return (Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "files" / f"{name}.config.bin").read_bytes()


@pytest.fixture(scope="module")
def read(host):
    """A function that returns the bytes of a file that only root can read."""

    def read_as_root(path):
        result = host.run("sudo cat -- %s", path)
        assert result.rc == 0, result.stderr
        return result.stdout_bytes

    return read_as_root


@pytest.fixture(scope="module")
def config(read):
    return read(CONFIG)


@pytest.fixture(scope="module")
def unit(name):
    """The product's only service on this VM, which the VM is named after: web1, web2, worker1."""
    return f"cryptosense-analyzer-{name.rstrip('0123456789')}.service"


@pytest.fixture(scope="module")
def journal(host, unit):
    """The records of the service in the journal since its last start."""
    invocation = host.check_output("systemctl show --property=InvocationID --value %s", unit)
    assert invocation
    lines = host.check_output("sudo journalctl --output=cat _SYSTEMD_INVOCATION_ID=%s", invocation).split("\n")
    # The other lines are systemd's own messages about the unit.
    return [json.loads(line) for line in lines if line.startswith("{")]
