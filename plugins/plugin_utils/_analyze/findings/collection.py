# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the collection of a VM's logs: whether they were collected, and what was not requested."""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.evidence import Evidence
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.finding import (
    Finding,
    enumeration,
    finding,
)

_STATUSES = {
    "not_selected": "the run was limited to other VMs",
    "unfinished": "the run ended before that",
    "checked": "the run was in check mode",
}
_FILTERS = {"log_types": "type", "log_levels": "level"}


def of_vm(evidence: Evidence) -> t.Iterator[Finding]:
    """Yield what the manifests say of a VM's collection."""
    if evidence.collections and not evidence.collected:
        yield _missing(evidence.collections[-1].entry)
    elif evidence.summary is None:
        yield finding("vm_missing", "files", cause="the run directory does not have the files that its manifest names")
    elif not evidence.summary.records and not evidence.summary.damage_totals:
        yield _no_records(evidence)
    yield from _filters(evidence)


def _missing(entry: t.Mapping[str, t.Any]) -> Finding:
    if entry["errors"]:
        error = entry["errors"][0]
        return finding("vm_missing", error["phase"], cause=f"{error['subject']} {error['cause']}")
    status = entry["status"]
    return finding("vm_missing", status, cause=_STATUSES.get(status, "no reason is known"))


def _no_records(evidence: Evidence) -> Finding:
    narrowing = ("date_from", "date_to", "log_types", "log_levels")
    is_narrowed = any(each.request[name] for each in evidence.collected for name in narrowing)
    return finding("no_records", "logs", explanation=" in what the request selects" if is_narrowed else "")


def _filters(evidence: Evidence) -> t.Iterator[Finding]:
    excluded = [each.entry["excluded_by_filters"] or {} for each in evidence.collected]
    for name, noun in _FILTERS.items():
        if values := sorted({value for each in excluded for value in each.get(name, ())}):
            nouns = noun if len(values) == 1 else f"{noun}s"
            yield finding("filtered", name, filter=name, values=f"the {nouns} {enumeration(values)}")
