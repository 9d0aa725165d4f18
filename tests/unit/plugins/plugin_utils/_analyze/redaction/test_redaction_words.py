# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.variants import schemas
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.words import WORDS

ANALYZE = Path(__file__).parents[6] / "plugins/plugin_utils/_analyze"
SOURCES = [
    *ANALYZE.glob("report/*.py"),
    *ANALYZE.glob("findings/*.py"),
    *(ANALYZE / name for name in ("records/damage.py", "redaction/fields.py", "redaction/findings.py")),
]


def texts(path):
    """Return the texts in a module, without documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documentation]
    return [each.value for each in constants if isinstance(each.value, str)]


def words(text):
    return {word.lower() for word in re.findall("[A-Za-z]{3,}", text)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_word_of_findings_report_and_manifest_is_a_word(path):
    """So that a user whose name is one of them does not stop every archive."""
    assert set().union(*map(words, texts(path))) - WORDS == set()


@pytest.mark.parametrize("path", sorted(ANALYZE.glob("report/templates/*.j2")), ids=lambda path: path.stem)
def test_every_word_of_the_templates_is_a_word(path):
    shown = re.sub(r"<[^>]*>|{%.*?%}|{{.*?}}|{#.*?#}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert words(shown) - WORDS == set()


def test_every_value_that_a_schema_names_is_a_word():
    named = set()
    for schema in schemas().values():
        for each in schema["properties"].values():
            named |= {*each.get("enum", ()), each.get("const", "")}
    assert set().union(*map(words, named)) - WORDS == set()
