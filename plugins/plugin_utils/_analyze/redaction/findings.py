# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redact what an analysis has found: findings, and the facts that the report shows."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import MASK, Kind
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.free_text import FreeText
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.facts import RunFacts

Findings = t.Mapping[str, t.Any]

_CUT = re.compile(r"\S*\.\.\. (?=\([0-9]+ characters\))")
"""The last word of a text that was shortened: it may be the beginning of a name."""


def redacted_findings(findings: Findings, text: FreeText) -> dict[str, t.Any]:
    """Return findings that name VMs by their tokens. They conform to the same schema."""
    vms = {text.token(Kind.HOST, vm): _vm(value, text) for vm, value in findings["vms"].items()}
    return {**findings, "vms": dict(sorted(vms.items())), "fleet": [_finding(each, text) for each in findings["fleet"]]}


def redacted_facts(facts: RunFacts, text: FreeText) -> RunFacts:
    """Return the facts for the vendor: times and versions, but no names and paths."""
    versions = {text.token(Kind.HOST, vm): text.redact(version) for vm, version in facts.versions.items()}
    return dataclasses.replace(
        facts, title="AQtive Guard logs, redacted", query="the records of this archive", versions=versions
    )


def _vm(value: t.Mapping[str, t.Any], text: FreeText) -> dict[str, t.Any]:
    return {**value, "reasons": [_finding(each, text) for each in value["reasons"]]}


def _finding(finding: t.Mapping[str, t.Any], text: FreeText) -> dict[str, t.Any]:
    shown = {name: text.redact(_CUT.sub(f"{MASK}... ", finding[name])) for name in ("subject", "detail")}
    return {**finding, **shown}
