# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.arguments import parse
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.variable_validation import (
    VariableValidation,
)

Values = dict[str, t.Any]


class ActionModule(ActionBase):
    """Runs on the controller, without a connection to the VM."""

    _requires_connection = False

    def run(self, tmp: None = None, task_vars: Values | None = None) -> Values:
        super().run(tmp, task_vars)
        try:
            options = parse({"hosts": {"type": "list", "elements": "str"}}, self._task.args)
        except Failure as failure:
            return failure.as_result()
        errors = VariableValidation(self._task, self._templar, self._loader, task_vars or {}).errors(options["hosts"])
        return Failure(errors).as_result() if errors else {"changed": False}
