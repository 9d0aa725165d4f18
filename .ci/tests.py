# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tests.py GROUP: run a group of noxfile.py's sessions, and say at the end what ran, what did not, and why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import matrix
import scenarios

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "tests" / "output"
LINT = [
    "formatters",
    "codeqa",
    "yamllint",
    "typing",
    "antsibull-nox-config",
    "license-check",
    "extra-checks",
    "docs-check",
    "build-import-check",
    "importer-result",
    "ansible-lint",
]
EVERYTHING = ("integration", "sanity", "units")
KINDS = {"lint": (), **{kind: (kind,) for kind in EVERYTHING}}


@dataclass
class Outcome:
    """What became of a session: counts of its test items, or of itself where it has none."""

    name: str
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


def session_names(lanes: list[matrix.Lane], kinds: tuple[str, ...]) -> list[str]:
    names = [f"{kind}-{lane.core.version if kind == 'sanity' else lane.name}" for lane in lanes for kind in kinds]
    return list(dict.fromkeys(names))


def run_nox(sessions: list[str], report: Path, *options: str) -> list[dict[str, object]]:
    """Run sessions and return nox's report of each."""
    nox = [sys.executable, "-m", "nox", "--noxfile", str(ROOT / "noxfile.py"), "--reuse-venv", "yes"]
    # CI=true: formatters check, they do not rewrite.
    subprocess.run(
        [*nox, *options, "--report", str(report), "--session", *sessions], env={**os.environ, "CI": "true"}, check=False
    )
    if not report.exists():
        return [{"name": name, "result": "failed", "duration": 0.0} for name in sessions]
    return list(json.loads(report.read_text(encoding="utf-8"))["sessions"])


def junit_files(session: str) -> list[Path]:
    """Return what a session left; in integration, one file for each target, without those of the playbooks that it ran."""
    if session.startswith("integration"):
        patterns = [f"{target.name}-????????-*.xml" for target in (ROOT / "tests/integration/targets").iterdir()]
    else:
        patterns = ["*.xml"]
    return sorted(path for pattern in patterns for path in (OUTPUT / session / "junit").glob(pattern))


def read_junit(outcome: Outcome, path: Path) -> None:
    """Count the test cases of a file; those of an integration target are its tasks, and together one test."""
    counts: Counter[str] = Counter()
    is_target = outcome.name.startswith("integration")
    for case in ElementTree.parse(path).iter("testcase"):  # noqa: S314 - our own test tools wrote it
        failures = [*case.findall("failure"), *case.findall("error")]
        if failures:
            counts["failed"] += 1
            cause = failures[0].get("message") or failures[0].text or "no reason given"
            outcome.reasons[textwrap.shorten(f"{case.get('name')}: {cause}", 300, placeholder=" …")] += 1
        elif (skipped := case.find("skipped")) is not None:
            reason = skipped.get("message") or (skipped.text or "").strip() or "no reason given"
            # ansible-test's word for a test of files that this collection has none of.
            if reason != "No tests applicable." and not is_target:
                counts["skipped"] += 1
                outcome.reasons[reason] += 1
        else:
            counts["passed"] += 1
    if is_target:
        counts = Counter(failed=1) if counts["failed"] else Counter(passed=1)
    outcome.counts += counts


def read_outcome(session: dict[str, object]) -> Outcome:
    outcome = Outcome(str(session["name"]), float(str(session["duration"])))
    for path in junit_files(outcome.name):
        read_junit(outcome, path)
    if session["result"] != "success" and not outcome.counts["failed"]:
        outcome.counts["failed"] += 1
    if not outcome.counts:
        outcome.counts["passed"] += 1
    return outcome


def missing_outcome(lane: matrix.Lane) -> Outcome:
    """On a CI machine, an interpreter that is not there is a failure; elsewhere it is a reason to leave a lane out."""
    verdict = "failed" if os.environ.get("CI") == "true" else "skipped"
    return Outcome(lane.name, counts=Counter({verdict: 1}), reasons=Counter({lane.missing: 1}))


def scenario_outcomes(results: list[scenarios.Outcome]) -> list[Outcome]:
    """The scenarios on virtual machines. What this machine lacks for them is treated as a missing interpreter is."""
    verdict = "failed" if os.environ.get("CI") == "true" else "skipped"
    outcomes = []
    for result in results:
        counts = Counter(
            passed=sum(phase.result == "successful" for phase in result.phases), failed=len(result.failures)
        )
        if result.not_run:
            counts[verdict] += 1
        reasons = Counter([*result.failures, *filter(None, [result.not_run])])
        outcomes.append(Outcome(f"scenario {result.scenario}", result.seconds, counts, reasons))
    return outcomes


def print_summary(outcomes: list[Outcome]) -> Counter[str]:
    total: Counter[str] = Counter()
    print(f"\n{'session':<26}{'seconds':>8}{'passed':>8}{'failed':>8}{'skipped':>8}")
    for outcome in outcomes:
        counts = outcome.counts
        print(f"{outcome.name:<26}{outcome.seconds:8.0f}{counts['passed']:8}{counts['failed']:8}{counts['skipped']:8}")
        total += counts
    for outcome in outcomes:
        for reason, times in outcome.reasons.items():
            print(f"{outcome.name}: {reason}{f' ({times} times)' if times > 1 else ''}")
    print(f"\n{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return total


def main(group: str) -> int:
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    interpreters = matrix.find_interpreters()
    lanes = matrix.all_lanes(interpreters) if group == "test-matrix" else matrix.quick_lanes(interpreters)
    kinds = KINDS.get(group, EVERYTHING)
    runnable = [lane for lane in lanes if not lane.missing]
    together = session_names(runnable, kinds) + (LINT if group not in EVERYTHING else [])
    reports = run_nox(together, OUTPUT / "together.json", "--parallel", "auto", "--allow-parallel")
    afterwards = ["coverage"] if runnable and "units" in kinds else []
    if group not in KINDS:
        afterwards.append("demo")
    if afterwards:
        reports += run_nox(afterwards, OUTPUT / "afterwards.json")
    outcomes = [read_outcome(report) for report in reports]
    if group not in KINDS:
        on_vms = scenarios.run_all(scenarios.QUICK)
        scenarios.print_phases(on_vms)
        outcomes += scenario_outcomes(on_vms)
    if kinds:
        outcomes += [missing_outcome(lane) for lane in lanes if lane.missing]
    return 1 if print_summary(outcomes)["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
