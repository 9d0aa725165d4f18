# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the role that hold logging settings, and whether they apply."""

from __future__ import annotations

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import KEYS

OPTIONS = {f"aqtive_guard_logging_{key.option[len('log_') :]}": key.option for key in KEYS}
"""The option of ``validate_logging`` for each variable."""

STATE = "aqtive_guard_logging_state"
REQUIRED = {"log_level": "info"}
"""What the product requires, as options: the vendor's default."""
