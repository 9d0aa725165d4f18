# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With the role's defaults, a collection brings every record of every VM's journal to the controller."""

import gzip
import hashlib
import json
import os
from pathlib import Path

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]

COLLECTED = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "collected")
BUNDLE_NAME = "aqtive-guard-logs.log.gz"


@pytest.fixture(scope="module")
def run_directory():
    """The newest one: run ids begin with the time."""
    return max(COLLECTED.iterdir())


@pytest.fixture(scope="module")
def manifest(run_directory):
    return json.loads((run_directory / "manifest.json").read_bytes())


@pytest.fixture(scope="module")
def entry(manifest, name):
    return manifest["vms"][name]


@pytest.fixture(scope="module")
def bundle(run_directory, name):
    return (run_directory / name / BUNDLE_NAME).read_bytes()


def test_manifest_lists_every_vm_as_collected(manifest):
    assert {name: entry["status"] for name, entry in manifest["vms"].items()} == {
        "web1": "collected",
        "worker1": "collected",
    }
    assert manifest["complete"] is True


def test_bundle_is_the_file_in_the_manifest(entry, name, bundle):
    (file,) = entry["files"]
    assert file["path"] == f"{name}/{BUNDLE_NAME}"
    assert file["size"] == len(bundle)
    assert file["sha256"] == hashlib.sha256(bundle).hexdigest()
    assert (file["format"], file["empty"]) == ("gzip", False)


def test_bundle_holds_every_record_that_was_logged_before_the_collection(host, unit, bundle, entry):
    output = host.run("sudo journalctl --output=cat --unit=%s", unit).stdout_bytes
    logged = [line for line in output.split(b"\n") if line.startswith(b"{")]
    collected = gzip.decompress(bundle).split(b"\n")[:-1]
    assert len(collected) > 0
    assert collected == logged[: len(collected)]
    missing = [json.loads(line)["created_at"] for line in logged[len(collected) :]]
    assert [created_at for created_at in missing if created_at < entry["start"]] == []


def test_vms_have_the_same_logging_digest(manifest):
    digests = {entry["logging_digest"] for entry in manifest["vms"].values()}
    assert len(digests) == 1
    assert None not in digests


def test_collected_files_are_private(run_directory, name):
    private = [run_directory, run_directory / name, run_directory / "manifest.json", run_directory / name / BUNDLE_NAME]
    assert [oct(path.stat().st_mode & 0o777) for path in private] == ["0o700", "0o700", "0o600", "0o600"]


def test_nothing_is_left_on_a_vm(host):
    assert host.check_output("sudo find /home /root /tmp /var/tmp -name '*aqtive_guard_log_bundle*'") == ""
