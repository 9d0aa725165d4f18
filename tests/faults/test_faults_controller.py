# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of the controller: it is killed or interrupted, two run at once, or the destination is unusable."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal

import pytest
from loopback import prerequisites
from site_under_test import FAULTY, OTHERS, VMS, Failure, deliver

SIZE = 32 * 1024 * 1024
KEPT = "what was complete by then; the run is completed under the same id"


@pytest.fixture
def marks(site):
    """Slow down the commands of all VMs, with marks for the progress of the faulty one; return their digests."""
    for name in ("begun", "half"):
        site.faulty.directory.joinpath("home", name).unlink(missing_ok=True)
    first, between = ("touch /run/vm/home/begun; sleep 1", "touch /run/vm/home/half; sleep 1")
    digests = {vm: deliver(site.vms[vm], os.urandom(1_000_000), between="sleep 1") for vm in OTHERS}
    digests[FAULTY] = deliver(site.faulty, os.urandom(SIZE), first=first, between=between)
    return digests


def mark(name):
    return lambda site, collection: site.faulty.directory.joinpath("home", name).exists()


# When it happens: what is true by then, or how many percent of the faulty VM's file have come.
POINTS = [
    pytest.param(lambda site, collection: "PLAY [" in collection.output, id="as Ansible starts"),
    pytest.param(lambda site, collection: site.proxies[FAULTY].received > site.before, id="as it connects"),
    pytest.param(mark("begun"), id="as the command begins"),
    pytest.param(mark("half"), id="as half a bundle is there"),
    pytest.param(1, id="at 1 % of the transfer"),
    pytest.param(25, id="at 25 % of the transfer"),
    pytest.param(50, id="at 50 % of the transfer"),
    pytest.param(99, id="at 99 % of the transfer"),
    pytest.param(lambda site, collection: "changed: [web2]" in collection.output, id="as the bundle has come"),
    pytest.param(
        lambda site, collection: any(collection.run_directory.glob("*manifest*")), id="as the manifest is written"
    ),
]


# A controller whose processes all end with it, those of ssh in the background as well.
MACHINE = [prerequisites.find("unshare"), "--pid", "--fork", "--kill-child", "--mount-proc"]


def strike(site, point, number, prefix=()):
    """Send a signal to the controller at a point of a collection, and verify what is left."""
    proxy = site.proxies[FAULTY]
    if isinstance(point, int):
        proxy.after(SIZE * point // 100, lambda: site.signal(number))
        collection = site.start(prefix=prefix)
        outcome = collection.finish()
        assert not proxy.is_armed
        return outcome
    site.before = proxy.received
    collection = site.start(prefix=prefix)
    site.wait_until(lambda: point(site, collection) or not collection.is_running, "the point is reached", 90)
    collection.signal(number)
    return collection.finish()


def assert_complete_or_unnamed(home, digests):
    """Verify that only complete bundles and complete manifests have their final names."""
    for path in home.rglob("*"):
        if path.is_dir() or path.name.startswith("."):
            continue
        if path.name == "manifest.json":
            json.loads(path.read_bytes())
        else:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == digests[path.parent.name]


@pytest.mark.parametrize("point", POINTS)
def test_controller_killed_with_sigkill(site, marks, point):
    outcome = strike(site, point, signal.SIGKILL, prefix=MACHINE)
    assert outcome.status == -signal.SIGKILL
    site.add_row("(the process is gone)", outcome.status, KEPT)
    assert_complete_or_unnamed(outcome.run_directory, marks)
    # The same run once more: whatever it had of a file by then is completed or reused.
    site.assert_later_run_cleans(repaired=False, run_id="run")


def test_ansible_alone_killed_with_sigkill(site, marks):
    """As the kernel does when memory is exhausted: processes that Ansible started continue for a while."""
    outcome = strike(site, mark("half"), signal.SIGKILL)
    assert outcome.status == -signal.SIGKILL
    site.add_row("(the process is gone)", outcome.status, KEPT)
    site.assert_later_run_cleans(repaired=False, run_id="later")
    assert_complete_or_unnamed(outcome.run_directory, marks)


@pytest.mark.parametrize("point", [mark("begun"), 50], ids=["while the command runs", "while a file travels"])
def test_ctrl_c(site, marks, point):
    outcome = strike(site, point, signal.SIGINT)
    assert outcome.status != 0
    assert "Traceback" not in outcome.output
    site.add_row(outcome.output.strip().splitlines()[-1], outcome.status, KEPT)
    assert_complete_or_unnamed(outcome.run_directory, marks)
    site.assert_later_run_cleans(repaired=False, run_id="run")


def test_two_collections_at_once_from_two_controllers(site, marks, tmp_path):
    collections = [site.start(controller=name, dest=tmp_path / name) for name in ("one", "two")]
    for outcome in [collection.finish() for collection in collections]:
        site.assert_contract(outcome, collected=VMS)


def test_two_collections_at_once_into_the_same_run(site, marks):
    """Neither overwrites files of the other, and the one that collected nothing fails."""
    collections = [site.start(controller=name) for name in ("one", "two")]
    outcomes = [collection.finish() for collection in collections]
    for outcome in outcomes:
        assert "Traceback" not in outcome.output
        if outcome.status:
            assert "another run is writing to it" in outcome.output, outcome.output
    assert_complete_or_unnamed(outcomes[0].run_directory, marks)
    assert outcomes[0].files == {"manifest.json", *(f"{vm}/aqtive-guard-logs.bin" for vm in VMS)}
    assert outcomes[0].manifest["complete"] == (0 in [outcome.status for outcome in outcomes])
    site.assert_clean()


def test_a_destination_that_exists(site):
    site.dest.mkdir(mode=0o700)
    site.dest.joinpath("somebody's").write_text("notes")
    outcome = site.collect()
    site.assert_contract(outcome, collected=VMS)
    assert site.dest.joinpath("somebody's").read_text() == "notes"


def test_a_destination_that_exists_and_has_another_file_of_that_name(site):
    home = site.dest / "run" / FAULTY
    home.mkdir(mode=0o700, parents=True)
    home.joinpath("aqtive-guard-logs.bin").write_bytes(b"of yesterday")
    deliver(site.faulty, os.urandom(4096))
    outcome = site.collect()
    failure = Failure("store", "exists, but has another content", "Choose another dest or run ID, or move the file")
    site.assert_contract(outcome, {FAULTY: failure}, also_there={f"{FAULTY}/aqtive-guard-logs.bin"})
    assert home.joinpath("aqtive-guard-logs.bin").read_bytes() == b"of yesterday"


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        pytest.param(lambda path, other: path.write_text("a file"), "exists, but is not a directory", id="is a file"),
        pytest.param(lambda path, other: path.symlink_to(other), "exists, but is not a directory", id="is a symlink"),
        pytest.param(
            lambda path, other: path.symlink_to("nowhere"), "exists, but is not a directory", id="leads nowhere"
        ),
        pytest.param(
            lambda path, other: path.mkdir() or path.chmod(0o777), "can be replaced by every user", id="is everybody's"
        ),
    ],
)
def test_the_destination_of_a_vm(site, tmp_path, make, cause):
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    home = site.dest / "run"
    home.mkdir(mode=0o700, parents=True)
    make(home / FAULTY, other)
    before = {path for path in [home / FAULTY] if not path.is_dir() or path.is_symlink()}
    outcome = site.collect()
    failure = Failure("store", cause, "Move it, or choose another dest|Run chmod go-w .*, or choose another dest")
    also = {FAULTY} if before and not (home / FAULTY).is_dir() else set()
    site.assert_contract(outcome, {FAULTY: failure}, also_there=also)
    assert list(other.iterdir()) == []


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.write_text("a file"), id="is a file"),
        pytest.param(lambda path: path.symlink_to("nowhere"), id="is a link that leads nowhere"),
        pytest.param(lambda path: path.mkdir(mode=0o700) or path.joinpath("run").write_text(""), id="holds a file"),
    ],
)
def test_the_destination_of_all(site, make):
    """If the manifest cannot be written, the run fails before it contacts a VM."""
    make(site.dest)
    outcome = site.collect()
    assert outcome.status != 0
    assert "Traceback" not in outcome.output
    (message,) = set(re.findall(r'"msg": "([^"]*/logs[^"]*)"', outcome.output))
    assert re.search("/logs/run( cannot be used: | exists, but is not a directory)", message)
    site.add_row(message, outcome.status)
    assert "Create the bundle" not in outcome.output
    site.assert_clean()


def test_a_destination_that_is_a_link_to_an_own_directory(site, tmp_path):
    """The destination may be a symbolic link to a directory of the same user."""
    tmp_path.joinpath("disk").mkdir(mode=0o700)
    site.dest.symlink_to("disk")
    outcome = site.collect()
    site.assert_contract(outcome, collected=VMS)


def test_a_destination_whose_run_is_a_link(site, tmp_path):
    """The run directory may have been predicted by another user: the run fails, and what is stored is complete."""
    tmp_path.joinpath("elsewhere").mkdir(mode=0o700)
    site.dest.mkdir(mode=0o700)
    site.dest.joinpath("run").symlink_to(tmp_path / "elsewhere")
    digests = {vm: deliver(site.vms[vm], os.urandom(4096)) for vm in VMS}
    outcome = site.collect()
    assert outcome.status != 0
    assert "Traceback" not in outcome.output
    (message,) = set(re.findall(r'"msg": "([^"]*/logs[^"]*)"', outcome.output))
    assert re.search("/run exists, but is not a directory. Move it, or choose another dest", message)
    site.add_row(message, outcome.status)
    assert_complete_or_unnamed(outcome.run_directory, digests)
    site.assert_clean()
