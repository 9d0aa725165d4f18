# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about logging settings: levels that they suppress, and settings that change or differ."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings import times
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.answers import Row
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.evidence import (
    Collection,
    Evidence,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.finding import (
    Finding,
    bounded,
    enumeration,
    finding,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.logging_keys import KEYS, LEVELS

_AUDIT = "AUDIT"
# A level that is not missing if the settings suppress it, unless it was requested.
_UNREQUESTED = "debug"


def of_vm(evidence: Evidence, changes: t.Iterable[Row]) -> t.Iterator[Finding]:
    """Yield what a VM's settings mean for its logs. ``changes`` are its records of changes of logging keys."""
    yield from bounded([*_changed_between_collections(evidence.collected), *map(_changed, changes)])
    if evidence.last:
        yield from _suppressed(evidence.last)


def of_fleet(fleet: t.Iterable[Evidence]) -> t.Iterator[Finding]:
    """Yield the keys whose values differ between VMs."""
    settings = {each.vm: found for each in fleet if each.last and (found := _settings(each.last))}
    for key in KEYS:
        vms_of: dict[str, list[str]] = {}
        for vm, values in settings.items():
            vms_of.setdefault(values[key], []).append(vm)
        if len(vms_of) > 1:
            parts = [
                f"{_shown(value)} on {enumeration(vms, 3)}" for value, vms in sorted(vms_of.items(), key=_by_number)
            ]
            yield finding(
                "settings_differ", key, values="; ".join(parts[:3]) + ("; and others" if len(parts) > 3 else "")
            )


def _settings(collection: Collection) -> dict[str, str] | None:
    """Return the values that are effective; None if the VM's settings are not known."""
    settings = collection.entry["logging_settings"]
    return None if settings is None else {key: settings.get(key) or default for key, default in KEYS.items()}


def _suppressed(collection: Collection) -> t.Iterator[Finding]:
    settings, request = _settings(collection) or {}, collection.request
    requested = {level.lower() for level in request["log_levels"]} or {*LEVELS} - {_UNREQUESTED}
    types = set(request["log_types"])
    for key, is_requested in (
        ("LOG_LEVEL", not types or types != {_AUDIT}),
        ("LOG_LEVEL_AUDIT", not types or _AUDIT in types),
    ):
        value = settings.get(key, "")
        suppressed = LEVELS[: LEVELS.index(value)] if value in LEVELS else ()
        if is_requested and (missing := [level for level in suppressed if level in requested]):
            nouns = "the level" if len(missing) == 1 else "the levels"
            yield finding("levels_suppressed", key, value=value, levels=f"{nouns} {enumeration(missing)}")


def _changed_between_collections(collections: t.Sequence[Collection]) -> t.Iterator[Finding]:
    for before, after in itertools.pairwise(collections):
        old, new = _settings(before), _settings(after)
        for key in KEYS if old and new else ():
            if old and new and old[key] != new[key]:
                what = f"It was {_shown(old[key])} at one collection and {_shown(new[key])} at the next"
                yield finding("settings_changed", key, what=what)


def _changed(change: Row) -> Finding:
    time = times.parsed(change["time"].isoformat()) or 0
    old, new = (_shown(change[name] or "") for name in ("old_value", "new_value"))
    what = f"It was changed from {old} to {new} at {times.shown(time)}"
    return finding("settings_changed", change["setting"].upper(), (time, time), what=what)


def _shown(value: str) -> str:
    return f"'{value}'" if value else "not set"


def _by_number(item: tuple[str, list[str]]) -> tuple[int, str]:
    return len(item[1]), item[0]
