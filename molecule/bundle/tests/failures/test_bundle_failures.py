# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On one VM the command fails, on another it hangs (side_effect.yml): the third's logs come, and it is said why the others' did not."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

testinfra_hosts = ["ansible://aqtive_guard"]

HANGING, SECONDS = "worker1", 10
# Cause and remedy, as far as nobody will want to say them otherwise.
REASONS = {
    "web2": "the command ended with status 1; its last error is: cs: the stand-in was told to fail half-way (misbehaviour: fail). "
    "Run `cs logs bundle` on the VM by hand to see why",
    "worker1": f"the command was ended: it ran longer than {SECONDS} seconds. Narrow the dates, or give it more time",
}


class Collection(NamedTuple):
    status: int
    output: str
    home: Path

    @property
    def manifest(self):
        return json.loads((self.home / "manifest.json").read_bytes())


@pytest.fixture(scope="module")
def collection():
    """Collected as an operator does it, who waits for the VM that hangs no longer than he must."""
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
    assert manifest, f"nobody is told where the manifest is:\n{result.stdout}"
    return Collection(result.returncode, result.stdout, Path(manifest[1]).parent)


@pytest.fixture
def words(collection):
    """What the operator reads. YAML folds long lines, and puts quotation marks around some."""
    return " ".join(collection.output.replace("'", "").split())


def test_it_does_not_pass_for_a_success(collection):
    assert collection.status == 2, collection.output
    assert not collection.manifest["complete"]


def test_the_table_names_each_vm(words):
    assert "VM STATUS PHASE FILE SIZE SECONDS LOGGING REASON" in words
    assert re.search(r"- web1 collected - web1/aqtive-guard-logs\.zip [\d.]+ KiB [\d.]+ \w{12} -", words)
    for name, reason in REASONS.items():
        assert re.search(rf"- {name} failed run - - [\d.]+ \w{{12}} {re.escape(reason)}", words)
    assert "- 1 of 3 VMs collected, 2 failed" in words
    for name in ("web1", *REASONS):
        assert re.search(
            rf"- The clock of {name} is [\d.]+ s \(give or take [\d.]+ s\) (ahead of|behind) this machines", words
        )


def test_the_failure_says_which_vm_and_what_to_do(words):
    """In the words of the manifest."""
    for name, reason in REASONS.items():
        assert re.search(rf"\[{name}\]: FAILED! => .*{name}: run: {re.escape(reason)}", words)


def test_the_manifest_names_phase_and_cause(collection):
    vms = collection.manifest["vms"]
    assert {name: (vm["status"], vm["phase"], vm["left_on_vm"]) for name, vm in vms.items()} == {
        "web1": ("collected", None, None),
        **dict.fromkeys(REASONS, ("failed", "run", None)),
    }
    for name, reason in REASONS.items():
        assert vms[name]["reason"].startswith(reason)


def test_what_came_is_whole_and_what_did_not_has_left_nothing(host, name, collection):
    left = sorted(path.name for path in collection.home.glob(f"{name}/*"))
    if name in REASONS:
        assert left == []
        return
    assert left == [".bundle.json", "aqtive-guard-logs.zip"]
    logged = host.check_output("sudo journalctl --output=cat --unit='cryptosense-analyzer-*' | grep --count '^{'")
    unzip = ["unzip", "-p", collection.home / name / "aqtive-guard-logs.zip"]
    assert subprocess.run(unzip, stdout=subprocess.PIPE, check=True).stdout.count(b"\n") == int(logged)


def test_nothing_is_left_on_a_vm(host, collection):
    """After all collections, this one included."""
    assert host.check_output("sudo find /home /root /tmp /var/tmp -name '*aqtive_guard_log_bundle*'") == ""
    assert host.check_output("busybox ps -o args | grep '[l]ogs bundle' || true") == ""
