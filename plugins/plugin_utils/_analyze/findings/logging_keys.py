# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The product's logging keys and levels, as far as findings depend on them. A test compares them with those of CONFIGURE."""

from __future__ import annotations

import typing as t

LEVELS: t.Final = ("debug", "info", "warning", "error", "critical")
KEYS: t.Final = {
    "LOG_LEVEL": "",
    "LOG_FILE": "",
    "LOG_ROTATE_DAILY": "false",
    "LOG_ROTATE_MAX": "",
    "LOG_LEVEL_AUDIT": "info",
    "LOG_FILE_AUDIT": "",
    "LOG_ROTATE_DAILY_AUDIT": "false",
    "LOG_ROTATE_MAX_AUDIT": "",
}
"""The logging keys, and the vendor's defaults. The empty text is for a key that is not set."""
