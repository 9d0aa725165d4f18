# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ansible.template
import pytest
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.host_variables import HostVariables

trusted = getattr(ansible.template, "trust_as_template", str)  # since ansible-core 2.19


class Fleet:
    """Two VMs, a play with variables of its own, and a task of it that runs on the first VM."""

    def __init__(self, of_play):
        loader = DataLoader()
        inventory = InventoryManager(loader)
        for name, level in (("web1", "info"), ("web2", "debug")):
            inventory.add_host(name)
            inventory.get_host(name).set_variable("level", level)
        manager = VariableManager(loader, inventory)
        content = {"name": "x", "hosts": "all", "vars": of_play, "tasks": [{"action": "debug"}]}
        play = Play.load(content, variable_manager=manager, loader=loader)
        (task,) = play.tasks[0].block
        hostvars = HostVars(inventory, manager, loader)
        self.variables = HostVariables(task, ansible.template.Templar(loader), {"hostvars": hostvars})

    def values(self, name):
        return [self.variables.value(self.variables.of(vm), name) for vm in ("web1", "web2")]


def test_variables_of_the_inventory_are_those_of_each_vm():
    assert Fleet({}).values("level") == ["info", "debug"]


def test_variables_of_the_play_outrank_them():
    assert Fleet({"level": "error"}).values("level") == ["error", "error"]


def test_templates_are_rendered_with_the_variables_of_each_vm():
    assert Fleet({"file": trusted("/log/{{ inventory_hostname }}.{{ level }}")}).values("file") == [
        "/log/web1.info",
        "/log/web2.debug",
    ]


def test_values_keep_their_types():
    assert Fleet({"x": 7}).values("x") == [7, 7]
    assert Fleet({"x": True}).values("x") == [True, True]


def test_a_variable_that_is_not_set_omitted_or_null_has_no_value():
    assert Fleet({"null": None, "omitted": trusted("{{ omit }}")}).values("x") == [None, None]
    assert Fleet({"null": None}).values("null") == [None, None]
    assert Fleet({"omitted": trusted("{{ omit }}")}).values("omitted") == [None, None]


def test_a_template_that_cannot_be_rendered_is_an_error_of_ansible():
    with pytest.raises(AnsibleError, match="nowhere"):
        Fleet({"x": trusted("{{ nowhere }}")}).values("x")
