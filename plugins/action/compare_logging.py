# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import message
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.comparison import (
    compare,
    read_fleet,
    read_may_differ,
    refusals,
)

_OPTIONS = ArgumentSpecValidator(
    {
        "found": {"type": "dict"},
        "wanted": {"type": "dict"},
        "may_differ": {"type": "list", "elements": "str", "default": []},
        "assert_identical": {"type": "bool", "default": True},
    },
    required_one_of=[["found", "wanted"]],
)


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        validated = _OPTIONS.validate(self._task.args)
        if validated.error_messages:
            return {**result, "failed": True, "msg": f"Invalid options: {'; '.join(validated.error_messages)}"}
        options = validated.validated_parameters

        wanted, bad_wanted = read_fleet("wanted", options["wanted"] or {})
        found, bad_found = read_fleet("found", options["found"] or {})
        may_differ, bad_names = read_may_differ(options["may_differ"])
        errors = bad_found + bad_wanted + bad_names
        if errors:
            return {**result, "failed": True, "msg": message(errors), "errors": errors}
        if refused := refusals(wanted):
            return {**result, "failed": True, "msg": "\n".join(refused)}

        comparison = compare(wanted if options["found"] is None else found, wanted, may_differ)
        return {
            **result,
            "changed": False,
            "failed": options["assert_identical"] and not comparison.identical,
            "msg": "\n".join(comparison.lines) or "The logging settings of all VMs are identical.",
            "identical": comparison.identical,
            "differences": comparison.differences,
            "drift": comparison.drift,
            "missing": comparison.missing,
            "digest": comparison.digest,
            "table": comparison.table,
        }
