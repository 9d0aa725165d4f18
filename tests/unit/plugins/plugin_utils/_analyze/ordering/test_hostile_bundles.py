# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole bundles that somebody made to break the analysis: what is readable is kept, the rest is reported."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import uuid
import zipfile

import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.fleet import merge
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.vm import analyze_vm
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.lines import LINE_LIMIT
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.damage import RULES

HOSTILE = "</script><img src=x onerror=alert(1)>\x00\x1b[31m\x07\u2028\u202e\r\n\t\x7f\x1f"


def record(number, **changes):
    fields = {
        "id": str(uuid.UUID(int=number, version=4)),
        "created_at": f"2026-10-25T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}Z",
        "hostname": "vm1",
        "level": "info",
        "log_type": "application",
        "pid": 1,
        "message": f"message {number}",
    }
    return json.dumps({**fields, **changes}).encode() + b"\n"


def tar(data):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo("logs/vm.log")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def zipped(data):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vm.log", data)
    return stream.getvalue()


CONTAINERS = {
    "plain": bytes,
    "gzip": gzip.compress,
    "tar.gz": lambda data: gzip.compress(tar(data)),
    "tar of gz": lambda data: tar(gzip.compress(data)),
    "zip": zipped,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    # With a checksum, as the command zstd writes it: without one, a changed byte may give other text.
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}


def analyze(directory, data):
    (directory / "bundle").write_bytes(data)
    summary = analyze_vm("vm1", {"bundle": directory / "bundle"}, directory)
    merge(["vm1"], directory, directory / "merged.jsonl.gz")
    with gzip.open(directory / "merged.jsonl.gz") as stream:
        return summary, stream.read().splitlines(keepends=True)


def test_hostile_text_in_every_field_reaches_the_merged_log_unchanged(tmp_path):
    fields = json.loads(record(1))
    lines = [record(number, **{field: HOSTILE}) for number, field in enumerate(fields) if field != "created_at"]
    lines += [record(100 + number, **{HOSTILE + str(number): HOSTILE}) for number in range(3)]
    summary, merged = analyze(tmp_path, b"".join(lines))
    assert merged == lines
    assert summary.records == len(lines)
    assert not summary.damage
    # Only names of unknown fields are in a summary. They are hostile, too.
    assert HOSTILE not in json.dumps({**vars(summary), "unknown_fields": {}})


def test_damage_between_records_is_reported_with_its_line(tmp_path):
    damage = {
        "line_too_long": b"x" * (LINE_LIMIT + 70_000),
        "nested_too_deep": b"[" * 100_000,
        "not_a_number": record(1).replace(b": 1,", b": NaN,").strip(),
        "duplicate_key": record(1).replace(b'"pid"', b'"level"').strip(),
        "nul_byte": b"\0" * 4096 + record(1).strip(),
        "invalid_utf8": b"\xff\xfe text",
        "invalid_json": b"Oct 25 14:05:00 vm1 kernel: text",
    }
    lines = [each for number, text in enumerate(damage.values(), 10) for each in (record(number), text + b"\n")]
    summary, merged = analyze(tmp_path, b"".join(lines))
    assert merged == lines[::2]
    assert summary.damage == [{"file": 0, "line": 2 * number, "rule": rule} for number, rule in enumerate(damage, 1)]


def test_damaged_file_is_listed_behind_any_number_of_damaged_lines(tmp_path):
    summary, dummy = analyze(tmp_path, gzip.compress(b"x\n" * 100_000)[:-4])
    assert len(summary.damage) == 1001
    assert summary.damage[-1] == {"file": 0, "line": 0, "rule": "truncated"}
    assert summary.damage_totals == {"invalid_json": 100_000, "truncated": 1}


BYTES = st.binary(max_size=60).map(lambda data: data.replace(b"\n", b"") + b"\n")


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(list(CONTAINERS)), st.lists(BYTES | st.integers(0, 50).map(record), max_size=20))
def test_no_readable_record_is_lost_among_any_bytes(tmp_path_factory, container, lines):
    # Bytes at the start decide what the file is taken for.
    lines = [record(99), *lines]
    summary, merged = analyze(tmp_path_factory.mktemp("any"), CONTAINERS[container](b"".join(lines)))
    records = {line for line in lines if line.startswith(b'{"id": "')}
    assert sorted(merged) == sorted(records)
    assert summary.records == len(records)
    assert {damage["rule"] for damage in summary.damage} <= set(RULES)
    others = [line for line in lines if line not in records and line.strip()]
    assert sum(summary.damage_totals.values()) == len(others)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(list(CONTAINERS)), st.integers(0, 3000), st.binary(min_size=1, max_size=8), st.integers(1, 3000))
def test_damaged_bundle_gives_records_that_were_in_it_or_is_reported(tmp_path_factory, container, place, change, end):
    lines = [record(each) for each in range(40)]
    data = bytearray(CONTAINERS[container](b"".join(lines)))
    whole = bytes(data)
    data[place : place + len(change)] = change
    data = bytes(data[:end])
    summary, merged = analyze(tmp_path_factory.mktemp("damaged"), data)
    if merged != lines and container != "plain" and len(data) > 6 and data[:6] == whole[:6]:
        assert summary.damage
