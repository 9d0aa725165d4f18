# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, failure, message
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.comparison import (
    Comparison,
    compare,
    failures,
    invalid_results,
    parse_may_differ,
)

_OPTIONS = ArgumentSpecValidator(
    {
        "found": {"type": "dict", "required": True},
        "wanted": {"type": "dict", "default": {}},
        "may_differ": {"type": "list", "elements": "str", "default": []},
        "assert_identical": {"type": "bool", "default": True},
    }
)


class ActionModule(ActionBase):
    """Compares on the controller, without a connection to the VM."""

    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        try:
            options = self._valid_options()
            comparison = _compare(options)
        except Failure as failed:
            return failed.as_result()
        return {
            "changed": False,
            "failed": options["assert_identical"] and not comparison.identical,
            "msg": message(comparison.errors) or "The logging settings of all VMs are identical.",
            "errors": comparison.errors,
            "identical": comparison.identical,
            "differences": comparison.differences,
            "vms": comparison.vms,
            "as_wanted": comparison.as_wanted,
            "drift": comparison.drift,
            "missing": comparison.missing,
            "digest": comparison.digest,
            "table": comparison.table,
        }

    def _valid_options(self) -> dict[str, t.Any]:
        validated = _OPTIONS.validate(self._task.args)
        if validated.error_messages:
            cause = f"are invalid: {'; '.join(validated.error_messages)}"
            raise failure("validate", "The options of compare_logging", cause, "Correct the options of the task")
        options: dict[str, t.Any] = validated.validated_parameters
        return options


def _compare(options: dict[str, t.Any]) -> Comparison:
    may_differ, errors = parse_may_differ(options["may_differ"])
    for option in ("wanted", "found"):
        errors += invalid_results(option, options[option])
    if errors:
        raise Failure(errors)
    wanted, found = ({vm: result or {} for vm, result in options[option].items()} for option in ("wanted", "found"))
    errors = failures(wanted, "validate", "are not available", "Pass the result of validate_logging for every VM")
    if errors:
        raise Failure(errors)
    return compare(found, wanted, may_differ)
