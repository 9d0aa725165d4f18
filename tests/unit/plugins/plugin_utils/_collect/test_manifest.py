# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import manifest

HOME = PurePosixPath("/logs/run")
COLLECTED = {
    "changed": True,
    "dest": "/logs/run/web1/logs.gz",
    "size": 1536,
    "sha256": "ab",
    "format": "gzip",
    "empty": False,
    "duration": 7.25,
    "transfer_duration": 1.5,
    "cannot_bring": {"log_types": [], "log_levels": []},
    "start": "2026-01-01T00:00:00Z",
    "end": "2026-01-01T00:00:07Z",
    "clock": {"offset": 0.5, "uncertainty": 0.25},
    "logging_digest": "d1",
}
FAILED = {"failed": True, "phase": "run", "msg": "web2: run: it ended with status 3. Look."}
UNREACHABLE = {"unreachable": True, "phase": "prepare", "msg": "web3: prepare: no route. Is it up?"}


def account(results, hosts=("web1", "web2", "web3")):
    return manifest.account(hosts, results, HOME)


class TestEntries:
    def test_a_collected_vm(self):
        assert account({"web1": COLLECTED}, ["web1"])["web1"] == {
            "status": "collected",
            "phase": None,
            "reason": None,
            "files": [{"path": "web1/logs.gz", "size": 1536, "sha256": "ab", "format": "gzip", "empty": False}],
            "start": "2026-01-01T00:00:00Z",
            "end": "2026-01-01T00:00:07Z",
            "bundle_seconds": 7.25,
            "transfer_seconds": 1.5,
            "cannot_bring": {"log_types": [], "log_levels": []},
            "left_on_vm": None,
            "clock": {"offset": 0.5, "uncertainty": 0.25},
            "logging_digest": "d1",
            "taken_over": False,
        }

    def test_a_vm_that_was_collected_before_is_told_alike_but_for_that(self):
        told = account({"web1": {**COLLECTED, "changed": False, "taken_over": True}}, ["web1"])["web1"]
        assert told == {**account({"web1": COLLECTED}, ["web1"])["web1"], "taken_over": True}

    def test_a_vm_that_is_going_to_be_asked_is_missing(self):
        entries = account({"web1": manifest.UNFINISHED}, ["web1"])
        assert (entries["web1"]["status"], manifest.missing(entries)) == ("unfinished", ["web1"])
        assert manifest.table(entries)[-1] == "0 of 1 VMs collected, 1 unfinished"

    def test_a_file_elsewhere_is_named_in_full(self):
        assert manifest.vm_entry("web1", COLLECTED, PurePosixPath("/other"))["files"][0]["path"] == COLLECTED["dest"]

    def test_failed_unreachable_and_not_selected(self):
        entries = account({"web2": FAILED, "web3": UNREACHABLE})
        told = [(vm, entry["status"], entry["phase"], entry["reason"]) for vm, entry in entries.items()]
        assert told == [
            ("web1", "not_selected", None, None),
            ("web2", "failed", "run", "it ended with status 3. Look."),
            ("web3", "unreachable", "prepare", "no route. Is it up?"),
        ]

    def test_a_vm_that_was_asked_and_of_which_nothing_is_known_has_failed(self):
        entry = account({"web1": {}})["web1"]
        assert (entry["status"], entry["reason"]) == ("failed", "no reason was given")

    def test_a_bundle_that_is_here_is_told_even_if_the_vm_could_not_be_cleaned(self):
        result = {
            **COLLECTED,
            "failed": True,
            "phase": "clean",
            "msg": "web1: clean: it stays",
            "left_on_vm": "/var/tmp/x",
        }
        entry = account({"web1": result})["web1"]
        assert (entry["status"], len(entry["files"]), entry["left_on_vm"]) == ("failed", 1, "/var/tmp/x")

    def test_check_mode_collects_nothing(self):
        assert account({"web1": {"changed": True}})["web1"]["status"] == "checked"

    def test_a_vm_outside_of_the_list_is_told_as_well(self):
        assert list(account({"web9": COLLECTED}, ["web1"])) == ["web1", "web9"]


class TestCompleteness:
    def test_all(self):
        entries = account({"web1": COLLECTED}, ["web1"])
        assert (manifest.is_complete(entries), manifest.missing(entries)) == (True, [])

    def test_some(self):
        entries = account({"web1": COLLECTED, "web2": FAILED, "web3": UNREACHABLE})
        assert (manifest.is_complete(entries), manifest.missing(entries)) == (False, ["web2", "web3"])

    def test_one_that_was_not_selected_is_not_missing_but_the_fleet_is_not_complete(self):
        entries = account({"web1": COLLECTED}, ["web1", "web2"])
        assert (manifest.is_complete(entries), manifest.missing(entries)) == (False, [])

    def test_of_nobody_is_not_complete(self):
        assert not manifest.is_complete({})


class TestTable:
    def test_columns_are_aligned_and_those_without_content_left_out(self):
        assert manifest.table(account({"web1": COLLECTED, "web2": FAILED})) == [
            "VM    STATUS        PHASE  FILE          SIZE     SECONDS  LOGGING  REASON",
            "web1  collected     -      web1/logs.gz  1.5 KiB  8.8      d1       -",
            "web2  failed        run    -             -        -        -        it ended with status 3. Look.",
            "web3  not_selected  -      -             -        -        -        -",
            "1 of 3 VMs collected, 1 failed, 1 not selected",
        ]

    def test_a_bundle_that_holds_no_record_says_so_instead_of_its_size(self):
        assert "no record" in manifest.table(account({"web1": {**COLLECTED, "empty": True}}))[1]

    def test_different_settings_are_noticed(self):
        results = {vm: {**COLLECTED, "logging_digest": char * 64} for vm, char in (("web1", "a"), ("web2", "b"))}
        lines = manifest.table(account(results, ["web1", "web2"]))
        assert "LOGGING" in lines[0]
        assert "a" * 12 in lines[1]
        assert "2 different settings" in lines[-1]

    @pytest.mark.parametrize(
        ("offset", "uncertainty", "said"),
        [
            (3600.2, 0.2, "The clock of web1 is 3600.2 s (give or take 0.2 s) ahead of this machine's"),
            (-3600.2, 0.2, "The clock of web1 is 3600.2 s (give or take 0.2 s) behind this machine's"),
            (3.2, 0.1, "3.2 s"),
            (3.2, 0.3, None),
            (-20.0, 30.0, None),
        ],
    )
    def test_a_clock_that_is_certainly_wrong_is_told(self, offset, uncertainty, said):
        result = {**COLLECTED, "clock": {"offset": offset, "uncertainty": uncertainty}}
        lines = manifest.table(account({"web1": result}, ["web1"]))
        assert said in lines[-1] if said else not any("clock" in line for line in lines)

    def test_those_that_were_collected_before_are_counted(self):
        before = {**COLLECTED, "taken_over": True}
        assert "1 of them was collected before, and not asked again" in manifest.table(account({"web1": before}))
        assert "2 of them were collected before, and not asked again" in manifest.table(
            account({"web1": before, "web2": before})
        )

    def test_hostile_text_moves_no_cursor(self):
        hostile = {"failed": True, "phase": "run", "msg": "\x1b[2J\r\nweb1 collected"}
        assert all(line.isprintable() for line in manifest.table(account({"web1": hostile}, ["web1"])))
