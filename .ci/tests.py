# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tests.py GROUP: run a group of noxfile.py's sessions, and print how many tests passed, failed and were skipped, and why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import matrix
import scenarios

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "tests" / "output"
LINT = (
    "static",
    "yamllint",
    "typing",
    "antsibull-nox-config",
    "license-check",
    "extra-checks",
    "docs-check",
    "importer-result",
    "ansible-lint",
)
# What others build of the collection.
PUBLISHING = ("docs", "execution-environment")
# The longest sessions come first, so that none of them runs alone at the end.
KINDS = ("integration", "units", "security", "sanity")
# Those that depend on the core, but not on the Python of a VM.
OF_A_CORE = ("security", "sanity")
# Minutes for the whole run on a CI machine, which ends it after 90.
CI_MINUTES = 40
# Minutes on two cores without KVM, on the safe side.
ESTIMATES = {
    "docs": 1,
    "execution": 2,
    "browser": 6,
    "faults": 12,
    "scenario": 12,
    "scenario-ha": 25,
    "integration": 6,
    "units": 5,
    "security": 4,
    "sanity": 4,
}


@dataclass
class Outcome:
    """The result of a session: counts of its tests, or of itself where it has none, and the reasons for failures and skips."""

    name: str
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


def sessions_of(lanes: list[matrix.Lane], *kinds: str) -> list[str]:
    names = [f"{kind}-{lane.core.version if kind in OF_A_CORE else lane.name}" for kind in kinds for lane in lanes]
    return list(dict.fromkeys(names))


def run_nox(sessions: list[str], *options: str) -> list[Outcome]:
    """Run sessions, and return what became of each."""
    report = OUTPUT / "nox.json"
    report.unlink(missing_ok=True)
    nox = [sys.executable, "-m", "nox", "--noxfile", str(ROOT / "noxfile.py"), "--reuse-venv", "yes"]
    subprocess.run([*nox, *options, "--report", str(report), "--session", *sessions], check=False)
    if not report.exists():
        return [Outcome("nox", counts=Counter(failed=1), reasons=Counter({f"no report of {', '.join(sessions)}": 1}))]
    return [read_outcome(entry) for entry in json.loads(report.read_text(encoding="utf-8"))["sessions"]]


def junit_files(session: str) -> list[Path]:
    """Return a session's files; in integration, one for each target, without those of the playbooks that it ran."""
    patterns = ["*.xml"]
    if session.startswith("integration"):
        patterns = [f"{target.name}-????????-*.xml" for target in (ROOT / "tests/integration/targets").iterdir()]
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
            # ansible-test reports a sanity test that applies to no file of this collection as skipped.
            if reason != "No tests applicable." and not is_target:
                counts["skipped"] += 1
                outcome.reasons[reason] += 1
        else:
            counts["passed"] += 1
    if is_target:
        counts = Counter(failed=1) if counts["failed"] else Counter(passed=1)
    outcome.counts += counts


def read_outcome(entry: dict[str, object]) -> Outcome:
    outcome = Outcome(str(entry["name"]), float(str(entry["duration"])))
    for path in junit_files(outcome.name):
        read_junit(outcome, path)
    verdict = {"success": "passed", "skipped": "skipped"}.get(str(entry["result"]), "failed")
    if not outcome.counts or (verdict == "failed" and not outcome.counts["failed"]):
        outcome.counts[verdict] += 1
        if verdict != "passed":
            outcome.reasons[str(entry["reason"] or "see its output above")] += 1
    return outcome


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
    return total


def plan(group: str, interpreters: matrix.Interpreters) -> tuple[list[str], list[str]]:
    """Return the sessions of a group: those that run at the same time, and those that need the machine for themselves."""
    quick = matrix.quick_lanes(interpreters)
    everything = matrix.all_lanes(interpreters, with_pre_release=bool(os.environ.get("PRE")))
    vms = [f"scenario-{name}" for name in scenarios.QUICK]
    # The oldest Python of a VM is too old for the units of the oldest core's controller.
    units = sessions_of([*quick, *matrix.lanes_of(matrix.CORES[0], interpreters)], "units")
    groups: dict[str, tuple[list[str], list[str]]] = {
        "lint": ([*LINT], []),
        **{kind: (sessions_of(quick, kind), []) for kind in KINDS},
        "units": (units, []),
        "test": (list(dict.fromkeys([*sessions_of(quick, *KINDS), *units, "demo", *LINT])), vms),
        "test-matrix": ([*sessions_of(everything, *KINDS), "demo", *PUBLISHING, *LINT], ["coverage", *vms]),
        "test-vms": ([], [f"scenario-{name}" for name in scenarios.known()]),
    }
    return groups.get(group, ([], [group]))


def run_group(group: str, interpreters: matrix.Interpreters) -> list[Outcome]:
    together, alone = plan(group, interpreters)
    # One more than there are processors: some of them wait, for restarts and downloads.
    jobs = str((os.cpu_count() or 1) + 1)
    outcomes = run_nox(together, "--parallel", jobs, "--allow-parallel") if together else []
    return outcomes + (run_nox(alone) if alone else [])


def run_rest(interpreters: matrix.Interpreters, deadline: float) -> list[Outcome]:
    """Run as much as fits before the deadline of what `make test` leaves to other targets, and print what was left out."""
    lanes = [lane for lane in matrix.all_lanes(interpreters) if not lane.missing]
    others = [f"scenario-{name}" for name in scenarios.known() if name not in scenarios.QUICK]
    sessions = [*PUBLISHING, "faults", "browser", *others, *sessions_of(lanes, *KINDS)]
    tested = plan("test", interpreters)[0]
    outcomes, left_out = [], []
    for session in (session for session in sessions if session not in tested):
        minutes = ESTIMATES.get(session) or ESTIMATES[session.partition("-")[0]]
        left = (deadline - time.monotonic()) / 60
        if minutes <= left:
            outcomes += run_nox([session])
        else:
            left_out.append(f"left out: {session} takes about {minutes} minutes, and {max(left, 0):.0f} are left")
    print("", *left_out, sep="\n")
    return outcomes


def main(group: str) -> int:
    deadline = time.monotonic() + CI_MINUTES * 60
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    os.environ["COVERAGE" if group == "test-matrix" else "QUICK"] = "1"
    interpreters = matrix.find_interpreters()
    if group == "test-ci":
        outcomes = run_group("test", interpreters)
        outcomes += run_rest(interpreters, deadline)
    else:
        outcomes = run_group(group, interpreters)
    total = print_summary(outcomes)
    print(f"\n{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
