# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that has to be written for a key in the table of logging keys: documentation and role variable."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    COUNT,
    FLAG,
    KEYS,
    LEVEL,
    PATH,
    digest,
)
from ansible_collections.community.aqtive_guard.plugins.modules import (
    logging_config,
    logging_config_info,
    validate_logging,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure import role_settings

ROOT = pathlib.Path(__file__).resolve().parents[5]
ROLE = ROOT / "roles/aqtive_guard_logging"
OPTIONS = yaml.safe_load(validate_logging.DOCUMENTATION)["options"]
ROLE_OPTIONS = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
ROLE_DEFAULTS = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
KIND_IN_WORDS = {LEVEL: "level", FLAG: "boolean", COUNT: "whole number greater than 0", PATH: "absolute path"}


def role_variable(key):
    return "aqtive_guard_logging_" + key.option[len("log_") :]


def test_the_module_documents_the_keys_in_the_order_of_the_table():
    assert list(OPTIONS) == ["hosts", "may_differ", *(key.option for key in KEYS)]


def test_the_role_has_the_variables_in_the_order_of_the_table():
    assert list(ROLE_DEFAULTS)[: len(KEYS)] == [role_variable(key) for key in KEYS]
    assert list(ROLE_OPTIONS)[: len(KEYS)] == [role_variable(key) for key in KEYS]


@pytest.mark.parametrize("module", [logging_config, logging_config_info, validate_logging])
def test_the_digest_of_a_sample_belongs_to_its_settings(module):
    documented = yaml.safe_load(module.RETURN)
    assert documented["digest"]["sample"] == digest(documented["settings"]["sample"])


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
class TestEveryKey:
    def test_is_documented_as_an_option(self, key):
        option = OPTIONS[key.option]
        text = " ".join(option["description"])
        assert option["type"] == "raw"
        assert ("Required, unless O(hosts) is set." in text) is key.required
        assert f"C({key.name})" in text
        assert KIND_IN_WORDS[key.kind] in text.lower()
        if key.kind == LEVEL:
            assert all(f"V({choice})" in text for choice in key.choices)
            assert key.default is None or f"default is V({key.default})" in text
        if key.requires is not None:
            other, value = key.requires
            assert f"O({other.lower()}{'=' + value if value else ''})" in text

    def test_is_documented_as_a_variable_of_the_role(self, key):
        option = ROLE_OPTIONS[role_variable(key)]
        text = " ".join(option["description"])
        assert option["type"] == "raw"
        assert f"V({key.name})" in text
        if key.kind == LEVEL:
            assert all(f"V({choice})" in text for choice in key.choices) or "Same choices as" in text
        if key.requires is not None:
            assert "equires O(" in text or "as O(" in text

    def test_is_a_default_of_the_role(self, key):
        # Only a required key has a default of the role's own.
        assert ROLE_DEFAULTS[role_variable(key)] == ("info" if key.required else None)

    def test_is_validated_in_the_variable_of_the_role(self, key):
        assert role_settings.OPTIONS[role_variable(key)] == key.option
