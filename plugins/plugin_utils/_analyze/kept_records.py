# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files the records are from that an analysis has kept for an archive."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.source import Source
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import write_private_file

_STATE = "source.json"


def write_state(found: Source, records: Path) -> None:
    """Write, before the files of a source are read, which they are, beside the records that will be read from them."""
    write_private_file(records / _STATE, _state(found))


def are_of(found: Source, records: Path) -> bool:
    """Return whether records were read from the files of this source, which have not changed since."""
    path = records / _STATE
    return path.is_file() and path.read_bytes() == _state(found)


def _state(found: Source) -> bytes:
    files = {name: {file: _version(path) for file, path in vm.files.items()} for name, vm in found.vms.items()}
    return json.dumps(files).encode()


def _version(path: Path) -> tuple[str, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path), status.st_size, status.st_mtime_ns
