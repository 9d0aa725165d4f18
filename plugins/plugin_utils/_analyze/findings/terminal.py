# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The content of findings.json as a few lines for the terminal."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import printable, shortened
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.finding import (
    NAME_LIMIT,
    enumeration,
    number,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.kinds import (
    INCOMPLETE,
    KINDS,
    UNKNOWN,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.tables import aligned

LINES_LIMIT = 30

_DOUBTFUL = (INCOMPLETE, UNKNOWN)
_ORDER = list(KINDS)
# 1 line, a heading, these VMs and the rest of them, then these lines and the rest of them.
_VMS = 12
_OTHERS = 14
_DETAIL_LIMIT = 160
_NAMED = 3


def terminal_summary(findings: t.Mapping[str, t.Any]) -> list[str]:
    """Return at most ``LINES_LIMIT`` lines: the verdicts, what is wrong with which VM, and what else was found."""
    vms = findings["vms"]
    doubtful = sorted((vm for vm in vms if vms[vm]["verdict"] in _DOUBTFUL), key=lambda vm: _rank(vms[vm]))
    return [_head(vms), *_table(vms, doubtful), *_others(vms, findings["fleet"])]


def _rank(vm: t.Mapping[str, t.Any]) -> tuple[int, int]:
    """Return how bad the worst reason of a VM's verdict is: the lower, the worse."""
    return _DOUBTFUL.index(vm["verdict"]), min(_ORDER.index(each["kind"]) for each in vm["reasons"])


def _head(vms: t.Mapping[str, t.Any]) -> str:
    counts = Counter(vm["verdict"] for vm in vms.values())
    verdicts = [f"{counts[each]} {each}" for each in _DOUBTFUL if counts[each]]
    records = sum(vm["records"] for vm in vms.values())
    duplicates = sum(vm["duplicates"] for vm in vms.values())
    parts = [f"The logs of {counts['complete']} of {number(len(vms), 'VM')} are complete", *verdicts]
    parts.append(number(records, "record") + (f" ({number(duplicates, 'duplicate')} dropped)" if duplicates else ""))
    return ", ".join(parts)


def _table(vms: t.Mapping[str, t.Any], doubtful: t.Sequence[str]) -> list[str]:
    if not doubtful:
        return []
    rows = [(shortened(vm, NAME_LIMIT), vms[vm]["verdict"], _reasons(vms[vm])) for vm in doubtful[:_VMS]]
    more = len(doubtful) - _VMS
    rest = [f"and {number(more, 'more VM')}: see findings.json"] if more > 0 else []
    return [*aligned([("VM", "VERDICT", "REASON"), *rows]), *rest]


def _reasons(vm: t.Mapping[str, t.Any]) -> str:
    """Return the worst reason of the VM's verdict, and how many more there are."""
    reasons = [each for each in vm["reasons"] if KINDS[each["kind"]].verdict]
    more = f" (and {number(len(reasons) - 1, 'more reason')})" if len(reasons) > 1 else ""
    return f"{_shown(reasons[0])} [{reasons[0]['kind']}]{more}"


def _others(vms: t.Mapping[str, t.Any], fleet: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Return a line for each kind of finding that does not make a VM incomplete, and each finding of the fleet."""
    found: dict[str, dict[str, t.Any]] = {}
    for vm, value in vms.items():
        for reason in value["reasons"]:
            if not KINDS[reason["kind"]].verdict:
                found.setdefault(reason["kind"], {}).setdefault(vm, reason)
    lines = [f"{_shown(each)} [{each['kind']}]" for each in fleet]
    lines += [_line(kind, reasons) for kind, reasons in sorted(found.items(), key=lambda item: _ORDER.index(item[0]))]
    more = len(lines) - _OTHERS
    rest = [f"and {number(more, 'more finding')}: see findings.json"] if more > 0 else []
    return [*lines[:_OTHERS], *rest]


def _line(kind: str, reasons: t.Mapping[str, t.Mapping[str, t.Any]]) -> str:
    """Return the finding of the first VM, and on which others there is one of this kind."""
    first, *others = reasons
    more = f", also on {enumeration(others, _NAMED)}" if others else ""
    return f"{shortened(first, NAME_LIMIT)}: {_shown(reasons[first])} [{kind}{more}]"


def _shown(finding: t.Mapping[str, t.Any]) -> str:
    subject, detail = finding["subject"], finding["detail"]
    text = detail if subject in detail else f"{subject[:NAME_LIMIT]}: {detail}"
    return printable(text if len(text) <= _DETAIL_LIMIT else f"{text[: _DETAIL_LIMIT - 3]}...")
