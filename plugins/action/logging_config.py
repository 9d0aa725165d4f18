# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.vm_action import VmModuleAction
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.answers import ANSWERS, OF_A_CHANGE


class ActionModule(VmModuleAction):
    """Runs the module on the VM."""

    answers = ANSWERS
    lost_connection_fails = True

    def required(self, module_args: t.Mapping[str, t.Any]) -> t.Collection[str]:
        return OF_A_CHANGE if module_args.get("state", "present") in ("present", "absent") else ("path",)
