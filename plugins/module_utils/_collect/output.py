# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the bundle among what the vendor's command left, identify it by content, and rename it.

The command writes where ``--out-file`` says, or adds an ending, or chooses a name of its own, or prints to the console.
"""

import hashlib
import itertools
import os
import stat
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import file_format, integrity
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.workspace import Workspace
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import printable, shortened

BASE_NAME = "aqtive-guard-logs"
"""A bundle's name, before the ending that states its format."""

NAMES = frozenset(BASE_NAME + ending for ending in file_format.ENDINGS.values())
"""Every name that a bundle can have."""

OUT_FILE = BASE_NAME + file_format.ENDINGS["text"]
"""The name given to ``--out-file``."""

_CHUNK = 1 << 20
_LISTED = 10
_COMMAND = "the command"
_EMPTY_REMEDY = "Run the command manually on the VM, and check where this VM logs to (LOG_FILE, or the journal)"


def choose(workspace: Workspace) -> str:
    """Return the path of the file that is the bundle; raise ``Failure`` where none or several can be."""
    entries = workspace.entries()
    files = [name for name, status in entries.items() if stat.S_ISREG(status.st_mode) and status.st_nlink == 1]
    if OUT_FILE in files:
        return os.path.join(workspace.directory, OUT_FILE)
    if len(files) == 1:
        return os.path.join(workspace.directory, files[0])
    if entries:
        listed = [f"{shortened(repr(name))} ({_kind(status)})" for name, status in entries.items()]
        if len(listed) > _LISTED:
            listed[_LISTED:] = [f"and {len(listed) - _LISTED} more"]
        cause = "exited with status 0, but no single regular file among its output is the bundle: " + ", ".join(listed)
        raise failure("identify", _COMMAND, cause, "Run the command manually on the VM to see what it writes")
    if os.path.getsize(workspace.stdout):
        return workspace.stdout
    raise failure("identify", _COMMAND, "exited with status 0, but wrote no file and no output", _EMPTY_REMEDY)


def identify(workspace: Workspace, source: str, may_be_empty: bool) -> t.Dict[str, t.Any]:
    """Move the bundle to its final name and return its metadata; raise ``Failure`` where it is damaged or empty."""
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        head = stream.read(file_format.HEAD_SIZE)
        file_type = file_format.identify(head)
        check = integrity.check_of(file_type)
        digest, size = hashlib.sha256(), 0
        for chunk in itertools.chain([head], iter(lambda: stream.read(_CHUNK), b"")):
            digest.update(chunk)
            size += len(chunk)
            check.feed(chunk)
        os.fchmod(descriptor, 0o600)
        defect = check.defect(stream)
    empty = file_format.is_empty(head)
    if defect:
        remedy = "Run the command manually on the VM, and check the free disk space where it writes"
        raise failure("identify", _COMMAND, f"exited with status 0, but its {file_type} file {defect}", remedy)
    if empty and not may_be_empty:
        raise failure("identify", _COMMAND, "exited with status 0, but its bundle is empty", _EMPTY_REMEDY)
    name = BASE_NAME + file_format.ENDINGS[file_type]
    os.rename(source, os.path.join(workspace.private, name))
    return {
        "name": name,
        "size": size,
        "sha256": digest.hexdigest(),
        "format": file_type,
        "empty": empty,
        "original_name": "console" if source == workspace.stdout else printable(os.path.basename(source)),
        "ignored_files": [printable(other) for other in workspace.entries()][:_LISTED],
    }


def _kind(status: os.stat_result) -> str:
    if stat.S_ISREG(status.st_mode):
        return f"a file with {status.st_nlink} names" if status.st_nlink > 1 else "a file"
    kinds = ((stat.S_ISLNK, "a symbolic link"), (stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a named pipe"))
    return next((name for is_kind, name in kinds if is_kind(status.st_mode)), "a device or socket")
