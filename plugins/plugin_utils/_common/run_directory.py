# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The format of a run directory's manifest, and its only loader."""

from __future__ import annotations

import itertools
import json
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import open_regular_file, os_errors
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.module_answer import ERROR
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.schema import (
    SHA256,
    Integer,
    Number,
    OneOf,
    Text,
    violations,
)

MANIFEST_NAME = "manifest.json"
FORMAT_VERSION = 1
MAXIMUM_SIZE = 64 << 20
"""Bytes that a manifest may have."""

_LISTED = 10

# docs/schemas/manifest-1.schema.json says the same; a test compares the two.
_TEXT = (Text(), None)
_SECONDS = (Number(), None)
_STRINGS = ({str: Text()}, None)
_EXCLUDED = {"log_types": [Text(100)], "log_levels": [Text(100)]}

REQUEST = {
    "date_from": _TEXT,
    "date_to": _TEXT,
    "log_types": [str],
    "log_levels": [str],
    "compress": bool,
    "command": [str],
}
FILE = {"path": Text(), "size": Integer(), "sha256": SHA256, "format": Text(100), "empty": bool}
CLOCK = {"offset": Number(-1e12), "uncertainty": Number()}
STATUSES = ("collected", "failed", "unreachable", "unfinished", "not_selected", "checked")
VM: dict[str, t.Any] = {
    "status": OneOf(STATUSES),
    "errors": [ERROR],
    "request": (REQUEST, None),
    "files": [FILE],
    "start": _TEXT,
    "end": _TEXT,
    "bundle_seconds": _SECONDS,
    "download_seconds": _SECONDS,
    "reused": bool,
    "leftover": _TEXT,
    "clock": (CLOCK, None),
    "logging_settings": _STRINGS,
    "logging_digest": (SHA256, None),
    "product_packages": _STRINGS,
    "machine_id_digest": (SHA256, None),
    "excluded_by_filters": (_EXCLUDED, None),
}
MANIFEST: dict[str, t.Any] = {
    "format_version": int,
    "run_id": str,
    "start": _TEXT,
    "end": str,
    "versions": {str: str},
    "request": REQUEST,
    "limits": {
        "timeout": int,
        "directory": str,
        "minimum_free": int,
        "maximum_size": int,
        "minimum_free_dest": int,
    },
    "excluded_by_filters": _EXCLUDED,
    "complete": bool,
    "vms": {str: VM},
}


def load(path: Path) -> dict[str, t.Any]:
    """Return the manifest in this file, or raise a ``Failure`` that says what is wrong with it."""
    remedy = f"Choose a run directory with an intact {MANIFEST_NAME}, or collect again"
    with os_errors("read", path), open_regular_file(path) as stream:
        data = stream.read(MAXIMUM_SIZE + 1)
    if len(data) > MAXIMUM_SIZE:
        raise failure("read", str(path), f"is larger than {MAXIMUM_SIZE >> 20} MiB", remedy)
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise failure("read", str(path), f"is not valid JSON: {shortened(str(error))}", remedy) from error
    version = manifest.get("format_version") if isinstance(manifest, dict) else None
    if version != FORMAT_VERSION or isinstance(version, bool):
        cause = f"has format_version {shortened(repr(version))}, but this collection reads {FORMAT_VERSION}"
        raise failure("read", str(path), cause, "Use the version of this collection that wrote it")
    if found := [f"{field} {cause}" for field, cause in itertools.islice(violations(manifest, MANIFEST), _LISTED)]:
        raise failure("read", str(path), f"does not conform to its schema: {'; '.join(found)}", remedy)
    return dict(manifest)
