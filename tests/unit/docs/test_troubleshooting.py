# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each message on the page for troubleshooting is one that the collection shows."""

from __future__ import annotations

import ast
import re
import typing as t
from functools import cache

import pytest
import yaml

from ansible_collections.community.aqtive_guard.tests.unit.docs import pages

PAGE = (pages.ROOT / "docs/docsite/rst/troubleshooting.rst").read_text(encoding="utf-8")
OURS = PAGE.partition("\nMessages of Ansible itself\n")[0]
MESSAGES = re.findall(r"^``(.+)``$", OURS, re.MULTILINE)


def texts_of(value: t.Any) -> t.Iterator[str]:
    """Yield the texts in a value that was read from YAML."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_of(each)


@cache
def source_texts() -> list[str]:
    """Return every text that the plugins, roles and playbooks contain."""
    texts = []
    for path in pages.ROOT.glob("plugins/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    for path in [*pages.ROOT.glob("roles/*/[tv]a*/*.yml"), *pages.ROOT.glob("playbooks/**/*.yml")]:
        texts += texts_of(yaml.safe_load(path.read_text(encoding="utf-8")))
    return texts


def test_there_are_messages_of_every_job() -> None:
    assert len(MESSAGES) > 25
    assert len(set(MESSAGES)) == len(MESSAGES)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_exists(message: str) -> None:
    parts = [part.strip(" ,") for part in message.split("…")]
    assert any(parts)
    for part in filter(None, parts):
        assert any(part in text for text in source_texts()), part
