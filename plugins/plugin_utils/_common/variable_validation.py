# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate the variables of the roles for several VMs at once, before anything uses them."""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible.template import Templar

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import role_variables

Values = dict[str, t.Any]

_ROLES = Path(__file__).parents[3] / "roles"


class VariableValidation:
    """Validates the variables as a task sees them that runs once for all VMs."""

    def __init__(self, task: Task, templar: Templar, loader: DataLoader, task_vars: Values) -> None:
        self._strategy = str(task.get_play().strategy)
        self._templar = templar
        self._task_vars = task_vars
        self._known: Values = {**role_variables.OF_PLAYBOOKS, **role_variables.RESULTS}
        for role in role_variables.ROLES:
            content = loader.load_from_file(str(_ROLES / role / "meta" / "argument_specs.yml"))
            self._known |= content["argument_specs"]["main"]["options"]

    def errors(self, hosts: t.Sequence[str] | None = None) -> list[Error]:
        """Return everything that is wrong with the variables of these VMs, or all of the play, and what VMs share once."""
        hosts = hosts or self._task_vars.get("ansible_play_hosts_all", [])
        if unknown := [host for host in hosts if host not in self._task_vars["hostvars"]]:
            cause = f"has {shortened(', '.join(unknown))}, but must have names of the inventory"
            return [error("validate", "hosts", cause, "Correct the task")]
        hosts_of: dict[tuple[str, ...], list[str]] = {}
        for host in hosts:
            for each in self._errors_of(host):
                hosts_of.setdefault(tuple(each.values()), []).append(host)
        errors = role_variables.strategy_errors(self._strategy)
        if "localhost" not in hosts:
            facts = self._task_vars["hostvars"]["localhost"].get("ansible_facts")
            errors += role_variables.fact_errors(facts or {}, "localhost")
        for (phase, subject, cause, remedy), some in hosts_of.items():
            errors.append(error(phase, subject if some == hosts else f"{subject} of {', '.join(some)}", cause, remedy))
        return errors

    def _errors_of(self, host: str) -> list[Error]:
        # Variables of the play are in none of the hostvars.
        is_current = host == self._task_vars.get("inventory_hostname")
        variables = self._task_vars if is_current else self._task_vars["hostvars"][host]
        values = {}
        for name in (each for each in self._known if each in variables and each not in role_variables.RESULTS):
            # What cannot be templated here fails where it is used.
            with contextlib.suppress(AnsibleError):
                values[name] = self._templar.template(variables[name]) if is_current else variables[name]
        return [
            *role_variables.fact_errors(variables.get("ansible_facts") or {}, host),
            *role_variables.name_errors(variables, self._known),
            *role_variables.form_errors(values, self._known),
        ]
