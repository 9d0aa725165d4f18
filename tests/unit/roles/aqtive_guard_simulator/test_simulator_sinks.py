# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that several processes write: rotation, retention, and no record lost or split."""

import json
import multiprocessing
import os
from collections import Counter

import pytest
from aqtive_guard_simulator import clock, config, sinks
from aqtive_guard_simulator.settings import Layout
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

START = 20000 * clock.DAY
FORK = multiprocessing.get_context("fork")


def line(name, moment, padding=0):
    record = {"id": name, "created_at": clock.to_text(moment), "message": "é" * padding}
    return (json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8")


def ids(path):
    """Ids of all lines of the file and its rotated ones, in the order of names and lines."""
    folder, name = os.path.split(str(path))
    found = []
    for other in sorted(os.listdir(folder), key=lambda other: (other == name, other)):
        with open(os.path.join(folder, other), encoding="utf-8", newline="\n") as file:
            found += [json.loads(text)["id"] for text in file]
    return found


def write_days(path, name, days, records_a_day, rotate_max=None):
    sink = sinks.FileSink(str(path), rotate=True, rotate_max=rotate_max)
    for number in range(days * records_a_day):
        moment = START + number * clock.DAY // records_a_day
        sink.write(line(f"{name}-{number}", moment, padding=number % 300), moment)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(writers=st.integers(2, 4), days=st.integers(2, 12), records_a_day=st.integers(1, 60))
def test_concurrent_writers_lose_split_and_duplicate_no_record(tmp_path_factory, writers, days, records_a_day):
    path = tmp_path_factory.mktemp("logs") / "guard.log"
    processes = [FORK.Process(target=write_days, args=(path, name, days, records_a_day)) for name in range(writers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    expected = {f"{name}-{number}" for name in range(writers) for number in range(days * records_a_day)}
    assert Counter(ids(path)) == Counter(expected)
    assert len(sinks.rotated(str(path))) == days - 1


def test_a_concurrent_reader_reads_whole_lines_and_never_fewer_than_before(tmp_path):
    path = tmp_path / "guard.log"
    processes = [FORK.Process(target=write_days, args=(path, name, 40, 100)) for name in range(2)]
    for process in processes:
        process.start()
    seen, reads = set(), 0
    while any(process.is_alive() for process in processes):
        now = [json.loads(text.decode("utf-8"))["id"] for text in sinks.read(str(path))]
        assert len(set(now)) == len(now)
        assert seen <= set(now)
        seen, reads = set(now), reads + 1
    assert reads > 3
    assert len(list(sinks.read(str(path)))) == 8000


def test_a_new_file_begins_with_the_first_record_of_a_new_day(tmp_path):
    path = tmp_path / "guard.log"
    sink = sinks.FileSink(str(path), rotate=True)
    for name, moment in (("a", START + 5 * clock.SECOND), ("b", START + clock.DAY - 1), ("c", START + clock.DAY)):
        sink.write(line(name, moment), moment)
    assert sorted(os.listdir(str(tmp_path))) == ["guard.log", "guard.log.2024-10-04_00-00-05"]
    assert ids(path) == ["a", "b", "c"]
    assert path.read_text().count("\n") == 1


def test_a_service_that_was_stopped_over_midnight_rotates_the_existing_file(tmp_path):
    path = tmp_path / "guard.log"
    sinks.FileSink(str(path), rotate=True).write(line("a", START), START)
    sinks.FileSink(str(path), rotate=True).write(line("b", START + 2 * clock.DAY), START + 2 * clock.DAY)
    assert len(sinks.rotated(str(path))) == 1


def test_without_rotation_there_is_one_file(tmp_path):
    path = tmp_path / "guard.log"
    sink = sinks.FileSink(str(path))
    for day in range(3):
        sink.write(line(str(day), START + day * clock.DAY), START + day * clock.DAY)
    assert os.listdir(str(tmp_path)) == ["guard.log"]


def test_retention_removes_the_oldest_files_and_no_file_with_a_similar_name(tmp_path):
    path = tmp_path / "guard.log"
    strangers = ["guard.log.old", "guard.log.2024-10-04_00-00-00.gz", "guard.log2024-10-04_00-00-00", "other.log"]
    for name in strangers:
        (tmp_path / name).write_text("")
    write_days(path, "a", 6, 2, rotate_max=2)
    kept = [name for name in sorted(os.listdir(str(tmp_path))) if name not in strangers]
    assert kept == ["guard.log", "guard.log.2024-10-07_00-00-00", "guard.log.2024-10-08_00-00-00"]
    assert set(strangers) < set(os.listdir(str(tmp_path)))


def test_a_clock_that_was_set_back_overwrites_no_rotated_file(tmp_path):
    path = tmp_path / "guard.log"
    for round_number in range(3):
        os.rename(str(path), str(tmp_path / "aside")) if path.exists() else None
        sink = sinks.FileSink(str(path), rotate=True)
        for day in range(2):
            sink.write(line(f"{round_number}-{day}", START + day * clock.DAY), START + day * clock.DAY)
    assert len(sinks.rotated(str(path))) == 3


def test_a_file_that_was_moved_away_is_created_again(tmp_path):
    path = tmp_path / "guard.log"
    sink = sinks.FileSink(str(path))
    sink.write(line("a", START), START)
    os.rename(str(path), str(tmp_path / "aside"))
    sink.write(line("b", START), START)
    assert path.read_bytes() == line("b", START)


@pytest.mark.parametrize("level", config.LEVELS)
@pytest.mark.parametrize("level_audit", config.LEVELS)
def test_a_level_is_a_threshold_for_its_own_records(level, level_audit):
    values = {"LOG_LEVEL": level.encode(), "LOG_LEVEL_AUDIT": level_audit.encode()}
    outlets = sinks.for_service(config.settings(values), Layout("/nowhere"), False)
    assert len(outlets.sinks) == 1
    for log_type, threshold in (("web", level), ("tanium", level), ("audit", level_audit)):
        passing = [name for name in config.LEVELS if outlets.passes(log_type, name)]
        assert passing == list(config.LEVELS[config.LEVELS.index(threshold) :])


def test_an_embedded_vm_resolves_paths_below_its_root():
    layout = Layout("/srv/vm1")
    assert layout.inside("/var/log/guard.log") == "/srv/vm1/var/log/guard.log"
    assert layout.inside("/srv/vm1/guard.log") == "/srv/vm1/guard.log"
    assert Layout("/").inside("/var/log/guard.log") == "/var/log/guard.log"
