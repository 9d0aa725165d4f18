# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of imports, on small trees with one import each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

CI = Path(__file__).parents[3] / ".ci"
sys.path.insert(0, str(CI))

import imports  # noqa: E402

PLUGINS = "ansible_collections.community.aqtive_guard.plugins"


def violations_in(root, **files):
    """Return the violations in a tree of `plugins/…` files; `__` in a name stands for a slash."""
    for name, text in files.items():
        path = root / "plugins" / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return imports.violations(root)


def test_this_collection_has_no_violation():
    assert imports.violations(CI.parent) == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("module_utils/_collect/a", "module_utils/_configure/b"),
        ("module_utils/_configure/a", "module_utils/_collect/b"),
        ("module_utils/_common/a", "module_utils/_collect/b"),
        ("module_utils/_collect/a", "plugin_utils/_collect/b"),
        ("module_utils/_collect/a", "modules/b"),
        ("module_utils/a", "module_utils/_common/b"),
        ("plugin_utils/_collect/a", "plugin_utils/_configure/b"),
        ("plugin_utils/_collect/a", "module_utils/_configure/b"),
        ("plugin_utils/_common/a", "plugin_utils/_collect/b"),
        ("plugin_utils/_collect/a", "action/b"),
        ("modules/a", "plugin_utils/_common/b"),
        ("modules/a", "action/b"),
        ("action/a", "modules/b"),
    ],
)
@pytest.mark.parametrize(
    "form", ["from {package} import {name}", "from {package}.{name} import x", "import {package}.{name}"]
)
def test_import_outside_the_allowed_column_is_reported(tmp_path, importer, imported, form):
    package, name = imported.rsplit("/", 1)
    line = form.format(package=f"{PLUGINS}.{package.replace('/', '.')}", name=name)
    files = {
        importer.replace("/", "__", importer.count("/")): f"def f():\n    {line}\n",
        imported.replace("/", "__"): "x = 1\n",
    }
    assert violations_in(tmp_path, **files) == [f"plugins/{importer}.py must not import plugins/{imported}.py"]


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("module_utils/_collect/a", "module_utils/_collect/b"),
        ("module_utils/_collect/a", "module_utils/_common/b"),
        ("plugin_utils/_collect/a", "module_utils/_collect/b"),
        ("plugin_utils/_collect/a", "plugin_utils/_common/b"),
        ("plugin_utils/_common/a", "module_utils/_common/b"),
        ("modules/a", "module_utils/_configure/b"),
        ("action/a", "module_utils/_configure/b"),
        ("action/a", "plugin_utils/_collect/b"),
    ],
)
def test_import_inside_the_allowed_column_is_accepted(tmp_path, importer, imported):
    line = f"from {PLUGINS}.{imported.replace('/', '.')} import x\n"
    files = {importer.replace("/", "__"): line, imported.replace("/", "__"): "x = 1\n"}
    assert violations_in(tmp_path, **files) == []


def test_relative_import_is_resolved(tmp_path):
    files = {
        "module_utils___collect__a": "from .._configure import b\nfrom ..._x import c\nfrom . import d\n",
        "module_utils___collect__d": "",
        "module_utils___configure__b": "",
    }
    assert violations_in(tmp_path, **files) == [
        "plugins/module_utils/_collect/a.py must not import plugins/module_utils/_configure/b.py"
    ]


def test_import_cycle_is_reported(tmp_path):
    base = f"{PLUGINS}.module_utils._collect"
    files = {
        "module_utils___collect__a": f"from {base} import b\n",
        "module_utils___collect__b": f"from {base}.c import x\n",
        "module_utils___collect__c": f"import {base}.a\n",
    }
    (cycle,) = violations_in(tmp_path, **files)
    assert cycle.startswith("import cycle: plugins/module_utils/_collect/")
    assert cycle.count(" -> ") == 3


@pytest.mark.parametrize("folder", ["modules", "module_utils/_common"])
def test_code_for_vms_imports_no_third_party_library(tmp_path, folder):
    found = violations_in(
        tmp_path, **{f"{folder.replace('/', '__')}__a": "import os, yaml\nfrom ansible.errors import AnsibleError\n"}
    )
    assert found == [
        f"plugins/{folder}/a.py must not import ansible.errors.AnsibleError: it is not in the standard library",
        f"plugins/{folder}/a.py must not import yaml: it is not in the standard library",
    ]


def test_utilities_for_vms_do_not_import_ansible_module(tmp_path):
    line = "from ansible.module_utils.basic import AnsibleModule\n"
    found = violations_in(tmp_path, modules__a=line, module_utils___common__b=line)
    assert found == ["plugins/module_utils/_common/b.py must not import AnsibleModule: that is for plugins/modules"]


@pytest.mark.parametrize(
    "line", [f"from {PLUGINS}.module_utils._common import text", f"import {PLUGINS}.module_utils._common.text"]
)
def test_simulator_imports_nothing_of_the_collection(tmp_path, line):
    path = tmp_path / imports.SIMULATOR / "files" / "cli.py"
    path.parent.mkdir(parents=True)
    path.write_text(f"import json\nfrom aqtive_guard_simulator import clock\n{line}\n")
    (found, *_more) = violations_in(tmp_path, module_utils___common__text="")
    assert found == f"{imports.SIMULATOR}files/cli.py must not import plugins/module_utils/_common/text.py"


def test_violations_go_to_stderr_and_set_the_exit_status(tmp_path, capsys):
    violations_in(tmp_path, modules__a="import yaml\n", modules__b="import requests\n")
    assert imports.main(str(tmp_path)) == 1
    assert capsys.readouterr().err.splitlines() == [
        "plugins/modules/a.py must not import yaml: it is not in the standard library",
        "plugins/modules/b.py must not import requests: it is not in the standard library",
    ]
    (tmp_path / "empty").mkdir()
    assert imports.main(str(tmp_path / "empty")) == 0
