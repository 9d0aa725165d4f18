# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""scenarios.py PYTHON-ENVIRONMENT [SCENARIO...]: run Molecule's scenarios, and say at the end what each phase took."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "molecule"
# Molecule's own words for the begin of a phase, and for how it ended.
PHASE = re.compile(r"(?:\[\S+ > (?P<old>[\w-]+)\]|➜ (?P<new>[\w-]+):) (?P<what>Executing|Executed: .*)")
COLOUR = re.compile("\x1b\\[[0-9;]*m")
SCENARIO_SECONDS = 3600


class Phases:
    """When each phase began, and how it ended, as Molecule tells it."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, str]] = []
        self._begun = 0.0

    def read(self, line: str) -> None:
        match = PHASE.search(line)
        if not match:
            return
        name, now = match["old"] or match["new"], time.monotonic()
        if match["what"] == "Executing":
            self._begun = now
        else:
            self.rows.append((name, now - self._begun, match["what"].partition(": ")[2].strip().lower()))


def run(scenario: str, environment: Path, logs: Path) -> tuple[int, Phases]:
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    path = os.pathsep.join([str(environment / "bin"), os.environ.get("PATH", os.defpath)])
    command = ["timeout", "--kill-after=60", str(SCENARIO_SECONDS), str(environment / "bin" / "molecule")]
    phases = Phases()
    with (
        open(logs / "molecule.log", "w", encoding="utf-8") as log,
        subprocess.Popen(
            [*command, "test", "--scenario-name", scenario],
            cwd=ROOT,
            env={**os.environ, "PATH": path, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        for line in process.stdout or ():
            sys.stdout.write(line)
            plain = COLOUR.sub("", line)
            log.write(plain)
            phases.read(plain)
    return process.returncode, phases


def main(environment: str, *scenarios: str) -> int:
    known = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
    failures = []
    summary = []
    for scenario in scenarios or known:
        logs = BUILD / "logs" / scenario
        status, phases = run(scenario, Path(environment).absolute(), logs)
        # A scenario without a single phase has tested nothing, whatever its exit status says.
        failed = status != 0 or not phases.rows
        summary += [(scenario, *row) for row in phases.rows]
        summary.append(
            (
                scenario,
                "in all",
                sum(seconds for _name, seconds, _result in phases.rows),
                "failed" if failed else "passed",
            )
        )
        if failed:
            failures.append(f"{scenario} has failed (status {status}). Its logs: {logs}")
    print(f"\n{'scenario':<14}{'phase':<14}{'seconds':>8}  result")
    for scenario, phase, seconds, result in summary:
        print(f"{scenario:<14}{phase:<14}{seconds:8.0f}  {result}")
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
