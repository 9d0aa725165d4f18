# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Render the report of an analysis on the controller."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import results
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import page
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import files
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.arguments import parse

Values = dict[str, t.Any]


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: Values | None = None) -> Values:
        super().run(tmp, task_vars)
        try:
            directory = Path(parse({"dest": {"type": "path", "required": True}}, self._task.args)["dest"]).absolute()
            # What another user put there must not be believed.
            files.require_trusted(directory)
            read = results.load(directory)
            data = page.render(read.findings, read.answers, read.facts).encode()
            path = directory / results.REPORT
            changed = not path.exists() or path.read_bytes() != data
            if changed and not self._task.check_mode:
                files.write_private_file(path, data)
        except Failure as failure:
            return failure.as_result()
        return {"changed": changed, "path": str(path), "size": len(data)}
