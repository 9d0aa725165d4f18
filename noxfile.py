# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test sessions: those of antsibull-nox.toml, ansible-test on every core and Python that works here, and the demo."""

from __future__ import annotations

import json
import os
import shutil
import sys
from functools import partial
from pathlib import Path

import antsibull_nox
import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / ".ci"))

import matrix

OUTPUT = ROOT / "tests" / "output"
USER_HOME = os.environ["HOME"]
# The versions of pip that the ansible-test of the supported releases asks for.
PIP_VERSIONS = ["21.3.1", "23.1.2", "24.2", "25.2"]


def use_own_home(session: str) -> None:
    """Keep what ansible-test caches in a home directory inside .nox, but share pip's and git's settings and pip's cache."""
    home = ROOT / ".nox" / "home" / session
    pips = home / ".ansible" / "test" / "cache"
    pips.mkdir(parents=True, exist_ok=True)
    for version in PIP_VERSIONS:
        shutil.copyfile(ROOT / ".ci" / "get_pip.py", pips / f"get_pip_{version.replace('.', '_')}.py")
    for name in (".cache", ".config", ".gitconfig", ".pip"):
        if Path(USER_HOME, name).exists() and not Path(home, name).exists():
            Path(home, name).symlink_to(Path(USER_HOME, name))
    os.environ["HOME"] = str(home)


def link_results(session: str) -> None:
    """Let ansible-test, which runs in a copy of the collection, write its results here, also when it fails."""
    use_own_home(session)
    results = OUTPUT / session
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    Path("tests", "output").symlink_to(results)


def unlink_results() -> None:
    """Leave antsibull-nox nothing to copy: it would copy the results over themselves."""
    os.environ["HOME"] = USER_HOME
    Path("tests", "output").unlink()


def gather_coverage(session: str) -> None:
    data = list(OUTPUT.glob("*/coverage/*=coverage.*"))
    link_results(session)
    gathered = OUTPUT / session / "coverage"
    gathered.mkdir()
    for path in data:
        shutil.copy(path, gathered)


def add_ansible_test(name: str, core: str, params: list[str], description: str) -> None:
    antsibull_nox.add_ansible_test_session(
        name=name,
        description=description,
        ansible_test_params=params,
        default=False,
        ansible_core_version=core,
        ansible_core_source="pypi",
        handle_coverage="never",
        callback_before=partial(gather_coverage if name == "coverage" else link_results, name),
        callback_after=unlink_results,
    )


@nox.session(name="importer-result", python=False, default=False, requires=["build-import-check"])
def importer_result(session: nox.Session) -> None:
    """Read what galaxy-importer found: it exits with 0 even where a part of it failed."""
    results = list((ROOT / ".nox" / "build-import-check").rglob("importer_result.json"))
    if not results:
        session.error("galaxy-importer left no importer_result.json")
    result = json.loads(results[0].read_text(encoding="utf-8"))
    documented = {doc["content_name"] for doc in result["docs_blob"]["contents"] if doc["doc_strings"]}
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    if not modules <= documented:
        session.error(f"galaxy-importer has no documentation of {', '.join(sorted(modules - documented))}")
    session.log("galaxy-importer read %d contents", len(result["contents"]))


@nox.session(python=False, default=False)
def demo(session: nox.Session) -> None:
    """Run the playbooks against the embedded fleet, as a user does."""
    try:
        session.run("make", "--no-print-directory", "demo", external=True)
    finally:
        session.run("./demo/clean", external=True)


os.environ["ANTSIBULL_NOX_IGNORE_INSTALLED_COLLECTIONS"] = "true"
# Minutes for ansible-test: something that hangs is a failure with a name, not a run without an end.
os.environ["ANTSIBULL_NOX_TIMEOUT"] = "30"
interpreters = matrix.find_interpreters()
matrix.prefer(interpreters)
antsibull_nox.load_antsibull_nox_toml()

lanes = [lane for lane in matrix.all_lanes(interpreters) if not lane.missing]
for core in dict.fromkeys(lane.core for lane in lanes):
    add_ansible_test(
        f"sanity-{core.version}", core.version, ["sanity", "--junit"], f"Sanity tests of ansible-core {core.version}."
    )
for lane in lanes:
    on = f"on ansible-core {lane.core.version}, with Python 3.{lane.target} on the VMs"
    # Tests of code for VMs run on this Python, the other tests on the controller's.
    units = ["units", "--coverage", "--controller", "origin:python=default", "--target-python", f"venv/3.{lane.target}"]
    add_ansible_test(f"units-{lane.name}", lane.core.version, units, f"Unit tests {on}.")
    integration = ["integration", "--coverage", "--venv", "--python", f"3.{lane.target}"]
    add_ansible_test(f"integration-{lane.name}", lane.core.version, integration, f"Integration tests {on}.")
if lanes:
    report = ["coverage", "report", "--requirements", "--include", "*/aqtive_guard/plugins/*"]
    add_ansible_test("coverage", lanes[-1].core.version, report, "How much of the plugins units and integration ran.")
