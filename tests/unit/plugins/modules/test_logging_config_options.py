# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

yaml = pytest.importorskip("yaml")
pytest.importorskip("ansible.module_utils.basic")

from ansible_collections.community.aqtive_guard.plugins.modules import logging_config

DOCUMENTATION = yaml.safe_load(logging_config.DOCUMENTATION)["options"]
# Before AnsibleModule adds the options of files to it.
ARGUMENT_SPEC = dict(logging_config.ARGUMENT_SPEC)


def test_the_module_documents_its_options():
    documented = {name: dict(option) for name, option in DOCUMENTATION.items()}
    assert all(option.pop("description") for option in documented.values())
    assert documented == ARGUMENT_SPEC


@pytest.mark.parametrize(
    ("state", "required"), [("present", "block"), ("rolled_back", "pending_link"), ("confirmed", "pending_link")]
)
def test_each_state_requires_its_option(run, config, state, required):
    assert run(logging_config, path=str(config), state=state)["msg"] == (
        f"state is {state} but all of the following are missing: {required}"
    )


def test_the_file_is_a_program(run_as_program):
    run_as_program(logging_config.__file__)
