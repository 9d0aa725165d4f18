# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ansible-core runs on which Python, which of these Pythons this machine has, and what is to be tested with them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Core(NamedTuple):
    """An ansible-core release series; Pythons are given by their minor version."""

    version: str
    controllers: range
    targets: range


CORES = (
    Core("2.16", range(10, 13), range(6, 13)),
    Core("2.17", range(10, 13), range(7, 13)),
    Core("2.18", range(11, 14), range(8, 14)),
    Core("2.19", range(11, 14), range(8, 14)),
    Core("2.20", range(12, 15), range(9, 15)),
    Core("2.21", range(12, 15), range(9, 15)),
)


class Lane(NamedTuple):
    """An ansible-core and the Python of the VMs; `missing` says which interpreter keeps it from running here."""

    core: Core
    target: int
    missing: str = ""

    @property
    def name(self) -> str:
        return f"{self.core.version}-py3.{self.target}"


def _candidates(minor: int) -> Iterator[str]:
    on_path = shutil.which(f"python3.{minor}")
    if on_path:
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from (str(path) for path in sorted(pyenv.glob(f"versions/3.{minor}.*/bin/python3.{minor}"), reverse=True))


def find_interpreters() -> dict[int, Path]:
    """Map minor versions to interpreters that run: a version manager's shim of an unselected version exits with 127."""
    found = {}
    for minor in range(6, 16):
        for candidate in _candidates(minor):
            # Inside a virtual environment, its base is what can make others.
            code = "import ensurepip, os, sys, venv; print(os.path.join(sys.base_prefix, 'bin', 'python3.%d' % sys.version_info[1]))"
            run = subprocess.run([candidate, "-I", "-c", code], capture_output=True, text=True, check=False)
            if run.returncode == 0 and run.stdout.strip().endswith(f"python3.{minor}"):
                found[minor] = Path(run.stdout.strip())
                break
    return found


def _span(minors: range) -> str:
    return f"3.{minors[0]} to 3.{minors[-1]}"


def _lane(core: Core, target: int, interpreters: dict[int, Path]) -> Lane:
    if not any(minor in interpreters for minor in core.controllers):
        return Lane(
            core, target, f"ansible-core {core.version} needs a Python {_span(core.controllers)}, and none works here"
        )
    if target not in interpreters:
        return Lane(core, target, f"no Python 3.{target} works here")
    return Lane(core, target)


def _highest_target(core: Core, interpreters: dict[int, Path]) -> int:
    return max((minor for minor in core.targets if minor in interpreters), default=core.targets[-1])


def lanes_of(core: Core, interpreters: dict[int, Path]) -> list[Lane]:
    """A core with the oldest and the newest Python that it reaches."""
    targets = (core.targets[0], _highest_target(core, interpreters))
    return [_lane(core, target, interpreters) for target in dict.fromkeys(targets)]


def all_lanes(interpreters: dict[int, Path]) -> list[Lane]:
    return [lane for core in CORES for lane in lanes_of(core, interpreters)]


def quick_lanes(interpreters: dict[int, Path]) -> list[Lane]:
    """The two ends: RHEL 8's own Python with the last core that reaches it, and the newest of both.

    Where one cannot run, it is followed by what comes next to it.
    """
    lanes = []
    for lane in lanes_of(CORES[0], interpreters):
        lanes.append(lane)
        if not lane.missing:
            break
    for core in reversed(CORES[1:]):
        lanes.append(lanes_of(core, interpreters)[-1])
        if not lanes[-1].missing:
            break
    return lanes


def prefer(interpreters: dict[int, Path]) -> None:
    """Put the interpreters that work in front of the PATH, where shims may stand, and this environment's tools behind."""
    hidden = [path for minor, path in interpreters.items() if shutil.which(f"python3.{minor}") != str(path)]
    first = dict.fromkeys(str(path.parent) for path in reversed(hidden))
    os.environ["PATH"] = os.pathsep.join([*first, os.environ["PATH"], str(Path(sys.executable).parent)])
