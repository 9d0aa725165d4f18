# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""scenarios.py SCENARIO: run `molecule test`, check that it went through every phase, and print what each of them took."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "molecule"

# The scenario of `make test`; `make test-vms` runs all.
QUICK = ("default",)
# On these the VMs have RHEL 8's own Python, with the last core that supports it; on the others Debian's, with the newest core.
OLDEST = ("default",)
# How Molecule announces the start and the result of a phase.
PHASE = re.compile(r"(?:\[\S+ > (?P<old>[\w-]+)\]|➜ (?P<new>[\w-]+):) (?P<what>Executing|Executed: .*)")
COLOUR = re.compile("\x1b\\[[0-9;]*m")
SCENARIO_SECONDS = 3600


class Phase(NamedTuple):
    name: str
    seconds: float
    result: str


def known() -> list[str]:
    return sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))


def sequence(scenario: str) -> list[str]:
    """Return the phases of a scenario's test sequence."""
    text = (ROOT / "molecule" / scenario / "molecule.yml").read_text(encoding="utf-8")
    return [step.split()[0] for step in yaml.safe_load(text)["scenario"]["test_sequence"]]


def vms(*arguments: str) -> str:
    """Run the program that manages the VMs; return its error output."""
    command = [sys.executable, "-m", "vms", *arguments]
    return subprocess.run(
        command, cwd=ROOT / "molecule" / "shared", stderr=subprocess.PIPE, text=True, check=False
    ).stderr.strip()


def run_molecule(scenario: str, log_path: Path) -> tuple[int, list[Phase]]:
    """Run `molecule test`, copy its output to a log, and time its phases."""
    command = ["timeout", "--kill-after=60", str(SCENARIO_SECONDS), "molecule", "test", "--scenario-name", scenario]
    phases: list[Phase] = []
    begun = 0.0
    with (
        open(log_path, "w", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
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
            # `timeout` passes the signal on to the processes of Molecule.
            process.terminate()
            raise
    return process.returncode, phases


def main(scenario: str) -> int:
    logs = BUILD / "logs" / scenario
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    # Terminated, this program stops the VMs as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        status, phases = run_molecule(scenario, logs / "molecule.log")
    finally:
        # A scenario that was interrupted has not destroyed its VMs.
        vms("destroy", f"--scenario={scenario}", f"--build={BUILD}")
    print(f"\n{'scenario':<14}{'phase':<14}{'seconds':>8}  result")
    for phase in phases:
        print(f"{scenario:<14}{phase.name:<14}{phase.seconds:8.0f}  {phase.result}")
    expected = sequence(scenario)
    completed = [phase.name for phase in phases if phase.result == "successful"]
    if status != 0:
        print(f"{scenario} failed (status {status}). Its logs: {logs}", file=sys.stderr)
    elif completed != expected:
        # Molecule skips a phase whose playbook it does not find.
        print(f"{scenario} completed {completed}, not {expected}. Its logs: {logs}", file=sys.stderr)
    return 0 if status == 0 and completed == expected else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted; the VMs have been destroyed.")
