# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of the transfer: the received file differs from the sent one."""

from __future__ import annotations

import os
import stat

import pytest
from loopback import PLACE, prerequisites
from site_under_test import FAULTY, VMS, Failure, deliver

SIZE = 4 * 1024 * 1024
NOTHING_STORED = r"Nothing was stored. Collect again"

# Flips one bit in the middle of the tenth block of data that the server sends. A message is its length, type and content.
FLIPPING = f"""#!{prerequisites.system_python()} -I
import os, struct, subprocess, sys
server = subprocess.Popen([{prerequisites.sftp_server()!r}], stdout=subprocess.PIPE)
blocks = 0
while True:
    head = server.stdout.read(4)
    if len(head) < 4:
        sys.exit(server.wait())
    message = bytearray(server.stdout.read(struct.unpack(">I", head)[0]))
    if message[0] == 103:
        blocks += 1
        if blocks == 10:
            message[len(message) // 2] ^= 1
    os.write(1, head) and sys.stdout.buffer.write(message)
    sys.stdout.buffer.flush()
"""


# Sends nothing more after some data, until the client ends the transfer.
STALLING = FLIPPING.replace(
    "message[len(message) // 2] ^= 1", "while os.read(0, 1 << 16): pass\n            sys.exit(1)"
)


def before_the_transfer(action: str) -> str:
    """Return an sftp-server that first modifies the bundle."""
    bundles = "/var/tmp/aqtive_guard_log_bundle.*/aqtive-guard-logs.*"
    return f'#!/bin/sh\nfor bundle in {bundles}; do {action}; done\nexec {prerequisites.sftp_server()} "$@"\n'


@pytest.mark.parametrize(
    "action",
    [
        pytest.param('truncate -s -1 "$bundle"', id="shortened"),
        pytest.param('printf x | dd of="$bundle" bs=1 seek=1000 conv=notrunc 2>/dev/null', id="overwritten"),
        pytest.param(': > "$bundle"', id="emptied"),
    ],
)
def test_file_changed_between_digest_and_transfer(site, action):
    deliver(site.faulty, os.urandom(SIZE))
    site.faulty.serve_files_by(before_the_transfer(action))
    outcome = site.collect()
    failure = Failure(
        "verify", rf"has \d+ bytes and SHA-256 [0-9a-f]+ after the download, but {SIZE} bytes and", NOTHING_STORED
    )
    site.assert_contract(outcome, {FAULTY: failure})


def test_file_appended_to_between_digest_and_transfer(site):
    deliver(site.faulty, os.urandom(SIZE))
    site.faulty.serve_files_by(before_the_transfer('printf x >> "$bundle"'))
    outcome = site.collect()
    failure = Failure("download", f"is larger than the {SIZE} bytes that the VM announced$", "Nothing was stored")
    site.assert_contract(outcome, {FAULTY: failure})


def test_file_gone_between_digest_and_transfer(site):
    deliver(site.faulty, os.urandom(SIZE))
    site.faulty.serve_files_by(before_the_transfer('rm -f "$bundle"'))
    outcome = site.collect()
    failure = Failure("download", "[Nn]o such file|not found", "collect again")
    site.assert_contract(outcome, {FAULTY: failure})


def test_flipped_byte_in_transfer(site):
    deliver(site.faulty, os.urandom(SIZE))
    site.faulty.serve_files_by(FLIPPING)
    outcome = site.collect()
    failure = Failure(
        "verify", rf"has {SIZE} bytes and SHA-256 [0-9a-f]+ after the download, but {SIZE} bytes and", NOTHING_STORED
    )
    site.assert_contract(outcome, {FAULTY: failure})


def test_endless_file(site):
    """A VM sends far more than it announced: the controller's disk is not filled."""
    deliver(site.faulty, b"a record\n" * 700)
    site.faulty.serve_files_by(before_the_transfer('truncate -s 64G "$bundle"'))
    outcome = site.collect()
    failure = Failure("download", "is larger than the 6300 bytes that the VM announced$", "whether it can be trusted")
    site.assert_contract(outcome, {FAULTY: failure})


def test_transfer_that_stalls(site):
    deliver(site.faulty, os.urandom(SIZE))
    site.faulty.serve_files_by(STALLING)
    outcome = site.collect(stall_timeout=3)
    failure = Failure(
        "download",
        rf"does not arrive: \d+ of {SIZE} bytes, and fewer than 65536 in 3 seconds$",
        "Check the network and the VM",
    )
    site.assert_contract(outcome, {FAULTY: failure})


def test_neither_sftp_nor_scp_works(site):
    site.faulty.serve_files_by("#!/bin/sh\nexit 1\n")
    outcome = site.collect()
    failure = Failure("download", ".", "that the VM offers SFTP or SCP", status="unreachable|failed")
    site.assert_contract(outcome, {FAULTY: failure})


def test_no_other_user_can_read_the_bundle_on_the_vm_during_the_transfer(site):
    site.faulty.serve_files_by(before_the_transfer(f'stat -c "%a %U" "$bundle" "${{bundle%/*}}" > {PLACE}/home/seen'))
    outcome = site.collect()
    site.assert_contract(outcome, collected=VMS)
    seen = site.faulty.directory.joinpath("home/seen").read_text().split()
    assert seen == ["600", "operations", "700", "operations"]
    assert not stat.S_IMODE(outcome.run_directory.stat().st_mode) & 0o077
