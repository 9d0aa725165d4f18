# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the README, the guides and the pages for contributors name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible.cli.playbook import PlaybookCLI

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.columns import FIELDS
from ansible_collections.community.aqtive_guard.tests.unit.docs import pages

ROOT = pages.ROOT
RAW = pages.REPOSITORY.replace("//github.com/", "//raw.githubusercontent.com/")
DATASET = ROOT / "docs/docsite/rst/dataset.rst"


def section(page: Path, title: str) -> str:
    """Return the text of a section, up to the next one."""
    text = page.read_text(encoding="utf-8").partition(f"\n{title}\n")[2]
    return re.split(r"\n\n[^\n]+\n[-=]{3,}\n", text)[0]


def test_the_readme_and_the_docs_site_list_every_guide() -> None:
    names = [page.stem for page in pages.GUIDES]
    linked = re.findall(r"docs/docsite/rst/(\w+)\.rst", pages.README.read_text(encoding="utf-8"))
    sections = yaml.safe_load((ROOT / "docs/docsite/extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    assert sorted(set(linked)) == names
    assert sorted(name for each in sections for name in each["toctree"]) == names


@pytest.mark.parametrize("page", pages.GUIDES, ids=pages.name_of)
def test_a_guide_begins_with_its_label(page: Path) -> None:
    label = f".. _ansible_collections.community.aqtive_guard.docsite.{page.stem}:"
    assert label in page.read_text(encoding="utf-8").splitlines()[:8]


@pytest.mark.parametrize("page", pages.ALL, ids=pages.name_of)
def test_links_into_the_repository_lead_to_files(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    relative = [page.parent / link for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text)]
    full = [ROOT / link for link in re.findall(rf"{pages.REPOSITORY}/(?:blob|tree)/main/([\w./-]+)", text)]
    raw = [ROOT / link for link in re.findall(rf"{RAW}/main/([\w./-]+)", text)]
    assert [path for path in relative + full + raw if not path.exists()] == []


@pytest.mark.parametrize("page", pages.ALL, ids=pages.name_of)
def test_links_name_the_repository_of_the_collection(page: Path) -> None:
    found = re.findall(r"https://github\.com/[\w.-]+/community\.aqtive_guard", page.read_text(encoding="utf-8"))
    assert set(found) <= {pages.REPOSITORY}


@pytest.mark.parametrize(
    "page",
    [pages.README, *pages.ROLE_READMES, *pages.GUIDES, ROOT / "SECURITY.md"],
    ids=pages.name_of,
)
def test_pages_that_are_shown_outside_of_the_repository_have_full_links(page: Path) -> None:
    assert re.findall(r"\]\((?!https?:|#)[^)]+\)", page.read_text(encoding="utf-8")) == []


def test_the_readme_does_not_install_ansible_core_by_pip() -> None:
    # Customers of Red Hat run it in execution environments.
    assert re.findall(r"pip install (?:.* )?ansible(?:-core)?\b", pages.README.read_text(encoding="utf-8")) == []


def test_anchors_of_the_readme_exist() -> None:
    headings = re.findall(r"^#+ (.+)$", pages.README.read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    used = {
        anchor for page in pages.ALL for anchor in re.findall(r"README\.md#([\w-]+)", page.read_text(encoding="utf-8"))
    }
    assert used
    assert used <= anchors


@pytest.mark.parametrize("page", pages.FOR_USERS, ids=pages.name_of)
def test_variables_exist(page: Path) -> None:
    names = re.findall(r"(?<![\w./])(aqtive_guard_\w+)", page.read_text(encoding="utf-8"))
    # The first part of the name of a directory on VMs.
    assert {name for name in names if name != "aqtive_guard_log_bundle"} - pages.variables() == set()


@pytest.mark.parametrize("page", pages.GUIDES, ids=pages.name_of)
def test_options_of_ansible_playbook_exist(page: Path) -> None:
    cli = PlaybookCLI(["ansible-playbook"])
    cli.init_parser()
    text = page.read_text(encoding="utf-8")
    used = set(re.findall(r"`(--(?:become|tags|start|limit|check|diff|step|flush)[a-z-]*)", text))
    assert used - set(cli.parser._option_string_actions) == set()


def test_the_schemas_of_records_are_documented() -> None:
    schemas = {path.name for path in (ROOT / "plugins/plugin_utils/_analyze/records/schemas").glob("*.json")}
    assert set(re.findall(r"``(\w+\.json)``", section(DATASET, "Schemas of records"))) == schemas


def test_the_columns_of_the_data_set_are_documented() -> None:
    rows = re.findall(r"^  \* - (``.*)$", section(DATASET, "Columns"), re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"``(\w+)``", row)}
    assert documented == {*FIELDS, "time", "day", "vm", "file", "line", "extra", "raw"}


def test_the_questions_of_the_report_are_documented() -> None:
    files = {path.name for path in (ROOT / "plugins/plugin_utils/_analyze/dataset/questions").glob("*.sql")}
    assert set(re.findall(r"^  \* - ``(\w+\.sql)``", section(DATASET, "Questions"), re.MULTILINE)) == files
