# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One VM's command fails, another's hangs (side_effect.yml): the third VM is collected, and the causes are reported."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]

HANGING, SECONDS = "worker1", 10
# Cause and remedy.
ERRORS = {
    "web2": (
        "exited with status 1; its last error line is: ",
        "Run `cs logs bundle` manually on the VM to see the reason",
    ),
    "worker1": (
        f"was terminated after {SECONDS} seconds",
        "Narrow the dates, or raise the limits (timeout, directory, minimum_free, maximum_size)",
    ),
}


class Collection(NamedTuple):
    status: int
    output: str
    directory: Path

    @property
    def manifest(self):
        return json.loads((self.directory / "manifest.json").read_bytes())


@pytest.fixture(scope="module")
def collection():
    """A collection from the command line, with a short timeout for the VM that hangs."""
    timeout = f"{{{{ {SECONDS} if inventory_hostname == '{HANGING}' else 600 }}}}"
    inventory = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "inventory")
    command = ["ansible-playbook", f"--inventory={inventory}", "community.aqtive_guard.collect_logs"]
    result = subprocess.run(
        [*command, "--extra-vars", json.dumps({"aqtive_guard_log_bundle_timeout": timeout})],
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "false", "ANSIBLE_NOCOLOR": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    manifest = re.search(r"^ *- (/\S+/manifest\.json)$", result.stdout, re.MULTILINE)
    assert manifest, f"the path of the manifest is not shown:\n{result.stdout}"
    return Collection(result.returncode, result.stdout, Path(manifest[1]).parent)


@pytest.fixture
def text(collection):
    """The output without the line breaks and quotation marks of YAML."""
    return " ".join(collection.output.replace("'", "").split())


def test_playbook_fails(collection):
    assert collection.status == 2, collection.output
    assert not collection.manifest["complete"]


def test_table_lists_each_vm(text):
    assert "VM STATUS PHASE FILE SIZE SECONDS LOGGING REASON" in text
    assert re.search(r"- web1 collected - web1/aqtive-guard-logs\.zip [\d.]+ KiB [\d.]+ \w{12} -", text)
    for name, (cause, remedy) in ERRORS.items():
        row = rf"- {name} failed run - - [\d.]+ \w{{12}} cs logs bundle {re.escape(cause)}.*?{re.escape(remedy)}"
        assert re.search(row, text)
    assert "- 1 of 3 VMs collected, 2 failed" in text
    for name in ("web1", *ERRORS):
        assert re.search(rf"The clock of {name} is [\d.]+ s \(± [\d.]+ s\) (ahead of|behind) the controllers", text)


def test_failure_of_a_vm_refers_to_the_table(text):
    for name in ERRORS:
        assert re.search(rf"\[{name}\]: FAILED! => .*The logs of this VM are missing: see the table above", text)


def test_manifest_has_phase_cause_and_remedy(collection):
    vms = collection.manifest["vms"]
    assert {name: (vm["status"], vm["leftover"]) for name, vm in vms.items()} == {
        "web1": ("collected", None),
        **dict.fromkeys(ERRORS, ("failed", None)),
    }
    assert vms["web1"]["errors"] == []
    for name, (cause, remedy) in ERRORS.items():
        (error,) = vms[name]["errors"]
        assert (error["phase"], error["subject"], error["remedy"]) == ("run", "cs logs bundle", remedy)
        assert error["cause"].startswith(cause)


def test_collected_bundle_is_complete_and_failed_vms_leave_no_file(host, name, collection):
    left = sorted(path.name for path in collection.directory.glob(f"{name}/*"))
    if name in ERRORS:
        assert left == []
        return
    assert left == [".bundle.json", "aqtive-guard-logs.zip"]
    logged = host.check_output("sudo journalctl --output=cat --unit='cryptosense-analyzer-*' | grep --count '^{'")
    unzip = ["unzip", "-p", collection.directory / name / "aqtive-guard-logs.zip"]
    assert subprocess.run(unzip, stdout=subprocess.PIPE, check=True).stdout.count(b"\n") == int(logged)


def test_no_file_and_no_process_is_left_on_a_vm(host, collection):
    """After all collections, including this one."""
    assert host.check_output("sudo find /home /root /tmp /var/tmp -name '*aqtive_guard_log_bundle*'") == ""
    assert host.check_output("busybox ps -o args | grep '[l]ogs bundle' || true") == ""
