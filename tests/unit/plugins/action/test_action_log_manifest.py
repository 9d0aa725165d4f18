# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json
import re
import stat
from pathlib import Path
from unittest.mock import ANY, MagicMock

import jsonschema
import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.release import __version__ as core_version

from ansible_collections.community.aqtive_guard.plugins.action import log_manifest
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import error
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import record
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.record import Record
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import run_directory
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.version import COLLECTION_VERSION

REPOSITORY = Path(__file__).parents[4]
SCHEMA = json.loads((REPOSITORY / "docs/schemas/manifest-1.schema.json").read_text(encoding="utf-8"))
SHA256, DIGEST = "ab" * 32, "d1" * 32
NAME = "aqtive-guard-logs.log"
COLLECTED = {
    "size": 4,
    "sha256": SHA256,
    "format": "text",
    "empty": False,
    "logging_digest": DIGEST,
    "bundle_seconds": 1.5,
}
FAILED = {"failed": True, "errors": [error("run", "cs", "exited with status 3", "Run it")]}
OPTIONS = {"date_from": datetime.date(2026, 1, 1)}


@pytest.fixture
def dest(tmp_path):
    return tmp_path / "case-4711"


@pytest.fixture(autouse=True)
def variable_errors(monkeypatch):
    """The validation of the variables of some VMs, which returns errors."""
    errors = MagicMock(return_value=[])
    monkeypatch.setattr(log_manifest, "VariableValidation", lambda *_arguments: MagicMock(errors=errors))
    return errors


def write(directory, check_mode=False, async_val=0, **more):
    args = {
        "dest": str(directory.parent),
        "run_id": directory.name,
        "options": OPTIONS,
        "hosts": ["web1", "web2"],
        "results": {"web1": COLLECTED | {"dest": f"{directory}/web1/{NAME}"}, "web2": FAILED},
        **more,
    }
    args = {name: value for name, value in args.items() if value is not ...}
    task = MagicMock(args=args, async_val=async_val, check_mode=check_mode)
    task.get_play.return_value._uuid = "this play"
    result = log_manifest.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock()).run()
    if "manifest" in result:
        jsonschema.validate(result["manifest"], SCHEMA)
    return result


def phases(result):
    return [each["phase"] for each in result["errors"]]


class TestArguments:
    def test_are_those_that_the_module_documents(self):
        text = (REPOSITORY / "plugins/modules/log_manifest.py").read_text(encoding="utf-8")
        documented = yaml.safe_load(text.partition('DOCUMENTATION = r"""')[2].partition('"""')[0])["options"]
        for option in documented.values():
            assert option.pop("description")
        assert documented == log_manifest._ARGUMENT_SPEC

    def test_of_the_bundles_may_be_missing(self, dest):
        assert write(dest, options=...)["manifest"] == {**write(dest, options={})["manifest"], "end": ANY}

    def test_async_is_refused_as_by_every_action_of_ansible_core(self, dest):
        with pytest.raises(AnsibleError, match="async"):
            write(dest, async_val=10)

    def test_no_connection_is_needed(self):
        assert log_manifest.ActionModule._requires_connection is False


class TestWriting:
    def test_the_file_has_what_is_returned(self, dest):
        result = write(dest)
        path = dest / "manifest.json"
        assert (result["path"], run_directory.load(path)) == (str(path), result["manifest"])
        assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(dest.stat().st_mode)) == (0o600, 0o700)
        assert path.read_text() == json.dumps(result["manifest"], indent=2) + "\n"

    def test_it_describes_the_run_and_its_vms(self, dest):
        before = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        result = write(dest, options={**OPTIONS, "log_types": ["AUDIT"], "timeout": 9, "command": ["/opt/cs"]})
        manifest = result["manifest"]
        assert (result["changed"], result["complete"], result["missing"]) == (True, False, ["web2"])
        assert (manifest["run_id"], manifest["start"], manifest["complete"]) == (
            "case-4711",
            manifest["end"],
            False,
        )
        assert before <= manifest["end"] <= before[:4] + "-12-31T23:59:59Z"
        assert (result["run_id"], result["start"]) == ("case-4711", manifest["start"])
        assert result["directory"] == str(dest)
        assert set(manifest["versions"]) == {"community.aqtive_guard", "ansible-core", "python"}
        assert manifest["versions"]["community.aqtive_guard"] == COLLECTION_VERSION
        assert manifest["versions"]["ansible-core"] == core_version
        assert manifest["request"] == {
            "date_from": "2026-01-01",
            "date_to": None,
            "log_types": ["AUDIT"],
            "log_levels": [],
            "compress": True,
            "command": ["/opt/cs"],
        }
        assert manifest["limits"] == {
            "timeout": 9,
            "directory": "/var/tmp",
            "minimum_free": 512,
            "maximum_size": 0,
            "minimum_free_dest": 512,
        }
        assert "TANIUM" in manifest["excluded_by_filters"]["log_types"]
        assert [(vm, entry["status"], entry["logging_digest"]) for vm, entry in manifest["vms"].items()] == [
            ("web1", "collected", DIGEST),
            ("web2", "failed", None),
        ]
        assert result["table"][-1] == "1 of 2 VMs collected, 1 failed"

    def test_date_from_may_be_last_and_each_vm_has_a_date_of_its_own(self, dest):
        request = {**write(dest)["manifest"]["request"], "date_from": "2026-10-25 11:00:00"}
        collected = COLLECTED | {"dest": f"{dest}/web1/{NAME}", "request": request}
        manifest = write(dest, options={"date_from": "last"}, results={"web1": collected})["manifest"]
        assert manifest["request"]["date_from"] == "last"
        assert [entry["request"] for entry in manifest["vms"].values()] == [request, None]

    def test_a_run_can_be_complete(self, dest):
        result = write(dest, hosts=["web1"], results={"web1": COLLECTED | {"dest": f"{dest}/web1/{NAME}"}})
        assert (result["complete"], result["manifest"]["complete"], result["missing"]) == (True, True, [])

    def test_check_mode_writes_nothing_and_names_no_path(self, dest):
        result = write(dest, check_mode=True)
        assert (result["manifest"]["run_id"], "path" in result) == ("case-4711", False)
        assert not dest.exists()

    def test_a_run_without_options_has_defaults(self, dest):
        assert write(dest, options={})["manifest"]["request"]["command"] == ["cs"]

    @pytest.mark.parametrize("results", [{"web1": None}, {"web1": "x"}, {"web1": {"failed": True, "msg": {}}}])
    def test_a_malformed_result_is_a_failed_vm(self, dest, results):
        assert write(dest, results=results)["manifest"]["vms"]["web1"]["status"] == "failed"


class TestBeginning:
    def test_a_run_without_a_name_gets_the_time_and_a_random_suffix(self, dest):
        results = [write(dest, run_id=run_id, begin=True) for run_id in (None, "", ...)]
        names = {result["run_id"] for result in results}
        assert len(names) == 3
        assert all(re.fullmatch("[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}", name) for name in names)
        assert {each.name for each in dest.parent.iterdir()} == names
        start = datetime.datetime.strptime(results[0]["start"], "%Y-%m-%dT%H:%M:%SZ")
        assert results[0]["run_id"].startswith(f"{start:%Y%m%dT%H%M}")

    def test_the_run_of_an_earlier_batch_of_the_play_is_continued_unless_one_is_named(self, dest):
        begun = write(dest, run_id=..., begin=True)
        other = {**begun, "run_id": "x", "play": "another play"}
        earlier = [{**begun, "run_id": "first"}, begun, other, {"failed": True}]
        assert write(dest, run_id=..., begin=True, earlier=earlier)["run_id"] == begun["run_id"]
        assert write(dest, begin=True, earlier=earlier)["run_id"] == "case-4711"
        assert write(dest, run_id=..., begin=True, earlier=[other])["run_id"] not in ("x", begun["run_id"])

    def test_a_relative_directory_begins_in_the_working_directory(self, dest, monkeypatch):
        monkeypatch.chdir(dest.parent)
        assert write(dest, dest="logs", begin=True)["directory"] == str(dest.parent / "logs" / "case-4711")

    def test_the_variables_of_all_vms_of_the_play_are_validated_first(self, dest, variable_errors):
        variable_errors.return_value = [error("validate", "aqtive_guard_log_bundle_tmieout", "is none", "Correct it")]
        result = write(dest, begin=True, options={"timeout": 0})
        assert [each["subject"] for each in result["errors"]] == ["aqtive_guard_log_bundle_tmieout"]
        variable_errors.assert_called_once_with()
        assert not dest.exists()

    def test_they_are_not_validated_again_at_the_end(self, dest, variable_errors):
        write(dest)
        variable_errors.assert_not_called()


class TestCompletingAnEarlierRun:
    @pytest.fixture
    def stored(self, dest):
        write(dest, begin=True)
        path = dest / "manifest.json"
        path.write_text(json.dumps({**run_directory.load(path), "start": "earlier"}))
        (dest / "web1").mkdir()
        (dest / "web1" / NAME).write_bytes(b"logs")
        record.write(dest / "web1", Record({}, None, {"name": NAME, **COLLECTED}))

    def statuses(self, result):
        return [(entry["status"], entry["reused"]) for entry in result["manifest"]["vms"].values()]

    def test_a_run_that_begins_is_unfinished(self, dest):
        result = write(dest, begin=True, results={"web1": COLLECTED})
        assert self.statuses(result) == [("unfinished", False), ("not_selected", False)]
        assert json.loads((dest / "manifest.json").read_text())["complete"] is False

    def test_a_vm_of_a_later_batch_is_unfinished(self, dest):
        result = write(dest, results={"web1": FAILED, "web2": {"unfinished": True}})
        assert self.statuses(result) == [("failed", False), ("unfinished", False)]

    @pytest.mark.usefixtures("stored")
    def test_a_vm_of_a_later_batch_whose_bundle_is_stored_is_described_from_its_record(self, dest):
        result = write(dest, results={"web1": {"unfinished": True}, "web2": FAILED})
        assert self.statuses(result) == [("collected", True), ("failed", False)]

    @pytest.mark.usefixtures("stored")
    def test_a_stored_bundle_is_not(self, dest):
        assert self.statuses(write(dest, begin=True)) == [("collected", True), ("unfinished", False)]

    @pytest.mark.usefixtures("stored")
    def test_a_vm_without_a_result_is_described_from_its_record_and_the_first_start_is_kept(self, dest):
        result = write(dest, results={"web2": COLLECTED | {"dest": f"{dest}/web2/logs"}})
        assert self.statuses(result) == [("collected", True), ("collected", False)]
        assert (result["complete"], result["manifest"]["start"]) == (True, "earlier")
        entry = result["manifest"]["vms"]["web1"]
        assert (entry["files"][0]["path"], entry["files"][0]["sha256"]) == (f"web1/{NAME}", SHA256)
        assert (entry["bundle_seconds"], entry["logging_digest"]) == (1.5, DIGEST)

    @pytest.mark.usefixtures("stored")
    def test_a_result_takes_precedence_over_the_record(self, dest):
        assert self.statuses(write(dest, results={"web1": FAILED}))[0] == ("failed", False)

    @pytest.mark.usefixtures("stored")
    @pytest.mark.parametrize("lost", ["truncated", "removed", "unfinished"])
    def test_a_bundle_that_is_not_stored_completely_is_not_described(self, dest, lost):
        if lost == "truncated":
            (dest / "web1" / NAME).write_bytes(b"lo")
        elif lost == "removed":
            (dest / "web1" / NAME).unlink()
        else:
            record.write(dest / "web1", Record({}, "/var/tmp/aqtive_guard_log_bundle.abcd1234", None))
        assert self.statuses(write(dest, results={"web2": FAILED}))[0] == ("not_selected", False)

    @pytest.mark.usefixtures("stored")
    @pytest.mark.parametrize(
        ("options", "cause"),
        [
            ({"date_from": "2026-01-02"}, "was requested with date_from '2026-01-01' (now '2026-01-02')"),
            ({**OPTIONS, "compress": "no"}, "was requested with compress True (now False)"),
            ({"log_types": ["AUDIT"]}, "date_from '2026-01-01' (now None) and log_types [] (now ['AUDIT'])"),
        ],
    )
    @pytest.mark.parametrize("hosts", [["web1", "web2"], ["web2"]])
    def test_another_request_fails_and_writes_nothing(self, dest, options, cause, hosts):
        before = (dest / "manifest.json").read_bytes()
        result = write(dest, options=options, hosts=hosts, begin=True)
        assert (result["failed"], result["changed"], phases(result)) == (True, False, ["validate"])
        assert result["errors"][0]["subject"] == str(dest / "manifest.json")
        assert cause in result["errors"][0]["cause"]
        assert (dest / "manifest.json").read_bytes() == before

    @pytest.mark.usefixtures("stored")
    def test_the_same_request_can_be_written_differently_and_have_other_limits(self, dest):
        write(dest, options={**OPTIONS, "date_to": "", "compress": True, "log_types": []})
        options = {"date_from": "2026-01-01", "date_to": None, "compress": "yes", "timeout": 9, "command": ["/opt/cs"]}
        assert not write(dest, options=options).get("failed")

    def test_a_run_without_a_stored_bundle_can_be_changed(self, dest):
        write(dest, begin=True)
        assert not write(dest, options={"date_from": "2026-02-28"}, begin=True).get("failed")

    def test_a_name_that_is_no_component_of_a_path_has_no_record(self, dest):
        (dest / "x").mkdir(parents=True)
        (dest / "x" / NAME).write_bytes(b"logs")
        record.write(dest / "x", Record({}, None, {"name": NAME, **COLLECTED}))
        assert write(dest / "y", hosts=["../x"], results={})["manifest"]["vms"]["../x"]["status"] == "not_selected"

    @pytest.mark.parametrize("content", ["", "[]", '{"vms": 3}', "{}", "\x00"])
    def test_an_invalid_manifest_is_replaced(self, dest, content):
        dest.mkdir(mode=0o700)
        (dest / "manifest.json").write_text(content)
        assert write(dest)["manifest"]["vms"]["web1"]["status"] == "collected"
        assert run_directory.load(dest / "manifest.json")


class TestFailure:
    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"run_id": "../x"}, "run_id is '../x'"),
            ({"run_id": ""}, "run_id is ''"),
            ({"run_id": ...}, "run_id is None"),
            ({"run_id": "-x"}, "run_id is '-x'"),
            ({"run_id": "é"}, "run_id is 'é'"),
            ({"run_id": "a\n"}, "run_id is 'a\\n'"),
            ({"dest": "/a/../b"}, "dest is '/a/../b'"),
            ({"results": None}, "results"),
            ({"nonsense": 1}, "nonsense"),
            ({"options": {"nonsense": 1}}, "nonsense"),
            ({"options": {"timeout": "soon"}}, "timeout"),
            ({"options": {"date_from": "2026-02-30"}}, "date_from is '2026-02-30'"),
        ],
    )
    def test_a_bad_value_is_reported_and_nothing_is_written(self, dest, more, message):
        result = write(dest, **more)
        assert (result["failed"], result["changed"], set(phases(result))) == (True, False, {"validate"})
        assert message in result["msg"]
        assert not dest.exists()

    def test_all_bad_values_are_reported(self, dest):
        result = write(dest, dest="/a/-b", run_id="../x", options={"log_types": ["WEB"], "timeout": 0})
        assert [each["subject"] for each in result["errors"]] == ["run_id", "dest", "log_types", "timeout"]
        rule = "ASCII letters, digits, dots, underscores and dashes, and begin with a letter or digit"
        cause = f"is '../x', but must be {rule}"
        assert result["errors"][0] == error("validate", "run_id", cause, "Set a name such as case-4711")

    @pytest.mark.parametrize("run_id", ["case-4711", "20261124T140500Z-3fa9c1", "1", "a.b_c"])
    def test_a_good_run_id_is_accepted(self, dest, run_id):
        assert write(dest, run_id=run_id)["manifest"]["run_id"] == run_id

    def test_a_directory_that_cannot_be_used_is_reported(self, dest):
        dest.touch()
        result = write(dest)
        assert (result["failed"], phases(result)) == (True, ["store"])

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_nothing_below_a_directory_of_others_is_believed(self, dest, check_mode):
        write(dest)
        dest.parent.chmod(0o777)
        result = write(dest, check_mode)
        assert (phases(result), "can be replaced by every user" in result["msg"]) == (["store"], True)
