# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VMs to derive findings of: summaries, manifest entries and requests, healthy unless changed."""

from __future__ import annotations

import dataclasses
import functools

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings import verdict
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.evidence import (
    Collection,
    Evidence,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.times import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    parsed,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.summary import Summary
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.timeline import Timeline

START = parsed("2026-10-19") or 0
"""A Monday."""
END = START + 7 * DAY
NOW = END + HOUR
VMS = ("web1", "web2", "web3", "worker1", "worker2")
NO_ANSWERS: dict[str, list[dict[str, object]]] = {"request_times": [], "setting_changes": [], "shared_ids": []}
SETTINGS = {"LOG_LEVEL": "info", "LOG_FILE": "/var/log/cs/app.log", "LOG_ROTATE_DAILY": "true", "LOG_ROTATE_MAX": "30"}


@functools.cache
def steady(start=START, end=END, step=MINUTE):
    """Return the times of records at intervals that are even but for a few seconds."""
    return tuple(time + (number * 7919 % 20) * SECOND for number, time in enumerate(range(start, end - MINUTE, step)))


def without(times, *gaps):
    return [time for time in times if not any(start <= time < end for start, end in gaps)]


@functools.lru_cache(maxsize=10)
def timeline_of(times):
    timeline = Timeline()
    timeline.add([b"%019d" % time for time in times])
    return timeline


def summary(times=None, vm="web1", **changes):
    """Return the summary of records at these times."""
    times = sorted(steady() if times is None else times)
    timeline = timeline_of(tuple(times))
    values = {
        "vm": vm,
        "files": ["web1/logs.gz"],
        "records": len(times),
        "levels": {"info": len(times)},
        "log_types": {"application": len(times)},
        "variants": {"application": {"info": len(times)}},
        "invalid": 0,
        "violations": [],
        "unknown_fields": {},
        "damage": [],
        "damage_totals": {},
        "oldest": timeline.oldest,
        "newest": timeline.newest,
        "days": timeline.days(),
        "hours": timeline.hours(),
        "gaps": [list(gap) for gap in timeline.gaps()],
        "duplicates": 0,
        "id_conflicts": 0,
        "id_conflict_places": [],
        "lost_messages": 0,
        "other_messages": 0,
    }
    return Summary(**{**values, **changes})


def damaged(*places, **changes):
    """Return a summary with damaged places: (file, line, rule)."""
    totals = {}
    for _file, _line, rule in places:
        totals[rule] = totals.get(rule, 0) + 1
    damage = [dict(zip(("file", "line", "rule"), place, strict=True)) for place in places]
    return summary(**{"damage": damage, "damage_totals": totals, **changes})


def entry(**changes):
    """Return the entry of a VM in a manifest."""
    values = {
        "status": "collected",
        "errors": [],
        "request": None,
        "files": [{"path": "web1/logs.gz", "size": 1, "sha256": "ab" * 32, "format": "gzip", "empty": False}],
        "start": "2026-10-26T00:00:00Z",
        "end": "2026-10-26T00:05:00Z",
        "bundle_seconds": 300.0,
        "download_seconds": 1.0,
        "reused": False,
        "leftover": None,
        "clock": {"offset": 0.2, "uncertainty": 0.1},
        "logging_settings": SETTINGS,
        "logging_digest": "d1" * 32,
        "product_packages": None,
        "machine_id_digest": None,
        "excluded_by_filters": {"log_types": [], "log_levels": []},
    }
    return {**values, **changes}


def request(**changes):
    values = {"date_from": "2026-10-19", "date_to": "2026-10-26", "log_types": [], "log_levels": []}
    return {**values, "compress": True, "command": ["cs"], **changes}


def evidence(summary_=None, vm="web1", requested=None, **changes):
    """Return a collected VM; changes are those of its entry."""
    found = summary(vm=vm) if summary_ is None else summary_
    return Evidence(vm, found, (Collection(entry(**changes), requested or request()),))


def without_summary(**changes):
    return dataclasses.replace(
        evidence(summary()), summary=None, collections=(Collection(entry(**changes), request()),)
    )


def healthy():
    steps = dict(zip(VMS, (MINUTE, 40 * SECOND, 70 * SECOND, MINUTE, 5 * MINUTE), strict=True))
    return [
        evidence(summary(steady(step=step), vm), vm, machine_id_digest=f"{number:064x}")
        for number, (vm, step) in enumerate(steps.items())
    ]


def judged(*fleet, now=NOW, **answers):
    return verdict.findings_of(fleet, {**NO_ANSWERS, **answers}, now)


def reasons(evidence_, **answers):
    return judged(evidence_, **answers)["vms"][evidence_.vm]["reasons"]


def kinds(evidence_, **answers):
    return [reason["kind"] for reason in reasons(evidence_, **answers)]


def only(evidence_, **answers):
    """Return the only reason of a VM."""
    (reason,) = reasons(evidence_, **answers)
    return reason
