# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of the vendor's options against everything else that must name them."""

import os
import re

import pytest

yaml = pytest.importorskip("yaml")
pytest.importorskip("ansible.module_utils.basic")

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import ARGUMENT_SPEC, OPTIONS
from ansible_collections.community.aqtive_guard.plugins.modules import log_bundle

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 4))
ROLE = "roles/aqtive_guard_log_bundle/"
SIMULATOR = "roles/aqtive_guard_simulator/files/aqtive_guard_simulator/cli.py"
DOCUMENTATION = yaml.safe_load(log_bundle.DOCUMENTATION)["options"]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as stream:
        return stream.read()


def tasks_of(blocks):
    for task in blocks:
        yield task
        for part in ("block", "rescue", "always"):
            yield from tasks_of(task.get(part, []))


def variable(option):
    return f"aqtive_guard_log_bundle_{option.name}"


def test_module_documents_the_options_in_the_order_of_the_table():
    assert list(DOCUMENTATION) == [*ARGUMENT_SPEC, "vm_job"]


@pytest.mark.parametrize("name", ARGUMENT_SPEC)
def test_module_documents_the_type_choices_and_default_of(name):
    assert name in DOCUMENTATION, f"{name} is missing in plugins/modules/log_bundle.py"
    documented = dict(DOCUMENTATION[name])
    assert documented.pop("description")
    assert documented == ARGUMENT_SPEC[name]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
class TestEveryOption:
    def test_has_a_default_in_the_role(self, option):
        defaults = yaml.safe_load(read(ROLE + "defaults/main.yml"))
        assert variable(option) in defaults, f"{variable(option)} is missing in {ROLE}defaults/main.yml"
        assert defaults[variable(option)] == ARGUMENT_SPEC[option.name].get("default")

    def test_is_specified_by_the_role(self, option):
        specs = yaml.safe_load(read(ROLE + "meta/argument_specs.yml"))["argument_specs"]["main"]["options"]
        assert variable(option) in specs, f"{variable(option)} is missing in {ROLE}meta/argument_specs.yml"
        specified = specs[variable(option)]
        for field in ("type", "elements", "default"):
            assert specified.get(field) == ARGUMENT_SPEC[option.name].get(field), f"{field} of {variable(option)}"
        text = " ".join(specified["description"])
        missing = {choice for choice in option.choices if f"V({choice})" not in text}
        assert not missing - set(specified.get("choices", ())), f"choices of {variable(option)}"

    def test_is_passed_by_the_role_as_the_variable_of_its_own_name(self, option):
        (arguments,) = [
            task["community.aqtive_guard.log_bundle"]
            for task in tasks_of(yaml.safe_load(read(ROLE + "tasks/main.yml")))
            if "community.aqtive_guard.log_bundle" in task
        ]
        assert option.name in arguments, f"the task in {ROLE}tasks/main.yml does not pass {option.name}"
        assert arguments[option.name] == "{{ " + variable(option) + " }}"

    def test_is_a_flag_of_the_simulator(self, option):
        source = re.sub(r"\s+", " ", read(SIMULATOR))
        assert f'logs_bundle.add_argument("{option.flag}"' in source.replace("( ", "("), f"{option.flag} in {SIMULATOR}"
