# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The format of a run directory's manifest, and its only loader."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import open_regular_file, os_errors

MANIFEST_NAME = "manifest.json"
FORMAT_VERSION = 1
MAXIMUM_SIZE = 64 << 20
"""Bytes that a manifest may have."""

# A type; a tuple of alternatives; a list with the type of all items; a mapping with the type of each key, or under the
# key ``str`` the type of all values. docs/schemas/manifest-1.schema.json says the same; a test compares the two.
_TEXT = (str, None)
_SECONDS = (int, float, None)
_STRINGS = ({str: str}, None)
_EXCLUDED = {"log_types": [str], "log_levels": [str]}

ERROR = {"phase": str, "subject": str, "cause": str, "remedy": str}
FILE = {"path": str, "size": int, "sha256": str, "format": str, "empty": bool}
STATUSES = ("collected", "failed", "unreachable", "unfinished", "not_selected", "checked")
VM: dict[str, t.Any] = {
    "status": str,
    "errors": [ERROR],
    "files": [FILE],
    "start": _TEXT,
    "end": _TEXT,
    "bundle_seconds": _SECONDS,
    "download_seconds": _SECONDS,
    "reused": bool,
    "leftover": _TEXT,
    "clock": ({"offset": (int, float), "uncertainty": (int, float)}, None),
    "logging_settings": _STRINGS,
    "logging_digest": _TEXT,
    "product_packages": _STRINGS,
    "excluded_by_filters": (_EXCLUDED, None),
}
MANIFEST: dict[str, t.Any] = {
    "format_version": int,
    "run_id": str,
    "start": _TEXT,
    "end": str,
    "versions": {str: str},
    "request": {
        "date_from": _TEXT,
        "date_to": _TEXT,
        "log_types": [str],
        "log_levels": [str],
        "compress": bool,
        "command": [str],
    },
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
    for field in mismatches(manifest, MANIFEST):
        raise failure("read", str(path), f"has a missing, unknown or invalid value: {shortened(field)}", remedy)
    return dict(manifest)


def mismatches(value: t.Any, expected: t.Any, name: str = "") -> t.Iterator[str]:
    """Yield the names of the fields whose value does not have the expected type."""
    if isinstance(expected, dict) and isinstance(value, dict):
        for key in (
            [key for key in value if not isinstance(key, str)] if str in expected else expected.keys() ^ value.keys()
        ):
            yield f"{name}.{key}".lstrip(".")
        for key, each in value.items():
            if (of_value := expected.get(str, expected.get(key))) is not None:
                yield from mismatches(each, of_value, f"{name}.{key}".lstrip("."))
    elif isinstance(expected, list) and isinstance(value, list):
        for index, each in enumerate(value):
            yield from mismatches(each, expected[0], f"{name}[{index}]")
    elif isinstance(expected, tuple):
        if not any(matches(value, alternative) for alternative in expected):
            yield name
    elif not _has_type(value, expected):
        yield name


def matches(value: t.Any, expected: t.Any) -> bool:
    """Return whether a value has the expected type."""
    return next(mismatches(value, expected), None) is None


def _has_type(value: t.Any, expected: t.Any) -> bool:
    if expected is None:
        return value is None
    if not isinstance(expected, type):
        return False
    # bool is a subclass of int.
    return isinstance(value, expected) and (expected is bool or not isinstance(value, bool))
