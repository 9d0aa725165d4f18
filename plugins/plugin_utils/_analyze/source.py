# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is analyzed: run directories of COLLECT, or any folder with one folder a VM."""

from __future__ import annotations

import dataclasses
import os
import stat
import typing as t
from pathlib import Path, PurePosixPath

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.results import FINDINGS
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import last_collections, run_directory
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import require_trusted

_DEPTH_LIMIT = 8
_FILES_LIMIT = 10_000


@dataclasses.dataclass
class VM:
    """A VM, its files by the names that they are reported with, and its entries in the manifests that name it."""

    name: str
    files: dict[str, Path] = dataclasses.field(default_factory=dict)
    entries: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Source:
    """The VMs by name, in order, and the manifests of the run directories."""

    vms: dict[str, VM]
    manifests: list[dict[str, t.Any]]


def find(paths: t.Sequence[Path], excluded: t.Container[Path] = ()) -> Source:
    """Return the VMs of one or several directories. A VM that several of them have has the files of all.

    Folders in ``excluded`` are not those of a VM, and neither are results of an analysis and data sets: they have a
    ``findings.json`` or a ``collections.json``.

    Raise a ``Failure`` if one is not a directory, has a manifest that is damaged, or none of them has a VM.
    """
    source = Source({}, [])
    paths = list(dict.fromkeys(paths))
    names = [path.name for path in paths]
    for path in paths:
        _require_directory(path)
        prefix = "" if len(paths) == 1 else f"{path.name if names.count(path.name) == 1 else path}/"
        if os.path.lexists(path / run_directory.MANIFEST_NAME):
            _add_run(source, path, prefix)
        else:
            _add_folder(source, path, prefix, excluded)
    if not source.vms:
        cause = "contains no folder of a VM"
        raise failure(
            "read", ", ".join(map(str, paths)), cause, "Choose a run directory, or a folder with one folder a VM"
        )
    source.vms = dict(sorted(source.vms.items()))
    return source


def newest_run(runs: Path) -> Path:
    """Return the run directory directly below a directory whose manifest was written last, or raise a ``Failure``."""
    _require_directory(runs)
    # Another user could add a run that is newer.
    require_trusted(runs)
    with os.scandir(runs) as entries:
        folders = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    manifests = [folder / run_directory.MANIFEST_NAME for folder in folders]
    written = {path: path.lstat().st_mtime_ns for path in manifests if os.path.lexists(path)}
    if not written:
        remedy = "Collect logs first (collect-logs.yml), or set aqtive_guard_log_analysis_source"
        raise failure(
            "read", str(runs), f"contains no run directory, which has a {run_directory.MANIFEST_NAME}", remedy
        )
    return max(written, key=lambda path: (written[path], path)).parent


def _require_directory(path: Path) -> None:
    try:
        is_directory = stat.S_ISDIR(path.stat().st_mode)
    except OSError as error:
        raise failure(
            "read", str(path), f"cannot be used: {error.strerror}", "Choose a directory that exists"
        ) from error
    if not is_directory:
        raise failure(
            "read", str(path), "is not a directory", "Choose a run directory, or a folder with one folder a VM"
        )


def _add_run(source: Source, path: Path, prefix: str) -> None:
    manifest = run_directory.load(path / run_directory.MANIFEST_NAME)
    source.manifests.append(manifest)
    for name, entry in manifest["vms"].items():
        vm = source.vms.setdefault(name, VM(name))
        vm.entries.append(entry)
        for file in entry["files"]:
            relative = PurePosixPath(file["path"])
            if relative.is_absolute() or ".." in relative.parts or _passes_link(path, relative):
                cause = (
                    f"names the file {file['path']!r}, which is not below the run directory, or behind a symbolic link"
                )
                raise failure("read", str(path / run_directory.MANIFEST_NAME), cause, "Collect again")
            vm.files[f"{prefix}{relative}"] = path / relative
        _require_few(vm.files, path)


def _passes_link(path: Path, relative: PurePosixPath) -> bool:
    """Return whether a directory on the way to a file is a symbolic link. Of the file itself, its reader makes sure."""
    return any((path / parent).is_symlink() for parent in relative.parents)


def _add_folder(source: Source, path: Path, prefix: str, excluded: t.Container[Path]) -> None:
    with os.scandir(path) as entries:
        folders = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    for name in folders:
        if path / name in excluded or name.startswith(".") or _is_of_an_analysis(path / name):
            continue
        if files := _files(path / name):
            vm = source.vms.setdefault(name, VM(name))
            vm.files.update({f"{prefix}{file.relative_to(path)}": file for file in files})


def _is_of_an_analysis(folder: Path) -> bool:
    """Return whether a folder has the results of an earlier analysis, or is a data set."""
    return any(os.path.lexists(folder / name) for name in (FINDINGS, last_collections.FILE))


def _require_few(files: t.Sized, folder: Path) -> None:
    if len(files) > _FILES_LIMIT:
        raise failure("read", str(folder), f"has more than {_FILES_LIMIT} files of a VM", "Choose a folder with fewer")


def _files(folder: Path) -> list[Path]:
    """Return everything in a VM's folder and the folders in it that is not a folder, in the order of the names."""
    found: list[Path] = []
    for directory, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if len(Path(directory).relative_to(folder).parts) > _DEPTH_LIMIT:
            cause = f"has folders that are nested more than {_DEPTH_LIMIT} deep"
            raise failure("read", str(folder), cause, "Choose a folder of one VM's logs")
        found += [Path(directory, name) for name in names if not name.startswith(".")]
        _require_few(found, folder)
    return sorted(found)
