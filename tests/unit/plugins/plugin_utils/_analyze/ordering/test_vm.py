# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import json
import os
import random
import tarfile
import tracemalloc
import uuid
from io import BytesIO

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering import ids, sorting, timeline
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.summary import Summary
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.vm import (
    analyze_vm,
    records_path,
    summary_path,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.created_at import to_nanoseconds

START = to_nanoseconds("2026-10-25T00:00:00Z")
SECOND = 10**9


def record(number, time=None, **changes):
    fields = {
        "id": str(uuid.UUID(int=number, version=4)),
        "created_at": time or f"2026-10-25T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000000Z",
        "hostname": "vm1",
        "level": "info",
        "log_type": "application",
        "pid": 100,
        "message": f"message {number}",
    }
    return json.dumps({**fields, **changes}).encode() + b"\n"


def analyze(directory, *contents, vm="vm1"):
    files = {}
    for number, content in enumerate(contents):
        path = directory / f"{vm}-{number}.log"
        path.write_bytes(content)
        files[path.name] = path
    return analyze_vm(vm, files, directory)


def entries(directory, vm="vm1"):
    with records_path(directory, vm).open("rb") as stream:
        data = zstandard.ZstdDecompressor().stream_reader(stream).read()
    return [tuple(line.split(b"\x1f", 3)) for line in data.splitlines(keepends=True)]


def lines(directory, vm="vm1"):
    return [entry[3] for entry in entries(directory, vm)]


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(sorting, "BATCH_SIZE", 2000)
    monkeypatch.setattr(sorting, "OPEN_RUNS", 3)


def test_records_file_has_the_fixed_format(tmp_path):
    analyze(tmp_path, record(5) + b"damage\n" + record(1))
    assert entries(tmp_path) == [
        (b"%d" % (START + SECOND), b"00000", b"000000003", record(1)),
        (b"%d" % (START + 5 * SECOND), b"00000", b"000000001", record(5)),
    ]


@pytest.mark.parametrize("order", ["ascending", "descending", "shuffled"])
def test_records_are_in_order_whatever_the_order_of_the_file(order, tmp_path, small_batches):
    expected = [record(number) for number in range(500)]
    written = {"ascending": expected, "descending": expected[::-1], "shuffled": random.Random(1).sample(expected, 500)}[
        order
    ]
    summary = analyze(tmp_path, b"".join(written))
    assert lines(tmp_path) == expected
    assert (summary.records, summary.duplicates, summary.id_conflicts) == (500, 0, 0)
    assert set(os.listdir(tmp_path)) == {"vm1-0.log", "vm1.records.zst", "vm1.summary.json"}


def test_rotated_files_are_merged_whatever_their_order(tmp_path, small_batches):
    parts = [b"".join(record(number) for number in range(start, 300, 3)) for start in range(3)]
    analyze(tmp_path, *parts)
    assert lines(tmp_path) == [record(number) for number in range(300)]


def test_equal_times_are_ordered_by_file_and_line(tmp_path, small_batches):
    time = "2026-10-25T00:00:00Z"
    first = [record(number, time) for number in (9, 3, 5)]
    second = [record(number, time) for number in (8, 2)]
    analyze(tmp_path, b"".join(first), b"".join(second))
    assert lines(tmp_path) == [*first, *second]


def test_records_file_and_summary_are_private_and_the_same_on_every_run(tmp_path):
    content = b"".join(record(number) for number in random.Random(2).sample(range(300), 300))
    summary = analyze(tmp_path, content)
    written = records_path(tmp_path, "vm1").read_bytes()
    assert analyze(tmp_path, content) == summary
    assert records_path(tmp_path, "vm1").read_bytes() == written
    assert Summary.from_json(summary_path(tmp_path, "vm1").read_bytes()) == summary
    assert {path.stat().st_mode & 0o777 for path in (records_path(tmp_path, "vm1"), summary_path(tmp_path, "vm1"))} == {
        0o600
    }


def test_record_dated_2099_hides_nothing_that_follows(tmp_path, small_batches):
    future = record(1000, "2099-01-01T00:00:00Z")
    content = [record(number) for number in range(100)]
    summary = analyze(tmp_path, b"".join([*content[:50], future, *content[50:]]))
    assert lines(tmp_path) == [*content, future]
    assert summary.newest == to_nanoseconds("2099-01-01T00:00:00Z")


def test_offsets_are_one_time_line(tmp_path):
    content = [
        record(1, "2026-10-25T01:00:00+02:00"),
        record(2, "2026-10-24T23:30:00Z"),
        record(3, "2026-10-24T19:00:00-05:00"),
    ]
    analyze(tmp_path, b"".join(content[::-1]))
    assert lines(tmp_path) == content


def test_file_that_was_read_twice_counts_once(tmp_path, small_batches):
    content = b"".join(record(number, level="loud" if number % 2 else "info", extra=1) for number in range(100))
    summary = analyze(tmp_path, content, gzip.compress(content), content.replace(b"\n", b"\r\n"))
    assert len(lines(tmp_path)) == summary.records == 100
    assert summary.duplicates == 200
    assert summary.id_conflicts == 0
    assert summary.levels == {"info": 50, "unrecognized": 50}
    assert summary.variants == {"application": {"info": 50, "unrecognized": 50}}
    assert summary.invalid == 50
    assert [violation["count"] for violation in summary.violations] == [50]
    assert summary.unknown_fields == {"extra": 100}
    assert sum(summary.days.values()) == sum(summary.hours.values()) == 100


def test_same_time_and_text_with_other_ids_are_two_records(tmp_path):
    time = "2026-10-25T00:00:00Z"
    content = record(1, time, message="same") + record(2, time, message="same")
    summary = analyze(tmp_path, content)
    assert (summary.records, summary.duplicates, summary.id_conflicts) == (2, 0, 0)


@pytest.mark.parametrize("time", ["2026-10-25T00:00:01.000000Z", "2026-10-25T09:00:00.000000Z"])
def test_same_id_with_other_content_is_kept_and_reported(time, tmp_path):
    conflict = record(1, time, message="other")
    summary = analyze(tmp_path, record(1) + record(2), record(1) + record(3) + conflict)
    assert len(lines(tmp_path)) == summary.records == 4
    assert (summary.duplicates, summary.id_conflicts) == (1, 1)
    assert summary.id_conflict_places == [{"file": 1, "line": 3}]


def test_conflicts_are_found_among_many_ids(tmp_path, monkeypatch):
    monkeypatch.setattr(ids, "_AT_ONCE", 7)
    summary = analyze(tmp_path, b"".join(record(number) for number in range(100)) + record(50, message="other"))
    assert summary.id_conflicts == 1
    assert summary.id_conflict_places == [{"file": 0, "line": 101}]


def test_places_of_conflicts_are_bounded(tmp_path):
    summary = analyze(tmp_path, b"".join(record(1, message=str(number)) for number in range(50)))
    assert (summary.records, summary.id_conflicts, len(summary.id_conflict_places)) == (50, 49, 20)


def test_record_without_an_id_is_kept(tmp_path):
    summary = analyze(tmp_path, (record(1, id=None) + record(1, id=["x"])) * 2)
    assert (summary.records, summary.duplicates, summary.id_conflicts) == (2, 2, 0)


def test_files_in_archives_have_numbers_and_names_of_their_own(tmp_path):
    stream = BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in (("a.log", record(1)), ("b.log.gz", gzip.compress(record(2) + b"damage\n"))):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, BytesIO(content))
    summary = analyze(tmp_path, stream.getvalue(), record(3) + b"{}\n")
    assert summary.files == ["vm1-0.log", "vm1-0.log/a.log", "vm1-0.log/b.log.gz", "vm1-1.log"]
    assert [entry[1] for entry in entries(tmp_path)] == [b"00001", b"00002", b"00003"]
    assert summary.damage == [
        {"file": 2, "line": 2, "rule": "invalid_json"},
        {"file": 3, "line": 2, "rule": "created_at_missing"},
    ]
    assert summary.damage_totals == {"created_at_missing": 1, "invalid_json": 1}


def test_journal_export_is_counted(tmp_path):
    def entry(message, sender="cs-web"):
        fields = {"__CURSOR": "x", "SYSLOG_IDENTIFIER": sender, "MESSAGE": message}
        return json.dumps(fields).encode() + b"\n"

    lost = entry("Suppressed 12 messages from cs-web.service", "systemd-journald")
    summary = analyze(tmp_path, entry(record(1).decode()) + entry(None) + lost)
    assert (summary.records, summary.lost_messages, summary.other_messages) == (1, 12, 1)
    assert summary.damage == [{"file": 0, "line": 2, "rule": "journal_message_missing"}]


def test_violation_is_listed_with_its_first_place(tmp_path):
    summary = analyze(tmp_path, record(1) + record(2, level="loud") + record(3, level="loud"))
    violation = {"variant": "application", "pointer": "/level", "keyword": "enum", "count": 2, "file": 0, "line": 2}
    assert summary.violations == [violation]
    assert summary.log_types == {"application": 3}


def test_hours_days_and_gaps(tmp_path):
    times = ["2026-10-25T10:00:00Z", "2026-10-25T10:01:59Z", "2026-10-25T12:00:00Z", "2026-10-27T00:00:00Z"]
    summary = analyze(tmp_path, b"".join(record(number, time) for number, time in enumerate(times)))
    stamps = [to_nanoseconds(time) for time in times]
    assert summary.days == {"2026-10-25": 3, "2026-10-27": 1}
    assert summary.hours == {"2026-10-25T10": 2, "2026-10-25T12": 1, "2026-10-27T00": 1}
    assert summary.gaps == [stamps[1:3], stamps[2:4]]
    assert (summary.oldest, summary.newest) == (stamps[0], stamps[3])


def test_vm_without_records_has_an_empty_records_file(tmp_path):
    summary = analyze(tmp_path, b"", b"text\n")
    assert entries(tmp_path) == []
    assert (summary.records, summary.oldest, summary.newest, summary.days) == (0, None, None, {})
    assert summary.damage_totals == {"invalid_json": 1}


@pytest.mark.parametrize("vm", ["../vm", "a/b", "..", "é", "vm 1"])
def test_name_of_a_vm_is_no_path(vm, tmp_path):
    (tmp_path / "log").write_bytes(record(1))
    directory = tmp_path / "analysis"
    directory.mkdir()
    assert analyze_vm(vm, {"log": tmp_path / "log"}, directory).vm == vm
    assert len(os.listdir(directory)) == 2
    assert set(os.listdir(tmp_path)) == {"log", "analysis"}


def test_temporary_files_are_removed_after_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(timeline.Timeline, "add", lambda *dummy: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        analyze(tmp_path, record(1))
    assert os.listdir(tmp_path) == ["vm1-0.log"]


@pytest.mark.parametrize("text", ["[]", "{}", '{"format_version": 1}'])
def test_other_json_is_no_summary(text):
    with pytest.raises(ValueError, match="format version 1"):
        Summary.from_json(text)


def test_memory_does_not_grow_with_a_shuffled_file(tmp_path, monkeypatch):
    monkeypatch.setattr(sorting, "BATCH_SIZE", 200_000)
    monkeypatch.setattr(sorting, "OPEN_RUNS", 4)
    monkeypatch.setattr(ids, "_AT_ONCE", 2000)

    def peak(number):
        content = b"".join(random.Random(3).sample([record(each) for each in range(number)], number))
        (tmp_path / "log").write_bytes(content)
        tracemalloc.start()
        analyze_vm("vm1", {"log": tmp_path / "log"}, tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak(1000)
    # Eight bytes a record are remembered of its id.
    small, large = peak(4000), peak(16_000)
    assert large < small + 500_000


TIMES = st.integers(0, 5).map(lambda second: f"2026-10-25T00:00:0{second}Z")
RECORDS = st.builds(record, st.integers(0, 9), TIMES, message=st.sampled_from(["a", "b"]))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(RECORDS | st.just(b"damage\n"), max_size=12), max_size=4), st.sampled_from([500, 1500, 10**6]))
def test_order_is_total_and_nothing_is_lost(tmp_path_factory, contents, batch_size):
    directory = tmp_path_factory.mktemp("any")
    size, sorting.BATCH_SIZE = sorting.BATCH_SIZE, batch_size
    try:
        summary = analyze(directory, *map(b"".join, contents))
    finally:
        sorting.BATCH_SIZE = size
    got = entries(directory)
    assert got == sorted(got)
    places = {}
    for file, content in enumerate(contents):
        for line, text in enumerate(content, 1):
            if text != b"damage\n":
                places.setdefault(text, (b"%05d" % file, b"%09d" % line))
    assert {entry[3]: entry[1:3] for entry in got} == places
    assert len(got) == summary.records == len(places)
    distinct_ids = {json.loads(text)["id"] for text in places}
    assert summary.id_conflicts == len(places) - len(distinct_ids)
