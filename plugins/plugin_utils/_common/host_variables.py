# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of each VM as a task on this VM sees them, in a task that runs once for all VMs."""

from __future__ import annotations

import typing as t

from ansible.playbook.task import Task
from ansible.template import Templar

Variables = dict[str, t.Any]


class HostVariables:
    """Returns variables of any VM. ``hostvars`` has neither those of the play nor the defaults of the role."""

    def __init__(self, task: Task, templar: Templar, task_vars: t.Mapping[str, t.Any]) -> None:
        self._task = task
        self._templar = templar
        self._hostvars = task_vars["hostvars"]

    def of(self, host: str) -> Variables:
        """Return the variables of a VM, templates included."""
        manager = self._hostvars._variable_manager
        found: Variables = manager.get_vars(
            play=self._task.get_play(), host=manager._inventory.get_host(host), task=self._task
        )
        return found

    def value(self, variables: Variables, name: str) -> t.Any:
        """Return the value of one of these variables, or None where it is not set; raise Ansible's error for a template."""
        templar = self._templar.copy_with_new_env(available_variables=variables)
        # In a dictionary: since ansible-core 2.19, what is omitted is left out of one, and an error elsewhere.
        value = templar.template({name: variables.get(name)}).get(name)
        return None if value == variables.get("omit") else value
