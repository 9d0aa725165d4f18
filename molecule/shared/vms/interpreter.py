# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second Python for the VMs, such as RHEL 8's 3.6: a read-only disk with a copy of an installation on this machine."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from prerequisites import SEARCH_PATH
from problem import Problem

from vms.image import locked
from vms.machine import run

MOUNT_POINT = "/opt/python"
SPARE_MIB = 16
# Most of an installation, and not needed on a VM.
_LEFT_OUT = ("test", "tests", "idle_test", "ensurepip", "site-packages", "__pycache__", "*.a", "*.pyc")
_DESCRIBE = (
    "import sys; print(sys.base_prefix, '%d.%d' % sys.version_info[:2], sys.version.replace('\\n', ' '), sep='\\n')"
)


def get(cache: Path, interpreter: Path) -> Path:
    """Return a disk image with the installation that this interpreter belongs to; build it if it is not cached."""
    prefix, series, version = _inspect(interpreter)
    cache.mkdir(parents=True, exist_ok=True)
    recipe = hashlib.sha256(f"{prefix} {version}".encode() + Path(__file__).read_bytes()).hexdigest()[:16]
    disk = cache / f"python-{series}-{recipe}.raw"
    with locked(cache):
        if not disk.exists():
            print(f"Building a disk with Python {series} for the VMs, once: {disk}", flush=True)
            with tempfile.TemporaryDirectory(dir=cache, prefix="unfinished-") as unfinished:
                tree, new_disk = Path(unfinished, "tree"), Path(unfinished, "disk")
                _copy(Path(prefix), series, tree)
                _compile(interpreter, tree / "lib" / f"python{series}", series)
                size = sum(path.lstat().st_size + 4096 for path in tree.rglob("*")) // 2**20 + SPARE_MIB
                run(["env", f"PATH={SEARCH_PATH}", "mkfs.ext4", "-q", "-F", "-d", str(tree), str(new_disk), f"{size}M"])
                new_disk.rename(disk)
    return disk


def _inspect(interpreter: Path) -> list[str]:
    try:
        answer = subprocess.run(
            [str(interpreter), "-I", "-c", _DESCRIBE], capture_output=True, text=True, timeout=60, check=False
        )
    except OSError as error:
        raise Problem(f"{interpreter} cannot be run ({error.strerror}): set a working Python for the VMs") from None
    if answer.returncode:
        raise Problem(f"{interpreter} is not a working Python: {answer.stderr.strip()}")
    return answer.stdout.splitlines()


def _compile(interpreter: Path, library: Path, series: str) -> None:
    """Compile the modules: the disk is read-only, so a VM would compile them again at each start of a program."""
    names = ["-d", f"{MOUNT_POINT}/lib/python{series}"]
    run([str(interpreter), "-I", "-m", "compileall", "-q", *names, str(library)])


def _copy(prefix: Path, series: str, tree: Path) -> None:
    """Copy the interpreter, its modules, and its shared library if it has one."""
    (tree / "bin").mkdir(parents=True)
    shutil.copy(prefix / "bin" / f"python{series}", tree / "bin" / "python3")
    ignore = shutil.ignore_patterns(*_LEFT_OUT, f"config-{series}*")
    shutil.copytree(prefix / "lib" / f"python{series}", tree / "lib" / f"python{series}", ignore=ignore)
    for library in (prefix / "lib").glob(f"libpython{series}*.so.*"):
        shutil.copy(library, tree / "lib")
