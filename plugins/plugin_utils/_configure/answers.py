# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules of CONFIGURE may answer. Their ``RETURN`` documents the same keys; a test compares the two."""

from __future__ import annotations

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import KEYS
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.module_answer import ERROR, Schema
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.schema import (
    SHA256,
    Integer,
    Number,
    OneOf,
    Some,
    Text,
)

SETTINGS = Some({key.name: Text() for key in KEYS})

ANSWERS: dict[str, Schema] = {
    "logging_config": {
        "path": Text(),
        "settings": SETTINGS,
        "digest": SHA256,
        "previous_settings": SETTINGS,
        "removed": [Text()],
        "needed": bool,
        "outdated": bool,
        "backup_file": Text(),
        "missing_directories": [Text()],
        "outdated_directories": [Text()],
        "pending": bool,
        "rollback_file": (Text(), None),
    },
    "logging_config_info": {
        "path": Text(),
        "settings": SETTINGS,
        "digest": SHA256,
        "managed": bool,
        "duplicates": [{"key": OneOf(tuple(key.name for key in KEYS)), "lines": [Integer()]}],
        "problems": [ERROR],
    },
    "backup_retention": {"path": Text(), "removed": [Text()]},
    "logging_health": {"units": {str: Text(100)}, "waited": Number()},
    "product_restart": {"rc": (Integer(-128, 255), None), "start": Number(), "seconds": Number()},
}

REQUIRED: dict[str, tuple[str, ...]] = {
    "backup_retention": ("removed",),
    "logging_config_info": ("path", "settings", "digest"),
    "product_restart": ("start",),
    "logging_health": ("units",),
}
"""What an answer without a failure has in any case."""

OF_A_CHANGE = ("settings", "digest", "needed", "outdated_directories", "missing_directories", "pending")
"""What an answer of ``logging_config`` has besides, with the states present and absent."""
