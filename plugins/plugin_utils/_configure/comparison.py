# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the logging settings of VMs with each other, and with the settings they should have."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import on_one_line, shortened
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    KEYS,
    Settings,
    digest,
    shown,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.tables import aligned

Results = t.Mapping[str, t.Mapping[str, t.Any]]
"""VM to the result of the module that read or validated its settings, in the order in which VMs are listed.

A result without ``settings`` is a failure, and explains itself by ``errors`` or ``msg``, unless it is empty.
"""

_READ_REMEDY = "Check the connection to the VM and the permissions of its configuration file"
_VMS_LISTED = 10


class Variant(t.TypedDict):
    value: str | None
    vms: list[str]


class Difference(t.TypedDict):
    key: str
    variants: list[Variant]


class Drift(t.TypedDict):
    vm: str
    key: str
    found: str | None
    wanted: str | None


@dataclasses.dataclass(frozen=True)
class Comparison:
    vms: list[str]
    differences: list[Difference]
    drift: list[Drift]
    failed: Results
    digest: str | None
    table: list[str]

    @property
    def identical(self) -> bool:
        return not (self.differences or self.drift or self.failed)

    @property
    def as_wanted(self) -> list[str]:
        """Return the VMs that could be read and have the settings that they should have."""
        others = {*self.failed, *(each["vm"] for each in self.drift)}
        return [vm for vm in self.vms if vm not in others]

    @property
    def missing(self) -> dict[str, str | None]:
        return {vm: result.get("msg") or None for vm, result in self.failed.items()}

    @property
    def errors(self) -> list[Error]:
        """Return everything that keeps the VMs from being identical, grouped by VMs with the same error."""
        return [
            *map(_difference_error, self.differences),
            *_drift_errors(self.drift),
            *failures(self.failed, "read", "could not be read", _READ_REMEDY),
        ]


def failures(results: Results, phase: str, cause: str, remedy: str) -> list[Error]:
    """Return the errors of all results without settings, each once, with the VMs that share it.

    ``phase``, ``cause`` and ``remedy`` complete the error of a result that has only a message.
    """
    vms: dict[tuple[str, ...], list[str]] = {}
    for vm, result in results.items():
        if "settings" in result:
            continue
        reason = on_one_line(str(result.get("msg") or "no reason was given"))
        for each in result.get("errors") or [error(phase, "The settings", f"{cause}: {reason}", remedy)]:
            vms.setdefault((each["phase"], each["subject"], each["cause"], each["remedy"]), []).append(vm)
    return [
        error(phase, f"{subject} on {_listed(names)}", cause, remedy)
        for (phase, subject, cause, remedy), names in vms.items()
    ]


def invalid_results(option: str, results: t.Mapping[str, t.Any]) -> list[Error]:
    """Return an error for every VM whose value is not the result of a module."""
    return [
        error(
            "validate",
            f"{vm} in {option}",
            f"is '{shortened(str(result))}', but must be the result of a module",
            "Pass the result that a task of this collection has registered",
        )
        for vm, result in results.items()
        if not (result is None or isinstance(result, t.Mapping))
    ]


def parse_may_differ(names: t.Iterable[str]) -> tuple[set[str], list[Error]]:
    """Return keys, given by the vendor's name or the option's name, and an error for every name that is neither."""
    known = {**{key.name: key.name for key in KEYS}, **{key.option: key.name for key in KEYS}}
    errors = [
        error(
            "validate",
            "may_differ",
            f"contains '{shortened(name)}', which is not a logging key",
            f"Use {', '.join(key.name for key in KEYS)}",
        )
        for name in names
        if name not in known
    ]
    return {known[name] for name in names if name in known}, errors


def compare(found: Results, wanted: Results, may_differ: t.Collection[str] = ()) -> Comparison:
    """Compare each VM with the others, except for the keys that may differ, and with what is wanted for it."""
    results = {vm: found.get(vm, {}) for vm in (*found, *wanted)}
    fleet = {vm: _reportable(result["settings"]) for vm, result in results.items() if "settings" in result}
    digests = {digest(settings) for settings in fleet.values()}
    return Comparison(
        vms=list(results),
        differences=[
            difference
            for key in KEYS
            if key.name not in may_differ and len((difference := _difference(key.name, fleet))["variants"]) > 1
        ],
        drift=[
            Drift(vm=vm, key=key.name, found=settings.get(key.name), wanted=wanted[vm]["settings"].get(key.name))
            for vm, settings in fleet.items()
            if vm in wanted
            for key in KEYS
            if settings.get(key.name) != wanted[vm]["settings"].get(key.name)
        ],
        failed={vm: result for vm, result in results.items() if vm not in fleet},
        digest=digests.pop() if len(digests) == 1 else None,
        table=_table({vm: fleet.get(vm) for vm in results}),
    )


def _reportable(settings: t.Mapping[str, t.Any]) -> Settings:
    """Return the logging keys alone, and the length of an invalid value, wherever the settings come from."""
    values = {key.name: settings.get(key.name) for key in KEYS}
    return {name: shown(name, str(value)) for name, value in values.items() if value is not None}


def _difference(key: str, fleet: t.Mapping[str, Settings]) -> Difference:
    """Return a key's values with the VMs that have each, the most common one first."""
    vms: dict[str | None, list[str]] = {}
    for vm, settings in fleet.items():
        vms.setdefault(settings.get(key), []).append(vm)
    variants = [Variant(value=value, vms=names) for value, names in vms.items()]
    return Difference(key=key, variants=sorted(variants, key=lambda variant: -len(variant["vms"])))


def _difference_error(difference: Difference) -> Error:
    variants = [f"{_quoted(variant['value'])} on {_listed(variant['vms'])}" for variant in difference["variants"]]
    remedy = "Set it to the same value for all VMs, or add the key to may_differ (role variable aqtive_guard_logging_may_differ)"
    return error("check", difference["key"], f"differs between VMs: {'; '.join(variants)}", remedy)


def _drift_errors(drift: t.Iterable[Drift]) -> list[Error]:
    vms: dict[tuple[str, str | None, str | None], list[str]] = {}
    for each in drift:
        vms.setdefault((each["key"], each["found"], each["wanted"]), []).append(each["vm"])
    return [
        error(
            "check",
            f"{key} on {_listed(names)}",
            f"is {_quoted(found)}, but should be {_quoted(wanted)}",
            "Apply the settings again, with the playbook configure_logging",
        )
        for (key, found, wanted), names in vms.items()
    ]


def _table(fleet: t.Mapping[str, Settings | None]) -> list[str]:
    rows = [["VM", *(key.name for key in KEYS), "digest"]]
    for vm, settings in fleet.items():
        if settings is None:
            rows.append([vm, *("?" for _key in KEYS), "?"])
        else:
            rows.append([vm, *(shortened(settings.get(key.name, "-")) for key in KEYS), digest(settings)[:12]])
    return aligned(rows)


def _quoted(value: str | None) -> str:
    return "not set" if value is None else f"'{shortened(value)}'"


def _listed(vms: t.Sequence[str]) -> str:
    more = f" and {len(vms) - _VMS_LISTED} more" if len(vms) > _VMS_LISTED else ""
    return ", ".join(vms[:_VMS_LISTED]) + more
