# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import run_directory
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.module_answer import ERROR

REPOSITORY = Path(__file__).parents[5]
SCHEMA = json.loads((REPOSITORY / "docs/schemas/manifest-1.schema.json").read_text(encoding="utf-8"))


def documentation(section):
    text = (REPOSITORY / "plugins/modules/log_manifest.py").read_text(encoding="utf-8")
    return yaml.safe_load(text.partition(f'{section} = r"""')[2].partition('"""')[0])


RETURN = documentation("RETURN")["manifest"]
SAMPLE = RETURN["sample"]


@pytest.fixture
def manifest():
    manifest = copy.deepcopy(SAMPLE)
    error = {"phase": "run", "subject": "cs logs bundle", "cause": "exited with status 3", "remedy": "Run it manually"}
    failed = {**manifest["vms"]["web1"], "status": "failed", "errors": [error], "files": [], "clock": None}
    return {**manifest, "vms": {**manifest["vms"], "web2": failed}}


@pytest.fixture
def path(tmp_path, manifest):
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest))
    return path


def set_value(manifest, field, value):
    """Set a field such as ``vms.web1.status``; with ``...`` as value, remove it."""
    *parents, last = [int(part) if part.isdigit() else part for part in field.split(".")]
    for part in parents:
        manifest = manifest[part]
    if value is ...:
        del manifest[last]
    else:
        manifest[last] = value


INVALID = [
    ("run_id", 3),
    ("start", 3),
    ("end", None),
    ("versions", []),
    ("versions.python", 3),
    ("request", ...),
    ("request.date_from", 20260101),
    ("request.log_types", "AUDIT"),
    ("request.log_levels", [3]),
    ("request.compress", 1),
    ("request.command", "cs"),
    ("request.nonsense", 1),
    ("limits.timeout", "3600"),
    ("limits.timeout", True),
    ("limits.directory", ...),
    ("limits.minimum_free", 1.5),
    ("limits.maximum_size", None),
    ("excluded_by_filters.log_types", None),
    ("complete", "yes"),
    ("complete", 1),
    ("vms", []),
    ("vms.web1", None),
    ("vms.web1.status", None),
    ("vms.web1.errors", None),
    ("vms.web2.errors.0", "failed"),
    ("vms.web2.errors.0.phase", None),
    ("vms.web2.errors.0.remedy", ...),
    ("vms.web1.files", {}),
    ("vms.web1.files.0.path", None),
    ("vms.web1.files.0.size", "1"),
    ("vms.web1.files.0.sha256", 1),
    ("vms.web1.files.0.format", None),
    ("vms.web1.files.0.empty", 0),
    ("vms.web1.start", 1),
    ("vms.web1.end", 1),
    ("vms.web1.bundle_seconds", "1"),
    ("vms.web1.download_seconds", True),
    ("vms.web1.reused", None),
    ("vms.web1.leftover", ["/var/tmp"]),
    ("vms.web1.clock", [0, 1]),
    ("vms.web1.clock", {"offset": 0}),
    ("vms.web1.clock.offset", None),
    ("vms.web1.logging_settings", {"LOG_LEVEL": 3}),
    ("vms.web1.logging_digest", 3),
    ("vms.web1.product_packages", ["x"]),
    ("vms.web1.machine_id_digest", 3),
    ("vms.web1.excluded_by_filters", {}),
    ("vms.web1.nonsense", 1),
    ("vms.web2.status", ...),
    ("nonsense", 1),
]


class TestLoading:
    def test_a_manifest_is_returned(self, path, manifest):
        assert run_directory.load(path) == manifest
        jsonschema.validate(manifest, SCHEMA)

    @pytest.mark.parametrize(("field", "value"), INVALID)
    def test_an_invalid_value_is_named_and_violates_the_schema(self, path, manifest, field, value):
        set_value(manifest, field, value)
        path.write_text(json.dumps(manifest))
        with pytest.raises(Failure, match="does not conform to its schema: ") as caught:
            run_directory.load(path)
        named = caught.value.errors[0]["cause"].partition(": ")[2].partition(" ")[0].replace("[", ".").replace("]", "")
        assert field.startswith(named) or named.startswith(field)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(manifest, SCHEMA)

    @pytest.mark.parametrize(
        ("text", "cause"),
        [
            ("", "is not valid JSON: "),
            ("\x00", "is not valid JSON: "),
            ("[" * 100000, "is not valid JSON: "),
            ("[]", "has format_version None, but this collection reads 1"),
            ("{}", "has format_version None, but this collection reads 1"),
            ('{"format_version": 2}', "has format_version 2, but this collection reads 1"),
            ('{"format_version": "1"}', "has format_version '1', but this collection reads 1"),
            ('{"format_version": true}', "has format_version True, but this collection reads 1"),
            ('{"format_version": 1}', "does not conform to its schema: "),
        ],
    )
    def test_another_file_is_an_error(self, path, text, cause):
        path.write_text(text)
        with pytest.raises(Failure) as caught:
            run_directory.load(path)
        (only,) = caught.value.errors
        assert (only["phase"], only["subject"]) == ("read", str(path))
        assert only["cause"].startswith(cause)
        assert only["remedy"] in (
            "Choose a run directory with an intact manifest.json, or collect again",
            "Use the version of this collection that wrote it",
        )

    def test_ten_violations_are_named_at_most(self, path, manifest):
        path.write_text(json.dumps({**manifest, **{f"nonsense{number:02}": 1 for number in range(20)}}))
        with pytest.raises(Failure) as caught:
            run_directory.load(path)
        named = [f"nonsense{number:02} is an unknown key" for number in range(10)]
        assert caught.value.errors[0]["cause"] == f"does not conform to its schema: {'; '.join(named)}"

    @pytest.mark.parametrize(
        ("field", "limit"),
        [
            ("vms.web1.files.0.format", 100),
            ("excluded_by_filters.log_types.0", 100),
            ("excluded_by_filters.log_levels.0", 100),
            ("vms.web1.files.0.path", 4096),
        ],
    )
    def test_texts_have_a_limit(self, path, manifest, field, limit):
        manifest["excluded_by_filters"] = {"log_types": ["WEB"], "log_levels": ["DEBUG"]}
        set_value(manifest, field, "x" * limit)
        path.write_text(json.dumps(manifest))
        assert run_directory.load(path) == manifest
        set_value(manifest, field, "x" * (limit + 1))
        path.write_text(json.dumps(manifest))
        with pytest.raises(Failure, match="does not conform to its schema: "):
            run_directory.load(path)

    def test_bytes_that_are_not_utf_8_are_an_error(self, path):
        path.write_bytes(b'{"\xff": 1}')
        with pytest.raises(Failure, match="is not valid JSON"):
            run_directory.load(path)

    def test_a_symbolic_link_a_directory_and_a_missing_file_are_errors(self, path, tmp_path):
        (tmp_path / "link").symlink_to(path)
        (tmp_path / "directory").mkdir()
        os.mkfifo(tmp_path / "fifo")
        for name in ("link", "directory", "fifo", "missing"):
            with pytest.raises(Failure, match=f"{name} cannot be used: ") as caught:
                run_directory.load(tmp_path / name)
            assert caught.value.errors[0]["phase"] == "read"

    def test_a_large_file_is_an_error(self, path, monkeypatch):
        assert run_directory.MAXIMUM_SIZE == 64 * 1024 * 1024
        monkeypatch.setattr(run_directory, "MAXIMUM_SIZE", 1 << 20)
        path.write_text(path.read_text().ljust(1 << 20))
        run_directory.load(path)
        path.write_text(path.read_text() + " ")
        with pytest.raises(Failure) as caught:
            run_directory.load(path)
        (only,) = caught.value.errors
        assert (only["phase"], only["subject"], only["cause"]) == ("read", str(path), "is larger than 1 MiB")
        assert only["remedy"] == "Choose a run directory with an intact manifest.json, or collect again"


class TestFormat:
    """The table, the schema and the documentation of the module describe the same format."""

    def test_the_schema_is_valid(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    @pytest.mark.parametrize("status", run_directory.STATUSES)
    def test_the_schema_has_every_status(self, manifest, status):
        manifest["vms"]["web1"]["status"] = status
        jsonschema.validate(manifest, SCHEMA)

    def test_the_schema_has_no_other_status(self, manifest):
        manifest["vms"]["web1"]["status"] = "x"
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(manifest, SCHEMA)

    @pytest.mark.parametrize(
        "field", [key for key, expected in run_directory.VM.items() if isinstance(expected, tuple)]
    )
    def test_unknown_values_are_null(self, path, manifest, field):
        manifest["vms"]["web1"][field] = None
        path.write_text(json.dumps(manifest))
        assert run_directory.load(path) == manifest
        jsonschema.validate(manifest, SCHEMA)

    @pytest.mark.parametrize(
        ("format_", "documented"),
        [
            (run_directory.MANIFEST, RETURN["contains"]),
            (run_directory.MANIFEST["request"], RETURN["contains"]["request"]["contains"]),
            (run_directory.MANIFEST["limits"], RETURN["contains"]["limits"]["contains"]),
            (run_directory.VM, RETURN["contains"]["vms"]["contains"]),
            (ERROR, RETURN["contains"]["vms"]["contains"]["errors"]["contains"]),
            (run_directory.FILE, RETURN["contains"]["vms"]["contains"]["files"]["contains"]),
        ],
    )
    def test_every_key_is_documented(self, format_, documented):
        assert list(documented) == list(format_)
