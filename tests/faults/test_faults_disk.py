# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of file systems, on a VM and on the controller."""

from __future__ import annotations

import os
import re
import shutil

import pytest
from site_under_test import FAULTY, OTHERS, VMS, Failure, Outcome, command, deliver

MIB = 1024 * 1024
FREE_SPACE = r"Free disk space, or set another directory or a smaller minimum_free"
MANUALLY = r"Run `cs logs bundle` manually on the VM"


def test_disk_full_on_the_vm_before_the_command_runs(site):
    with site.faulty.mounted("/var/tmp", "size=8m"):
        outcome = site.collect()
    failure = Failure("prepare", r"/var/tmp has \d MiB free, but minimum_free is 16 MiB", FREE_SPACE)
    site.assert_contract(outcome, {FAULTY: failure})


def test_disk_full_on_the_vm_while_the_command_runs(site):
    site.faulty.use_command(command('cat /dev/zero > "$out" && exit 0; exit 28'))
    with site.faulty.mounted("/var/tmp", "size=24m"):
        outcome = site.collect(minimum_free=0)
        left = list(site.faulty.path("/var/tmp").iterdir())
    # There was no room for what it said of that either.
    failure = Failure("run", "cs logs bundle exited with status 28", MANUALLY)
    site.assert_contract(outcome, {FAULTY: failure})
    assert left == []


def test_disk_full_on_the_vm_to_the_last_byte(site):
    with site.faulty.mounted("/var/tmp", "size=1m"):
        site.faulty.run("dd", "if=/dev/zero", "of=/var/tmp/somebody-elses", "bs=1M", "count=1")
        outcome = site.collect(minimum_free=0)
        left = [path.name for path in site.faulty.path("/var/tmp").iterdir()]
    failure = Failure(
        "prepare", "/var/tmp/.* 'No space left on device'", "Check this path and its file system on the VM"
    )
    site.assert_contract(outcome, {FAULTY: failure})
    assert left == ["somebody-elses"]


@pytest.mark.parametrize("option", ["ro", "noexec"], ids=["read-only", "noexec"])
def test_tmp_is(site, option):
    """/tmp is not used: no program is started from it, and no file is written to it."""
    with site.faulty.mounted("/tmp", option):
        outcome = site.collect()
    site.assert_contract(outcome, collected=VMS)


def test_tmp_is_read_only_and_is_the_directory_for_bundles(site):
    with site.faulty.mounted("/tmp", "ro"):
        outcome = site.collect(directory="/tmp")
    failure = Failure("prepare", "/tmp is not a directory that uid 0 can write to", "Set another directory")
    site.assert_contract(outcome, {FAULTY: failure})


def test_tmp_is_noexec_and_is_the_directory_for_bundles(site):
    with site.faulty.mounted("/tmp", "noexec"):
        outcome = site.collect(directory="/tmp")
        left = list(site.faulty.path("/tmp").iterdir())
    site.assert_contract(outcome, collected=VMS)
    assert left == []


@pytest.fixture
def small_disk(site, tmp_path):
    """Collect into a file system of a given size in MiB, mounted for the controller only; a copy of its content remains."""
    seen = tmp_path / "as it was on the small disk"

    def collect(size, **options):
        site.dest.mkdir(mode=0o700)
        script = (
            f'mount -t tmpfs -o size={size}m,mode=0700 none "{site.dest}" && "$@"; status=$?;'
            f' cp -a "{site.dest}" "{seen}"; exit $status'
        )
        outcome = site.collect(prefix=[shutil.which("unshare"), "--mount", "sh", "-c", script, "sh"], **options)
        return Outcome(outcome.status, outcome.output, seen / "run")

    return collect


def test_disk_full_on_the_controller(site, small_disk):
    deliver(site.faulty, os.urandom(8 * MIB))
    outcome = small_disk(size=4, minimum_free_dest=0)
    failure = Failure(
        "store",
        r"has \d+ bytes of free disk space on the controller, but the bundle has 8388608 bytes$",
        "Free disk space, or choose another dest",
    )
    site.assert_contract(outcome, {FAULTY: failure})


def test_too_little_free_space_on_the_controller_before_the_command_runs(site, small_disk):
    for vm in VMS:
        site.vms[vm].use_command(command('touch "$0.was-run"'))
    outcome = small_disk(size=32, minimum_free_dest=64)
    failure = Failure(
        "store",
        r"has \d+ bytes of free disk space on the controller, but 64 MiB must stay free \(minimum_free_dest\)",
        "Free disk space, or choose another dest or a smaller minimum_free_dest",
    )
    site.assert_contract(outcome, dict.fromkeys(VMS, failure), collected=[])
    assert not any(list(site.vms[vm].directory.rglob("*.was-run")) for vm in VMS)


def test_disk_full_on_the_controller_during_the_transfer(site, small_disk):
    """Each bundle fits, but not all together; the third VM's may be downloaded when the disk is full."""
    for vm in OTHERS:
        deliver(site.vms[vm], os.urandom(24 * MIB))
    outcome = small_disk(size=32, minimum_free_dest=0)
    failed = [vm for vm, entry in outcome.manifest["vms"].items() if entry["status"] != "collected"]
    assert set(failed) & set(OTHERS), outcome.output
    failure = Failure("download|store|verify", "[Nn]o space left|free disk space", "Free disk space|Check this path")
    site.assert_contract(outcome, dict.fromkeys(failed, failure), collected=[vm for vm in VMS if vm not in failed])


def test_disk_full_on_the_controller_to_the_last_byte(site, small_disk):
    """There is no space for the manifest: none is written, instead of a partial one, and the run fails."""
    for vm in VMS:
        deliver(site.vms[vm], os.urandom(MIB))
    # What is left after three bundles and the directories is less than a page.
    outcome = small_disk(size=3, minimum_free_dest=0)
    assert outcome.status != 0
    assert "Traceback" not in outcome.output
    assert "No space left on device" in outcome.output or "free disk space" in outcome.output
    said = re.findall(r'"msg": "((?:[^"\\]|\\.)*(?:No space left|free disk space)(?:[^"\\]|\\.)*)"', outcome.output)
    site.add_row(said[-1], outcome.status)
    assert not [path for path in outcome.files if path.rpartition("/")[2].startswith(".")]
    site.assert_clean()
