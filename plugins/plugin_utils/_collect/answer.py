# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``log_bundle`` may answer on a VM. Its ``RETURN`` documents the same keys; a test compares the two."""

from __future__ import annotations

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.file_format import ENDINGS
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import OPTIONS
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.output import NAMES
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.product_packages import PACKAGES
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.module_answer import Schema
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.schema import (
    SHA256,
    Integer,
    Number,
    OneOf,
    Some,
    Text,
)

TIME = Text(24, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
EXCLUDED = {option.name: [OneOf(option.record_values)] for option in OPTIONS if option.record_values}

BUNDLE: Schema = {
    "name": OneOf(tuple(sorted(NAMES))),
    "size": Integer(),
    "sha256": SHA256,
    "format": OneOf(tuple(ENDINGS)),
    "empty": bool,
    "original_name": Text(),
    "ignored_files": [Text()],
    "excluded_by_filters": EXCLUDED,
    "command": [Text()],
    "rc": (Integer(-64, 255), None),
    "start": TIME,
    "end": TIME,
    "bundle_seconds": Number(),
    "logging_settings": ({str: Text()}, None),
    "logging_digest": (SHA256, None),
    "product_packages": Some({name: Text(100) for name in PACKAGES}),
    "machine_id_digest": (SHA256, None),
    "removed_leftovers": [Text()],
}
"""What remains of an answer in the record of a bundle."""

REQUIRED = ("name", "size", "sha256", "format", "empty")
"""What describes a bundle, in an answer and in its record."""

ANSWER: Schema = {
    **BUNDLE,
    "path": Text(),
    "directory": Text(),
    "stderr_tail": Text(lines=True),
    "pending": bool,
    "bytes_written": Integer(),
    "clock": [Number()],
}
