# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json
import stat
from unittest.mock import MagicMock

import pytest

from ansible_collections.community.aqtive_guard.plugins.action import log_manifest
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import bundle_store
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.version import COLLECTION_VERSION

COLLECTED = {"size": 4, "sha256": "ab", "format": "text", "logging_digest": "d1", "duration": 1.5}
FAILED = {"failed": True, "phase": "run", "msg": "web2: run: no."}


@pytest.fixture
def home(tmp_path):
    return tmp_path / "case-4711"


def write(home, check_mode=False, **more):
    args = {
        "dest": str(home),
        "run_id": "case-4711",
        "start": "2026-01-01T00:00:00Z",
        "options": {"date_from": datetime.date(2026, 1, 1)},
        "hosts": ["web1", "web2"],
        "results": {"web1": COLLECTED | {"dest": f"{home}/web1/logs"}, "web2": FAILED},
        **more,
    }
    task = MagicMock(args=args, async_val=0, check_mode=check_mode)
    return log_manifest.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock()).run()


def test_the_file_says_what_is_returned(home):
    result = write(home)
    assert result["path"] == str(home / "manifest.json")
    assert json.loads((home / "manifest.json").read_text()) == result["manifest"]
    assert stat.S_IMODE((home / "manifest.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_what_it_says(home):
    result = write(home)
    manifest = result["manifest"]
    assert (result["changed"], result["complete"], result["missing"]) == (True, False, ["web2"])
    assert (manifest["run_id"], manifest["start"], manifest["complete"]) == ("case-4711", "2026-01-01T00:00:00Z", False)
    assert set(manifest["versions"]) == {"community.aqtive_guard", "ansible-core", "python"}
    assert manifest["versions"]["community.aqtive_guard"] == COLLECTION_VERSION
    assert manifest["options"] == {"date_from": "2026-01-01"}
    assert [(vm, entry["status"], entry["logging_digest"]) for vm, entry in manifest["vms"].items()] == [
        ("web1", "collected", "d1"),
        ("web2", "failed", None),
    ]
    assert result["table"][-1] == "1 of 2 VMs collected, 1 failed"


def test_check_mode_writes_nothing(home):
    assert write(home, check_mode=True)["manifest"]["run_id"] == "case-4711"
    assert not home.exists()


class TestFinishing:
    """What a run that was cut off has left under the same id."""

    @pytest.fixture
    def stored(self, home):
        write(home, begin=True, start="earlier")
        bundle_store.make_home(home / "web1")
        (home / "web1" / "logs").write_bytes(b"logs")
        bundle_store.write_record(home / "web1", "logs", {}, COLLECTED, None)

    def statuses(self, result):
        return [(entry["status"], entry["taken_over"]) for entry in result["manifest"]["vms"].values()]

    def test_a_run_that_only_begins_has_everything_before_it(self, home):
        result = write(home, begin=True, results={"web1": {}})
        assert self.statuses(result) == [("unfinished", False), ("not_selected", False)]
        assert json.loads((home / "manifest.json").read_text())["complete"] is False

    @pytest.mark.usefixtures("stored")
    def test_or_what_is_there_already(self, home):
        assert self.statuses(write(home, begin=True)) == [("collected", True), ("unfinished", False)]

    @pytest.mark.usefixtures("stored")
    def test_a_vm_that_is_not_asked_is_told_from_its_record_and_the_first_beginning_counts(self, home):
        result = write(home, results={"web2": COLLECTED | {"dest": f"{home}/web2/logs"}})
        assert self.statuses(result) == [("collected", True), ("collected", False)]
        assert (result["complete"], result["manifest"]["start"]) == (True, "earlier")
        told = result["manifest"]["vms"]["web1"]
        assert (told["files"][0]["path"], told["files"][0]["sha256"]) == ("web1/logs", "ab")
        assert (told["bundle_seconds"], told["logging_digest"]) == (1.5, "d1")

    @pytest.mark.usefixtures("stored")
    def test_a_vm_that_was_asked_is_told_as_it_ended_now(self, home):
        assert self.statuses(write(home, results={"web1": FAILED}))[0] == ("failed", False)

    @pytest.mark.usefixtures("stored")
    @pytest.mark.parametrize("lost", ["truncate", "remove"])
    def test_a_bundle_that_is_no_longer_what_it_was_is_not_told(self, home, lost):
        if lost == "truncate":
            (home / "web1" / "logs").write_bytes(b"lo")
        else:
            (home / "web1" / "logs").unlink()
        assert self.statuses(write(home, results={"web2": FAILED}))[0] == ("not_selected", False)

    @pytest.mark.usefixtures("stored")
    @pytest.mark.parametrize(
        ("options", "named"),
        [
            ({"date_from": "2026-01-02"}, "date_from '2026-01-01' (now '2026-01-02')"),
            ({"date_from": "2026-01-01", "compress": "no"}, "compress True (now None)"),
            ({"log_types": ["AUDIT"]}, "log_types"),
        ],
    )
    def test_other_options_are_refused_and_nothing_is_written(self, home, options, named):
        write(home, options={"date_from": "2026-01-01", "compress": True, "log_types": []}, begin=True)
        before = (home / "manifest.json").read_bytes()
        result = write(home, options=options, begin=True)
        assert (result["failed"], result["phase"]) == (True, "refuse")
        assert named in result["msg"]
        assert (home / "manifest.json").read_bytes() == before

    @pytest.mark.usefixtures("stored")
    def test_the_same_options_written_otherwise_and_those_that_say_how_are_not(self, home):
        write(home, options={"date_to": "", "compress": True, "log_types": ["AUDIT", "ANALYSIS"], "timeout": 1})
        options = {"date_to": None, "compress": "yes", "log_types": "ANALYSIS,AUDIT", "timeout": 9}
        assert not write(home, options=options).get("failed")

    def test_a_run_that_brought_nothing_binds_nobody(self, home):
        write(home, options={"date_from": "2026-02-30"}, begin=True)
        assert not write(home, options={"date_from": "2026-02-28"}, begin=True).get("failed")

    def test_a_vm_whose_name_leads_elsewhere_has_nothing(self, home):
        assert write(home, hosts=["../x"], results={})["manifest"]["vms"]["../x"]["status"] == "not_selected"


@pytest.mark.parametrize("broken", ["", "[]", '{"vms": 3}', "{}", "\x00"])
def test_a_manifest_that_cannot_be_read_is_written_anew(home, broken):
    home.mkdir(mode=0o700)
    (home / "manifest.json").write_text(broken)
    assert write(home)["manifest"]["vms"]["web1"]["status"] == "collected"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"run_id": "../x"}, "run_id is '../x'"),
        ({"dest": "/a/../b"}, "dest is '/a/../b'"),
        ({"results": None}, "results"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_bad_values_are_refused(home, more, said):
    result = write(home, **more)
    assert (result["failed"], result["phase"]) == (True, "refuse")
    assert said in result["msg"]


def test_a_directory_that_cannot_be_used(home):
    home.touch()
    result = write(home)
    assert (result["failed"], result["phase"]) == (True, "store")
