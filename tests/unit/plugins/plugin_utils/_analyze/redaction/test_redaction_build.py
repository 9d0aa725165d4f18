# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import functools
import json
import os
import random
import re
import shutil
import signal
import tarfile
import time
import typing as t
import zlib

import pyrage
import pytest
import zstandard

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import results
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import answers, staging
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering import fleet
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.variants import Variants
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction import (
    build,
    decoding,
    encryption,
    record,
    tar,
    token_table,
    vm,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.free_text import FreeText
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.archive import Scan
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import page
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.redaction.planted_fleets import (
    Planted,
    contents,
    leaked,
)
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.redaction.redaction_fleets import (
    KEY,
)

NAME = "aqtive-guard-support-logs.tar.gz"


ENCODINGS = ("plain", "percent", "base64")
SMALL = Planted(1, ENCODINGS)
"""A fleet for tests of the steps: values in all fields and at all places of texts, in an encoding of each kind."""


@pytest.fixture(scope="module")
def analyzed(tmp_path_factory):
    directory = tmp_path_factory.mktemp("analyzed")
    # Not SMALL: each call of its methods continues its random numbers.
    Planted(1, ENCODINGS).write(directory)
    return directory


@pytest.fixture
def case(analyzed, tmp_path):
    """Logs of the small fleet that are analyzed, and nothing else."""
    shutil.copytree(analyzed, tmp_path / "case", copy_function=os.link)
    (tmp_path / "case/results").chmod(0o700)
    return tmp_path / "case"


@pytest.fixture(scope="module")
def archive_of(tmp_path_factory):
    """A function that returns the archive of a fleet with values in all encodings."""

    @functools.cache
    def archive(seed):
        directory = tmp_path_factory.mktemp("archived")
        Planted(seed).write(directory)
        return build.build(request(directory))

    return archive


def request(case, key=KEY, recipients=()):
    return build.Request([case / "logs"], case / "results", key, recipients, 2)


def archives(case):
    return sorted(path.name for path in (case / "results").iterdir() if "support" in path.name or "token" in path.name)


def records(path, name="merged"):
    return list(map(json.loads, contents(path)[f"aqtive-guard-support/records/{name}.jsonl.gz"].splitlines()))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_that_was_planted_is_in_the_archive(seed, archive_of):
    assert leaked(archive_of(seed).path, Planted(seed)) == []


def test_the_archive_is_the_same_whether_the_records_were_kept_or_not(case, tmp_path):
    Planted(1, ENCODINGS).write(tmp_path / "kept", keeps_records=True)
    assert build.build(request(tmp_path / "kept")).path.read_bytes() == build.build(request(case)).path.read_bytes()


def test_the_scan_of_this_test_finds_what_is_in_an_archive(case, monkeypatch):
    monkeypatch.setattr(FreeText, "redact", lambda self, text, kept=(): text)
    monkeypatch.setattr(Scan, "require_clean", lambda *dummy: None)
    found = {value for dummy, value in leaked(build.build(request(case)).path, SMALL)}
    assert found == set(SMALL.values)


def test_an_archive_has_redacted_records_findings_report_and_checksums(archive_of):
    outcome = archive_of(1)
    found = contents(outcome.path)
    tokens = list(outcome.manifest["records"])
    assert set(found) == {
        f"aqtive-guard-support/{name}"
        for name in (
            *("SHA256SUMS", "findings.json", "manifest.json", "report.html", "records/merged.jsonl.gz"),
            *(f"records/{token}.jsonl.gz" for token in tokens),
        )
    }
    merged = records(outcome.path)
    assert len(merged) == sum(outcome.manifest["records"].values())
    assert sorted(each["id"] for each in merged) == sorted(
        each["id"] for token in tokens for each in records(outcome.path, token)
    )
    assert set(json.loads(found["aqtive-guard-support/findings.json"])["vms"]) == set(tokens)
    assert all(token in found["aqtive-guard-support/report.html"] for token in tokens)
    assert json.loads(found["aqtive-guard-support/manifest.json"]) == outcome.manifest


def test_the_manifest_says_what_was_redacted_and_left_out(archive_of):
    manifest = archive_of(1).manifest
    assert manifest["redaction"]["key"] == "chosen"
    assert manifest["replaced"]["in_fields"]["user_name"] > 5
    assert manifest["replaced"]["in_texts"]["user"] > 5
    assert all(rules == {"duplicate_key": 1, "invalid_json": 1} for rules in manifest["left_out"].values())
    assert KEY not in json.dumps(manifest)


def test_redacted_records_conform_to_the_schema_if_the_records_do(archive_of):
    variants, planted = Variants(), Planted(1)
    invalid = {each["id"] for vm in range(3) for each in planted.records(vm) if variants.of(each).violations(each)}
    found = records(archive_of(1).path)
    assert {each["id"] for each in found if variants.of(each).violations(each)} <= invalid
    assert 0 < len(invalid) < len(found) / 10


def test_the_archive_is_the_same_byte_by_byte_with_the_same_key(case):
    first = build.build(request(case)).path.read_bytes()
    assert build.build(request(case)).path.read_bytes() == first
    assert build.build(request(case, key=KEY + "x")).path.read_bytes() != first


def test_without_a_key_a_random_one_is_used_for_this_archive(case):
    one, other = build.build(request(case, key=None)).manifest, build.build(request(case, key=None)).manifest
    assert one["redaction"]["key"] == "random"
    assert one["redaction"]["key_id"] != other["redaction"]["key_id"]


def test_the_table_of_tokens_is_for_the_operator_alone(archive_of):
    outcome = archive_of(1)
    text = outcome.tokens.read_text(encoding="utf-8")
    assert re.search("^user-[0-9a-f]{20},.*mcgrath$", text, re.MULTILINE)
    assert outcome.tokens.stat().st_mode & 0o777 == outcome.path.stat().st_mode & 0o777 == 0o600
    assert not any("tokens" in name for name in contents(outcome.path))


def test_headers_of_the_archive_say_nothing(archive_of):
    with tarfile.open(archive_of(1).path) as archive:
        for member in archive:
            assert (member.uid, member.gid, member.uname, member.gname, member.mtime) == (0, 0, "", "", 0)


def test_joins_on_request_user_and_host_hold(archive_of):
    merged = records(archive_of(1).path)
    assert len({each["hostname"] for each in merged}) == 3
    assert len({each["user_name"] for each in merged if isinstance(each.get("user_name"), str)} - {"***"}) == len(
        {*Planted(1).users, Planted(1).short}
    )


def test_an_archive_can_be_encrypted_for_its_recipients(case):
    identity = pyrage.x25519.Identity.generate()
    outcome = build.build(request(case, recipients=[str(identity.to_public())]))
    assert outcome.path.name == f"{NAME}.age"
    assert pyrage.decrypt(outcome.path.read_bytes(), [identity])[:2] == b"\x1f\x8b"
    assert NAME not in archives(case)


MUTANTS: dict[str, t.Any] = {
    **{
        f"{name} is kept": ("_treatments", name)
        for name in (
            *("user_name", "client_ip", "hostname", "api_key", "computer_group", "element_id", "endpoint_id"),
            *("message", "path", "new_value"),
        )
    },
    "no known values": (FreeText, "_known_spans", lambda *dummy: ([], True)),
    "no encodings": (decoding, "is_encoded", lambda text: False),
    "no base64": (FreeText, "_base64_spans", lambda *dummy: ()),
    "no secrets": ("secrets",),
    "unknown fields": (record.Redactor, "_name", lambda self, name: name),
    "findings": (build, "redacted_findings", lambda found, text: found),
}
"""Parts of the redaction that do nothing: what they are to replace is known from a field, or has a syntax."""


@pytest.fixture
def without_answers(monkeypatch):
    """Leave the answers out of the report, which take half of the time and have nothing that the records have not."""
    monkeypatch.setattr(staging, "stage", lambda *dummy: [])


@pytest.mark.usefixtures("without_answers")
@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_scan_stops_an_archive_when_a_part_of_the_redaction_does_nothing(mutant, case, monkeypatch):
    change = MUTANTS[mutant]
    if change[0] == "_treatments":
        original = record.Redactor.__init__

        def without(self, text):
            original(self, text)
            self._treatments[change[1]] = lambda value: value

        monkeypatch.setattr(record.Redactor, "__init__", without)
    elif change[0] == "secrets":
        monkeypatch.setattr(
            "ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.free_text._secrets",
            lambda *dummy: (),
        )
    else:
        monkeypatch.setattr(*change)
    with pytest.raises(Failure) as failed:
        build.build(request(case))
    assert failed.value.errors[0]["phase"] == "check"
    assert archives(case) == []
    assert not any(value in str(failed.value) for value in SMALL.values)


def refuse_to_read(*dummy):
    raise AssertionError("a bundle was read again")


def test_records_that_the_analysis_has_kept_are_used_and_removed(tmp_path, monkeypatch):
    Planted(1, ENCODINGS).write(tmp_path, keeps_records=True)
    monkeypatch.setattr(vm, "analyze_vm", refuse_to_read)
    outcome = build.build(request(tmp_path))
    assert len(records(outcome.path)) == sum(outcome.manifest["records"].values()) > 100
    assert not (tmp_path / "results" / results.RECORDS).exists()
    with pytest.raises(AssertionError, match="read again"):
        build.build(request(tmp_path))


def test_records_that_were_kept_of_other_files_are_not_used(tmp_path, monkeypatch):
    Planted(1, ENCODINGS).write(tmp_path, keeps_records=True)
    os.utime(next((tmp_path / "logs/web1").iterdir()), (0, 0))
    monkeypatch.setattr(vm, "analyze_vm", refuse_to_read)
    with pytest.raises(AssertionError, match="read again"):
        build.build(request(tmp_path))


def test_records_that_were_kept_do_not_stay_if_there_is_no_archive(tmp_path):
    Planted(1, ENCODINGS).write(tmp_path, keeps_records=True)
    with pytest.raises(Failure):
        build.build(request(tmp_path, key="too short"))
    assert not (tmp_path / "results" / results.RECORDS).exists()


def test_logs_that_have_changed_since_the_analysis_are_an_error(case):
    path = next((case / "logs/web1").iterdir())
    text = path.read_text(encoding="utf-8")
    path.unlink()
    path.write_text(text.partition("\n")[2], encoding="utf-8")
    with pytest.raises(Failure) as failed:
        build.build(request(case))
    assert "web1" in failed.value.errors[0]["subject"]
    assert archives(case) == []


@pytest.mark.parametrize("recipients", [["age1"], ["hunter2"], ["ssh-rsa AAAA"]])
def test_a_recipient_that_is_no_public_key_is_an_error(recipients, case):
    (case / "results" / NAME).write_text("an older one")
    with pytest.raises(Failure):
        build.build(request(case, recipients=recipients))
    assert archives(case) == []


def test_a_key_that_is_too_short_is_an_error(case):
    (case / "results" / NAME).write_text("an older one")
    with pytest.raises(Failure):
        build.build(request(case, key="short"))
    assert archives(case) == []


@pytest.mark.parametrize("module", [tar, encryption, results, answers, token_table])
def test_an_error_at_any_step_leaves_no_archive_not_even_an_older_one(module, case, monkeypatch):
    (case / "results" / NAME).write_text("an older one")
    name = {tar: "write", encryption: "encrypt", results: "load", answers: "answers"}.get(module, "write_csv")
    recipient = str(pyrage.x25519.Identity.generate().to_public())

    def fail(*dummy):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, name, fail)
    with pytest.raises(Failure):
        build.build(request(case, recipients=[recipient]))
    assert [name for name in archives(case) if "support" in name] == []
    assert not (case / "results/.work").exists()


STEPS: dict[str, tuple[t.Any, str]] = {
    "reading": (vm, "collect"),
    "known values": (build, "KnownValues"),
    "redacting": (vm, "redact"),
    "merging": (fleet, "merge"),
    "staging": (staging, "stage_rows"),
    "answers": (answers, "answers"),
    "report": (page, "render"),
    "archive": (tar, "write"),
    "scan": (Scan, "require_clean"),
    "encryption": (encryption, "encrypt"),
    "table": (token_table, "write_csv"),
    "storing": (build, "_stored"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_process_that_is_killed_leaves_no_archive_and_the_next_one_removes_its_files(step, case):
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    child = os.fork()
    if child == 0:
        os.setsid()
        owner, name = STEPS[step]
        original = getattr(owner, name)

        def killed(*arguments, **options):
            if step in ("archive", "encryption"):
                original(*arguments, **options)
            os.killpg(0, signal.SIGKILL)

        killed.__module__, killed.__qualname__ = original.__module__, name
        setattr(owner, name, killed)
        build.build(request(case, recipients=[recipient]))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert archives(case) == []
    build.build(request(case, recipients=[recipient]))
    assert len(archives(case)) == 2
    assert not (case / "results/.work").exists()


def read(path):
    """Return what is in a file, as far as it was written."""
    data = path.read_bytes()
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return zlib.decompressobj(31).decompress(data) if path.suffix == ".gz" else data


def wait_for_lock(directory):
    """Wait until the processes have ended that have the lock of a directory."""
    descriptor = os.open(directory, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.close(descriptor)


def test_wherever_it_is_killed_there_is_a_whole_archive_or_none_and_no_name_among_what_is_redacted(case):
    source, values = random.Random(20261129), [value.encode() for value in SMALL.values]
    begin = time.monotonic()
    build.build(request(case))
    duration, whole = time.monotonic() - begin, (case / "results" / NAME).read_bytes()
    outcomes = set()
    for dummy in range(20):
        child = os.fork()
        if child == 0:
            build.build(request(case))
            os._exit(0)
        time.sleep(source.uniform(0, 1.1 * duration))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        wait_for_lock(case / "results")
        found = {path.name: path for path in (case / "results").glob("aqtive-guard-support*")}
        assert not found or {name: path.read_bytes() for name, path in found.items()} == {NAME: whole}
        redacted = [path for path in (case / "results/.work/redacted").glob("*") if path.is_file()]
        for path in redacted:
            content = read(path)
            assert [value for value in values if value in content] == []
        outcomes.add((bool(found), bool(redacted)))
        for path in (case / "results").rglob("*"):
            assert path.is_dir() or KEY.encode() not in read(path)
    assert len(outcomes) > 1
    build.build(request(case))
    assert not (case / "results/.work").exists()


def test_the_key_is_in_no_file(archive_of):
    archive = archive_of(1).path
    for path in archive.parent.rglob("*"):
        assert KEY.encode() not in path.read_bytes()
    assert KEY not in "".join(contents(archive).values())
