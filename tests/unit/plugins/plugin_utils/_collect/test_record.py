# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import record
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.polling import Job
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.record import Record

DIRECTORY = "/var/tmp/aqtive_guard_log_bundle.abcd1234"
DATA = b"logs"
NAME = "aqtive-guard-logs.log"
FILE = {
    "name": NAME,
    "size": len(DATA),
    "sha256": hashlib.sha256(DATA).hexdigest(),
    "format": "text",
    "empty": False,
}
REQUEST = {"date_from": None, "log_types": ["AUDIT"]}


@pytest.fixture
def dest(tmp_path):
    (tmp_path / NAME).write_bytes(DATA)
    return tmp_path


def put(dest, text):
    (dest / ".bundle.json").write_text(text if isinstance(text, str) else json.dumps(text))


def content(**more):
    return {"format_version": 1, "request": REQUEST, "directory": DIRECTORY, "file": FILE, **more}


class TestLoading:
    @pytest.mark.parametrize(("directory", "file"), [(DIRECTORY, None), (DIRECTORY, FILE), (None, FILE)])
    def test_what_was_written_is_loaded(self, dest, directory, file):
        written = Record(REQUEST, directory, file)
        record.write(dest, written)
        assert record.load(dest) == written
        assert stat.S_IMODE((dest / ".bundle.json").stat().st_mode) == 0o600
        expected = content(directory=directory, file=file)
        assert (dest / ".bundle.json").read_text() == json.dumps(expected, indent=2) + "\n"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "3",
            "{}",
            "\x00",
            "[" * 100000,
            content(format_version=2),
            content(request=["AUDIT"]),
            content(directory=None, file=None),
            {key: value for key, value in content().items() if key != "directory"},
            {key: value for key, value in content().items() if key != "file"},
        ],
    )
    def test_an_invalid_record_is_none(self, dest, text):
        put(dest, text)
        assert record.load(dest) is None

    def test_neither_is_a_missing_one_or_a_link(self, dest, tmp_path):
        assert record.load(dest) is None
        put(dest, content())
        (dest / ".bundle.json").rename(dest / "elsewhere")
        (dest / ".bundle.json").symlink_to("elsewhere")
        assert record.load(dest) is None

    @pytest.mark.parametrize(
        "directory",
        [
            "/etc",
            "/",
            "/var/tmp/aqtive_guard_log_bundle.",
            "/var/tmp/aqtive_guard_log_bundle.abcd1234/x",
            "/var/tmp/aqtive_guard_log_bundle.abcd12345",
            "/var/tmp/aqtive_guard_log_bundle.ABCD1234",
            "/var/../etc/aqtive_guard_log_bundle.abcd1234",
            "var/tmp/aqtive_guard_log_bundle.abcd1234",
            "/var/tmp\0/aqtive_guard_log_bundle.abcd1234",
            3,
        ],
    )
    def test_a_directory_that_must_not_be_removed_is_ignored(self, dest, directory):
        put(dest, content(directory=directory))
        assert record.load(dest) == Record(REQUEST, None, FILE)

    def test_a_directory_can_be_at_the_top(self, dest):
        put(dest, content(directory="/aqtive_guard_log_bundle.abcd1234"))
        assert record.load(dest).directory == "/aqtive_guard_log_bundle.abcd1234"

    @pytest.mark.parametrize(
        "more",
        [
            {"name": "../logs.log"},
            {"name": ""},
            {"name": "missing.log"},
            {"name": "directory"},
            {"name": "link"},
            {"name": 3},
            {"size": "4"},
            {"sha256": 4},
            {"bundle_seconds": "1"},
            {"logging_digest": ["a"]},
            {"nonsense": 1},
        ],
    )
    def test_a_file_that_is_not_stored_is_ignored(self, dest, more):
        (dest / "directory").mkdir()
        (dest / "link").symlink_to(NAME)
        (dest.parent / NAME).write_bytes(DATA)
        put(dest, content(file={**FILE, **more}))
        assert record.load(dest) == Record(REQUEST, DIRECTORY, None)

    @pytest.mark.parametrize("missing", ["name", "size", "sha256", "format", "empty"])
    def test_a_file_without_a_required_key_is_ignored(self, dest, missing):
        put(dest, content(file={key: value for key, value in FILE.items() if key != missing}))
        assert record.load(dest) == Record(REQUEST, DIRECTORY, None)

    def test_a_file_that_is_no_mapping_is_ignored(self, dest):
        put(dest, content(file=["name"]))
        assert record.load(dest) == Record(REQUEST, DIRECTORY, None)


class TestUnfinishedJob:
    @pytest.mark.parametrize(
        ("earlier", "request_", "parent", "job"),
        [
            (Record(REQUEST, DIRECTORY, None), REQUEST, "/var/tmp", Job("/var/tmp", "abcd1234")),
            (Record(REQUEST, DIRECTORY, None), {**REQUEST, "log_types": []}, "/var/tmp", None),
            (Record(REQUEST, DIRECTORY, None), REQUEST, "/tmp", None),
            (Record(REQUEST, DIRECTORY, FILE), REQUEST, "/var/tmp", None),
            (Record(REQUEST, None, FILE), REQUEST, "/var/tmp", None),
        ],
    )
    def test_is_one_of_the_same_request_below_the_same_directory(self, earlier, request_, parent, job):
        assert earlier.unfinished_job(request_, parent) == job


class TestDiscarding:
    @pytest.mark.parametrize(("file", "is_kept"), [(FILE, True), (None, False), ({**FILE, "name": "missing"}, False)])
    def test_only_the_record_of_a_stored_bundle_is_kept(self, dest, file, is_kept):
        record.write(dest, Record(REQUEST, DIRECTORY, file))
        record.discard_unless_stored(dest)
        assert (dest / ".bundle.json").exists() == is_kept

    def test_a_missing_record_is_no_error(self, dest):
        record.discard_unless_stored(dest)
        assert os.listdir(dest) == [NAME]


class TestRequest:
    def test_the_same_request_is_accepted(self):
        record.check_request(Path("/x"), {**REQUEST, "more": 1}, REQUEST)

    def test_all_differences_are_reported(self):
        with pytest.raises(Failure) as caught:
            record.check_request(
                Path("/x"), REQUEST, {"date_from": "2026-01-01", "log_types": ["AUDIT"], "compress": True}
            )
        (only,) = caught.value.errors
        assert (only["phase"], only["subject"]) == ("validate", "/x")
        assert only["cause"] == "was requested with date_from None (now '2026-01-01') and compress None (now True)"
        assert only["remedy"] == "Use the options of that request, or choose another dest or run ID"


class TestVerification:
    def test_an_unchanged_file_is_accepted(self, dest):
        record.verify(dest / NAME, FILE)

    @pytest.mark.parametrize("more", [{"size": 5}, {"sha256": "0" * 64}])
    def test_a_changed_file_is_not(self, dest, more):
        recorded = {**FILE, **more}
        with pytest.raises(Failure) as caught:
            record.verify(dest / NAME, recorded)
        (only,) = caught.value.errors
        assert (only["phase"], only["subject"]) == ("verify", str(dest / NAME))
        assert only["cause"] == (
            f"has 4 bytes and SHA-256 {FILE['sha256']}, but had {recorded['size']} bytes and {recorded['sha256']}"
            " when it was stored: it was changed since"
        )
        assert only["remedy"] == "Move the file to collect it again"

    def test_a_missing_file_is_not(self, dest):
        with pytest.raises(Failure, match="missing cannot be used: No such file") as caught:
            record.verify(dest / "missing", FILE)
        assert caught.value.errors[0]["phase"] == "verify"


def test_the_metadata_is_documented_by_the_module():
    module = Path(__file__).parents[5] / "plugins" / "modules" / "log_bundle.py"
    documentation = module.read_text(encoding="utf-8").partition('RETURN = r"""')[2].partition('"""')[0]
    assert set(record.METADATA) <= set(yaml.safe_load(documentation))
