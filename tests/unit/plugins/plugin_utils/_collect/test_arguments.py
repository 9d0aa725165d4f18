# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import ARGUMENT_SPEC
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import arguments


def test_bundle_options_get_their_defaults_and_types():
    options = arguments.parse_bundle_options(
        {"date_from": datetime.date(2026, 1, 1), "log_types": "A,B", "compress": "no"}
    )
    assert set(options) == set(ARGUMENT_SPEC)
    assert (options["date_from"], options["log_types"], options["compress"]) == ("2026-01-01", ["A", "B"], False)
    assert options["timeout"] == ARGUMENT_SPEC["timeout"]["default"]


@pytest.mark.parametrize("name", ["web1", "web1.example.com", "fe80::1", "web [1]", "..."])
def test_a_safe_name_can_be_a_component_of_a_path(name):
    assert arguments.component_error(name) is None
    assert arguments.validate_host(name) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "is empty or denotes another directory"),
        (".", "is empty or denotes another directory"),
        ("..", "is empty or denotes another directory"),
        ("a/b", "contains a slash"),
        ("../x", "contains a slash"),
        ("-web", "begins with a dash"),
        ("web\n1", "contains control characters"),
        ("web\0", "contains control characters"),
    ],
)
def test_an_unsafe_name_of_a_vm_is_an_error(name, reason):
    assert arguments.component_error(name) == reason
    (error,) = arguments.validate_host(name)
    assert (error["phase"], error["subject"]) == ("validate", "inventory_hostname")
    assert error["cause"] == f"is {name!r}, but must be a safe name for a directory: it {reason}"
    assert error["remedy"] == "Rename the VM in the inventory"


@pytest.mark.parametrize("dest", ["/srv/logs", "/srv//logs/", "/a b/é/it's", "/x/..."])
def test_an_absolute_path_of_safe_names_can_be_a_destination(dest):
    assert arguments.validate_dest(dest) == []


@pytest.mark.parametrize(
    ("dest", "reason"),
    [
        ("", "it is not below /"),
        ("/", "it is not below /"),
        ("//", "it is not below /"),
        ("logs", "it is not below /"),
        ("./logs", "'.' is empty or denotes another directory, it is not below /"),
        ("/a/../b", "'..' is empty or denotes another directory"),
        ("/a/./b/-rf", "'.' is empty or denotes another directory, '-rf' begins with a dash"),
        ("/a\n", "'a\\n' contains control characters"),
        ("/a/\x1b[2J", "'\\x1b[2J' contains control characters"),
    ],
)
def test_another_destination_is_an_error(dest, reason):
    (error,) = arguments.validate_dest(dest)
    assert (error["phase"], error["subject"]) == ("validate", "dest")
    assert error["cause"] == f"is {dest!r}, but must be an absolute path of safe names: {reason}"
    assert error["cause"].isprintable()
    assert error["remedy"] == "Set a directory such as /srv/aqtive-guard-logs"
