# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logging settings of a fleet compared: VM with VM, and VM with what was asked for. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    BY_NAME,
    KEYS,
    Settings,
    digest,
    text_of,
)

Fleet = t.Mapping[str, Settings | str | None]
"""VM to its settings, in the order in which VMs are to be named. Where there are none: why, or None."""


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
    differences: list[Difference]
    drift: list[Drift]
    missing: dict[str, str | None]
    digest: str | None
    table: list[str]

    @property
    def identical(self) -> bool:
        return not (self.differences or self.drift or self.missing)

    @property
    def lines(self) -> list[str]:
        """What is not identical: a line each, with what to do."""
        lines = [
            f"{difference['key']} differs between VMs: "
            + "; ".join(
                f"{_named(variant['value'])} on {', '.join(variant['vms'])}" for variant in difference["variants"]
            )
            + ". Set it alike for all VMs, or name the key in may_differ."
            for difference in self.differences
        ]
        drifted: dict[tuple[str, str | None, str | None], list[str]] = {}
        for drift in self.drift:
            drifted.setdefault((drift["key"], drift["found"], drift["wanted"]), []).append(drift["vm"])
        lines += [
            f"{key} is {_named(found)} on {', '.join(vms)}, and should be {_named(wanted)}. Apply the settings again."
            for (key, found, wanted), vms in drifted.items()
        ]
        unread: dict[str, list[str]] = {}
        for vm, reason in self.missing.items():
            unread.setdefault(" ".join((reason or "no reason was given").split()), []).append(vm)
        lines += [f"The settings of {', '.join(vms)} could not be read: {reason}" for reason, vms in unread.items()]
        return lines


def read_fleet(option: str, given: t.Mapping[str, t.Any]) -> tuple[dict[str, Settings | str | None], list[Error]]:
    """A fleet from an option's value, native values as the vendor's text, and everything that is wrong with it."""
    fleet: dict[str, Settings | str | None] = {}
    errors = []
    for vm, value in given.items():
        settings = _settings_in(value)
        if settings is None or isinstance(settings, str):
            fleet[vm] = settings
        elif not isinstance(settings, t.Mapping):
            rule = "must be a dictionary of settings, or the reason why there are none"
            errors.append(error("validate", f"{option}, {vm}", rule, "Pass the settings that a module has returned"))
        else:
            errors += [
                error(
                    "validate",
                    f"{option}, {vm}",
                    f"sets '{shortened(str(name))}', which is not a logging key",
                    f"Use {', '.join(BY_NAME)}",
                )
                for name in settings
                if name not in BY_NAME
            ]
            fleet[vm] = {
                name: text_of(key, settings[name]) for name, key in BY_NAME.items() if settings.get(name) is not None
            }
    return fleet, errors


def refusals(wanted: Fleet) -> list[str]:
    """Why there are no settings for some VMs: each reason once, below the VMs that share it."""
    refused: dict[str, list[str]] = {}
    for vm, settings in wanted.items():
        if not isinstance(settings, dict):
            refused.setdefault(settings or "no settings were given", []).append(vm)
    return [f"{', '.join(vms)}:\n{reason}" for reason, vms in refused.items()]


def read_may_differ(names: t.Iterable[str]) -> tuple[set[str], list[Error]]:
    """Keys that may differ, named by the vendor's key or by the option, and the names that are neither."""
    known = {**{key.name: key.name for key in KEYS}, **{key.option: key.name for key in KEYS}}
    errors = [
        error(
            "validate",
            "may_differ",
            f"contains '{shortened(name)}', which is not a logging key",
            f"Use {', '.join(BY_NAME)}",
        )
        for name in names
        if name not in known
    ]
    return {known[name] for name in names if name in known}, errors


def compare(found: Fleet, wanted: Fleet, may_differ: t.Collection[str] = ()) -> Comparison:
    """Compare the VMs with each other, except for the keys that may differ, and each with what is wanted of it."""
    fleet = {vm: found.get(vm) for vm in (*found, *wanted)}
    read = {vm: settings for vm, settings in fleet.items() if isinstance(settings, dict)}
    return Comparison(
        differences=[
            difference
            for key in KEYS
            if key.name not in may_differ and len((difference := _difference(key.name, read))["variants"]) > 1
        ],
        drift=[
            Drift(vm=vm, key=key.name, found=settings.get(key.name), wanted=should.get(key.name))
            for vm, settings in read.items()
            if isinstance(should := wanted.get(vm), dict)
            for key in KEYS
            if settings.get(key.name) != should.get(key.name)
        ],
        missing={vm: reason for vm, reason in fleet.items() if not isinstance(reason, dict)},
        digest=next(iter(digests)) if len(digests := {digest(settings) for settings in read.values()}) == 1 else None,
        table=_table(fleet),
    )


def _settings_in(value: t.Any) -> t.Any:
    """The settings in a module's result, or its reason for having none. Settings by themselves are as they are."""
    if isinstance(value, t.Mapping):
        for name in ("settings", "msg"):
            if name in value:
                return value[name]
    return value


def _difference(key: str, read: t.Mapping[str, Settings]) -> Difference:
    """A key's values with the VMs that have each, the most common one first."""
    vms: dict[str | None, list[str]] = {}
    for vm, settings in read.items():
        vms.setdefault(settings.get(key), []).append(vm)
    variants = [Variant(value=value, vms=names) for value, names in vms.items()]
    return Difference(key=key, variants=sorted(variants, key=lambda variant: -len(variant["vms"])))


def _table(fleet: Fleet) -> list[str]:
    rows = [["VM", *(key.name for key in KEYS), "digest"]]
    for vm, settings in fleet.items():
        if not isinstance(settings, dict):
            rows.append([vm, *("?" for _key in KEYS), "?"])
        else:
            rows.append([vm, *(shortened(settings.get(key.name, "-")) for key in KEYS), digest(settings)[:12]])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _named(value: str | None) -> str:
    return "not set" if value is None else shortened(value)
