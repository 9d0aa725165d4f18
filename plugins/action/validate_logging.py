# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import on_one_line
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    check,
    digest,
    from_options,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.arguments import parse
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.host_variables import HostVariables
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.role_settings import OPTIONS

Result = dict[str, t.Any]


class ActionModule(ActionBase):
    """Validates on the controller, without a connection to the VM."""

    _requires_connection = False

    def run(self, tmp: None = None, task_vars: Result | None = None) -> Result:
        super().run(tmp, task_vars)
        if "hosts" not in self._task.args:
            return _validate(self._task.args)
        try:
            options = parse({"hosts": {"type": "list", "elements": "str", "required": True}}, self._task.args)
        except Failure as failure:
            return failure.as_result()
        variables = HostVariables(self._task, self._templar, task_vars or {})
        return _summary({host: self._validate_vm(host, variables) for host in options["hosts"]})

    def _validate_vm(self, host: str, variables: HostVariables) -> Result:
        options, errors = {}, []
        of_host = variables.of(host)
        for name, option in OPTIONS.items():
            try:
                options[option] = variables.value(of_host, name)
            except AnsibleError as failed:
                cause = f"cannot be templated: {on_one_line(str(failed))}"
                errors.append(error("validate", name, cause, "Correct the template"))
        return Failure(errors).as_result() if errors else _validate(options)


def _validate(options: t.Mapping[str, t.Any]) -> Result:
    settings, unknown = from_options(options)
    invalid, warnings = check(settings)
    if unknown + invalid:
        return Failure(unknown + invalid).as_result()
    return {"changed": False, "settings": settings, "digest": digest(settings), "warnings": warnings}


def _summary(vms: dict[str, Result]) -> Result:
    """Return the results of all VMs as one, with each warning once."""
    invalid = [vm for vm, result in vms.items() if result.get("failed")]
    warnings = dict.fromkeys(warning for result in vms.values() for warning in result.pop("warnings", []))
    message = f"The settings of {', '.join(invalid)} are invalid" if invalid else "The settings of all VMs are valid"
    return {"changed": False, "failed": bool(invalid), "msg": message, "vms": vms, "warnings": list(warnings)}
