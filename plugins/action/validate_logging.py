# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    check,
    digest,
    from_options,
)


class ActionModule(ActionBase):
    """Validates on the controller, without a connection to the VM."""

    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        settings, unknown = from_options(self._task.args)
        invalid, warnings = check(settings)
        if unknown + invalid:
            return Failure(unknown + invalid).as_result()
        return {"changed": False, "settings": settings, "digest": digest(settings), "warnings": warnings}
