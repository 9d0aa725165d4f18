# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""scenarios.py [SCENARIO...]: run Molecule's scenarios on virtual machines, and say at the end what each phase took."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import matrix
import yaml

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "molecule"
SHARED = ROOT / "molecule" / "shared"

# A part of `make test`; `make test-vms` runs all.
QUICK = ("bundle", "default")
# On these the VMs have RHEL 8's own Python, with the last core that reaches it; on the others Debian's, with the newest.
OLDEST = ("default",)
# Molecule's own words for the begin of a phase, and for how it ended.
PHASE = re.compile(r"(?:\[\S+ > (?P<old>[\w-]+)\]|➜ (?P<new>[\w-]+):) (?P<what>Executing|Executed: .*)")
COLOUR = re.compile("\x1b\\[[0-9;]*m")
SCENARIO_SECONDS = 3600


class Phase(NamedTuple):
    name: str
    seconds: float
    result: str


class Setup(NamedTuple):
    """What a scenario runs with: the requirements of Molecule, who runs it, and a Python for the VMs, if not their own."""

    requirements: str
    controller: Path
    vm_python: Path | None = None

    def __str__(self) -> str:
        return "core 2.16, Python 3.6" if self.vm_python else "newest core, Debian's Python"

    @property
    def environment(self) -> Path:
        return ROOT / ".venv" / self.requirements

    def make(self) -> None:
        made = self.environment / "made"
        needed = ROOT / "requirements" / f"{self.requirements}.txt"
        tools = ROOT / "requirements" / "molecule-tools.txt"
        if not made.exists() or made.stat().st_mtime < max(needed.stat().st_mtime, tools.stat().st_mtime):
            subprocess.run(
                [str(ROOT / ".ci" / "environment"), str(self.environment), str(needed), str(self.controller)],
                check=True,
            )


@dataclass
class Outcome:
    """What became of a scenario: `failures` are reasons, `not_run` says what the machine lacks for all of it."""

    scenario: str
    setup: Setup | None = None
    phases: list[Phase] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    not_run: str = ""

    @property
    def seconds(self) -> float:
        return sum(phase.seconds for phase in self.phases)


def known() -> list[str]:
    return sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))


def sequence(scenario: str) -> list[str]:
    """The phases that the scenario has to go through."""
    text = (ROOT / "molecule" / scenario / "molecule.yml").read_text(encoding="utf-8")
    return [step.split()[0] for step in yaml.safe_load(text)["scenario"]["test_sequence"]]


def choose_setup(scenario: str, interpreters: dict[int, Path]) -> tuple[Setup, str]:
    """What to run it with, and what cannot be had here."""
    newest = Setup("molecule", interpreters.get(max(interpreters, default=0), Path(sys.executable)))
    if scenario not in OLDEST:
        return newest, ""
    core = matrix.CORES[0]
    lane = matrix.lanes_of(core, interpreters)[0]
    if lane.missing:
        return newest, f"with Python 3.{lane.target} on the VMs: {lane.missing}"
    controller = interpreters[max(minor for minor in core.controllers if minor in interpreters)]
    return Setup(f"molecule-{core.version}", controller, interpreters[lane.target]), ""


def vms(*arguments: str) -> str:
    """Run the program that makes the VMs; return what it complains of."""
    command = [sys.executable, "-m", "vms", *arguments]
    result = subprocess.run(command, cwd=SHARED, capture_output=True, text=True, check=False)
    return result.stderr.strip()


def run_molecule(scenario: str, setup: Setup, logs: Path) -> tuple[int, list[Phase]]:
    """Run `molecule test`, show and keep what it says, and time its phases."""
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    path = os.pathsep.join([str(setup.environment / "bin"), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    environment["AQTIVE_GUARD_VM_PYTHON"] = str(setup.vm_python or "")
    command = ["timeout", "--kill-after=60", str(SCENARIO_SECONDS), str(setup.environment / "bin" / "molecule")]
    phases: list[Phase] = []
    begun = 0.0
    with (
        open(logs / "molecule.log", "w", encoding="utf-8") as log,
        subprocess.Popen(
            [*command, "test", "--scenario-name", scenario],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                sys.stdout.write(line)
                plain = COLOUR.sub("", line)
                log.write(plain)
                if not (match := PHASE.search(plain)):
                    continue
                if match["what"] == "Executing":
                    begun = time.monotonic()
                else:
                    result = match["what"].partition(": ")[2].strip().lower()
                    phases.append(Phase(match["old"] or match["new"], time.monotonic() - begun, result))
        except BaseException:
            # `timeout` passes it on to all that Molecule has started.
            process.terminate()
            raise
    return process.returncode, phases


def run(scenario: str, interpreters: dict[int, Path]) -> Outcome:
    setup, lacking = choose_setup(scenario, interpreters)
    outcome = Outcome(scenario, setup, not_run=lacking)
    logs = BUILD / "logs" / scenario
    try:
        setup.make()
    except subprocess.CalledProcessError:
        outcome.failures.append(f"{scenario} has not been run: {setup.environment} could not be made, see above")
        return outcome
    try:
        status, outcome.phases = run_molecule(scenario, setup, logs)
    finally:
        # Nothing to do after a run that came to its end; all of it after one that was cut off.
        vms("destroy", f"--scenario={scenario}", f"--build={BUILD}")
    wanted = sequence(scenario)
    gone_through = [phase.name for phase in outcome.phases if phase.result == "successful"]
    if status != 0:
        outcome.failures.append(f"{scenario} has failed (status {status}). Its logs: {logs}")
    elif gone_through != wanted:
        # Molecule passes over what it does not find.
        outcome.failures.append(f"{scenario} went through {gone_through}, and not through {wanted}. Its logs: {logs}")
    return outcome


def run_all(scenarios: Iterable[str]) -> list[Outcome]:
    """Run the scenarios one after the other, where the machine has what they need."""
    if problem := vms("check"):
        return [Outcome(scenario, not_run=problem) for scenario in scenarios]
    # Whoever ends this program wants no VM to stay: `run` sees to that, if it is told.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    interpreters = matrix.find_interpreters()
    return [run(scenario, interpreters) for scenario in scenarios]


def print_phases(outcomes: list[Outcome]) -> None:
    print(f"\n{'scenario':<14}{'phase':<14}{'seconds':>8}  result")
    for outcome in outcomes:
        for phase in outcome.phases:
            print(f"{outcome.scenario:<14}{phase.name:<14}{phase.seconds:8.0f}  {phase.result}")
        if outcome.phases:
            verdict = "failed" if outcome.failures else "passed"
            print(f"{outcome.scenario:<14}{'in all':<14}{outcome.seconds:8.0f}  {verdict} ({outcome.setup})")


def main(*scenarios: str) -> int:
    if unknown := sorted(set(scenarios) - set(known())):
        print(f"No such scenario: {', '.join(unknown)}. There are: {', '.join(known())}", file=sys.stderr)
        return 1
    outcomes = run_all(scenarios or known())
    print_phases(outcomes)
    complaints = [failure for outcome in outcomes for failure in outcome.failures]
    complaints += dict.fromkeys(f"not run: {outcome.not_run}" for outcome in outcomes if not outcome.setup)
    for outcome in outcomes:
        if outcome.setup and outcome.not_run:
            print(f"not run: {outcome.scenario} {outcome.not_run}")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted: no VM is left.")
