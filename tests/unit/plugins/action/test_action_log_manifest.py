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
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._version import COLLECTION_VERSION


@pytest.fixture
def home(tmp_path):
    return tmp_path / "case-4711"


def write(home, check_mode=False, **more):
    collected = {"dest": f"{home}/web1/logs", "size": 1, "sha256": "ab", "format": "text"}
    args = {
        "dest": str(home),
        "run_id": "case-4711",
        "start": "2026-01-01T00:00:00Z",
        "options": {"date_from": datetime.date(2026, 1, 1)},
        "hosts": ["web1", "web2"],
        "results": {"web1": collected, "web2": {"failed": True, "phase": "run", "msg": "web2: run: no."}},
        "settings": {"web1": {"digest": "d1"}, "web2": {"failed": True}},
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


def test_a_second_run_under_the_same_id_keeps_what_the_first_one_brought(home):
    write(home)
    vms = write(home, results={"web2": {"dest": f"{home}/web2/logs", "size": 1, "sha256": "ab", "format": "text"}})[
        "manifest"
    ]["vms"]
    assert [entry["status"] for entry in vms.values()] == ["collected", "collected"]


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
