# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`configure_logging` on VMs that need no change, beside `ping`, and beside what else people manage lines of a file with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import ansible_mitogen
from fleets import PLAYBOOKS
from loopback import Fleet
from measure import Figures, repeat, run

OURS = "configure_logging"
PING = "ping"
_FQCN = f"community.aqtive_guard.{OURS}"
_MITOGEN = {
    "ANSIBLE_STRATEGY": "mitogen_linear",
    "ANSIBLE_STRATEGY_PLUGINS": str(Path(ansible_mitogen.__file__).parent / "plugins" / "strategy"),
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


def measure_plays(fleet: Fleet, names: Iterable[str], times: int, **environment: str) -> dict[str, Figures]:
    """The plays in turn, so many times; first each once unmeasured, after which connections are open and nothing is to be changed.

    Plays that change the same file would undo each other's work: each has its turns by itself.
    """
    inventory = str(fleet.inventory(**_VARIABLES))
    figures = {}
    for name in names:
        play, own = PLAYS[name]
        command = fleet.command("ansible-playbook", "-i", inventory, play)
        settings = fleet.environment(**environment, **own)
        measure = partial(run, [command], settings, fleet.directory)
        measure()
        figures[name] = repeat(measure, times)
    return figures
