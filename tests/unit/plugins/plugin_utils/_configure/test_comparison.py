# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import error, message
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import KEYS, digest
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure import comparison
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.comparison import (
    failures,
    invalid_results,
    parse_may_differ,
)

INFO = {"LOG_LEVEL": "info", "LOG_FILE": "/var/log/a"}
DEBUG = {"LOG_LEVEL": "debug", "LOG_FILE": "/var/log/a"}
FLEET = {"web1": INFO, "web2": dict(INFO), "worker1": DEBUG}
NAMES = [key.name for key in KEYS]


def results(fleet):
    return {vm: {"settings": settings, "changed": False} for vm, settings in fleet.items()}


def compare(found, wanted=(), may_differ=(), failed=None):
    """Compare settings; ``failed`` are results without settings."""
    return comparison.compare({**results(found), **(failed or {})}, results(dict(wanted)), may_differ)


class TestIdentical:
    def test_vms_with_the_same_settings_are_identical(self):
        same = compare({"web1": INFO, "web2": dict(INFO)}, {"web1": INFO, "web2": INFO})
        assert (same.identical, same.errors, same.digest) == (True, [], digest(INFO))

    def test_a_single_vm_is_identical(self):
        assert compare({"web1": INFO}).identical

    @pytest.mark.parametrize("failed", [{"web1": {}}, {}])
    def test_a_vm_without_a_result_is_missing(self, failed):
        result = compare({}, {"web1": INFO}, failed=failed)
        assert (result.identical, result.missing, result.digest) == (False, {"web1": None}, None)
        assert result.errors == [
            {
                "phase": "read",
                "subject": "The settings on web1",
                "cause": "could not be read: no reason was given",
                "remedy": "Check the connection to the VM and the permissions of its configuration file",
            }
        ]

    def test_a_vm_with_a_failed_result_is_missing_with_its_message(self):
        result = compare({"web2": INFO}, failed={"web1": {"msg": "No route\nto host.", "unreachable": True}})
        assert result.missing == {"web1": "No route\nto host."}
        assert [each["cause"] for each in result.errors] == ["could not be read: No route to host"]
        assert not result.identical

    def test_different_settings_share_no_digest_even_where_they_may_differ(self):
        result = compare(FLEET, (), {"LOG_LEVEL"})
        assert (result.identical, result.digest) == (True, None)


class TestDifferences:
    def test_the_most_common_value_is_listed_first(self):
        result = compare({"worker1": DEBUG, "web1": INFO, "web2": INFO})
        assert result.differences == [
            {
                "key": "LOG_LEVEL",
                "variants": [{"value": "info", "vms": ["web1", "web2"]}, {"value": "debug", "vms": ["worker1"]}],
            }
        ]
        assert result.errors == [
            {
                "phase": "check",
                "subject": "LOG_LEVEL",
                "cause": "differs between VMs: 'info' on web1, web2; 'debug' on worker1",
                "remedy": "Set it to the same value for all VMs, or add the key to may_differ (role variable aqtive_guard_logging_may_differ)",
            }
        ]

    def test_a_key_that_is_not_set_differs_from_its_default(self):
        result = compare({"web1": {"LOG_LEVEL": "info", "LOG_ROTATE_DAILY": "false"}, "web2": {"LOG_LEVEL": "info"}})
        assert [difference["key"] for difference in result.differences] == ["LOG_ROTATE_DAILY"]
        assert "'false' on web1; not set on web2" in result.errors[0]["cause"]

    def test_keys_are_listed_in_the_order_of_the_table(self):
        other = dict.fromkeys(reversed(NAMES), "x")
        assert [difference["key"] for difference in compare({"a": INFO, "b": other}).differences] == NAMES

    def test_a_missing_vm_does_not_differ(self):
        assert compare(FLEET, failed={"worker2": {}}).differences == compare(FLEET).differences

    def test_only_keys_that_may_differ_are_skipped(self):
        assert compare(FLEET, (), {"LOG_LEVEL"}).differences == []
        assert compare(FLEET, (), {"LOG_FILE"}).differences != []

    def test_errors_and_table_are_printable(self):
        result = compare({"a": {"LOG_LEVEL": "x\n\x1b[31m"}, "b": INFO})
        assert all(line.isprintable() for line in [*message(result.errors).splitlines(), *result.table])

    def test_more_than_ten_vms_are_counted(self):
        def cause(number):
            fleet = {f"vm{index}": INFO for index in range(number)}
            return compare({**fleet, "worker1": DEBUG}).errors[0]["cause"]

        assert "vm9; 'debug'" in cause(10)
        assert "vm9 and 1 more; 'debug'" in cause(11)


class TestDrift:
    def test_vm_key_and_both_values_are_reported(self):
        result = compare(FLEET, dict.fromkeys(FLEET, INFO))
        assert result.drift == [{"vm": "worker1", "key": "LOG_LEVEL", "found": "debug", "wanted": "info"}]
        assert result.errors[1] == {
            "phase": "check",
            "subject": "LOG_LEVEL on worker1",
            "cause": "is 'debug', but should be 'info'",
            "remedy": "Apply the settings again, with the playbook configure_logging",
        }

    def test_drift_alone_is_not_identical(self):
        result = compare({"web1": DEBUG}, {"web1": INFO})
        assert not result.identical
        assert len(result.errors) == 1

    def test_vms_with_the_same_drift_share_an_error(self):
        fleet = {f"vm{number}": DEBUG for number in range(3)}
        assert [each["subject"] for each in compare(fleet, dict.fromkeys(fleet, INFO)).errors] == [
            "LOG_LEVEL on vm0, vm1, vm2"
        ]

    def test_a_key_that_is_not_set_can_drift(self):
        result = compare({"a": INFO, "b": {"LOG_LEVEL": "info"}}, {"a": {"LOG_LEVEL": "info"}, "b": INFO})
        assert [(each["vm"], each["found"], each["wanted"]) for each in result.drift] == [
            ("a", "/var/log/a", None),
            ("b", None, "/var/log/a"),
        ]
        assert [each["cause"] for each in result.errors[1:]] == [
            "is '/var/log/a', but should be not set",
            "is not set, but should be '/var/log/a'",
        ]

    def test_a_key_that_may_differ_between_vms_must_not_drift(self):
        assert compare(FLEET, dict.fromkeys(FLEET, INFO), {"LOG_LEVEL"}).drift != []

    def test_vms_that_differ_as_wanted_have_no_drift(self):
        assert compare(FLEET, FLEET, {"LOG_LEVEL"}).identical

    def test_a_vm_without_wanted_settings_has_no_drift(self):
        assert compare({"web1": DEBUG, "web2": INFO}, {"web2": INFO}).drift == []


class TestFailures:
    def test_vms_share_an_error_that_is_the_same(self):
        loud = error("validate", "LOG_LEVEL", "is 'loud'", "Set it to info")
        relative = error("validate", "LOG_FILE", "is 'a'", "Start the path with /")
        failed = {
            "web1": {"errors": [loud, relative], "msg": "both"},
            "web2": {"settings": INFO},
            "web3": {"errors": [loud], "msg": "one"},
        }
        assert failures(failed, "read", "cause", "remedy") == [
            dict(loud, subject="LOG_LEVEL on web1, web3"),
            dict(relative, subject="LOG_FILE on web1"),
        ]

    def test_vms_share_a_message_that_is_the_same(self):
        failed = {"web1": {"msg": "Timed out"}, "web2": {"msg": "No route"}, "web3": {"msg": "Timed out"}, "web4": {}}
        assert [(each["subject"], each["cause"]) for each in failures(failed, "read", "failed", "Retry")] == [
            ("The settings on web1, web3", "failed: Timed out"),
            ("The settings on web2", "failed: No route"),
            ("The settings on web4", "failed: no reason was given"),
        ]

    def test_a_message_takes_phase_and_remedy_of_the_caller(self):
        (each,) = failures({"web1": {"msg": ""}}, "read", "failed", "Retry")
        assert (each["phase"], each["remedy"]) == ("read", "Retry")

    def test_results_with_settings_are_no_failures(self):
        assert failures(results(FLEET), "read", "cause", "remedy") == []


class TestTable:
    def test_vms_are_rows_and_keys_are_columns(self):
        header, *rows = compare({"web1": INFO}, failed={"worker10": {}}).table
        assert header.split() == ["VM", *NAMES, "digest"]
        assert rows[0].split() == ["web1", "info", "/var/log/a", *["-"] * 6, digest(INFO)[:12]]
        assert rows[1].split() == ["worker10", *["?"] * 9]

    def test_columns_are_aligned(self):
        lines = compare({"web1": INFO, "a-rather-long-name": {"LOG_LEVEL": "info"}}).table
        assert len({line.index("info") for line in lines[1:]} | {lines[0].index("LOG_LEVEL")}) == 1

    def test_long_values_are_shortened(self):
        assert len(compare({"web1": {"LOG_LEVEL": "x" * 10000}}).table[1]) < 400

    def test_vms_are_in_the_given_order_followed_by_those_that_are_only_wanted(self):
        table = compare({"b": INFO, "a": INFO}, {"c": INFO, "a": INFO}).table
        assert [line.split()[0] for line in table[1:]] == ["b", "a", "c"]


class TestInput:
    def test_results_and_null_are_valid(self):
        assert invalid_results("found", {"web1": None, "web2": {}, "web3": {"settings": INFO}}) == []

    def test_all_values_that_are_not_results_are_reported(self):
        errors = invalid_results("found", {"web1": "timed out", "web2": None, "web3": 7})
        assert {each["remedy"] for each in errors} == {"Pass the result that a task of this collection has registered"}
        assert [(each["phase"], each["subject"], each["cause"]) for each in errors] == [
            ("validate", "web1 in found", "is 'timed out', but must be the result of a module"),
            ("validate", "web3 in found", "is '7', but must be the result of a module"),
        ]

    def test_keys_that_may_differ_are_given_by_either_name(self):
        assert parse_may_differ(["LOG_LEVEL", "log_file"]) == ({"LOG_LEVEL", "LOG_FILE"}, [])

    def test_an_unknown_key_cannot_differ(self):
        keys, errors = parse_may_differ(["LOG_LEVL", "LOG_LEVEL", "x\n"])
        assert keys == {"LOG_LEVEL"}
        assert errors == [
            {
                "phase": "validate",
                "subject": "may_differ",
                "cause": f"contains '{name}', which is not a logging key",
                "remedy": f"Use {', '.join(NAMES)}",
            }
            for name in ("LOG_LEVL", "x\\n")
        ]
