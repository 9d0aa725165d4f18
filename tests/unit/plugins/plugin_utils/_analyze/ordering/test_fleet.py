# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering import fleet, runs
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.fleet import Merged, merge
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.vm import analyze_vm


def record(number, second, **changes):
    fields = {"id": str(number), "created_at": f"2026-10-25T00:{second // 60:02d}:{second % 60:02d}Z", **changes}
    return json.dumps(fields).encode() + b"\n"


def write(directory, **vms):
    for vm, content in vms.items():
        (directory / f"{vm}.log").write_bytes(b"".join(content))
        analyze_vm(vm, {"log": directory / f"{vm}.log"}, directory)


def merged(directory, *vms):
    result = merge(vms, directory, directory / "merged.jsonl.gz")
    with gzip.open(directory / "merged.jsonl.gz") as stream:
        return stream.read().splitlines(keepends=True), result


def test_original_lines_of_all_vms_are_in_order(tmp_path):
    write(tmp_path, a=[record(1, 5), record(2, 9)], b=[record(3, 1), record(4, 7), b"damage\n"], c=[])
    lines, result = merged(tmp_path, "c", "b", "a")
    assert lines == [record(3, 1), record(1, 5), record(4, 7), record(2, 9)]
    assert result == Merged(4, 0)


def test_equal_times_are_ordered_by_vm_then_file_and_line(tmp_path):
    write(tmp_path, b=[record(9, 1), record(1, 1)], a=[record(5, 1), record(4, 1)])
    assert merged(tmp_path, "b", "a")[0] == [record(5, 1), record(4, 1), record(9, 1), record(1, 1)]


def test_record_that_two_vms_have_is_merged_once(tmp_path):
    write(tmp_path, a=[record(1, 1), record(2, 2)], b=[record(1, 1), record(3, 1), record(2, 2, message="other")])
    lines, result = merged(tmp_path, "a", "b")
    assert lines == [record(1, 1), record(3, 1), record(2, 2), record(2, 2, message="other")]
    assert result == Merged(4, 1)


@pytest.mark.parametrize("vms", [[], ["a"]])
def test_nothing_is_merged_to_an_empty_file(vms, tmp_path):
    write(tmp_path, a=[])
    assert merged(tmp_path, *vms) == ([], Merged(0, 0))


def test_file_is_private_and_the_same_on_every_run(tmp_path):
    write(
        tmp_path,
        a=[record(number, number) for number in range(0, 900, 2)],
        b=[record(number, number) for number in range(1, 900, 2)],
    )
    merged(tmp_path, "a", "b")
    path = tmp_path / "merged.jsonl.gz"
    first = path.read_bytes()
    assert first[:10] == b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    assert path.stat().st_mode & 0o777 == 0o600
    os.utime(path, (0, 0))
    merged(tmp_path, "a", "b")
    assert path.read_bytes() == first
    assert ".merged.jsonl.gz.partial" not in os.listdir(tmp_path)


def test_failure_leaves_the_former_file(tmp_path, monkeypatch):
    write(tmp_path, a=[record(1, 1)])
    merged(tmp_path, "a")
    before = (tmp_path / "merged.jsonl.gz").read_bytes()
    write(tmp_path, a=[record(2, 1)])
    monkeypatch.setattr(fleet.GzipWriter, "write", lambda *dummy: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        merge(["a"], tmp_path, tmp_path / "merged.jsonl.gz")
    assert (tmp_path / "merged.jsonl.gz").read_bytes() == before


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 9)), max_size=30), min_size=1, max_size=4),
    st.sampled_from([20, 150, 10**5]),
)
def test_order_is_that_of_time_vm_and_line(tmp_path_factory, contents, read_size):
    directory = tmp_path_factory.mktemp("fleet")
    vms = {f"vm{number}": [record(*each) for each in content] for number, content in enumerate(contents)}
    write(directory, **vms)
    size, runs._READ_SIZE = runs._READ_SIZE, read_size
    try:
        lines, result = merged(directory, *vms)
    finally:
        runs._READ_SIZE = size
    rows = [
        (json.loads(line)["created_at"], vm, number, line)
        for vm, content in vms.items()
        for number, line in enumerate(content)
    ]
    expected = list(dict.fromkeys(row[3] for row in sorted(rows)))
    assert lines == expected
    assert result.records == len(expected)
