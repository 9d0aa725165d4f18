# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`configure_logging` on VMs that need no change, `ping`, and other modules that manage lines of a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ansible_mitogen
from fleets import PLAYBOOKS, copy_configuration
from loopback import Fleet
from measure import Figures, run

OURS = "configure_logging"
PING = "ping"
_FQCN = f"community.aqtive_guard.{OURS}"
_MITOGEN = {
    "ANSIBLE_STRATEGY": "mitogen_linear",
    "ANSIBLE_STRATEGY_PLUGINS": str(Path(ansible_mitogen.__file__).parent / "plugins" / "strategy"),
    # It does not reuse connections of an earlier run, and opens all of them at once.
    "ANSIBLE_TIMEOUT": "60",
}
# A play and its environment variables.
PLAYS: dict[str, tuple[str, Mapping[str, str]]] = {
    PING: (str(PLAYBOOKS / "ping.yml"), {}),
    OURS: (_FQCN, {}),
    "blockinfile": (str(PLAYBOOKS / "blockinfile.yml"), {}),
    "lineinfile, in a loop": (str(PLAYBOOKS / "lineinfile.yml"), {}),
    "ping, mitogen": (str(PLAYBOOKS / "ping.yml"), _MITOGEN),
    "configure_logging, mitogen": (_FQCN, _MITOGEN),
    "blockinfile, mitogen": (str(PLAYBOOKS / "blockinfile.yml"), _MITOGEN),
}
_VARIABLES: dict[str, Any] = {
    "ansible_become": True,
    "aqtive_guard_logging_level": "info",
    "aqtive_guard_logging_file": "/var/log/guard.log",
    "aqtive_guard_logging_rotate_daily": True,
    "aqtive_guard_logging_rotate_max": 7,
    "aqtive_guard_logging_health_sinks": [],
    "aqtive_guard_logging_serial": "100%",
}


def open_connections(fleet: Fleet) -> None:
    """Open the connections that the measured plays reuse (mitogen opens its own)."""
    _run(fleet, PING, {})


def measure_play(fleet: Fleet, name: str, **environment: str) -> Figures:
    """Measure the play on all VMs when they need no change."""
    # Change one VM and copy its configuration: changing hundreds of VMs takes long and is not measured.
    _run(fleet, name, {}, "--limit", next(iter(fleet.vms)))
    copy_configuration(fleet)
    return _run(fleet, name, environment, forbidden=r"changed=[1-9]")


def _run(
    fleet: Fleet, name: str, environment: Mapping[str, str], *arguments: str, forbidden: str | None = None
) -> Figures:
    play, own = PLAYS[name]
    command = fleet.command("ansible-playbook", "-i", str(fleet.inventory(**_VARIABLES)), play, *arguments)
    return run([command], fleet.environment(**environment, **own), fleet.directory, forbidden=forbidden)
