# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of all scenarios look at, from outside: a VM's files and journal, as root reads them there."""

import json
import os
from pathlib import Path

import pytest

CONFIG = "/etc/cryptosense-analyzer/config"


@pytest.fixture
def name(host):
    return host.check_output("hostname")


@pytest.fixture
def original(name):
    """The VM's configuration file before the collection has seen it."""
    return (Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "files" / f"{name}.config.bin").read_bytes()


@pytest.fixture
def read(host):
    """Bytes of a file that only root can read."""

    def read_as_root(path):
        result = host.run("sudo cat -- %s", path)
        assert result.rc == 0, result.stderr
        return result.stdout_bytes

    return read_as_root


@pytest.fixture
def config(read):
    return read(CONFIG)


@pytest.fixture
def unit(name):
    """The one service of the product that runs on this VM, which is named after it: web1, web2, worker1."""
    return f"cryptosense-analyzer-{name.rstrip('0123456789')}.service"


@pytest.fixture
def journal(host, unit):
    """The records of the service in the journal since it was last started."""
    invocation = host.check_output("systemctl show --property=InvocationID --value %s", unit)
    assert invocation
    lines = host.check_output("sudo journalctl --output=cat _SYSTEMD_INVOCATION_ID=%s", invocation).split("\n")
    # What does not begin like this is systemd's own message about the unit.
    return [json.loads(line) for line in lines if line.startswith("{")]
