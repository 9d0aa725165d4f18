# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rule about VMs that are one machine."""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.evidence import Evidence
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.finding import (
    Finding,
    enumeration,
    finding,
)


def of_fleet(fleet: t.Iterable[Evidence]) -> t.Iterator[Finding]:
    """Yield the VMs that have the same machine ID."""
    vms_of: dict[str, list[str]] = {}
    for each in fleet:
        digests = {collection.entry["machine_id_digest"] for collection in each.collected} - {None}
        for digest in sorted(digests):
            vms_of.setdefault(digest, []).append(each.vm)
    for vms in vms_of.values():
        if len(vms) > 1:
            yield finding("machine_id_shared", enumeration(vms, 3), count=len(vms), vms=enumeration(vms, 5))
