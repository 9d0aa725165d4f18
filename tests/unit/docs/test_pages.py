# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the README and the pages in docs/ name exists."""

from __future__ import annotations

import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.cli.playbook import PlaybookCLI

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.columns import FIELDS
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.role_variables import (
    OF_PLAYBOOKS,
    RESULTS,
    ROLES,
)

ROOT = Path(__file__).parents[3]
GUIDES = [
    ROOT / "docs" / f"{name}.md"
    for name in re.findall(
        r"^\| \[.*?\]\(docs/([\w-]+)\.md\)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
STATISTICS = {"aqtive_guard_analyzed_logs", "aqtive_guard_collected_logs", "aqtive_guard_compared_logging"}


def code_blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return ["".join(line.removeprefix(indent) for line in block.splitlines(True)) for indent, block in blocks]


def variables() -> set[str]:
    known = {*OF_PLAYBOOKS, *RESULTS, *STATISTICS, *ROLES}
    for role in ROLES:
        specification = yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text(encoding="utf-8"))
        known |= set(specification["argument_specs"]["main"]["options"])
    return known


def test_there_are_guides() -> None:
    assert len(GUIDES) == 11


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_local_links_lead_to_files(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_variables_exist(page: Path) -> None:
    names = re.findall(r"(?<![\w./])(aqtive_guard_\w+)", page.read_text(encoding="utf-8"))
    assert {name for name in names if not name.startswith("aqtive_guard_log_bundle.")} - variables() == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_playbooks_exist(page: Path) -> None:
    lines = [
        line
        for line in page.read_text(encoding="utf-8").splitlines()
        if "ansible-playbook" in line or "import_playbook" in line
    ]
    names = re.findall(r"community\.aqtive_guard\.(\w+)", "\n".join(lines))
    assert [name for name in names if not (ROOT / f"playbooks/{name}.yml").exists()] == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_options_of_ansible_playbook_exist(page: Path) -> None:
    cli = PlaybookCLI(["ansible-playbook"])
    cli.init_parser()
    known = set(cli.parser._option_string_actions)
    text = page.read_text(encoding="utf-8")
    used = {
        option
        for line in re.findall(r"ansible-playbook (.*)", text)
        for option in re.findall(r"(?<!\S)--[a-z-]+", line)
    }
    used |= set(re.findall(r"`(--(?:become|tags|start|limit|check|diff|step)[a-z-]*)", text))
    assert used - known == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_yaml_is_valid(page: Path) -> None:
    for block in code_blocks(page, "yaml"):
        assert yaml.safe_load(block)


def test_the_units_of_systemd_are_valid(tmp_path: Path) -> None:
    units: dict[str, t.Any] = {
        block.splitlines()[0].rpartition("/")[2]: block for block in code_blocks(ROOT / "docs/scheduling.md", "ini")
    }
    assert sorted(units) == ["aqtive-guard-logs.service", "aqtive-guard-logs.timer"]
    paths = []
    for name, text in units.items():
        paths.append(tmp_path / name)
        # The user, the directory and the program of the example do not exist here.
        text = re.sub("^(User|WorkingDirectory)=.*\n", "", text, flags=re.MULTILINE)
        paths[-1].write_text(text.replace("/usr/bin/ansible-playbook", sys.executable), encoding="utf-8")
    try:
        verified = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("systemd-analyze is not installed")
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


def test_the_schemas_of_records_are_documented() -> None:
    schemas = {path.name for path in (ROOT / "plugins/plugin_utils/_analyze/records/schemas").glob("*.json")}
    text = (ROOT / "docs/dataset.md").read_text(encoding="utf-8").partition("## Schemas of records")[2]
    assert set(re.findall(r"`(\w+\.json)`", text.partition("\n## ")[0])) == schemas


def test_the_columns_of_the_data_set_are_documented() -> None:
    text = (ROOT / "docs/dataset.md").read_text(encoding="utf-8").partition("## Columns")[2].partition("\n## ")[0]
    documented = {
        name
        for line in text.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert documented == {*FIELDS, "time", "day", "vm", "file", "line", "extra", "raw"}
