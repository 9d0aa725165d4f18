# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the documentation work: they are extracted from its pages, and run as far as a unit test can."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible import context
from ansible.cli.adhoc import AdHocCLI
from ansible.cli.galaxy import GalaxyCLI
from ansible.cli.playbook import PlaybookCLI

import ansible_collections.community.aqtive_guard as collection
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.role_variables import (
    OF_PLAYBOOKS,
    ROLES,
    form_errors,
)
from ansible_collections.community.aqtive_guard.tests.unit.docs import pages

ROOT = pages.ROOT
COLLECTIONS = Path(next(iter(collection.__path__))).parents[2]
SCHEDULING = ROOT / "docs/docsite/rst/scheduling.rst"
PAGES_WITH_YAML = [page for page in pages.FOR_USERS if pages.code_blocks(page, "yaml")]


def specification() -> dict[str, dict[str, t.Any]]:
    found = {name: dict(each) for name, each in OF_PLAYBOOKS.items()}
    for role in ROLES:
        specs = yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text(encoding="utf-8"))
        found.update(specs["argument_specs"]["main"]["options"])
    return found


def settings(value: t.Any) -> t.Iterator[tuple[str, t.Any]]:
    """Yield each variable of this collection that an example sets, with its value."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name.startswith(tuple(f"{role}_" for role in ROLES)):
                yield name, each
            yield from settings(each)
    elif isinstance(value, list):
        for each in value:
            yield from settings(each)


def kind_of(example: t.Any) -> str:
    """Return what a file with an example would be."""
    if isinstance(example, list):
        return (
            "playbook"
            if any("hosts" in each or "ansible.builtin.import_playbook" in each for each in example)
            else "tasks"
        )
    return "inventory" if "aqtive_guard" in example else "other"


def examples(*kinds: str) -> list[tuple[str, str]]:
    """Return the examples in YAML of these kinds, each with its page."""
    return [
        (pages.name_of(page), block)
        for page in PAGES_WITH_YAML
        for block in pages.code_blocks(page, "yaml")
        if kind_of(yaml.safe_load(block)) in kinds
    ]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_NOCOLOR": "true",
    }
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_there_are_examples_of_each_kind() -> None:
    assert len(examples("playbook")) >= 5
    assert len(examples("tasks")) == 2
    assert len(examples("inventory")) >= 3
    assert len(examples("other")) >= 5


@pytest.mark.parametrize("page", PAGES_WITH_YAML, ids=pages.name_of)
def test_variables_of_examples_exist_and_have_the_right_form(page: Path) -> None:
    known = specification()
    for block in pages.code_blocks(page, "yaml"):
        found = dict(settings(yaml.safe_load(block)))
        assert set(found) <= set(known)
        assert form_errors(found, known) == []


def test_playbooks_and_files_of_tasks_have_a_valid_syntax(tmp_path: Path) -> None:
    files = []
    for number, (_page, block) in enumerate(examples("playbook", "tasks")):
        path = tmp_path / f"{number}.yml"
        path.write_text(block, encoding="utf-8")
        if kind_of(yaml.safe_load(block)) == "tasks":
            play = {"hosts": "all", "tasks": [{"ansible.builtin.import_tasks": path.name}]}
            path = tmp_path / f"{number}-play.yml"
            path.write_text(yaml.safe_dump([play]), encoding="utf-8")
        files.append(path.name)
    command = [sys.executable, "-m", "ansible.cli.playbook", "--syntax-check", "-i", "web1,", *files]
    found = run(*command, cwd=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.count("playbook: ") == len(files)


@pytest.mark.parametrize(("page", "block"), examples("inventory"))
def test_inventories_put_their_vms_into_the_group(page: str, block: str, tmp_path: Path) -> None:
    (tmp_path / "inventory.yml").write_text(block, encoding="utf-8")
    options = ("-i", "inventory.yml", "--list", "--export")
    found = run(sys.executable, "-m", "ansible.cli.inventory", *options, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    listed = yaml.safe_load(found.stdout)
    hosts = yaml.safe_load(block)["aqtive_guard"].get("hosts", {})
    assert listed.get("aqtive_guard", {}).get("hosts", []) == list(hosts)


@pytest.mark.parametrize("page", pages.FOR_USERS, ids=pages.name_of)
def test_commands_of_ansible_playbook_can_be_parsed_and_name_what_exists(page: Path) -> None:
    for line in pages.commands(page, "ansible-playbook"):
        # A shell's redirections, and variables of its script.
        words = shlex.split(re.sub(r"[>|].*", "", line).replace("$playbook", "collect_logs"))
        cli = PlaybookCLI(words[words.index(next(word for word in words if word.endswith("ansible-playbook"))) :])
        cli.parse()
        arguments = context.CLIARGS
        for playbook in arguments["args"]:
            namespace, name, playbook_name = playbook.split(".")
            assert (namespace, name) == ("community", "aqtive_guard")
            assert (ROOT / "playbooks" / f"{playbook_name}.yml").exists()
        for extra in arguments["extra_vars"]:
            if not extra.startswith("@"):
                text = extra if extra.startswith("{") else "{" + extra.replace("=", ": ", 1) + "}"
                assert set(yaml.safe_load(text)) <= {*pages.variables(), "target"}


@pytest.mark.parametrize(
    ("program", "cli"), [("ansible", AdHocCLI), ("ansible-galaxy", GalaxyCLI)], ids=["ansible", "ansible-galaxy"]
)
def test_commands_of_other_programs_can_be_parsed(program: str, cli: t.Any) -> None:
    lines = [line for page in pages.FOR_USERS for line in pages.commands(page, program)]
    assert lines
    for line in lines:
        words = shlex.split(line)
        cli([program, *words[1:]]).parse()


def test_the_recommended_settings_are_those_of_the_collection() -> None:
    (block,) = pages.code_blocks(ROOT / "docs/docsite/rst/first_use.rst", "ini")
    documented, shipped = configparser.ConfigParser(), configparser.ConfigParser()
    documented.read_string(block)
    shipped.read(ROOT / "playbooks/ansible.cfg")
    assert {name: dict(documented[name]) for name in documented} == {name: dict(shipped[name]) for name in shipped}


def test_the_units_of_systemd_are_valid(tmp_path: Path) -> None:
    units = {block.splitlines()[0].rpartition("/")[2]: block for block in pages.code_blocks(SCHEDULING, "ini")}
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


@pytest.mark.parametrize("page", pages.FOR_USERS, ids=pages.name_of)
def test_programs_in_python_and_scripts_have_a_valid_syntax(page: Path) -> None:
    for block in pages.code_blocks(page, "python"):
        compile(block, str(page), "exec")
    for block in pages.code_blocks(page, "sh"):
        found = subprocess.run(["sh", "-n"], input=block, capture_output=True, text=True, check=False)
        assert (found.returncode, found.stderr) == (0, "")
