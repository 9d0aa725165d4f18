# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

import threading
import time
import typing as t
from types import SimpleNamespace

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import progress
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.progress import Progress


@pytest.fixture
def lines():
    return []


def becomes_true(condition):
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_every_phase_is_shown(lines):
    progress = Progress("web1", lines.append)
    progress.phase("run")
    progress.phase("download")
    assert lines == ["web1: run", "web1: download"]


def test_a_step_is_shown_unless_the_last_line_was_shown_a_moment_ago(lines, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress = Progress("web1", lines.append)
    progress.phase("run")
    for seconds in (4, 4, 4, 4):
        now[0] += seconds
        progress.step(f"{now[0]:.0f}")
    assert lines == ["web1: run", "web1: 1008", "web1: 1016"]


@pytest.fixture
def intervals(monkeypatch):
    """Functions to call in the intervals in which a file is watched, which pass at once; after the last one the file is no longer read."""
    steps: list[t.Callable[[], object]] = []
    now = [1000.0]

    class Event(threading.Event):
        def wait(self, timeout=None):
            if not steps:
                return super().wait()
            now[0] += timeout
            steps.pop(0)()
            return False

    monkeypatch.setattr(progress, "threading", SimpleNamespace(Event=Event, Thread=threading.Thread))
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return steps


def test_a_growing_file_is_watched_until_the_block_ends(lines, tmp_path, intervals):
    path = tmp_path / "partial"
    before = threading.active_count()
    no_file_yet = lines.copy
    intervals += [
        no_file_yet,
        lambda: path.write_bytes(bytes(1 << 20)),
        lambda: path.write_bytes(bytes(3 << 20)),
    ]
    with Progress("web1", lines.append).watch(path, 4 << 20):
        assert becomes_true(lambda: len(lines) == 2)
    assert lines == [
        "web1: download: 1.0 MiB of 4.0 MiB (25 %), 102.4 KiB/s",
        "web1: download: 3.0 MiB of 4.0 MiB (75 %), 409.6 KiB/s",
    ]
    assert threading.active_count() == before


def test_a_file_that_shrinks_has_no_negative_rate(lines, tmp_path, intervals):
    path = tmp_path / "partial"
    intervals += [lambda: path.write_bytes(bytes(1000)), lambda: path.write_bytes(b"")]
    with Progress("web1", lines.append).watch(path, 1000):
        assert becomes_true(lambda: len(lines) == 2)
    assert lines[-1] == "web1: download: 0 B of 1000 B (0 %), 0 B/s"


def test_without_a_function_nothing_is_shown_and_no_thread_is_started(tmp_path):
    before = threading.active_count()
    progress = Progress("web1", None)
    progress.phase("run")
    progress.step("run")
    with progress.watch(tmp_path / "partial", 1):
        assert threading.active_count() == before


def test_a_missing_file_is_ignored_and_an_exception_of_the_block_passes(lines, tmp_path, intervals):
    intervals += [lines.copy, lines.copy]
    with pytest.raises(KeyError), Progress("web1", lines.append).watch(tmp_path / "a" / "b", 1):
        assert becomes_true(lambda: not intervals)
        raise KeyError
    assert lines == []
