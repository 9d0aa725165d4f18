# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures: a controller, an honest VM, and a VM whose every answer is chosen by an attacker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
# Where the tests run, below a directory with this name.
COLLECTIONS = "ansible_collections"

BUNDLE = """#!/bin/sh
# The product's command: writes a bundle, or restarts nothing.
while [ $# -gt 0 ]; do
    [ "$1" = --out-file ] && echo '{"message": "a record"}' > "$2"
    shift
done
"""


POISONED_PYTHON = """#!/bin/sh
# Runs the module, and adds to its answer.
{python} "$@" | {python} -c '
import json, sys
answer = sys.stdin.read()
if answer.lstrip().startswith("{{"):
    answer = json.dumps(dict(json.loads(answer), **json.load(open("{additions}"))))
print(answer)
'
"""


def pytest_configure(config):
    config.addinivalue_line("markers", "every_core: what it tests depends on ansible-core, not on the collection alone")


class Outcome(t.NamedTuple):
    status: int
    output: str
    manifest: dict[str, t.Any]


class Controller:
    """Runs playbooks of this collection in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.vms: dict[str, dict[str, t.Any]] = {}
        self.environment: dict[str, str] = {}
        (directory / COLLECTIONS / "community").mkdir(parents=True)
        (directory / COLLECTIONS / "community" / "aqtive_guard").symlink_to(ROOT)
        self.command = directory / "cs"
        self.command.write_text(BUNDLE)
        self.command.chmod(0o755)

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    def add_vm(self, name: str, **variables: t.Any) -> None:
        (self.directory / name).mkdir()
        config = self.directory / name / "config"
        config.write_text("LOG_LEVEL=warning\n")
        self.vms[name] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "aqtive_guard_logging_config_path": str(config),
            "aqtive_guard_log_bundle_directory": str(self.directory / name),
            **variables,
        }

    def add_hostile_vm(self, name: str, answer: t.Any, **variables: t.Any) -> None:
        """Add a VM on which every module answers this, whatever it is: text, or a value as JSON."""
        self.add_vm(name, **variables)
        reply = self.directory / name / "answer"
        reply.write_text(answer if isinstance(answer, str) else json.dumps(answer))
        self._replace_python(name, f"#!/bin/sh\ncat > /dev/null\ncat {reply}\n")

    def add_poisoned_vm(self, name: str, additions: dict[str, t.Any]) -> None:
        """Add a VM on which every module does its work, and answers this besides."""
        self.add_vm(name)
        path = self.directory / name / "additions"
        path.write_text(json.dumps(additions))
        self._replace_python(name, POISONED_PYTHON.format(python=sys.executable, additions=path))

    def _replace_python(self, name: str, script: str) -> None:
        python = self.directory / name / "python"
        python.write_text(script)
        python.chmod(0o755)
        self.vms[name]["ansible_python_interpreter"] = str(python)

    def play(self, *playbooks: str | Path, check: bool = False, **variables: t.Any) -> Outcome:
        """Run playbooks, of this collection where no path is given, in one process."""
        inventory = self.directory / "inventory.yml"
        common = {
            "aqtive_guard_logging_become": False,
            "aqtive_guard_logging_command": [str(self.command)],
            "aqtive_guard_logging_units": [],
            "aqtive_guard_logging_health_sinks": [],
            "aqtive_guard_log_bundle_become": False,
            "aqtive_guard_log_bundle_command": [str(self.command)],
            "aqtive_guard_log_bundle_dest": str(self.logs),
            "aqtive_guard_log_bundle_run_id": "run",
            "aqtive_guard_log_bundle_minimum_free": 0,
            "aqtive_guard_log_bundle_minimum_free_dest": 0,
        }
        inventory.write_text(yaml.safe_dump({"aqtive_guard": {"hosts": self.vms, "vars": {**common, **variables}}}))
        names = [str(each) if isinstance(each, Path) else f"community.aqtive_guard.{each}" for each in playbooks]
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HOME": str(self.directory),
            "ANSIBLE_COLLECTIONS_PATH": str(self.directory),
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
            **self.environment,
        }
        ran = subprocess.run(
            ["ansible-playbook", "--inventory", inventory, *names, *(["--check"] if check else [])],
            cwd=self.directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )
        manifest = self.logs / "run" / "manifest.json"
        content = json.loads(manifest.read_text()) if manifest.exists() else {}
        return Outcome(ran.returncode, ran.stdout.decode("utf-8", "replace"), content)


@pytest.fixture
def controller(tmp_path):
    controller = Controller(tmp_path)
    controller.add_vm("honest")
    return controller
