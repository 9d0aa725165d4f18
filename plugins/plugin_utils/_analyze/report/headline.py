# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first sentence of the page: may the logs be trusted, and what is the worst?"""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.bursts import Burst
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.fleet import Vm

_VMS = 2
"""VMs whose gaps the sentence names."""


def headline(vms: t.Sequence[Vm], bursts: t.Sequence[Burst], found: int) -> str:
    """Return the sentence; ``found`` is the number of problems of every kind."""
    if not vms:
        return "No VM was analyzed."
    if not any(vm.records for vm in vms):
        return "; ".join([f"There is no record of {_any(vms)} in this window", *_reasons(vms)]) + "."
    clauses = [_verdicts(vms), *_reasons(vms), *_burst(bursts)]
    if not found:
        clauses.append("nothing unusual was found")
    return "; ".join(clauses) + "."


def _verdicts(vms: t.Sequence[Vm]) -> str:
    complete = sum(vm.verdict == "complete" for vm in vms)
    unknown = sum(vm.verdict == "unknown" for vm in vms)
    if complete == len(vms):
        return f"The logs of {_all(vms)} are complete"
    doubt = f", of {unknown} it is not known" if unknown else ""
    return f"The logs of {complete or 'none'} of {text.plural(len(vms), 'VM')} are complete{doubt}"


def _all(vms: t.Sequence[Vm]) -> str:
    return f"all {len(vms)} VMs" if len(vms) > 1 else text.name(vms[0].name)


def _any(vms: t.Sequence[Vm]) -> str:
    return f"any of the {len(vms)} VMs" if len(vms) > 1 else text.name(vms[0].name)


def _reasons(vms: t.Sequence[Vm]) -> list[str]:
    """Return the worst reason of each of the first VMs that are not complete."""
    reasons = [
        min(vm.findings, key=lambda finding: finding.about.severity)
        for vm in vms
        if vm.verdict == "incomplete" and vm.findings
    ]
    reasons.sort(key=lambda finding: finding.about.severity)
    return [finding.clause for finding in reasons[:_VMS]]


def _burst(bursts: t.Sequence[Burst]) -> list[str]:
    return [max(bursts, key=lambda burst: burst.errors).clause] if bursts else []
