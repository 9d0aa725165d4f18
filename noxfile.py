# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test sessions: those of antsibull-nox.toml, ansible-test on every core and Python that works here, demo, attacks, faults and VMs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import antsibull_nox
import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / ".ci"))

import matrix
import publishing
import scenarios

OUTPUT = ROOT / "tests" / "output"
IN_CI = os.environ.get("CI") == "true"
# The versions of pip that the ansible-test of the supported releases downloads an installer for.
PIP_VERSIONS = ["21.3.1", "23.1.2", "24.2", "25.2"]
# In a quick run, what depends on the core is tested on the oldest and the newest one, and the rest on the newest alone.
QUICK = "QUICK" in os.environ
SANITY_OF_A_CORE = ("action-plugin-docs", "ansible-doc", "compile", "import", "runtime-metadata", "validate-modules")
# `make lint` checks the same with the newest versions of these tools, and pylint takes minutes for the tests.
SANITY_LEFT_TO_THE_MATRIX = ("pep8", "pylint", "yamllint")
# Units that do not depend on the core.
UNITS_OF_NO_CORE = tuple(
    f"tests/unit/{path}/"
    for path in ("ci", "docs", "molecule", "plugins/plugin_utils/_analyze", "roles/aqtive_guard_simulator")
)
# Units of code for VMs, which ansible-test runs with the Python of the VMs; the others only where this is one of the core's own.
UNITS_OF_VMS = ("tests/unit/plugins/modules/", "tests/unit/plugins/module_utils/")
# Minutes after which ansible-test ends a test that hangs.
TIMEOUT = "30"


def leave_out(session: nox.Session, reason: str) -> None:
    """Skip a session that this machine cannot run; on a CI machine that is a failure."""
    (session.error if IN_CI else session.skip)(reason)


def venv_backend() -> str:
    """Return uv, which installs packages in a tenth of the time, unless pip is set to use another index, which uv does not read."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    settings = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return "virtualenv" if ".index-url=" in settings else "uv|virtualenv"


def private_home(session: nox.Session) -> Path:
    """Return a home directory for ansible-test's caches that shares pip's and git's settings and pip's cache with the user's."""
    home = ROOT / ".nox" / "home" / session.name
    pips = home / ".ansible" / "test" / "cache"
    pips.mkdir(parents=True, exist_ok=True)
    for version in PIP_VERSIONS:
        shutil.copyfile(ROOT / ".ci" / "get_pip.py", pips / f"get_pip_{version.replace('.', '_')}.py")
    for name in (".cache", ".config", ".gitconfig", ".pip"):
        if Path.home().joinpath(name).exists() and not (home / name).exists():
            (home / name).symlink_to(Path.home() / name)
    return home


def copy_collection(session: nox.Session) -> Path:
    """Copy what git does not ignore to where ansible-test expects a collection, with this checkout's folder for results."""
    copy = Path(session.create_tmp()) / "ansible_collections" / "community" / "aqtive_guard"
    shutil.rmtree(copy, ignore_errors=True)
    listed = session.run(
        "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", external=True, silent=True
    )
    for name in filter(None, str(listed).split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    # ansible-test reads the files that the next repository above does not ignore.
    session.run("git", "init", "--quiet", str(copy), external=True)
    results = OUTPUT / session.name
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    (copy / "tests" / "output").symlink_to(results)
    return copy


def prepare_ansible_test(session: nox.Session, core: matrix.Core) -> None:
    # ansible-test needs pip, which uv does not put into an environment.
    session.install(core.requirement, "pip")
    session.chdir(copy_collection(session))
    session.env["HOME"] = str(private_home(session))
    session.run("ansible-test", "env", "--timeout", TIMEOUT, silent=True)


def add_ansible_test(name: str, lane: matrix.Lane, arguments: list[str], *selections: list[str]) -> None:
    """Add a session that runs ansible-test with each selection of tests, or says why this machine cannot.

    The arguments of the session, behind ``--``, replace the selections.
    """

    @nox.session(name=name, python=False if lane.missing else f"3.{lane.controller}", default=False)
    def ansible_test(session: nox.Session) -> None:
        if lane.missing:
            leave_out(session, lane.missing)
        prepare_ansible_test(session, lane.core)
        for selection in [session.posargs] if session.posargs else selections:
            session.run("ansible-test", *arguments, *selection)


def add_security(lane: matrix.Lane, *selected: str) -> None:
    """Add a session with the attacks, or those of them that concern ansible-core as well as the collection."""
    name = f"security-{lane.core.version}"

    @nox.session(name=name, python=False if lane.missing else f"3.{lane.controller}", default=False)
    def security(session: nox.Session) -> None:
        if lane.missing:
            leave_out(session, lane.missing)
        session.install(lane.core.requirement)
        session.install("--requirement", "requirements/security.txt")
        copy = copy_collection(session).resolve()
        session.chdir(copy)
        session.env["PYTHONPATH"] = str(copy.parents[2])
        options = ["--import-mode=importlib", "-p", "no:cacheprovider"]
        junit = OUTPUT / session.name / "junit" / "security.xml"
        session.run("pytest", "tests/security", *options, *selected, f"--junit-xml={junit}", *session.posargs)


def add_scenario(name: str, oldest: matrix.Lane) -> None:
    """Add a session that runs a Molecule scenario on virtual machines."""
    is_oldest = name in scenarios.OLDEST and not oldest.missing
    requirements = f"molecule-{oldest.core.version}" if is_oldest else "molecule"
    controller = oldest.controller if is_oldest else max(interpreters)

    @nox.session(name=f"scenario-{name}", python=f"3.{controller}", default=False)
    def scenario(session: nox.Session) -> None:
        if reason := scenarios.vms("check"):
            leave_out(session, reason)
        session.install("--requirement", f"requirements/{requirements}.txt")
        vm_python = str(interpreters[oldest.target]) if is_oldest else ""
        session.run(
            "python",
            ".ci/scenarios.py",
            name,
            env={"AQTIVE_GUARD_VM_PYTHON": vm_python, "PYTHONUNBUFFERED": "1"},
            # Seconds to stop the VMs after an interrupt.
            interrupt_timeout=60,
            terminate_timeout=60,
        )


@nox.session(name="static", default=False)
def static(session: nox.Session) -> None:
    """Check the format, the style and the imports of the Python code, and the README's tables of variables."""
    session.install("--constraint", "requirements/lint.txt", "ruff", "PyYAML")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("python", ".ci/imports.py")
    session.run("python", ".ci/variables.py", "--check")


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
    """Run the playbooks against the embedded fleet, as a user does, without what Ansible does not read of the collection."""
    try:
        session.run("make", "--no-print-directory", "demo", external=True, env={"AQTIVE_GUARD_DEMO_STRIPPED": "1"})
    finally:
        session.run("./demo/clean", external=True)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the docs site in build/docs."""
    publishing.build_docs(session, ROOT, ROOT / "build" / "docs")


@nox.session(name="execution-environment", default=False)
def execution_environment(session: nox.Session) -> None:
    """Run ansible-builder on the collection's metadata."""
    publishing.build_execution_environment(session, ROOT)


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Collect under every fault, over a real sshd."""
    session.install("--requirement", "requirements/faults.txt")
    junit = OUTPUT / session.name / "junit" / "faults.xml"
    session.run("pytest", "tests/faults", "--table=build/faults.md", f"--junit-xml={junit}", *session.posargs)


def add_controller_tests(name: str, requirements: str) -> None:
    """Add a session that runs the tests in a folder on the newest Python, with the libraries of the analysis."""

    @nox.session(name=name, python=f"3.{max(interpreters)}", default=False)
    def controller_tests(session: nox.Session) -> None:
        session.install("--requirement", requirements)
        copy = copy_collection(session).resolve()
        session.chdir(copy)
        session.env["PYTHONPATH"] = str(copy.parents[2])
        junit = OUTPUT / session.name / "junit" / f"{name}.xml"
        options = ["--import-mode=importlib", "-p", "no:cacheprovider", f"--junit-xml={junit}"]
        session.run("pytest", f"tests/{name}", *options, *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Report how much of the plugins the sessions with COVERAGE=1 in the environment ran."""
    data = list(OUTPUT.glob("*/coverage/*=coverage.*"))
    prepare_ansible_test(session, matrix.quick_lanes(interpreters)[-1].core)
    gathered = OUTPUT / session.name / "coverage"
    gathered.mkdir()
    for path in data:
        shutil.copy(path, gathered)
    session.run("ansible-test", "coverage", "report", "--requirements", "--include", "*/aqtive_guard/plugins/*")


os.environ["ANTSIBULL_NOX_IGNORE_INSTALLED_COLLECTIONS"] = "true"
# The session `ansible-lint` runs it with more rules, and on more files.
os.environ["GALAXY_IMPORTER_RUN_ANSIBLE_LINT"] = "false"
nox.options.default_venv_backend = venv_backend()
interpreters = matrix.find_interpreters()
matrix.prefer(interpreters)
antsibull_nox.load_antsibull_nox_toml()

with_coverage = ["--coverage"] if os.environ.get("COVERAGE") else []
# The last quick lane: the newest core that works here.
newest = matrix.quick_lanes(interpreters)[-1].core
for core in (*matrix.CORES, matrix.PRE_RELEASE):
    is_newest = core is newest
    # pylint for a core that has not been released is not on PyPI.
    sanity = [["--skip-test", "pylint"] if core is matrix.PRE_RELEASE else []]
    if QUICK and is_newest:
        skipped = [option for test in SANITY_LEFT_TO_THE_MATRIX for option in ("--skip-test", test)]
        sanity = [skipped, ["--test", "pylint", "plugins/"]]
    elif QUICK:
        sanity = [[option for test in SANITY_OF_A_CORE for option in ("--test", test)]]
    lanes = matrix.lanes_of(core, interpreters)
    add_ansible_test(f"sanity-{core.version}", lanes[-1], ["sanity", "--junit"], *sanity)
    # The removal of the settings takes a minute, and the oldest core tests it.
    integration = ["--skip-tags", "removal"] if QUICK and is_newest else []
    for lane in lanes:
        # Tests of code for VMs run on the target Python, the other tests on the controller's.
        on_both = ["--controller", "origin:python=default", "--target-python", f"venv/3.{lane.target}"]
        excluded = UNITS_OF_NO_CORE if QUICK and not is_newest else ()
        if excluded and lane is not lanes[0] and not lanes[0].missing:
            excluded += UNITS_OF_VMS
        units = [option for path in excluded for option in ("--exclude", path)]
        add_ansible_test(f"units-{lane.name}", lane, ["units", *with_coverage, *on_both], units)
        on_target = ["--venv", "--python", f"3.{lane.target}"]
        add_ansible_test(f"integration-{lane.name}", lane, ["integration", *with_coverage, *on_target], integration)
    add_security(lanes[-1], *(["-m", "every_core"] if QUICK and not is_newest else []))
add_controller_tests("browser", "requirements/browser.txt")
add_controller_tests("engines", "requirements/engines.txt")
for scenario_name in scenarios.known():
    add_scenario(scenario_name, matrix.lanes_of(matrix.CORES[0], interpreters)[0])
