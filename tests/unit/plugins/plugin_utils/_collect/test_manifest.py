# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import error
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import manifest
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import run_directory
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.schema import matches

DIRECTORY = PurePosixPath("/logs/run")
SHA256, DIGEST = "ab" * 32, "d1" * 32
EXCLUDED: dict[str, list[str]] = {"log_types": [], "log_levels": []}
REQUEST = {
    "date_from": "2026-01-01 12:00:00",
    "date_to": None,
    "log_types": [],
    "log_levels": [],
    "compress": True,
    "command": ["cs"],
}
COLLECTED = {
    "request": REQUEST,
    "changed": True,
    "dest": "/logs/run/web1/logs.gz",
    "size": 1536,
    "sha256": SHA256,
    "format": "gzip",
    "empty": False,
    "bundle_seconds": 7.25,
    "download_seconds": 1.5,
    "excluded_by_filters": EXCLUDED,
    "start": "2026-01-01T00:00:00Z",
    "end": "2026-01-01T00:00:07Z",
    "clock": {"offset": 0.5, "uncertainty": 0.25},
    "logging_settings": {"LOG_LEVEL": "info"},
    "logging_digest": DIGEST,
    "product_packages": {"cryptosense-analyzer-web": "3.4-1"},
}
RUN_ERROR = error("run", "cs logs bundle", "exited with status 3", "Run it manually")
FAILED = {"failed": True, "msg": "x", "errors": [RUN_ERROR], "rc": 3}
UNREACHABLE = {"unreachable": True, "errors": [error("prepare", "connection", "failed: no route", "Check the VM")]}


def entries(results, hosts=("web1", "web2", "web3")):
    return manifest.vm_entries(hosts, results, DIRECTORY)


def entry(result):
    return manifest.vm_entry(result, DIRECTORY)


class TestEntries:
    def test_a_collected_vm_has_all_values(self):
        file = {"path": "web1/logs.gz", "size": 1536, "sha256": SHA256, "format": "gzip", "empty": False}
        assert entry(COLLECTED) == {
            "status": "collected",
            "errors": [],
            "request": REQUEST,
            "files": [file],
            "start": "2026-01-01T00:00:00Z",
            "end": "2026-01-01T00:00:07Z",
            "bundle_seconds": 7.25,
            "download_seconds": 1.5,
            "reused": False,
            "leftover": None,
            "clock": {"offset": 0.5, "uncertainty": 0.25},
            "logging_settings": {"LOG_LEVEL": "info"},
            "logging_digest": DIGEST,
            "product_packages": {"cryptosense-analyzer-web": "3.4-1"},
            "machine_id_digest": None,
            "excluded_by_filters": EXCLUDED,
        }

    def test_a_reused_bundle_differs_in_that_only(self):
        assert entry({**COLLECTED, "changed": False, "reused": True}) == {**entry(COLLECTED), "reused": True}

    def test_an_unfinished_vm_is_missing_and_has_no_errors(self):
        vms = entries({"web1": manifest.UNFINISHED}, ["web1"])
        assert (vms["web1"]["status"], vms["web1"]["errors"], manifest.missing(vms)) == ("unfinished", [], ["web1"])
        assert manifest.table(vms)[-1] == "0 of 1 VMs collected, 1 unfinished"

    def test_a_file_outside_of_the_run_directory_has_an_absolute_path(self):
        (file,) = manifest.vm_entry(COLLECTED, PurePosixPath("/other"))["files"]
        assert file["path"] == COLLECTED["dest"]

    def test_errors_are_kept_as_they_are(self):
        vms = entries({"web2": FAILED, "web3": UNREACHABLE})
        assert [(vm, each["status"], each["errors"]) for vm, each in vms.items()] == [
            ("web1", "not_selected", []),
            ("web2", "failed", [RUN_ERROR]),
            ("web3", "unreachable", UNREACHABLE["errors"]),
        ]

    def test_a_stored_bundle_is_listed_even_if_the_cleanup_failed(self):
        found = entry({**COLLECTED, **FAILED, "leftover": "/var/tmp/x"})
        assert (found["status"], len(found["files"]), found["leftover"]) == ("failed", 1, "/var/tmp/x")

    def test_check_mode_collects_nothing(self):
        vms = entries({"web1": {"changed": True, "excluded_by_filters": EXCLUDED}}, ["web1"])
        assert (vms["web1"]["status"], vms["web1"]["files"], vms["web1"]["errors"]) == ("checked", [], [])
        assert (manifest.missing(vms), manifest.is_complete(vms)) == ([], False)
        assert manifest.table(vms) == ["VM    STATUS", "web1  checked", "0 of 1 VMs collected, 1 checked"]

    def test_a_vm_outside_of_the_list_follows_the_others(self):
        assert list(entries({"web9": COLLECTED}, ["web2", "web1"])) == ["web2", "web1", "web9"]


class TestOtherResults:
    """Results that ansible makes itself, and results that are malformed."""

    @pytest.mark.parametrize(
        ("result", "status", "subject", "cause"),
        [
            ({}, "failed", "log_bundle", "returned neither a bundle nor an error"),
            (None, "failed", "log_bundle", "returned neither a bundle nor an error"),
            ("text", "failed", "log_bundle", "returned neither a bundle nor an error"),
            ({"skipped": True, "changed": False}, "failed", "log_bundle", "returned neither a bundle nor an error"),
            ({"failed": True, "msg": "MODULE\nFAILURE."}, "failed", "log_bundle", "failed: MODULE FAILURE"),
            ({"failed": True, "msg": ["a", 3]}, "failed", "log_bundle", "failed: ['a', 3]"),
            ({"failed": True, "msg": 0}, "failed", "log_bundle", "returned neither a bundle nor an error"),
            ({"failed": True, "msg": "no", "errors": []}, "failed", "log_bundle", "failed: no"),
            ({"failed": True, "msg": "no", "errors": "x"}, "failed", "log_bundle", "failed: no"),
            ({"failed": True, "msg": "no", "errors": [RUN_ERROR, {}]}, "failed", "log_bundle", "failed: no"),
            ({"unreachable": True, "msg": "no route"}, "unreachable", "connection", "failed: no route"),
            ({"unreachable": True}, "unreachable", "log_bundle", "returned neither a bundle nor an error"),
            ({**COLLECTED, "dest": 3}, "failed", "log_bundle", "returned neither a bundle nor an error"),
            ({**COLLECTED, "size": "3"}, "failed", "log_bundle", "returned neither a bundle nor an error"),
            (
                {**COLLECTED, "dest": "/logs/run/web1/../../../etc/shadow"},
                "failed",
                "log_bundle",
                "returned neither a bundle nor an error",
            ),
            ({**COLLECTED, "empty": None}, "failed", "log_bundle", "returned neither a bundle nor an error"),
        ],
    )
    def test_become_one_error_of_the_phase_prepare(self, result, status, subject, cause):
        found = entry(result)
        (only,) = found["errors"]
        assert (found["status"], found["files"]) == (status, [])
        assert (only["phase"], only["subject"], only["cause"]) == ("prepare", subject, cause)
        assert only["remedy"] == "Run the playbook with -vvv to see the details"
        assert matches(found, run_directory.VM)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("start", 3),
            ("end", []),
            ("bundle_seconds", "many"),
            ("download_seconds", True),
            ("leftover", 3),
            ("clock", {"offset": 1}),
            ("logging_settings", {"LOG_LEVEL": 3}),
            ("logging_digest", 3),
            ("product_packages", []),
            ("machine_id_digest", "0" * 32),
            ("excluded_by_filters", {}),
        ],
    )
    def test_an_invalid_value_is_unknown(self, key, value):
        assert entry({**COLLECTED, key: value}) == {**entry(COLLECTED), key: None}

    @pytest.mark.parametrize("value", ["yes", 1, None])
    def test_only_true_means_reused(self, value):
        assert entry({**COLLECTED, "reused": value})["reused"] is False


class TestCompleteness:
    def test_all_vms(self):
        vms = entries({"web1": COLLECTED}, ["web1"])
        assert (manifest.is_complete(vms), manifest.missing(vms)) == (True, [])

    def test_some_vms(self):
        vms = entries({"web1": COLLECTED, "web2": FAILED, "web3": UNREACHABLE})
        assert (manifest.is_complete(vms), manifest.missing(vms)) == (False, ["web2", "web3"])

    def test_a_vm_that_was_not_selected_is_not_missing_but_the_run_is_not_complete(self):
        vms = entries({"web1": COLLECTED}, ["web1", "web2"])
        assert (manifest.is_complete(vms), manifest.missing(vms)) == (False, [])

    def test_no_vms(self):
        assert not manifest.is_complete({})


class TestTable:
    def test_columns_are_aligned_and_empty_ones_are_omitted(self):
        reason = "cs logs bundle exited with status 3. Run it manually."
        assert manifest.table(entries({"web1": COLLECTED, "web2": FAILED})) == [
            "VM    STATUS        PHASE  FILE          SIZE     SECONDS  LOGGING       REASON",
            "web1  collected     -      web1/logs.gz  1.5 KiB  8.8      d1d1d1d1d1d1  -",
            f"web2  failed        run    -             -        -        -             {reason}",
            "web3  not_selected  -      -             -        -        -             -",
            "1 of 3 VMs collected, 1 failed, 1 not selected",
        ]

    def test_all_errors_are_shown_with_the_phase_of_the_first(self):
        cleanup = error("cleanup", "/var/tmp/x", "could not be removed from the VM: lost", "Remove it manually")
        line = manifest.table(entries({"web1": {**FAILED, "errors": [RUN_ERROR, cleanup]}}, ["web1"]))[1]
        assert line.split()[2] == "run"
        assert line.endswith("Run it manually. /var/tmp/x could not be removed from the VM: lost. Remove it manually.")

    @pytest.mark.parametrize(("key", "seconds"), [("bundle_seconds", "1.5"), ("download_seconds", "7.2")])
    def test_seconds_are_added_where_they_are_known(self, key, seconds):
        assert seconds in manifest.table(entries({"web1": {**COLLECTED, key: None}}, ["web1"]))[1].split()

    def test_an_empty_bundle_has_no_record(self):
        assert "no record" in manifest.table(entries({"web1": {**COLLECTED, "empty": True}}))[1]

    def test_every_status_is_counted(self):
        results = {
            "a": COLLECTED,
            "b": FAILED,
            "c": UNREACHABLE,
            "d": manifest.UNFINISHED,
            "f": {"excluded_by_filters": {}},
        }
        assert manifest.table(entries(results, ["a", "b", "c", "d", "e", "f"]))[-1] == (
            "1 of 6 VMs collected, 1 failed, 1 unreachable, 1 unfinished, 1 not selected, 1 checked"
        )

    def test_different_settings_are_reported(self):
        results = {vm: {**COLLECTED, "logging_digest": char * 64} for vm, char in (("web1", "a"), ("web2", "b"))}
        lines = manifest.table(entries(results, ["web1", "web2"]))
        assert "LOGGING" in lines[0]
        assert "a" * 12 in lines[1] and "a" * 13 not in lines[1]
        assert "2 different settings" in lines[-1]

    def test_equal_and_unknown_settings_are_not(self):
        lines = manifest.table(entries({"web1": COLLECTED, "web2": {**COLLECTED, "logging_digest": None}}))
        assert not any("different settings" in line for line in lines)

    def test_vms_with_the_same_machine_id_are_named(self):
        ids = {"web1": "a", "web2": "b", "web3": "a", "web4": "b", "web5": "b", "web6": "c"}
        results = {vm: {**COLLECTED, "machine_id_digest": char * 64} for vm, char in ids.items()}
        assert manifest.table(entries(results, list(ids)))[-3:] == [
            "6 of 6 VMs collected",
            "web1 and web3 have the same machine ID: one VM under 2 names, or clones",
            "web2, web4 and web5 have the same machine ID: one VM under 3 names, or clones",
        ]

    @pytest.mark.parametrize(
        ("count", "end"), [(5, "4 and 5 have"), (6, "4, 5 and 1 more have"), (9, "5 and 4 more have")]
    )
    def test_many_vms_with_the_same_machine_id_are_counted(self, count, end):
        results = {str(vm): {**COLLECTED, "machine_id_digest": DIGEST} for vm in range(1, count + 1)}
        (line,) = [line for line in manifest.table(entries(results, [])) if "machine ID" in line]
        assert line.startswith("1, 2, 3, ")
        assert f"{end} the same machine ID: one VM under {count} names" in line

    def test_vms_without_a_machine_id_are_not_the_same(self):
        assert not any("machine ID" in line for line in manifest.table(entries({"web1": COLLECTED, "web2": COLLECTED})))

    @pytest.mark.parametrize(
        ("offset", "uncertainty", "warning"),
        [
            (3600.2, 0.2, "The clock of web1 is 3600.2 s (± 0.2 s) ahead of the controller's"),
            (-3600.2, 0.2, "The clock of web1 is 3600.2 s (± 0.2 s) behind the controller's"),
            (3.2, 0.1, "3.2 s"),
            (3.5, 0.5, None),
            (3.2, 0.3, None),
            (-20.0, 30.0, None),
        ],
    )
    def test_a_clock_that_is_certainly_wrong_is_reported(self, offset, uncertainty, warning):
        result = {**COLLECTED, "clock": {"offset": offset, "uncertainty": uncertainty}}
        lines = manifest.table(entries({"web1": result}, ["web1"]))
        assert warning in lines[-1] if warning else not any("clock" in line for line in lines)

    def test_a_clock_behind_a_correct_one_is_reported(self):
        wrong = {**COLLECTED, "clock": {"offset": 9.0, "uncertainty": 0.0}}
        assert "The clock of web2" in manifest.table(entries({"web1": COLLECTED, "web2": wrong}))[-1]

    def test_reused_bundles_are_counted(self):
        reused = {**COLLECTED, "reused": True}
        assert "1 of them was collected by an earlier run and reused" in manifest.table(entries({"web1": reused}))
        assert "2 of them were collected by an earlier run and reused" in manifest.table(
            entries({"web1": reused, "web2": reused})
        )

    def test_control_characters_are_escaped(self):
        hostile = {**FAILED, "errors": [error("run", "\x1b[2J", "a\r\nb", "c")]}
        result = {**hostile, "clock": {"offset": 9.0, "uncertainty": 0.0}, "machine_id_digest": DIGEST}
        lines = manifest.table(entries({"web\x1b1": result, "web\x1b2": result}, []))
        assert all(line.isprintable() for line in lines)
