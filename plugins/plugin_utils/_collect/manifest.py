# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest's entries: what was collected from each VM, and the errors of the others."""

from __future__ import annotations

import typing as t
from collections import Counter
from pathlib import PurePath

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error, message
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import on_one_line, printable
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import run_directory
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.module_answer import ERROR
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.schema import matches
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.sizes import human

Entry = dict[str, t.Any]

UNFINISHED: Entry = {"unfinished": True}
"""The result of a VM whose logs are still to be collected. It remains in the manifest of a run that is interrupted."""

# Seconds between the clocks of a fleet beyond which its records are no longer in a reliable order.
_CLOCK_TOLERANCE = 3.0
# VMs that a warning names.
_LISTED = 5
_HEADINGS = ("VM", "STATUS", "PHASE", "FILE", "SIZE", "SECONDS", "LOGGING", "REASON")
_DETAILS = "Run the playbook with -vvv to see the details"


def vm_entries(hosts: t.Iterable[str], results: t.Mapping[str, t.Any], directory: PurePath) -> dict[str, Entry]:
    """Return the entries of all VMs in the order of the hosts; a host without a result was not selected."""
    return {vm: vm_entry(results.get(vm), directory, vm in results) for vm in dict.fromkeys([*hosts, *results])}


def vm_entry(result: t.Any, directory: PurePath, is_selected: bool = True) -> Entry:
    """Return the entry of a VM from the result of ``log_bundle``, whatever that result is."""
    result = result if isinstance(result, dict) else {}
    file = _file(result, directory)
    status = _status(result, file) if is_selected else "not_selected"
    values = {
        **result,
        "status": status,
        "errors": _errors(result, status) if status in ("failed", "unreachable") else [],
        "files": [file] if file else [],
        "reused": result.get("reused") is True,
    }
    return {
        key: values[key] if matches(values.get(key, ...), expected) else None
        for key, expected in run_directory.VM.items()
    }


def missing(vms: t.Mapping[str, Entry]) -> list[str]:
    """Return the selected VMs whose logs were not collected."""
    return [vm for vm, entry in vms.items() if entry["status"] in ("failed", "unreachable", "unfinished")]


def is_complete(vms: t.Mapping[str, Entry]) -> bool:
    """Return whether the logs of every VM were collected; those of a VM that was not selected were not."""
    return bool(vms) and all(entry["status"] == "collected" for entry in vms.values())


def table(vms: t.Mapping[str, Entry]) -> list[str]:
    """Return the entries as aligned lines, with a summary below them."""
    rows = [_HEADINGS, *(_row(vm, entry) for vm, entry in vms.items())]
    used = [column for column in range(len(_HEADINGS)) if any(row[column] for row in rows[1:])]
    widths = {column: max(len(row[column]) for row in rows) for column in used}
    lines = ["  ".join((row[column] or "-").ljust(widths[column]) for column in used).rstrip() for row in rows]
    return [*lines, *_summary(vms)]


def _status(result: Entry, file: Entry | None) -> str:
    if result.get("unfinished"):
        return "unfinished"
    if result.get("unreachable"):
        return "unreachable"
    if result.get("failed"):
        return "failed"
    if file:
        return "collected"
    # Only in check mode does a result have data but no file.
    return "checked" if "excluded_by_filters" in result and "dest" not in result else "failed"


def _errors(result: Entry, status: str) -> list[Error]:
    """Return the errors of a result, or one that is made of its message, as Ansible's own results have no errors."""
    errors = result.get("errors")
    if errors and matches(errors, [ERROR]):
        return list(errors)
    if text := on_one_line(str(result.get("msg") or "")):
        return [
            error("prepare", "connection" if status == "unreachable" else "log_bundle", f"failed: {text}", _DETAILS)
        ]
    return [error("prepare", "log_bundle", "returned neither a bundle nor an error", _DETAILS)]


def _file(result: Entry, directory: PurePath) -> Entry | None:
    """Return the file in a result, with its path below the run directory; None where there is none."""
    file = {key: result.get(key) for key in run_directory.FILE}
    path = PurePath(result["dest"]) if isinstance(result.get("dest"), str) else None
    if not path or ".." in path.parts:
        return None
    file["path"] = str(path.relative_to(directory) if path.is_relative_to(directory) else path)
    return file if matches(file, run_directory.FILE) else None


def _row(vm: str, entry: Entry) -> tuple[str, ...]:
    files, errors = entry["files"], entry["errors"]
    seconds = [value for value in (entry["bundle_seconds"], entry["download_seconds"]) if value is not None]
    cells = (
        vm,
        entry["status"],
        errors[0]["phase"] if errors else "",
        ", ".join(file["path"] for file in files),
        ", ".join("no record" if file["empty"] else human(file["size"]) for file in files),
        f"{sum(seconds):.1f}" if seconds else "",
        (entry["logging_digest"] or "")[:12],
        " ".join(message(errors).splitlines()),
    )
    return tuple(printable(cell) for cell in cells)


def _summary(vms: t.Mapping[str, Entry]) -> list[str]:
    counts = Counter(entry["status"] for entry in vms.values())
    others = [f"{counts[status]} {status.replace('_', ' ')}" for status in run_directory.STATUSES[1:] if counts[status]]
    lines = [", ".join([f"{counts['collected']} of {len(vms)} VMs collected", *others])]
    if reused := sum(entry["reused"] for entry in vms.values()):
        lines.append(f"{reused} of them {'was' if reused == 1 else 'were'} collected by an earlier run and reused")
    lines += [warning for vm, entry in vms.items() if (warning := _clock_warning(vm, entry["clock"]))]
    lines += _shared_machine_ids(vms)
    digests = {entry["logging_digest"] for entry in vms.values()} - {None}
    if len(digests) > 1:
        lines.append(f"The VMs log with {len(digests)} different settings: run verify-logging.yml to compare them")
    return lines


def _shared_machine_ids(vms: t.Mapping[str, Entry]) -> list[str]:
    """Return a warning for each machine ID of several VMs: their logs may be those of one VM."""
    names_of: dict[str, list[str]] = {}
    for vm, entry in vms.items():
        if digest := entry["machine_id_digest"]:
            names_of.setdefault(digest, []).append(printable(vm))
    return [
        f"{_enumeration(names)} have the same machine ID: one VM under {len(names)} names, or clones"
        for names in names_of.values()
        if len(names) > 1
    ]


def _enumeration(names: t.Sequence[str]) -> str:
    listed, more = names[:_LISTED], len(names) - _LISTED
    *first, last = [*listed, f"{more} more"] if more > 0 else listed
    return f"{', '.join(first)} and {last}"


def _clock_warning(vm: str, clock: dict[str, float] | None) -> str | None:
    """Return a warning about a clock that is wrong even if the measurement is as inaccurate as it may be."""
    if not clock or abs(clock["offset"]) - clock["uncertainty"] <= _CLOCK_TOLERANCE:
        return None
    direction = "ahead of" if clock["offset"] > 0 else "behind"
    return (
        f"The clock of {printable(vm)} is {abs(clock['offset']):.1f} s (± {clock['uncertainty']:.1f} s) {direction} the"
        " controller's: its records have its times, and so do date_from and date_to. Check its time synchronization"
    )
