# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record beside a bundle: what was requested, what was stored, and what may still be on the VM."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import PREFIX
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.answer import BUNDLE, REQUIRED
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.polling import Job
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import (
    open_regular_file,
    os_errors,
    size_and_sha256,
    write_private_file,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.module_answer import Schema
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.run_directory import CLOCK
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.schema import Number, Some, matches

NAME = ".bundle.json"
FORMAT_VERSION = 1

METADATA: Schema = {**BUNDLE, "download_seconds": Number(), "clock": CLOCK}
"""What the record keeps of a result. Most of it is the VM's answer, whose schema holds here as well."""

_DIRECTORY = re.compile(rf"/([^\0]*/)?{re.escape(PREFIX)}[a-z0-9]{{8}}")


class Record(t.NamedTuple):
    """The state of one request.

    A directory without a file: the VM may still be working on the bundle. Both: the bundle is stored, and the directory
    still has to be removed from the VM. A file alone: done.
    """

    request: dict[str, t.Any]
    directory: str | None
    file: dict[str, t.Any] | None

    def unfinished_job(self, request: t.Mapping[str, t.Any], parent: str) -> Job | None:
        """Return the job that an earlier run started for the same request, in a directory below ``parent``."""
        job = Job.of_directory(self.directory) if self.directory and not self.file else None
        return job if job and job.parent == parent and self.request == request else None


def load(dest: Path) -> Record | None:
    """Return the record in this directory; None where there is none, or none that is of use."""
    with (
        contextlib.suppress(OSError, ValueError, RecursionError, KeyError, TypeError),
        open_regular_file(dest / NAME) as stream,
    ):
        content = json.load(stream)
        if content["format_version"] == FORMAT_VERSION and isinstance(content["request"], dict):
            directory = content["directory"] if _is_bundle_directory(content["directory"]) else None
            file = content["file"] if _is_stored(dest, content["file"]) else None
            return Record(content["request"], directory, file) if directory or file else None
    return None


def write(dest: Path, record: Record) -> None:
    """Write or replace the record in this directory."""
    content = {"format_version": FORMAT_VERSION, **record._asdict()}
    write_private_file(dest / NAME, f"{json.dumps(content, indent=2)}\n".encode("ascii"))


def discard_unless_stored(dest: Path) -> None:
    """Remove the record, unless the bundle is stored."""
    record = load(dest)
    if not record or not record.file:
        with contextlib.suppress(OSError):
            (dest / NAME).unlink()


def check_request(path: Path, earlier: t.Mapping[str, t.Any], request: t.Mapping[str, t.Any]) -> None:
    """Raise a ``Failure`` if what is stored at this path was requested with other options."""
    different = [name for name, value in request.items() if earlier.get(name) != value]
    if different:
        options = " and ".join(f"{name} {earlier.get(name)!r} (now {request[name]!r})" for name in different)
        remedy = "Use the options of that request, or choose another dest or run ID"
        raise failure("validate", str(path), f"was requested with {options}", remedy)


def verify(path: Path, file: t.Mapping[str, t.Any]) -> None:
    """Raise a ``Failure`` if the stored bundle no longer has the size and digest in its record."""
    with os_errors("verify", path), open_regular_file(path) as stream:
        size, sha256 = size_and_sha256(stream)
    if (size, sha256) != (file["size"], file["sha256"]):
        cause = (
            f"has {size} bytes and SHA-256 {sha256}, but had {file['size']} bytes and {file['sha256']} when it was"
            " stored: it was changed since"
        )
        raise failure("verify", str(path), cause, "Move the file to collect it again")


def _is_bundle_directory(directory: t.Any) -> bool:
    """Return whether this can only be a directory of a bundle, which may be removed from a VM as root."""
    return isinstance(directory, str) and bool(_DIRECTORY.fullmatch(directory)) and "/../" not in directory


def _is_stored(dest: Path, file: t.Any) -> bool:
    """Return whether the metadata is usable, and its file exists."""
    return (
        matches(file, Some(METADATA))
        and file.keys() >= set(REQUIRED)
        and os.path.lexists(dest / file["name"])
        and stat.S_ISREG((dest / file["name"]).lstat().st_mode)
    )
