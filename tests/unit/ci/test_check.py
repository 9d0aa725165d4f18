# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which unit tests `make check` runs for a change."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

CI = Path(__file__).parents[3] / ".ci"
sys.path.insert(0, str(CI))

import check  # noqa: E402

IMPORT = "from ansible_collections.community.aqtive_guard.plugins."


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with a utility, a utility that imports it, an action, and tests of them."""
    files = {
        "plugins/module_utils/_common/text.py": "",
        "plugins/module_utils/_collect/bundle.py": f"{IMPORT}module_utils._common import text\n",
        "plugins/action/log_bundle.py": "",
        "tests/unit/plugins/module_utils/_common/test_text.py": f"{IMPORT}module_utils._common.text import x\n",
        "tests/unit/plugins/module_utils/_collect/test_bundle.py": f"{IMPORT}module_utils._collect import bundle\n",
        "tests/unit/plugins/action/test_action_log_bundle.py": "",
        "tests/unit/roles/test_variables.py": 'ROOT / "roles" / "README.md"\n',
        "tests/unit/roles/simulator/test_cli.py": "",
        "tests/unit/roles/simulator/conftest.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(check, "ROOT", tmp_path)
    monkeypatch.setattr(check, "UNITS", tmp_path / "tests" / "unit")
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "selected"),
    [
        ("plugins/module_utils/_common/text.py", ["test_bundle", "test_text"]),
        ("plugins/module_utils/_collect/bundle.py", ["test_action_log_bundle", "test_bundle"]),
        ("plugins/modules/log_bundle.py", ["test_action_log_bundle"]),
        ("tests/unit/plugins/module_utils/_common/test_text.py", ["test_text"]),
        ("tests/unit/roles/simulator/conftest.py", ["test_cli"]),
        ("roles/simulator/files/cli.py", ["test_cli", "test_variables"]),
        ("roles/another/tasks/main.yml", ["test_variables"]),
        ("README.md", ["test_variables"]),
        ("docs/contributing/faults.md", []),
    ],
)
def test_selected_tests_depend_on_the_changed_file(checkout, changed, selected):
    assert sorted(test.stem for test in check.select_tests([checkout / changed])) == selected


def test_all_tests_run_when_their_requirements_change(checkout):
    assert check.select_tests([checkout / "requirements/check.txt", checkout / "README.md"]) == [check.UNITS]


def test_nothing_runs_when_nothing_changed(checkout):
    assert check.select_tests([]) == []
