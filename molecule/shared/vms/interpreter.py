# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another Python than Debian's for the VMs, such as the one that RHEL 8 has: a read-only disk, made from this machine's."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from vms.image import locked
from vms.machine import run
from vms.prerequisites import SEARCH_PATH
from vms.problem import Problem

MOUNT_POINT = "/opt/python"
SPARE_MIB = 16
# Nothing that runs on a VM asks for these, and they are most of it.
_LEFT_OUT = ("test", "tests", "idle_test", "ensurepip", "site-packages", "__pycache__", "*.a", "*.pyc")
_ABOUT = (
    "import sys; print(sys.base_prefix, '%d.%d' % sys.version_info[:2], sys.version.replace('\\n', ' '), sep='\\n')"
)


def get(cache: Path, interpreter: Path) -> Path:
    """A file system with the installation that this interpreter belongs to, made where it is not there yet."""
    prefix, series, version = _ask(interpreter)
    cache.mkdir(parents=True, exist_ok=True)
    recipe = hashlib.sha256(f"{prefix} {version}".encode() + Path(__file__).read_bytes()).hexdigest()[:16]
    disk = cache / f"python-{series}-{recipe}.raw"
    with locked(cache):
        if not disk.exists():
            print(f"Making a disk with Python {series} for the VMs, once: {disk}", flush=True)
            with tempfile.TemporaryDirectory(dir=cache, prefix="unfinished-") as unfinished:
                tree, made = Path(unfinished, "tree"), Path(unfinished, "disk")
                _copy(Path(prefix), series, tree)
                _compile(interpreter, tree / "lib" / f"python{series}", series)
                size = sum(path.lstat().st_size + 4096 for path in tree.rglob("*")) // 2**20 + SPARE_MIB
                run(["env", f"PATH={SEARCH_PATH}", "mkfs.ext4", "-q", "-F", "-d", str(tree), str(made), f"{size}M"])
                made.rename(disk)
    return disk


def _ask(interpreter: Path) -> list[str]:
    try:
        answer = subprocess.run(
            [str(interpreter), "-I", "-c", _ABOUT], capture_output=True, text=True, timeout=60, check=False
        )
    except OSError as error:
        raise Problem(
            f"{interpreter} cannot be run ({error.strerror}): name a Python for the VMs that works here"
        ) from None
    if answer.returncode:
        raise Problem(f"{interpreter} is no Python that works here: {answer.stderr.strip()}")
    return answer.stdout.splitlines()


def _compile(interpreter: Path, library: Path, series: str) -> None:
    """Without this a VM, which cannot write there, would compile all that a program imports, each time that it starts."""
    names = ["-d", f"{MOUNT_POINT}/lib/python{series}"]
    run([str(interpreter), "-I", "-m", "compileall", "-q", *names, str(library)])


def _copy(prefix: Path, series: str, tree: Path) -> None:
    """The interpreter, its library, and its shared library where it has one, under the names that they have there."""
    (tree / "bin").mkdir(parents=True)
    shutil.copy(prefix / "bin" / f"python{series}", tree / "bin" / "python3")
    ignore = shutil.ignore_patterns(*_LEFT_OUT, f"config-{series}*")
    shutil.copytree(prefix / "lib" / f"python{series}", tree / "lib" / f"python{series}", ignore=ignore)
    for library in (prefix / "lib").glob(f"libpython{series}*.so.*"):
        shutil.copy(library, tree / "lib")
