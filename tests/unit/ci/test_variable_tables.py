# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The README's tables of variables are those of the roles' argument specifications."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.role_variables import OF_PLAYBOOKS

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / ".ci"))

import variables  # noqa: E402

ROLE = "aqtive_guard_logging"
README = f"""before
<!-- begin variables of {ROLE} -->
| what is here | is replaced |
<!-- end variables -->
after
"""


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A collection of one role with one variable of its own."""
    options = {
        f"{ROLE}_level": {"default": "info", "description": ["V(LOG_LEVEL), a | b.\nSee O(other=1).", "More of it."]},
        "aqtive_guard_log_bundle_dest": {"description": ["Of another role."]},
    }
    specification = tmp_path / "roles" / ROLE / "meta" / "argument_specs.yml"
    specification.parent.mkdir(parents=True)
    specification.write_text(yaml.safe_dump({"argument_specs": {"main": {"options": options}}}))
    (tmp_path / "README.md").write_text(README)
    return tmp_path


def test_the_readme_is_up_to_date_and_has_a_table_for_each_role_that_users_set_variables_of() -> None:
    assert variables.main(["--check"]) == 0
    found = [match["role"] for match in variables.TABLE.finditer((ROOT / "README.md").read_text(encoding="utf-8"))]
    assert found == [ROLE, "aqtive_guard_log_bundle", "aqtive_guard_log_analysis"]


def test_the_readme_documents_the_variables_of_the_playbooks() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in OF_PLAYBOOKS if f"\n| `{name}` |" not in text] == []


def test_a_table_has_the_first_paragraph_and_the_default_of_each_variable_of_the_role(collection: Path) -> None:
    assert variables.main([], collection) == 0
    assert (collection / "README.md").read_text().splitlines() == [
        "before",
        f"<!-- begin variables of {ROLE} -->",
        "| variable | meaning | default |",
        "| --- | --- | --- |",
        rf"| `{ROLE}_level` | `LOG_LEVEL`, a \| b. See `other=1`. | `info` |",
        "<!-- end variables -->",
        "after",
    ]


def test_a_readme_with_another_table_is_refused_and_not_changed(collection: Path) -> None:
    assert variables.main(["--check"], collection) == 1
    assert (collection / "README.md").read_text() == README
    variables.main([], collection)
    assert variables.main(["--check"], collection) == 0


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ({}, ""),
        ({"default": ""}, '`""`'),
        ({"default": "cs"}, "`cs`"),
        ({"default": ["cs"]}, '`["cs"]`'),
        ({"default": True}, "`true`"),
    ],
)
def test_a_default_is_shown_as_it_is_written_in_yaml(option: dict[str, object], shown: str) -> None:
    assert variables.default_of(option) == shown
