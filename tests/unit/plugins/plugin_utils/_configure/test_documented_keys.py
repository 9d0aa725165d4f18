# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of logging keys against everything else that names them."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import KEYS, digest
from ansible_collections.community.aqtive_guard.plugins.modules import (
    logging_config,
    logging_config_info,
    validate_logging,
)

ROLE = pathlib.Path(__file__).resolve().parents[5] / "roles/aqtive_guard_logging"
OPTIONS = yaml.safe_load(validate_logging.DOCUMENTATION)["options"]
PREFIX = "aqtive_guard_logging_"


def role_variable(key):
    return PREFIX + key.option[len("log_") :]


def test_the_validator_documents_these_options_in_this_order():
    assert list(OPTIONS) == [key.option for key in KEYS]


@pytest.mark.parametrize("module", [logging_config, logging_config_info, validate_logging])
def test_the_digest_in_a_sample_is_that_of_the_settings_in_it(module):
    documented = yaml.safe_load(module.RETURN)
    assert documented["digest"]["sample"] == digest(documented["settings"]["sample"])


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
class TestEveryKey:
    def test_is_documented(self, key):
        option = OPTIONS[key.option]
        text = " ".join(option["description"])
        assert option.get("required", False) is key.required
        assert f"C({key.name})" in text
        if key.kind == "level":
            assert all(f"V({choice})" in text for choice in key.choices)
        if key.kind == "level" and key.default is not None:
            assert f"default is V({key.default})" in text
        if key.requires is not None:
            other, value = key.requires
            assert f"O({other.lower()}{'=' + value if value else ''})" in text

    def test_is_a_variable_of_the_role(self, key):
        options = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
        defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
        assert key.name in " ".join(options[role_variable(key)]["description"])
        assert role_variable(key) in defaults
        # Only the level has a value of the role's own; the others stay as the vendor has them.
        assert defaults[role_variable(key)] == ("info" if key.required else None)

    def test_goes_from_the_role_to_the_validator(self, key):
        (task,) = [
            task["community.aqtive_guard.validate_logging"]
            for task in yaml.safe_load((ROLE / "tasks/validate.yml").read_text())
            if "community.aqtive_guard.validate_logging" in task
        ]
        assert task[key.option] == "{{ " + role_variable(key) + " }}"
