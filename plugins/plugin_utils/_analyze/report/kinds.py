# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of findings: what each is called, how bad it is, and what the first sentence says of it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text

GAPS = ("vm_missing", "days_missing", "silence", "window_uncovered")
"""Kinds whose time is hatched in a VM's lane."""


@dataclass(frozen=True)
class Kind:
    label: str
    severity: int
    """1 is the worst."""
    clause: str
    """What the first sentence says, with {vm} and {when} in the places of the VM's name and the period."""
    noun: str = "record"
    """What a count of such a finding counts."""
    untimed: str = ""
    """The clause of a finding without a period, where the other needs one."""


_KINDS = {
    "vm_missing": Kind("not collected", 1, "{vm} was not collected"),
    "bundle_damaged": Kind("damaged bundle", 1, "the bundle of {vm} is damaged"),
    "days_missing": Kind("missing days", 2, "{vm} lacks {when}", untimed="{vm} lacks whole days"),
    "silence": Kind("silence", 2, "{vm} was silent from {when}", untimed="{vm} was silent for some time"),
    "messages_lost": Kind("lost messages", 2, "journald dropped messages of {vm}", "message"),
    "bytes_unreadable": Kind("unreadable part", 2, "part of the logs of {vm} is unreadable"),
    "window_uncovered": Kind("window not covered", 2, "the logs of {vm} do not cover the whole window"),
    "id_conflict": Kind("conflicting ids", 3, "{vm} has different records with the same id"),
    "clock_skew": Kind("clock skew", 3, "the clock of {vm} is wrong"),
    "future_times": Kind("times in the future", 3, "{vm} has records dated in the future"),
    "lines_unreadable": Kind("unreadable lines", 3, "{vm} has unreadable lines", "line"),
    "schema_violations": Kind("schema violations", 4, "{vm} has records that break the schema"),
    "settings_changed": Kind("settings changed", 4, "the logging settings of {vm} changed"),
    "settings_differ": Kind("settings differ", 4, "the VMs log with different settings"),
    "levels_suppressed": Kind("levels suppressed", 5, "the settings of {vm} suppress levels"),
    "filtered": Kind("excluded by filters", 5, "filters excluded records of {vm}"),
    "no_records": Kind("no records", 2, "there is no record of {vm}"),
    "machine_id_shared": Kind("same machine ID", 4, "several VMs have the same machine ID"),
}


@dataclass(frozen=True)
class Finding:
    """A reason of a VM's verdict, or a finding of the fleet (``vm`` is None)."""

    vm: str | None
    kind: str
    subject: str
    detail: str
    start: datetime | None
    end: datetime | None
    count: int | None
    seconds: float | None
    sample: str

    @property
    def about(self) -> Kind:
        label = text.name(self.kind.replace("_", " "))
        return _KINDS.get(self.kind) or Kind(label, 4, label + " on {vm}")

    @property
    def clause(self) -> str:
        """What the first sentence says of it."""
        when = text.period(self.start, self.end) if self.start and self.end else ""
        pattern = self.about.clause if when else self.about.untimed or self.about.clause
        return pattern.replace("{when}", when).replace("{vm}", text.name(self.vm or "the fleet"))


def findings_of(findings: t.Mapping[str, t.Any]) -> tuple[Finding, ...]:
    """Return all findings, the worst first; those that are equally bad by VM, the fleet last."""
    vms = findings["vms"]
    by_vm = [(vm, reason) for vm in sorted(vms, key=text.natural) for reason in vms[vm]["reasons"]]
    found = (_finding(vm, reason) for vm, reason in [*by_vm, *((None, item) for item in findings["fleet"])])
    return tuple(sorted(found, key=lambda finding: (finding.about.severity, -(finding.count or 0))))


def _finding(vm: str | None, reason: t.Mapping[str, t.Any]) -> Finding:
    return Finding(
        vm=vm,
        kind=reason["kind"],
        subject=reason["subject"],
        detail=reason["detail"],
        start=text.parsed(reason.get("from")),
        end=text.parsed(reason.get("to")),
        count=reason.get("count"),
        seconds=reason.get("seconds"),
        sample=reason.get("sample", ""),
    )
