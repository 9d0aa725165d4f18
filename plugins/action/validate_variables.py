# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate the variables of the roles for all VMs at once, before anything uses them."""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, Failure, error
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import role_variables
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.arguments import parse

Values = dict[str, t.Any]

_ROLES = Path(__file__).parents[2] / "roles"


class ActionModule(ActionBase):
    """Runs on the controller, without a connection to the VM."""

    _requires_connection = False

    def run(self, tmp: None = None, task_vars: Values | None = None) -> Values:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        try:
            options = parse({"hosts": {"type": "list", "elements": "str"}}, self._task.args)
        except Failure as failure:
            return failure.as_result()
        hosts = options["hosts"] or list(task_vars.get("ansible_play_hosts_all", []))
        known = self._specification()
        hosts_of: dict[tuple[str, ...], list[str]] = {}
        for host in hosts:
            for each in self._errors(host, task_vars, known):
                hosts_of.setdefault(tuple(each.values()), []).append(host)
        errors = role_variables.strategy_errors(str(self._task.get_play().strategy))
        if "localhost" not in hosts:
            facts = task_vars["hostvars"]["localhost"].get("ansible_facts")
            errors += role_variables.fact_errors(facts or {}, "localhost")
        for (phase, subject, cause, remedy), some in hosts_of.items():
            errors.append(error(phase, subject if some == hosts else f"{subject} of {', '.join(some)}", cause, remedy))
        return Failure(errors).as_result() if errors else {"changed": False}

    def _errors(self, host: str, task_vars: Values, known: role_variables.Specification) -> list[Error]:
        # Variables of the play are in none of the hostvars.
        is_current = host == task_vars.get("inventory_hostname")
        variables = task_vars if is_current else task_vars["hostvars"][host]
        values = {}
        for name in (each for each in known if each in variables and each not in role_variables.RESULTS):
            # What cannot be templated here fails where it is used.
            with contextlib.suppress(AnsibleError):
                values[name] = self._templar.template(variables[name]) if is_current else variables[name]
        return [
            *role_variables.fact_errors(variables.get("ansible_facts") or {}, host),
            *role_variables.name_errors(variables, known),
            *role_variables.form_errors(values, known),
        ]

    def _specification(self) -> role_variables.Specification:
        """Return the specifications of all variables of the roles and playbooks."""
        known = {**role_variables.OF_PLAYBOOKS, **role_variables.RESULTS}
        for role in role_variables.ROLES:
            content = self._loader.load_from_file(str(_ROLES / role / "meta" / "argument_specs.yml"))
            known |= content["argument_specs"]["main"]["options"]
        return known
