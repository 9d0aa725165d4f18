# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The product's systemd units: their properties, and the errors that keep a VM from being healthy."""

import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error

Unit = t.Dict[str, str]
"""A unit's properties, as ``systemctl show`` prints them."""

PROPERTIES = ("Id", "LoadState", "ActiveState", "SubState", "Result", "UnitFileState")

_NAME_REMEDY = "Set units (role variable aqtive_guard_logging_units) to the product's units"


def parse_units(text: str) -> t.List[Unit]:
    """Return the units in the output of ``systemctl show``.

    Units are separated by an empty line. A name that systemd does not know is printed with ``LoadState=not-found``, a
    pattern that matches nothing is not printed at all.
    """
    units = []
    for paragraph in text.split("\n\n"):
        unit = dict(line.split("=", 1) for line in paragraph.splitlines() if "=" in line)
        if unit.get("Id") and unit.get("LoadState") != "not-found":
            units.append(unit)
    return units


def existence_errors(phase: str, units: t.Sequence[Unit], names: t.Sequence[str]) -> t.List[Error]:
    """Return an error for each requested name without a unit, or one error where there is no unit at all."""
    if names and not units:
        remedy = (
            _NAME_REMEDY + " (`systemctl list-units 'cryptosense*'` lists them), or to [] where there is no systemd"
        )
        return [error(phase, ", ".join(names), "matches no systemd unit", remedy)]
    found = {unit["Id"] for unit in units}
    return [
        error(phase, "unit {0}".format(name), "does not exist", _NAME_REMEDY)
        for name in names
        if not any(character in name for character in "*?[") and name not in found
    ]


def state_errors(phase: str, units: t.Sequence[Unit], names: t.Sequence[str]) -> t.List[Error]:
    """Return an error for each unit that should be active but is not.

    A unit that matches a pattern and is neither active nor enabled is not meant to run, such as a migration that is
    started manually. At least one unit must be active.
    """
    errors = []
    idle = []
    for unit in units:
        name, state = unit["Id"], unit.get("ActiveState")
        if state == "active":
            continue
        if state == "inactive" and name not in names and unit.get("UnitFileState") != "enabled":
            idle.append(name)
            continue
        cause = "is {0} ({1}, result {2}), but must be active".format(state, unit.get("SubState"), unit.get("Result"))
        remedy = "Run `journalctl -u {0} -n 50` on the VM to see why".format(name)
        errors.append(error(phase, "unit {0}".format(name), cause, remedy))
    if units and len(idle) == len(units):
        cause = "are inactive and not enabled, but at least one unit must be active"
        errors.append(error(phase, "units {0}".format(", ".join(sorted(idle))), cause, "Enable and start AQtive Guard"))
    return errors
