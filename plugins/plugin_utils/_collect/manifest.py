# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account of one collection: what was wanted from which VM, what came, and why the rest did not."""

from __future__ import annotations

import typing as t
from pathlib import PurePath

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.sizes import human

Record = dict[str, t.Any]

_DONE = ("size", "sha256", "format", "empty")
# Seconds that the clocks of a fleet may be apart before its records can no longer be read together.
_CLOCK_TOLERANCE = 3.0
_HEADINGS = ("VM", "STATUS", "PHASE", "FILE", "SIZE", "SECONDS", "LOGGING", "REASON")


UNFINISHED: Record = {"unfinished": True}
"""The result of a VM that is going to be asked. A manifest that says so in the end is of a run that was cut off."""


def vm_entry(vm: str, result: Record | None, home: PurePath) -> Record:
    """What the manifest says of one VM, from the result of ``log_bundle`` there; None where it was not asked."""
    status = "not_selected" if result is None else _status(result)
    result = result or {}
    return {
        "status": status,
        "phase": result.get("phase"),
        "reason": _reason(vm, result) if status in ("failed", "unreachable") else None,
        "files": [_file(result, home)] if result.get("dest") else [],
        "start": result.get("start"),
        "end": result.get("end"),
        "bundle_seconds": result.get("duration"),
        "transfer_seconds": result.get("transfer_duration"),
        "cannot_bring": result.get("cannot_bring"),
        "left_on_vm": result.get("left_on_vm"),
        "clock": result.get("clock"),
        "logging_digest": result.get("logging_digest"),
        "taken_over": result.get("taken_over", False),
    }


def account(hosts: t.Iterable[str], results: t.Mapping[str, Record], home: PurePath) -> dict[str, Record]:
    """The entries of all VMs, in the order of the hosts."""
    vms = dict.fromkeys([*hosts, *results])
    return {vm: vm_entry(vm, results.get(vm), home) for vm in vms}


def missing(vms: t.Mapping[str, Record]) -> list[str]:
    """The VMs that were asked, and whose logs are not here."""
    return [vm for vm, entry in vms.items() if entry["status"] in ("failed", "unreachable", "unfinished")]


def is_complete(vms: t.Mapping[str, Record]) -> bool:
    """Whether every VM's logs are here; one that was not selected is not."""
    return bool(vms) and all(entry["status"] == "collected" for entry in vms.values())


def table(vms: t.Mapping[str, Record]) -> list[str]:
    """The account for people: aligned lines, a VM each, and what it comes to."""
    rows = [_HEADINGS, *(_row(vm, entry) for vm, entry in vms.items())]
    used = [column for column in range(len(_HEADINGS)) if any(row[column] for row in rows[1:])]
    widths = {column: max(len(row[column]) for row in rows) for column in used}
    lines = ["  ".join((row[column] or "-").ljust(widths[column]) for column in used).rstrip() for row in rows]
    return [*lines, *_conclusions(vms)]


def _status(result: Record) -> str:
    if result.get("unfinished"):
        return "unfinished"
    if result.get("unreachable"):
        return "unreachable"
    # A VM that was asked and of which nothing is known has failed, however that came about.
    if result.get("failed") or not result:
        return "failed"
    return "collected" if result.get("dest") else "checked"


def _reason(vm: str, result: Record) -> str:
    """The message, without what the entry says elsewhere."""
    message = str(result.get("msg") or "no reason was given")
    for known in (f"{vm}: ", f"{result.get('phase')}: "):
        message = message.removeprefix(known)
    return message


def _file(result: Record, home: PurePath) -> Record:
    path = PurePath(result["dest"])
    shown = path.relative_to(home) if path.is_relative_to(home) else path
    return {"path": str(shown), **{key: result.get(key) for key in _DONE}}


def _row(vm: str, entry: Record) -> tuple[str, ...]:
    files = entry["files"]
    seconds = [value for value in (entry["bundle_seconds"], entry["transfer_seconds"]) if value is not None]
    cells = (
        vm,
        entry["status"],
        entry["phase"] or "",
        ", ".join(file["path"] for file in files),
        ", ".join("no record" if file.get("empty") else human(file["size"]) for file in files),
        f"{sum(seconds):.1f}" if seconds else "",
        (entry["logging_digest"] or "")[:12],
        entry["reason"] or "",
    )
    # Names and reasons come from elsewhere, and must not move a cursor.
    return tuple("".join(char if char.isprintable() else " " for char in str(cell)) for cell in cells)


def _clock_warning(vm: str, clock: t.Any) -> str | None:
    """What to say of a clock that is wrong for sure, or None."""
    offset, uncertainty = (clock["offset"], clock["uncertainty"]) if clock else (0.0, 0.0)
    if abs(offset) - uncertainty <= _CLOCK_TOLERANCE:
        return None
    direction = "ahead of" if offset > 0 else "behind"
    return (
        f"The clock of {vm} is {abs(offset):.1f} s (give or take {uncertainty:.1f} s) {direction} this machine's: "
        "its records are dated by it, and so are date_from and date_to understood. Look at its time synchronisation"
    )


def _conclusions(vms: t.Mapping[str, Record]) -> list[str]:
    counts = {"collected": 0, "failed": 0, "unreachable": 0, "unfinished": 0, "not_selected": 0, "checked": 0}
    for entry in vms.values():
        counts[entry["status"]] += 1
    told = [
        f"{count} {status.replace('_', ' ')}" for status, count in counts.items() if count and status != "collected"
    ]
    lines = [", ".join([f"{counts['collected']} of {len(vms)} VMs collected", *told])]
    before = sum(entry["taken_over"] for entry in vms.values())
    if before:
        lines.append(f"{before} of them {'was' if before == 1 else 'were'} collected before, and not asked again")
    lines += [warning for vm, entry in vms.items() if (warning := _clock_warning(vm, entry["clock"]))]
    digests = {entry["logging_digest"] for entry in vms.values()} - {None}
    if len(digests) > 1:
        lines.append(f"The VMs log with {len(digests)} different settings: run verify-logging.yml to see them")
    return lines
