# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import multiprocessing
import os
import random
import shutil
import stat
import time
from datetime import date, datetime, timedelta, timezone

import duckdb
import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import directory, growth
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.last_collections import (
    Period,
    next_date_from,
)

NOON = datetime(2026, 10, 25, 12, tzinfo=timezone.utc)
DAY = 24 * 60


@pytest.fixture
def root(tmp_path):
    return tmp_path / "dataset"


def rows(root):
    """Return what anybody reads who knows nothing but the pattern of the paths."""
    source = f"read_parquet('{root}/records/**/*.parquet', hive_partitioning = true)"
    return sorted(duckdb.execute(f"SELECT day, vm, raw FROM {source}").fetchall())


def records_of(days, number=20):
    return [{"minute": DAY * day + n, "id": f"{day}.{n}"} for day in days for n in range(number)]


def test_data_set_is_created_with_a_file_a_day(root, stage_records):
    staged = {"a": stage_records("a", {"minute": 0}, {"minute": DAY}), "b": stage_records("b", {"minute": 719})}
    result = growth.append(root, staged, {})
    assert result == growth.Growth(3, [date(2026, 10, 25), date(2026, 10, 26)], [])
    assert sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()) == [
        "collections.json",
        "lock",
        "records/day=2026-10-25/records.parquet",
        "records/day=2026-10-26/records.parquet",
    ]
    assert [(day, vm) for day, vm, _raw in rows(root)] == [
        (date(2026, 10, 25), "a"),
        (date(2026, 10, 25), "b"),
        (date(2026, 10, 26), "a"),
    ]


def test_days_are_those_of_utc_from_midnight_to_midnight(root, stage_records):
    growth.append(root, {"a": stage_records("a", {"minute": 720 - 0.0001}, {"minute": 720})}, {})
    assert [day for day, *dummy in rows(root)] == [date(2026, 10, 25), date(2026, 10, 26)]


def test_columns_survive(root, stage_records):
    staged = stage_records("a", {"message": "m", "pid": 5, "new": [1]}, {"minute": 1})
    growth.append(root, {"a": staged[:1]}, {})
    growth.append(root, {"a": stage_records("a", {"minute": 2})}, {})
    described = "DESCRIBE SELECT * FROM read_parquet('{}', hive_partitioning = false)"
    schemas = [duckdb.execute(described.format(file)).fetchall() for file in (staged[0], *directory.files(root))]
    assert schemas[0] == schemas[1]


def test_nothing_is_added_twice(root, stage_records):
    staged = {"a": stage_records("a", *records_of([0, 1]))}
    assert growth.append(root, staged, {}).added == 40
    before = {path: path.stat().st_mtime_ns for path in directory.files(root)}
    assert growth.append(root, staged, {}) == growth.Growth(0, [], [])
    assert {path: path.stat().st_mtime_ns for path in directory.files(root)} == before


def test_what_is_new_is_added_behind_what_is_there(root, stage_records):
    growth.append(root, {"a": stage_records("a", *records_of([0, 1]))}, {})
    result = growth.append(root, {"a": stage_records("a", *records_of([1, 2], 30))}, {})
    assert result == growth.Growth(40, [date(2026, 10, 26), date(2026, 10, 27)], [])
    numbers = duckdb.execute(f"SELECT id FROM '{directory.files(root)[1]}'").fetchall()
    assert [row[0] for row in numbers] == [f"1.{n}" for n in range(30)]


def test_record_without_an_id_is_added_once(root, stage_records):
    staged = {"a": stage_records("a", {"id": None, "message": "x"})}
    growth.append(root, staged, {})
    assert growth.append(root, staged, {}).added == 0


def test_same_id_with_another_content_is_another_record(root, stage_records):
    growth.append(root, {"a": stage_records("a", {"id": "x", "message": "one"})}, {})
    assert growth.append(root, {"a": stage_records("a", {"id": "x", "message": "two"})}, {}).added == 1


def test_same_line_of_another_vm_is_another_record(root, stage_records):
    record = {"id": "x", "hostname": "shared"}
    growth.append(root, {"a": stage_records("a", record)}, {})
    assert growth.append(root, {"b": stage_records("b", record)}, {}).added == 1
    assert growth.append(root, {"b": stage_records("b", record)}, {}).added == 0


def test_vms_without_records_add_nothing(root):
    assert growth.append(root, {}, {"a": [Period(None, NOON)]}) == growth.Growth(0, [], [])
    assert directory.files(root) == []


@pytest.mark.parametrize(("keep", "kept"), [(0, [3]), (1, [2, 3]), (3, [0, 1, 2, 3]), (None, [0, 1, 2, 3])])
def test_days_that_are_older_than_keep_days_are_removed(root, stage_records, keep, kept):
    growth.append(root, {"a": stage_records("a", *records_of(range(4), 1))}, {})
    now = NOON + timedelta(days=3)
    result = growth.append(root, {}, {}, keep_days=keep, now=now)
    assert [(day - NOON.date()).days for day, *dummy in rows(root)] == kept
    assert [(day - NOON.date()).days for day in result.removed] == [day for day in range(4) if day not in kept]


def test_records_that_are_older_than_keep_days_are_not_added(root, stage_records):
    staged = {"a": stage_records("a", *records_of(range(4), 1))}
    assert growth.append(root, staged, {}, keep_days=1, now=NOON + timedelta(days=3)).added == 2


def test_only_the_user_can_read_it(root, stage_records):
    previous = os.umask(0)
    try:
        growth.append(root, {"a": stage_records("a", {})}, {"a": [Period(None, NOON)]})
    finally:
        os.umask(previous)
    for path in (root, *root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_leftovers_are_removed(root, stage_records):
    growth.append(root, {"a": stage_records("a", {})}, {})
    (root / "staging" / "new.parquet").write_bytes(b"half a file")
    (root / "staging" / "removed").mkdir()
    (root / "staging" / "removed" / "records.parquet").write_bytes(b"")
    growth.append(root, {"a": stage_records("a", {"minute": 1})}, {})
    assert list((root / "staging").iterdir()) == []
    assert len(rows(root)) == 2


@pytest.mark.parametrize("name", ["records", "staging", "lock", "records/day=2026-10-25", "collections.json"])
def test_symbolic_link_is_refused(tmp_path, root, stage_records, name):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / name).parent.mkdir(mode=0o700, parents=True)
    (root / name).symlink_to(elsewhere)
    with pytest.raises(Failure) as caught:
        growth.append(root, {"a": stage_records("a", {})}, {"a": [Period(None, NOON)]})
    error = caught.value.errors[0]
    assert error["subject"] == str(root / name)
    if name != "collections.json":
        assert error["cause"] == f"is a symbolic link to {elsewhere}, but a data set contains none"
        assert error["remedy"] == "Remove it, or choose another data set"
    assert list(elsewhere.iterdir()) == []


def test_data_set_that_is_a_symbolic_link_is_refused(tmp_path, root, stage_records):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    root.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Failure, match="not a directory"):
        growth.append(root, {"a": stage_records("a", {})}, {})


def test_file_in_place_of_a_directory_is_refused(root, stage_records):
    root.mkdir(mode=0o700)
    (root / "records").write_text("")
    with pytest.raises(Failure, match="is of another type than in a data set"):
        growth.append(root, {"a": stage_records("a", {})}, {})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another user")
@pytest.mark.parametrize("name", ["", "records", "staging"])
def test_data_set_of_another_user_is_refused(root, stage_records, name):
    (root / name).mkdir(mode=0o700, parents=True)
    os.chown(root / name, 65534, 65534)
    with pytest.raises(Failure) as caught:
        growth.append(root, {"a": stage_records("a", {})}, {})
    assert caught.value.errors[0]["subject"] == str(root / name)
    assert "belongs to" in caught.value.errors[0]["cause"]


def test_damaged_file_is_an_error_that_names_it(root, stage_records):
    growth.append(root, {"a": stage_records("a", {})}, {})
    directory.files(root)[0].write_bytes(b"no Parquet")
    with pytest.raises(Failure) as caught:
        growth.append(root, {"a": stage_records("a", {"minute": 1})}, {})
    assert "day=2026-10-25/records.parquet" in caught.value.errors[0]["cause"]


def test_append_waits_for_another_one(root, stage_records):
    staged, context = {"a": stage_records("a", {})}, multiprocessing.get_context("forkserver")
    with directory.locked(root):
        child = context.Process(target=growth.append, args=(root, staged, {}))
        child.start()
        child.join(1)
        assert child.is_alive()
        assert directory.files(root) == []
    child.join(60)
    assert (child.exitcode, len(rows(root))) == (0, 1)


def test_failed_append_keeps_what_the_next_collection_asks_for(monkeypatch, root, stage_records):
    growth.append(root, {"a": stage_records("a", *records_of([0]))}, {"a": [Period(None, NOON + timedelta(hours=1))]})
    before, publish = next_date_from(root, "a"), directory.Directory.publish

    def fail_on_the_second_day(self, staged, day):
        if day == date(2026, 10, 27):
            raise OSError(28, "No space left on device")
        publish(self, staged, day)

    staged = {"a": stage_records("a", *records_of(range(4)))}
    monkeypatch.setattr(directory.Directory, "publish", fail_on_the_second_day)
    with pytest.raises(Failure, match="No space left on device"):
        growth.append(root, staged, {"a": [Period(None, NOON + timedelta(days=4))]})
    assert {day.day for day, *dummy in rows(root)} == {25, 26}
    assert list((root / "staging").iterdir()) == []
    assert next_date_from(root, "a") == before
    monkeypatch.undo()
    assert growth.append(root, staged, {"a": [Period(None, NOON + timedelta(days=4))]}).added == 40


def test_killed_append_leaves_whole_days_and_is_repeated(tmp_path, root, stage_records):
    growth.append(root, {"a": stage_records("a", *records_of(range(2)))}, {})
    staged = {vm: stage_records(vm, *records_of(range(3), 200)) for vm in ("a", "b")}
    before, complete = rows(root), tmp_path / "complete"
    shutil.copytree(root, complete)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([growth.__name__])

    def start(target):
        child = context.Process(
            target=growth.append, args=(target, staged, {"a": [Period(None, NOON)], "b": [Period(None, NOON)]})
        )
        child.start()
        return child

    start(tmp_path / "warm").join()
    started = time.monotonic()
    start(complete).join()
    seconds, expected = time.monotonic() - started, rows(complete)
    assert len(expected) == 2 * 3 * 200
    seed = random.randrange(1 << 32)
    moments = random.Random(seed)
    for number in range(20):
        target = tmp_path / f"killed{number}"
        shutil.copytree(root, target)
        child = start(target)
        time.sleep(moments.uniform(0, seconds))
        child.kill()
        child.join()
        found = rows(target)
        assert set(before) <= set(found) <= set(expected), (seed, number)
        for day in {day for day, *dummy in expected}:
            of_day = [row for row in found if row[0] == day]
            assert of_day in ([row for row in rows_ if row[0] == day] for rows_ in (before, expected)), (seed, number)
        growth.append(target, staged, {"a": [Period(None, NOON)], "b": [Period(None, NOON)]})
        assert rows(target) == expected, (seed, number)
        shutil.rmtree(target)
