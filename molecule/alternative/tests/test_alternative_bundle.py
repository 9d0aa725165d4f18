# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logs were collected with every variable set: the bundles on the controller, compared with the logs on the VMs."""

import json
import os
import subprocess
from pathlib import Path

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]

AUDIT_FOLDER = "/srv/guard/var/log/guard-audit"
RUN = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "bundles" / "alternative"


@pytest.fixture
def manifest():
    return json.loads((RUN / "manifest.json").read_text())


@pytest.fixture
def entry(manifest, name):
    return manifest["vms"][name]


@pytest.fixture
def bundle(name):
    """Not compressed, and named after its content."""
    return RUN / name / "aqtive-guard-logs.log"


@pytest.fixture
def audit_log(host):
    """The lines of the VM's audit log: of the rotated file and of the current one."""
    result = host.run("sudo sh -c 'cat %s/audit.log.* %s/audit.log 2>/dev/null'" % (AUDIT_FOLDER, AUDIT_FOLDER))
    return result.stdout_bytes.splitlines(keepends=True)


def test_bundle_holds_the_requested_records(bundle, audit_log, entry):
    expected = [line for line in audit_log if json.loads(line)["level"].lower() in ("warning", "error")]
    collected = bundle.read_bytes().splitlines(keepends=True)
    assert len(collected) > 0
    assert collected == expected[: len(collected)]
    # The others were logged while the bundle was written, or later.
    missing = [json.loads(line)["created_at"] for line in expected[len(collected) :]]
    assert [moment for moment in missing if moment < entry["start"]] == []


def test_bundle_is_the_file_in_the_manifest(bundle, entry):
    (file,) = entry["files"]
    assert RUN / file["path"] == bundle
    assert file["size"] == bundle.stat().st_size
    assert subprocess.check_output(["sha256sum", bundle]).decode().split()[0] == file["sha256"]


def test_collected_files_are_private(bundle):
    assert [oct(path.stat().st_mode & 0o777) for path in (bundle, RUN / "manifest.json")] == ["0o600", "0o600"]
    assert [oct(path.stat().st_mode & 0o777) for path in (bundle.parent, RUN, RUN.parent)] == ["0o700"] * 3


def test_manifest_lists_every_named_vm(manifest):
    assert {vm: entry["status"] for vm, entry in manifest["vms"].items()} == {
        "web1": "collected",
        "web2": "not_selected",
        "worker1": "collected",
    }
    assert manifest["complete"] is False


def test_manifest_has_the_logging_digest_of_each_vm(manifest):
    """So the configuration file was found behind its links. The only key that may differ does."""
    digests = [manifest["vms"][vm]["logging_digest"] for vm in ("web1", "worker1")]
    assert None not in digests
    assert digests[0] != digests[1]


def test_manifest_contains_the_request(manifest):
    assert manifest["request"] == {
        "date_from": "2026-01-01",
        "date_to": "2099-12-31 23:59:59",
        "log_types": ["AUDIT"],
        "log_levels": ["ERROR", "WARNING"],
        "compress": False,
        "command": ["/usr/bin/env", "LC_ALL=C", "/srv/guard/bin/cs"],
    }


def test_manifest_contains_the_limits(manifest):
    assert manifest["limits"] == {
        "timeout": 120,
        "directory": "/srv/bundles",
        "minimum_free": 64,
        "maximum_size": 50,
        "minimum_free_dest": 64,
    }
