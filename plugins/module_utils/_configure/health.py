# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes a restarted VM healthy: units that are active, sinks that received something, a probe that succeeds."""

import os
import time
import typing as t

Unit = t.Dict[str, str]
"""What systemd says of a unit, by property."""

Findings = t.Tuple[t.List[str], t.Dict[str, str]]
"""All that is not well, one line each, and the state of each unit."""

UNIT_PROPERTIES = ("Id", "LoadState", "ActiveState", "SubState", "Result", "UnitFileState")


def parse_units(text: str) -> t.List[Unit]:
    """The units in the output of ``systemctl show``: one dict of properties each.

    Units are separated by an empty line. A name that systemd does not know comes as ``LoadState=not-found``, a pattern
    that matches nothing as no unit at all.
    """
    units = []
    for paragraph in text.split("\n\n"):
        unit = dict(line.split("=", 1) for line in paragraph.splitlines() if "=" in line)
        if unit.get("Id") and unit.get("LoadState") != "not-found":
            units.append(unit)
    return units


def unit_problems(units: t.List[Unit], wanted: t.Sequence[str], installed_only: bool = False) -> t.List[str]:
    """What is wrong with the units, one line each. ``wanted`` are the names or patterns that were asked for.

    A unit that is inactive and not enabled is not meant to run (a migration that is run by hand, say), unless it was
    asked for by its very name.
    """
    if wanted and not units:
        return [
            "no systemd unit matches {0}: name the product's units (role variable aqtive_guard_logging_units;"
            " `systemctl list-units 'cryptosense*'` shows them), or give [] where there is no systemd".format(
                ", ".join(wanted)
            )
        ]
    if installed_only:
        return []
    found = {unit["Id"] for unit in units}
    problems = [
        "unit {0} is not there: correct its name (role variable aqtive_guard_logging_units)".format(name)
        for name in wanted
        if not any(character in name for character in "*?[") and name not in found
    ]
    idle = []
    for unit in units:
        state = unit.get("ActiveState")
        if state == "active":
            continue
        if state == "inactive" and unit["Id"] not in wanted and unit.get("UnitFileState") != "enabled":
            idle.append(unit["Id"])
            continue
        problems.append(
            "unit {0} is {1} ({2}, result {3}), not active: `journalctl -u {0} -n 50` tells why".format(
                unit["Id"], state, unit.get("SubState"), unit.get("Result")
            )
        )
    if units and len(idle) == len(units):
        problems.append("none of the units {0} is active".format(", ".join(sorted(idle))))
    return problems


def file_problem(path: str, stat_result: t.Optional[os.stat_result], since: float) -> t.Optional[str]:
    """What is wrong with a log file as a sink, or None. ``stat_result`` is None where there is no such file."""
    if stat_result is None:
        return "{0} does not exist: no record has reached it; may the product create it there?".format(path)
    if stat_result.st_size == 0:
        return "{0} is empty: no record has reached it".format(path)
    if stat_result.st_mtime < since:
        return "{0} has received no record since the restart".format(path)
    return None


def local_timestamp(text: str) -> float:
    """Seconds since the epoch of a time as ``ansible.builtin.command`` reports it in ``start``: the VM's local time."""
    whole, _dot, fraction = text.partition(".")
    return time.mktime(time.strptime(whole, "%Y-%m-%d %H:%M:%S")) + float("0." + (fraction or "0"))


def wait(
    look: t.Callable[[], Findings],
    timeout: float,
    interval: float,
    settle: float,
    clock: t.Callable[[], float] = time.time,
    sleep: t.Callable[[float], None] = time.sleep,
) -> t.Tuple[t.List[str], float, t.Dict[str, str]]:
    """Look until there have been no problems for ``settle`` seconds, or ``timeout`` seconds are over.

    ``look()`` returns the problems and the units' states. Returns the problems left (none: healthy), the seconds waited,
    and the states that were seen last.
    """
    start = clock()
    well_since = None  # type: t.Optional[float]
    while True:
        problems, states = look()
        now = clock()
        if problems:
            well_since = None
        elif well_since is None:
            well_since = now
        if well_since is not None and now - well_since >= settle:
            return [], now - start, states
        if now - start >= timeout:
            return (
                problems or ["was well for less than {0} s when the time was over".format(settle)],
                now - start,
                states,
            )
        sleep(interval)
