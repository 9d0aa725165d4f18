# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""check.py: lint that needs no environment of its own, and the unit tests of what changed since `main`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import imports

ROOT = Path(__file__).resolve().parent.parent
UNITS = ROOT / "tests" / "unit"
BIN = Path(sys.executable).parent
COLLECTION = "ansible_collections/community/aqtive_guard"
# What every unit test depends on.
COMMON = ("requirements/check.txt", "tests/unit/requirements.txt")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout


def changed_files() -> set[Path]:
    """Return the files that differ from where this branch left `main`, uncommitted and deleted ones included."""
    base = next(filter(None, (_git("merge-base", "HEAD", main).strip() for main in ("main", "origin/main"))), "HEAD")
    names = _git("diff", "--name-only", base) + _git("ls-files", "--others", "--exclude-standard")
    return {ROOT / name for name in names.splitlines()}


def importing_tests(file: Path) -> list[Path]:
    """Return the unit tests that import a file directly."""
    return [test for test, imported in imports.import_graph(ROOT, "tests/unit").items() if file in imported]


def _dependents(changed: Iterable[Path]) -> set[Path]:
    """Return the files that import a changed one, directly or through others, and the changed ones."""
    graph = imports.import_graph(ROOT, "plugins", "tests/unit")
    found = set(changed)
    while more := {path for path, imported in graph.items() if imported & found} - found:
        found |= more
    return found


def select_tests(changed: Iterable[Path]) -> list[Path]:
    """Return the unit tests that a change may affect.

    They import a changed file (directly or through others), are named after a changed plugin, lie beside a changed helper or in
    the folder that mirrors a changed role, or mention the top folder of a changed file.
    """
    changed = set(changed)
    if changed & {ROOT / name for name in COMMON}:
        return [UNITS]
    dependents = _dependents(changed)
    parts = {path: path.relative_to(ROOT).parts for path in changed}
    folders = {path.parent for path in changed if UNITS in path.parents and not path.name.startswith("test_")}
    folders |= {UNITS.joinpath(*parts[path][:2]) for path in changed if parts[path][0] == "roles"}
    words = {parts[path][0] for path in changed} - {"plugins", "tests"}
    stems = {path.stem for path in changed if parts[path][0] == "plugins"}

    def is_selected(test: Path) -> bool:
        text = test.read_text(encoding="utf-8")
        return (
            test in dependents
            or bool(folders & set(test.parents))
            or any(f'"{word}' in text for word in words)
            or any(stem in test.name for stem in stems)
        )

    return [test for test in sorted(UNITS.rglob("test_*.py")) if is_selected(test)]


def pytest_command(*arguments: str | Path) -> list[str]:
    """Return a command that runs unit tests with the collection where Ansible's imports expect it."""
    return [
        str(BIN / "python"),
        "-m",
        "pytest",
        "-q",
        "--import-mode=importlib",
        "-p",
        "no:cacheprovider",
        *map(str, arguments),
    ]


def environment_of(tree: Path) -> dict[str, str]:
    """Return the environment in which Python and Ansible find the collections of a tree."""
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])
    # Plugins of a pytest that runs this one, as ansible-test's, are not here.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {**inherited, "PATH": path, "PYTHONPATH": str(tree), "ANSIBLE_COLLECTIONS_PATH": str(tree)}


def run_units(tests: list[Path]) -> int:
    tree = ROOT / "build" / "check"
    link = tree / COLLECTION
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(ROOT)
    names = [str(test.relative_to(ROOT)) for test in tests]
    command = pytest_command("-n", "auto", "--dist", "worksteal", *names)
    return subprocess.run(command, cwd=link, env=environment_of(tree), check=False).returncode


def main() -> int:
    changed = changed_files()
    yaml = sorted(str(path) for path in changed if path.suffix in (".yml", ".yaml") and path.is_file())
    steps = [[BIN / "ruff", "format", "--check", "."], [BIN / "ruff", "check", "."]]
    if yaml:
        steps.append([BIN / "yamllint", "--strict", "--config-file", ".yamllint", *yaml])
    statuses = [subprocess.run(list(map(str, step)), cwd=ROOT, check=False).returncode for step in steps]
    statuses.append(imports.main(str(ROOT)))
    if tests := select_tests(changed):
        statuses.append(run_units(tests))
    else:
        print("No unit test depends on what changed.")
    return 1 if any(statuses) else 0


if __name__ == "__main__":
    sys.exit(main())
