# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of the product's command: it is missing, fails, hangs, or does not write a valid bundle."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile

import pytest
from site_under_test import FAULTY, OTHERS, VMS, Failure, command

MANUALLY = r"Run `cs logs bundle` manually on the VM to see the reason"
NARROW = r"Narrow the dates, or raise the limits"
CHECK_WHERE = r"check where this VM logs to"
SEE_WHAT = r"Run the command manually on the VM to see what it writes"


@pytest.mark.parametrize(
    ("body", "variables", "failure"),
    [
        pytest.param(
            'head -c 99 /dev/zero > "$out"; echo all good; echo the database is gone >&2; exit 3',
            {},
            Failure(
                "run", "cs logs bundle exited with status 3; its last error line is: the database is gone", MANUALLY
            ),
            id="failing with output",
        ),
        pytest.param(
            "kill -SEGV $$",
            {},
            Failure("run", "cs logs bundle was killed by signal 11", MANUALLY),
            id="crashing",
        ),
        pytest.param(
            "sleep 1000 & sleep 1000",
            {"timeout": 3},
            Failure("run", "cs logs bundle was terminated after 3 seconds", NARROW),
            id="hanging",
        ),
        pytest.param(
            "trap '' TERM; sleep 1000 & while :; do sleep 1; done",
            {"timeout": 3},
            Failure("run", "cs logs bundle was terminated after 3 seconds", NARROW),
            id="ignoring SIGTERM",
        ),
        pytest.param(
            ":",
            {},
            Failure("identify", "the command exited with status 0, but wrote no file and no output", CHECK_WHERE),
            id="writing nothing",
        ),
        pytest.param(
            ': > "$out"',
            {},
            Failure("identify", "the command exited with status 0, but its bundle is empty", CHECK_WHERE),
            id="writing an empty file",
        ),
        pytest.param(
            ': | gzip > "$out"',
            {},
            Failure("identify", "the command exited with status 0, but its bundle is empty", CHECK_WHERE),
            id="writing a gzip file of nothing",
        ),
        pytest.param(
            'while :; do echo record; sleep 0.05; done > "$out"',
            {"timeout": 3},
            Failure("run", "cs logs bundle was terminated after 3 seconds", NARROW),
            id="writing for ever, slowly",
        ),
    ],
)
def test_the_command_is(site, body, variables, failure):
    site.faulty.use_command(command(body))
    outcome = site.collect(**variables)
    site.assert_contract(outcome, {FAULTY: failure})


@pytest.mark.parametrize("where", ["$out", "/dev/stdout"], ids=["to its file", "to the console"])
def test_the_command_is_writing_for_ever(site, where):
    site.faulty.use_command(command(f'yes record >> "{where}"'))
    with site.faulty.mounted("/var/tmp", "size=64m"):
        outcome = site.collect()
        left = list(site.faulty.path("/var/tmp").iterdir())
    # It may fill the disk between two checks.
    end = "cs logs bundle (was terminated because|exited with status 1, and)"
    failure = Failure("run", rf"{end} /var/tmp has \d+ MiB free, but minimum_free is 16 MiB", NARROW)
    site.assert_contract(outcome, {FAULTY: failure})
    assert left == []


def test_the_command_is_missing(site):
    site.faulty.remove_command()
    outcome = site.collect()
    failure = Failure(
        "prepare", "the command 'cs' does not exist or cannot be run by uid 0", "Check that this is an AQtive Guard VM"
    )
    site.assert_contract(outcome, {FAULTY: failure})


@pytest.mark.parametrize(
    ("script", "mode", "failure"),
    [
        pytest.param(
            command('echo record > "$out"'),
            0o644,
            Failure(
                "prepare",
                "the command 'cs' does not exist or cannot be run by uid 0",
                "to its absolute path",
            ),
            id="by its mode",
        ),
        pytest.param(
            "#!/no/such/interpreter\n",
            0o755,
            Failure("run", "cs logs bundle cannot be started: No such file or directory", MANUALLY),
            id="for want of its interpreter",
        ),
        pytest.param(
            b"\x7fELF of another machine",
            0o755,
            Failure("run", "cs logs bundle cannot be started: Exec format error", MANUALLY),
            id="for another machine",
        ),
    ],
)
def test_the_command_is_not_executable(site, script, mode, failure):
    site.faulty.use_command(script, mode)
    outcome = site.collect()
    site.assert_contract(outcome, {FAULTY: failure})


@pytest.mark.parametrize("kept", [0.5, 0.999], ids=["half of it is there", "its last bytes are missing"])
def test_truncated_gzip(site, kept):
    whole = gzip.compress(os.urandom(300_000))
    site.faulty.put("bin/payload", whole[: int(len(whole) * kept)], 0o644)
    site.faulty.use_command(command('cat /run/vm/bin/payload > "$out"'))
    outcome = site.collect()
    failure = Failure(
        "identify",
        "the command exited with status 0, but its gzip file is truncated",
        "Run the command manually on the VM",
    )
    site.assert_contract(outcome, {FAULTY: failure})


@pytest.mark.parametrize(
    "left",
    [
        pytest.param('ln -s /etc/shadow "$out"', id="a link to a secret"),
        pytest.param('echo record > "$out"; ln "$out" other', id="a file with two names"),
        pytest.param('mknod "$out" c 1 5', id="a device"),
        pytest.param('mkfifo "$out"', id="a pipe"),
        pytest.param('mkdir "$out"', id="a directory"),
        pytest.param("echo one > ./-rf; echo two > ..one", id="names like options"),
        pytest.param("touch \"$(printf 'a\\nb\\033[2J')\" \"$(printf 'c\\377')\"", id="names that move a cursor"),
    ],
)
def test_hostile_file_names(site, left):
    site.faulty.use_command(command(left))
    outcome = site.collect()
    failure = Failure(
        "identify",
        "the command exited with status 0, but no single regular file among its output is the bundle: ",
        SEE_WHAT,
    )
    site.assert_contract(outcome, {FAULTY: failure})
    assert "\033" not in outcome.output


def test_a_bundle_with_a_hostile_name_gets_a_safe_one(site):
    site.faulty.use_command(command("echo record > \"$(printf -- '-rf $(reboot)\\n\\033[2J.gz')\""))
    outcome = site.collect()
    site.assert_contract(outcome, collected=VMS)
    assert outcome.manifest["vms"][FAULTY]["files"][0]["path"] == f"{FAULTY}/aqtive-guard-logs.log"
    assert "\033" not in outcome.output


def test_a_hostile_archive_is_transferred_and_never_unpacked(site, tmp_path):
    archive = hostile_archive(str(tmp_path / "absolute"))
    site.faulty.put("bin/payload", archive, 0o644)
    site.faulty.use_command(command('cat /run/vm/bin/payload > "$out"'))
    outcome = site.collect()
    site.assert_contract(outcome, collected=VMS)
    (file,) = outcome.manifest["vms"][FAULTY]["files"]
    assert (file["format"], file["sha256"]) == ("tar.gz", hashlib.sha256(archive).hexdigest())
    assert not (tmp_path / "absolute").exists()


def test_a_compression_bomb_is_not_expanded(site):
    # Members of a gzip file follow one another: a hundred times the same one.
    bomb = gzip.compress(bytes(100_000_000)) * 100
    site.faulty.put("bin/payload", bomb, 0o644)
    site.faulty.use_command(command('cat /run/vm/bin/payload > "$out"'))
    with site.faulty.mounted("/var/tmp", "size=64m"):
        outcome = site.collect()
    assert outcome.status == 0, outcome.output
    assert outcome.manifest["vms"][FAULTY]["files"][0]["sha256"] == hashlib.sha256(bomb).hexdigest()
    site.assert_contract(outcome, collected=[*OTHERS, FAULTY])


def hostile_archive(absolute: str) -> bytes:
    """Return a tar.gz file whose members have absolute and parent paths."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in (absolute, "../../../above", "logs/../../beside"):
            member = tarfile.TarInfo(name)
            member.size = 5
            archive.addfile(member, io.BytesIO(b"hello"))
        for name, kind, target in (
            ("link", tarfile.SYMTYPE, "/etc"),
            ("link/passwd", tarfile.REGTYPE, ""),
            ("hard", tarfile.LNKTYPE, "/etc/shadow"),
            ("device", tarfile.CHRTYPE, ""),
            ("pipe", tarfile.FIFOTYPE, ""),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            archive.addfile(member)
    return buffer.getvalue()
