# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import KEYS, digest
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.comparison import (
    compare,
    read_fleet,
    read_may_differ,
    refusals,
)

INFO = {"LOG_LEVEL": "info", "LOG_FILE": "/var/log/a"}
DEBUG = {"LOG_LEVEL": "debug", "LOG_FILE": "/var/log/a"}
FLEET = {"web1": INFO, "web2": dict(INFO), "worker1": DEBUG}


class TestIdentical:
    def test_when_all_are_the_same(self):
        comparison = compare({"web1": INFO, "web2": dict(INFO)}, {"web1": INFO, "web2": INFO})
        assert comparison.identical
        assert (comparison.lines, comparison.digest) == ([], digest(INFO))

    def test_when_there_is_one_vm(self):
        assert compare({"web1": INFO}, {}).identical

    @pytest.mark.parametrize("found", [{"web1": None}, {}])
    def test_not_when_a_vm_could_not_be_read(self, found):
        comparison = compare(found, {"web1": INFO})
        assert (comparison.identical, comparison.missing, comparison.digest) == (False, {"web1": None}, None)
        assert comparison.lines == ["The settings of web1 could not be read: no reason was given"]

    def test_not_when_there_is_a_reason_why_a_vm_could_not_be_read(self):
        comparison = compare({"web1": "No route\nto host", "web2": INFO}, {})
        assert comparison.missing == {"web1": "No route\nto host"}
        assert comparison.lines == ["The settings of web1 could not be read: No route to host"]

    def test_a_reason_that_vms_share_is_given_once(self):
        comparison = compare({"web1": "Too old a Python", "web2": "Too old a Python", "worker1": "No route"}, {})
        assert comparison.lines == [
            "The settings of web1, web2 could not be read: Too old a Python",
            "The settings of worker1 could not be read: No route",
        ]

    def test_no_digest_is_shared_where_settings_differ_though_they_may(self):
        comparison = compare(FLEET, {}, {"LOG_LEVEL"})
        assert (comparison.identical, comparison.digest) == (True, None)


class TestDifferences:
    def test_name_the_vms_the_most_common_value_first(self):
        comparison = compare({"worker1": DEBUG, "web1": INFO, "web2": INFO}, {})
        assert comparison.differences == [
            {
                "key": "LOG_LEVEL",
                "variants": [{"value": "info", "vms": ["web1", "web2"]}, {"value": "debug", "vms": ["worker1"]}],
            }
        ]
        (line,) = comparison.lines
        assert line.startswith("LOG_LEVEL differs between VMs: info on web1, web2; debug on worker1. Set it alike")

    def test_not_set_is_a_value_of_its_own(self):
        comparison = compare(
            {"web1": {"LOG_LEVEL": "info", "LOG_ROTATE_DAILY": "false"}, "web2": {"LOG_LEVEL": "info"}}, {}
        )
        assert [difference["key"] for difference in comparison.differences] == ["LOG_ROTATE_DAILY"]
        assert "false on web1; not set on web2" in comparison.lines[0]

    def test_of_every_key_in_the_order_of_the_table(self):
        other = {key.name: "x" for key in reversed(KEYS)}
        assert [d["key"] for d in compare({"a": INFO, "b": other}, {}).differences] == [key.name for key in KEYS]

    def test_a_vm_that_could_not_be_read_has_none(self):
        assert compare({**FLEET, "worker2": None}, {}).differences == compare(FLEET, {}).differences

    def test_are_allowed_for_keys_that_may_differ(self):
        assert compare(FLEET, {}, {"LOG_LEVEL"}).differences == []
        assert compare(FLEET, {}, {"LOG_FILE"}).differences != []

    def test_are_fit_for_a_terminal(self):
        comparison = compare({"a": {"LOG_LEVEL": "x\n\x1b[31m"}, "b": INFO}, {})
        assert all(line.isprintable() for line in comparison.lines + comparison.table)


class TestDrift:
    def test_names_vm_key_and_both_values(self):
        comparison = compare(FLEET, dict.fromkeys(FLEET, INFO))
        assert comparison.drift == [{"vm": "worker1", "key": "LOG_LEVEL", "found": "debug", "wanted": "info"}]
        assert comparison.lines[1] == "LOG_LEVEL is debug on worker1, and should be info. Apply the settings again."

    def test_of_many_vms_is_one_line(self):
        fleet = {f"vm{number}": DEBUG for number in range(3)}
        assert compare(fleet, dict.fromkeys(fleet, INFO)).lines == [
            "LOG_LEVEL is debug on vm0, vm1, vm2, and should be info. Apply the settings again."
        ]

    def test_of_keys_that_are_not_set(self):
        drift = compare({"a": INFO, "b": {"LOG_LEVEL": "info"}}, {"a": {"LOG_LEVEL": "info"}, "b": INFO}).drift
        assert [(d["vm"], d["found"], d["wanted"]) for d in drift] == [
            ("a", "/var/log/a", None),
            ("b", None, "/var/log/a"),
        ]

    def test_is_drift_also_for_a_key_that_may_differ(self):
        assert compare(FLEET, dict.fromkeys(FLEET, INFO), {"LOG_LEVEL"}).drift != []

    def test_is_none_where_vms_differ_as_wanted(self):
        assert compare(FLEET, FLEET, {"LOG_LEVEL"}).identical


class TestRefusals:
    def test_a_reason_that_vms_share_is_given_once(self):
        refused = {"web1": "LOG_LEVEL=loud", "web2": INFO, "web3": "LOG_LEVEL=loud", "web4": None}
        assert refusals(refused) == ["web1, web3:\nLOG_LEVEL=loud", "web4:\nno settings were given"]

    def test_there_are_none_where_all_vms_have_settings(self):
        assert refusals(FLEET) == []


class TestTable:
    def test_shows_vms_against_keys(self):
        header, *rows = compare({"web1": INFO, "worker10": None}, {}).table
        assert header.split() == ["VM", *(key.name for key in KEYS), "digest"]
        assert rows[0].split() == ["web1", "info", "/var/log/a", *["-"] * 6, digest(INFO)[:12]]
        assert rows[1].split() == ["worker10", *["?"] * 9]

    def test_columns_are_aligned(self):
        lines = compare({"web1": INFO, "a-rather-long-name": {"LOG_LEVEL": "info"}}, {}).table
        assert len({line.index("info") for line in lines[1:]} | {lines[0].index("LOG_LEVEL")}) == 1

    def test_shows_vms_in_the_order_given_and_then_those_that_are_only_wanted(self):
        table = compare({"b": INFO, "a": INFO}, {"c": INFO, "a": INFO}).table
        assert [line.split()[0] for line in table[1:]] == ["b", "a", "c"]


class TestInput:
    def test_native_values_are_the_vendors_text(self):
        fleet, errors = read_fleet("found", {"web1": {"LOG_ROTATE_DAILY": True, "LOG_ROTATE_MAX": 7, "LOG_FILE": None}})
        assert (fleet, errors) == ({"web1": {"LOG_ROTATE_DAILY": "true", "LOG_ROTATE_MAX": "7"}}, [])

    def test_a_vm_that_could_not_be_read_is_null_or_the_reason(self):
        assert read_fleet("found", {"web1": None, "web2": "timed out"}) == ({"web1": None, "web2": "timed out"}, [])

    @pytest.mark.parametrize(
        ("result", "meant"),
        [
            ({"settings": INFO, "digest": digest(INFO), "changed": False}, INFO),
            ({"msg": "timed out", "unreachable": True}, "timed out"),
            ({"msg": "", "settings": INFO}, INFO),
        ],
    )
    def test_the_result_of_a_module_stands_for_what_it_says(self, result, meant):
        assert read_fleet("found", {"web1": result}) == ({"web1": meant}, [])

    def test_everything_that_is_wrong_at_once(self):
        _fleet, errors = read_fleet("found", {"web1": {"LOG_LEVL": "info"}, "web2": 7, "web3": None})
        assert [error["subject"] for error in errors] == ["found, web1", "found, web2"]

    def test_keys_that_may_differ_go_by_both_names(self):
        assert read_may_differ(["LOG_LEVEL", "log_file"]) == ({"LOG_LEVEL", "LOG_FILE"}, [])

    def test_a_key_that_does_not_exist_cannot_differ(self):
        names, errors = read_may_differ(["LOG_LEVEL", "LOG_LEVL"])
        assert names == {"LOG_LEVEL"}
        assert [error["subject"] for error in errors] == ["may_differ"]
