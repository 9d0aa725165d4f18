# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages of the documentation, and the examples in them."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import yaml

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.role_variables import (
    OF_PLAYBOOKS,
    RESULTS,
    ROLES,
)

ROOT = Path(__file__).parents[3]
README = ROOT / "README.md"
GUIDES = sorted(ROOT.glob("docs/docsite/rst/*.rst"))
ROLE_READMES = sorted(ROOT.glob("roles/*/README.md"))
FOR_USERS = [README, *ROLE_READMES, *GUIDES]
ALL = sorted({*FOR_USERS, *ROOT.glob("*.md"), *ROOT.glob("docs/contributing/*.md")})
REPOSITORY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
STATISTICS = {"aqtive_guard_analyzed_logs", "aqtive_guard_collected_logs", "aqtive_guard_compared_logging"}

_MARKDOWN = re.compile(r"^( *)```(?P<language>\w+)\n(?P<text>.*?)^\1```$", re.MULTILINE | re.DOTALL)
_RST = re.compile(
    r"^( *)\.\. code-block:: (?P<language>\w+)\n\n(?P<text>(?:\1    .*\n|\n(?=\n*\1    ))+)", re.MULTILINE
)


def name_of(page: Path) -> str:
    """Return the path of a page in the collection."""
    return str(page.relative_to(ROOT))


def code_blocks(page: Path, language: str) -> list[str]:
    """Return the examples of a page that are in a language."""
    pattern = _RST if page.suffix == ".rst" else _MARKDOWN
    found = pattern.finditer(page.read_text(encoding="utf-8") + "\n")
    return [textwrap.dedent(match["text"]) for match in found if match["language"] == language]


def commands(page: Path, program: str) -> list[str]:
    """Return the command lines of a page that run a program, from its examples for a shell."""
    lines = "\n".join(code_blocks(page, "console") + code_blocks(page, "sh")).replace("\\\n", "").splitlines()
    return [line.strip().removeprefix("$ ") for line in lines if re.search(rf"(^|[\s/]){program} ", line)]


def variables() -> set[str]:
    """Return the names that a user of the collection may set, or gets as results."""
    known = {*OF_PLAYBOOKS, *RESULTS, *STATISTICS, *ROLES}
    for role in ROLES:
        specification = yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text(encoding="utf-8"))
        known |= set(specification["argument_specs"]["main"]["options"])
    return known
