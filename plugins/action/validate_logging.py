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
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.variable_validation import (
    VariableValidation,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.comparison import (
    compare,
    failures,
    parse_may_differ,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.role_settings import (
    OPTIONS,
    REQUIRED,
    STATE,
)

Result = dict[str, t.Any]

_OF_VMS: dict[str, Result] = {
    "hosts": {"type": "list", "elements": "str", "required": True},
    "may_differ": {"type": "list", "elements": "str"},
}


class ActionModule(ActionBase):
    """Validates on the controller, without a connection to the VM."""

    _requires_connection = False

    def run(self, tmp: None = None, task_vars: Result | None = None) -> Result:
        super().run(tmp, task_vars)
        try:
            if "hosts" not in self._task.args:
                return _validate(self._task.args)
            return self._validate_vms(task_vars or {})
        except Failure as failure:
            return failure.as_result()

    def _validate_vms(self, task_vars: Result) -> Result:
        """Validate all variables, then the settings that they contain, then whether these are identical, if they have to be."""
        options = parse(_OF_VMS, self._task.args)
        errors = VariableValidation(self._task, self._templar, self._loader, task_vars).errors(options["hosts"])
        if not errors:
            variables = HostVariables(self._task, self._templar, task_vars)
            vms = {host: _settings_of(host, variables) for host in options["hosts"]}
            errors = failures(vms, "validate", "are invalid", "Correct them")
        if not errors and options["may_differ"] is not None:
            may_differ, errors = parse_may_differ(options["may_differ"])
            errors += compare(vms, vms, may_differ).errors
        if errors:
            raise Failure(errors)
        warnings = dict.fromkeys(warning for result in vms.values() for warning in result.pop("warnings"))
        return {"changed": False, "vms": vms, "warnings": list(warnings)}


def _settings_of(host: str, variables: HostVariables) -> Result:
    """Return the settings in the variables of a VM; where they are to be removed, those that the product requires."""
    of_host = variables.of(host)
    try:
        if _values(variables, of_host, [STATE])[STATE] == "absent":
            return _validate(REQUIRED)
        values = _values(variables, of_host, OPTIONS)
        return _validate({option: values[name] for name, option in OPTIONS.items()})
    except Failure as failure:
        return failure.as_result()


def _values(variables: HostVariables, of_host: Result, names: t.Iterable[str]) -> Result:
    values, errors = {}, []
    for name in names:
        try:
            values[name] = variables.value(of_host, name)
        except AnsibleError as failed:
            cause = f"cannot be templated: {on_one_line(str(failed))}"
            errors.append(error("validate", name, cause, "Correct the template"))
    if errors:
        raise Failure(errors)
    return values


def _validate(options: t.Mapping[str, t.Any]) -> Result:
    settings, unknown = from_options(options)
    invalid, warnings = check(settings)
    if unknown + invalid:
        raise Failure(unknown + invalid)
    return {"changed": False, "settings": settings, "digest": digest(settings), "warnings": warnings}
