# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
import string
from pathlib import Path

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.finding import finding
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.kinds import (
    INCOMPLETE,
    KINDS,
    UNKNOWN,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.reading import FILE_RULES
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.verdict import verdict
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.damage import RULES
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import kinds as report_kinds

ROOT = Path(__file__).parents[6]
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "findings-1.schema.json").read_text(encoding="utf-8"))


def documented_verdicts():
    page = (ROOT / "docs/docsite/rst/findings.rst").read_text(encoding="utf-8")
    return dict(re.findall(r"\* - ``(\w+)``\n +- (\S+)\n", page))


def test_table_schema_report_and_documentation_have_the_same_kinds():
    assert list(KINDS) == SCHEMA["$defs"]["finding"]["properties"]["kind"]["enum"]
    assert set(KINDS) == set(report_kinds._KINDS)
    assert list(documented_verdicts()) == list(KINDS)


def test_documentation_has_the_verdict_of_each_kind():
    assert documented_verdicts() == {name: kind.verdict or "–" for name, kind in KINDS.items()}


def test_rules_of_files_are_rules():
    assert set(FILE_RULES) <= set(RULES)
    assert set(FILE_RULES.values()) == {"bundle_damaged", "bytes_unreadable"}


@pytest.mark.parametrize("name", KINDS)
def test_sentence_of_every_kind_is_composed_of_bounded_printable_values(name):
    hostile = "<b>\x1b[31m\u202e{0}\n" * 1000
    fields = [field for _text, field, _spec, _conversion in string.Formatter().parse(KINDS[name].sentence) if field]
    found = finding(name, hostile, **dict.fromkeys(fields, hostile))
    assert fields
    assert found.detail.isprintable() and found.subject.isprintable()
    assert len(found.detail) < 20_000 and len(found.subject) < 5_000


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([], "complete"),
        (["filtered", "clock_skew"], "complete"),
        (["filtered", "no_records"], "unknown"),
        (["no_records", "silence"], "incomplete"),
    ],
)
def test_verdict_is_that_of_the_worst_kind(kinds, expected):
    assert verdict(kinds) == expected


def test_kinds_that_say_something_about_missing_records_come_first():
    verdicts = [kind.verdict for kind in KINDS.values()]
    assert verdicts == sorted(verdicts, key=[INCOMPLETE, UNKNOWN, ""].index)
