# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks of a checkout, where the collection is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import ansible
import pytest

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
# Not what else is on the path of modules, such as the installed collection.
PACKAGES = Path(ansible.__file__).parents[1]


@pytest.mark.parametrize(
    "name", ["configure-logging", "remove-logging", "verify-logging", "collect-logs", "analyze-logs"]
)
def test_the_error_of_a_missing_role_shows_how_to_install_the_collection(name: str, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for path in PLAYBOOKS.rglob("*.yml"):
        copy = checkout / path.relative_to(PLAYBOOKS)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PACKAGES),
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(tmp_path),
        "ANSIBLE_NOCOLOR": "true",
    }
    command = [sys.executable, "-m", "ansible.cli.playbook", "-i", "web1,", "--syntax-check", f"{name}.yml"]
    found = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode != 0
    assert "In a checkout, first run here: ansible-galaxy collection install --force .." in found.stdout + found.stderr
