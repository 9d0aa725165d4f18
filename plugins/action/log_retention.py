# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove old run directories on the controller."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, error, message
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import arguments, retention
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import files
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.arguments import parse

Values = dict[str, t.Any]

_ARGUMENT_SPEC: dict[str, Values] = {
    "dest": {"type": "path", "required": True},
    "keep": {"type": "int", "required": True},
    "current": {"type": "str"},
}


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: Values | None = None) -> Values:
        super().run(tmp, task_vars)
        try:
            values = _validate(self._task.args)
            dest = Path(values["dest"])
            # Otherwise another user could exchange what is removed.
            files.require_trusted(dest)
            old = retention.old_runs(retention.find_runs(dest), values["keep"], values["current"])
        except Failure as failure:
            return failure.as_result()
        removed, warnings = [], []
        for run in old:
            try:
                if not self._task.check_mode:
                    retention.remove(run)
                removed.append(str(run.path))
            except Failure as failure:
                warnings.append(message(failure.errors))
        return {"changed": bool(removed), "removed": removed, "warnings": warnings}


def _validate(task_args: t.Mapping[str, t.Any]) -> Values:
    values = parse(_ARGUMENT_SPEC, task_args)
    errors = arguments.validate_dest(values["dest"])
    if values["keep"] < 1:
        cause = f"is {values['keep']}, but must be at least 1"
        errors.append(error("validate", "keep", cause, "Set it to the number of runs to keep"))
    if errors:
        raise Failure(errors)
    return values
