# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import jsonschema_rs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.evidence import (
    Collection,
    Evidence,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.kinds import KINDS
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.logging_keys import KEYS
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.terminal import (
    LINES_LIMIT,
    terminal_summary,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.times import DAY, SECOND
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.damage import RULES
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import kinds as report_kinds
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.findings.findings_fleets import (
    NOW,
    entry,
    judged,
    request,
    summary,
)
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.findings.test_findings_kinds import (
    SCHEMA,
)

VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)

texts = st.text(max_size=30) | st.sampled_from(["{0}", "\x1b[31m", "<b>&", "\u202e\ud800", "x" * 5000])
counts = st.integers(0, 3) | st.integers(0, 10**12)
times = st.integers(0, 2**63 - 1) | st.integers(NOW - 9 * DAY, NOW + DAY)
places = st.fixed_dictionaries(
    {"file": st.integers(0, 5), "line": counts, "rule": st.sampled_from([*RULES, "new_rule"])}
)
dates = st.none() | texts | st.sampled_from(["0001-01-01", "2026-10-20", "9999-12-31 23:59:59", "2026-10-26T00:00:00Z"])


@st.composite
def summaries(draw):
    stamps = draw(st.lists(times, max_size=30))
    if draw(st.booleans()):
        start, step = draw(times), draw(st.integers(SECOND, DAY))
        stamps += [start + number * step for number in range(200) if start + number * step < 2**63]
    violation = st.fixed_dictionaries(
        {
            "variant": texts,
            "pointer": texts,
            "keyword": texts,
            "count": counts,
            "file": st.integers(0, 5),
            "line": counts,
        }
    )
    return summary(
        stamps,
        files=draw(st.lists(texts, max_size=3)),
        violations=draw(st.lists(violation, max_size=15)),
        damage=draw(st.lists(places, max_size=15)),
        damage_totals=draw(st.dictionaries(st.sampled_from([*RULES, "new_rule"]), st.integers(0, 20), max_size=4)),
        duplicates=draw(counts),
        id_conflicts=draw(counts),
        id_conflict_places=draw(
            st.lists(st.fixed_dictionaries({"file": st.integers(0, 5), "line": counts}), max_size=2)
        ),
        lost_messages=draw(counts),
    )


error = st.fixed_dictionaries(dict.fromkeys(("phase", "subject", "cause", "remedy"), texts))
clock = st.fixed_dictionaries({"offset": st.floats(-1e12, 1e12), "uncertainty": st.floats(0, 1e12)})
levels = st.sampled_from(["debug", "info", "critical"])
collections = st.builds(
    lambda changes, requested: Collection(entry(**changes), request(**requested)),
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(["collected", "failed", "unreachable", "unfinished", "not_selected", "checked"]),
            "errors": st.lists(error, max_size=2),
            "start": dates,
            "end": dates,
            "clock": st.none() | clock,
            "logging_settings": st.none() | st.dictionaries(st.sampled_from(list(KEYS)) | texts, texts | levels),
            "machine_id_digest": st.none() | st.just("ab" * 32),
            "excluded_by_filters": st.none()
            | st.fixed_dictionaries({"log_types": st.lists(texts), "log_levels": st.lists(texts)}),
        }
    ),
    st.fixed_dictionaries(
        {"date_from": dates, "date_to": dates, "log_types": st.lists(texts), "log_levels": st.lists(texts)}
    ),
)


@given(st.dictionaries(texts, st.tuples(st.none() | summaries(), st.lists(collections, max_size=3)), max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_known_of_a_fleet_there_is_a_valid_verdict(fleet):
    content = judged(*(Evidence(vm, found, tuple(own)) for vm, (found, own) in fleet.items()))
    # Names of VMs are keys, and not part of any sentence; half a surrogate pair is no valid key for the validator.
    VALIDATOR.validate({**content, "vms": {str(number): vm for number, vm in enumerate(content["vms"].values())}})
    assert json.loads(json.dumps(content)) == content
    for vm in content["vms"].values():
        verdicts = {KINDS[reason["kind"]].verdict for reason in vm["reasons"]}
        expected = "incomplete" if "incomplete" in verdicts else "unknown" if "unknown" in verdicts else "complete"
        assert vm["verdict"] == expected
    findings = [finding for vm in content["vms"].values() for finding in vm["reasons"]] + content["fleet"]
    for finding in findings:
        assert finding["subject"].isprintable() and 0 < len(finding["subject"]) < 4000
        assert finding["detail"].isprintable() and len(finding["detail"]) < 10_000
    shown = terminal_summary(content)
    assert len(shown) <= LINES_LIMIT
    assert all(line.isprintable() for line in shown)
    assert len(report_kinds.findings_of(content)) == len(findings)
