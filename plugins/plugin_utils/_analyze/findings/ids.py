# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rule about record ids that several VMs have used for different records."""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.answers import Row
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.finding import (
    Finding,
    bounded,
    enumeration,
    finding,
    number,
)


def of_fleet(rows: t.Iterable[Row]) -> list[Finding]:
    """Return for which VMs the same ids have different content."""
    return bounded([_conflict(row["vms"], row["ids"]) for row in rows])


def _conflict(vms: t.Sequence[str], ids: int) -> Finding:
    records = f"{number(ids, 'id', 'is', 'are')} on records of {enumeration(vms, 5)}"
    return finding("id_conflict", enumeration(vms, 3), count=ids, records=records, place="")
