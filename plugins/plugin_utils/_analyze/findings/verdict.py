# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The content of findings.json: for each VM a verdict with its reasons, and what concerns the fleet."""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings import (
    clocks,
    collection,
    coverage,
    ids,
    machines,
    reading,
    settings,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.answers import Answers
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.evidence import Evidence
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.finding import Finding
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.kinds import (
    INCOMPLETE,
    KINDS,
    UNKNOWN,
)

FORMAT_VERSION = 1
COMPLETE = "complete"

_ORDER = {kind: number for number, kind in enumerate(KINDS)}


def findings_of(fleet: t.Sequence[Evidence], answers: Answers, now: int) -> dict[str, t.Any]:
    """Return the content of findings.json. ``now`` is nanoseconds since 1970: records after it are dated in the future."""
    skews, pairs = clocks.of_requests(answers["request_times"])
    vms = {}
    for each in fleet:
        changes = [change for change in answers["setting_changes"] if change["vm"] == each.vm]
        found = [*collection.of_vm(each), *clocks.of_vm(each), *settings.of_vm(each, changes)]
        found += [skews[each.vm]] if each.vm in skews else []
        if each.summary:
            found += [*reading.of_vm(each.summary), *coverage.of_vm(each, each.summary, now)]
        vms[each.vm] = {
            "verdict": verdict(reason.kind for reason in found),
            "records": each.summary.records if each.summary else 0,
            "duplicates": each.summary.duplicates if each.summary else 0,
            "reasons": _as_json(found),
        }
    of_fleet = [*pairs, *ids.of_fleet(answers["shared_ids"]), *machines.of_fleet(fleet), *settings.of_fleet(fleet)]
    return {"format_version": FORMAT_VERSION, "vms": vms, "fleet": _as_json(of_fleet)}


def verdict(kinds: t.Iterable[str]) -> str:
    """Return the verdict about a VM with reasons of these kinds."""
    verdicts = {KINDS[kind].verdict for kind in kinds}
    return next((each for each in (INCOMPLETE, UNKNOWN) if each in verdicts), COMPLETE)


def _as_json(found: t.Iterable[Finding]) -> list[dict[str, t.Any]]:
    return [each.as_json() for each in sorted(found, key=lambda each: _ORDER[each.kind])]
