# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create the archive for support on the controller."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible import constants as C
from ansible.plugins.action import ActionBase

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import libraries
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction import build, summary
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.arguments import parse

Values = dict[str, t.Any]

_ARGUMENT_SPEC: dict[str, Values] = {
    "source": {"type": "list", "elements": "path", "required": True},
    "dest": {"type": "path", "required": True},
    "key": {"type": "str", "no_log": True},
    "recipients": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: Values | None = None) -> Values:
        super().run(tmp, task_vars)
        if self._task.check_mode:
            return {"changed": False, "skipped": True, "msg": "No archive is created in check mode."}
        try:
            libraries.require()
            outcome = build.build(_request(parse(_ARGUMENT_SPEC, self._task.args)))
        except Failure as failure:
            return failure.as_result()
        return {
            "changed": True,
            "path": str(outcome.path),
            "size": outcome.path.stat().st_size,
            "tokens": str(outcome.tokens),
            "manifest": outcome.manifest,
            "table": summary.table(outcome.manifest),
        }


def _request(arguments: Values) -> build.Request:
    return build.Request(
        sources=[Path(each).absolute() for each in arguments["source"]],
        dest=Path(arguments["dest"]).absolute(),
        key=arguments["key"],
        recipients=arguments["recipients"],
        workers=int(C.DEFAULT_FORKS),
    )
