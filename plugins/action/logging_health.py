# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.vm_action import VmActionBase


class ActionModule(VmActionBase):
    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        return self.run_on_vm("community.aqtive_guard.logging_health", dict(self._task.args), task_vars or {})
