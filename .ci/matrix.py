# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ansible-core runs on which Python, and which of these Pythons this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple


class Core(NamedTuple):
    """An ansible-core release series; Pythons are given by their minor version."""

    version: str
    controllers: range
    targets: range
    # The first version that is installed: a release candidate where nothing has been released yet.
    first: str = "0"

    @property
    def requirement(self) -> str:
        return f"ansible-core~={self.version}.{self.first}"


CORES = (
    Core("2.16", range(10, 13), range(6, 13)),
    Core("2.17", range(10, 13), range(7, 13)),
    Core("2.18", range(11, 14), range(8, 14)),
    Core("2.19", range(11, 14), range(8, 14)),
    Core("2.20", range(12, 15), range(9, 15)),
    Core("2.21", range(12, 15), range(9, 15)),
)
PRE_RELEASE = Core("2.22", range(13, 16), range(9, 16), "0rc1")
Interpreters = Mapping[int, Path]


class Lane(NamedTuple):
    """An ansible-core, the Python of the controller, and that of the VMs; `missing` names the interpreter that is not here."""

    core: Core
    controller: int
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
    # Inside a virtual environment, its base is what can create others.
    code = "import ensurepip, os, sys, venv; print(os.path.join(sys.base_prefix, 'bin', 'python3.%d' % sys.version_info[1]))"
    for minor in range(6, 16):
        for candidate in _candidates(minor):
            run = subprocess.run([candidate, "-I", "-c", code], capture_output=True, text=True, check=False)
            if run.returncode == 0 and run.stdout.strip().endswith(f"python3.{minor}"):
                found[minor] = Path(run.stdout.strip())
                break
    return found


def prefer(interpreters: Interpreters) -> None:
    """Put the interpreters that work in front of the PATH, where shims may stand, and this environment's tools behind."""
    hidden = [path for minor, path in interpreters.items() if shutil.which(f"python3.{minor}") != str(path)]
    first = dict.fromkeys(str(path.parent) for path in reversed(hidden))
    os.environ["PATH"] = os.pathsep.join([*first, os.environ["PATH"], str(Path(sys.executable).parent)])


def _lane(core: Core, target: int, interpreters: Interpreters) -> Lane:
    controller = max((minor for minor in core.controllers if minor in interpreters), default=0)
    if not controller:
        oldest, newest = core.controllers[0], core.controllers[-1]
        missing = f"ansible-core {core.version} needs a Python 3.{oldest} to 3.{newest}, and none works here: pyenv install 3.{newest}"
    else:
        missing = "" if target in interpreters else f"no Python 3.{target} works here: pyenv install 3.{target}"
    return Lane(core, controller, target, missing)


def lanes_of(core: Core, interpreters: Interpreters) -> list[Lane]:
    """Return the lanes of a core: the oldest and the newest Python that it supports on VMs."""
    newest = max((minor for minor in core.targets if minor in interpreters), default=core.targets[-1])
    return [_lane(core, target, interpreters) for target in dict.fromkeys((core.targets[0], newest))]


def all_lanes(interpreters: Interpreters, with_pre_release: bool = False) -> list[Lane]:
    cores = (*CORES, PRE_RELEASE) if with_pre_release else CORES
    return [lane for core in cores for lane in lanes_of(core, interpreters)]


def quick_lanes(interpreters: Interpreters) -> list[Lane]:
    """Return the oldest lane and the newest; where one cannot run, also the next that can."""
    descending = [lanes_of(core, interpreters)[-1] for core in reversed(CORES[1:])]
    lanes = []
    for candidates in (lanes_of(CORES[0], interpreters), descending):
        for lane in candidates:
            lanes.append(lane)
            if not lane.missing:
                break
    return lanes
