# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`configure_logging` on VMs that need no change, beside `ping`, and beside what else people manage lines of a file with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ansible_mitogen
from fleets import PLAYBOOKS, spread_configuration
from loopback import Fleet
from measure import Figures, run

OURS = "configure_logging"
PING = "ping"
_FQCN = f"community.aqtive_guard.{OURS}"
_MITOGEN = {
    "ANSIBLE_STRATEGY": "mitogen_linear",
    "ANSIBLE_STRATEGY_PLUGINS": str(Path(ansible_mitogen.__file__).parent / "plugins" / "strategy"),
    # It keeps no connection from one run to the next, and makes all of them at once.
    "ANSIBLE_TIMEOUT": "60",
}
# A play, and what is set in the environment for it.
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
    """They stay open for the plays that are measured, except for mitogen's."""
    _run(fleet, PING, {})


def measure_play(fleet: Fleet, name: str, **environment: str) -> Figures:
    """The play on all VMs, when nothing is left to change."""
    # Changing hundreds of VMs takes long, and is not what is measured.
    _run(fleet, name, {}, "--limit", next(iter(fleet.vms)))
    spread_configuration(fleet)
    return _run(fleet, name, environment, unwanted=r"changed=[1-9]")


def _run(
    fleet: Fleet, name: str, environment: Mapping[str, str], *arguments: str, unwanted: str | None = None
) -> Figures:
    play, own = PLAYS[name]
    command = fleet.command("ansible-playbook", "-i", str(fleet.inventory(**_VARIABLES)), play, *arguments)
    return run([command], fleet.environment(**environment, **own), fleet.directory, unwanted=unwanted)
