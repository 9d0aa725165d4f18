# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import progress
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.progress import Progress


@pytest.fixture
def lines():
    return []


@pytest.fixture
def now(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_every_phase_is_shown(lines):
    progress = Progress("web1", lines.append)
    progress.phase("run")
    progress.phase("download")
    assert lines == ["web1: run", "web1: download"]


def test_a_step_is_shown_unless_the_last_line_was_shown_a_moment_ago(lines, now):
    progress = Progress("web1", lines.append)
    progress.phase("run")
    for seconds in (4, 4, 4, 4):
        now[0] += seconds
        progress.step(f"{now[0]:.0f}")
    assert lines == ["web1: run", "web1: 1008", "web1: 1016"]


def test_five_seconds_after_the_last_line_a_step_is_shown(lines, now):
    progress = Progress("web1", lines.append)
    progress.phase("run")
    now[0] += 5
    progress.step("step")
    assert lines == ["web1: run", "web1: step"]


@pytest.mark.parametrize(
    ("size", "arrived", "text"),
    [
        (6, 3, "3 B of 6 B (50 %), 1 B/s"),
        (1, 1, "1 B of 1 B (100 %), 0 B/s"),
        (200, 199, "199 B of 200 B (99 %), 40 B/s"),
    ],
)
def test_the_share_of_a_download_is_rounded_down_and_its_rate_to_the_nearest(lines, now, size, arrived, text):
    show = Progress("web1", lines.append).download(size)
    now[0] += 5
    show(arrived)
    assert lines == [f"web1: download: {text}"]


def test_a_download_is_shown_at_intervals_with_its_share_and_rate(lines, now):
    show = Progress("web1", lines.append).download(4 << 20)
    for seconds, arrived in ((4, 1), (1, 1 << 20), (4.9, 2 << 20), (0.1, 3 << 20)):
        now[0] += seconds
        show(arrived)
    assert lines == [
        "web1: download: 1.0 MiB of 4.0 MiB (25 %), 204.8 KiB/s",
        "web1: download: 3.0 MiB of 4.0 MiB (75 %), 409.6 KiB/s",
    ]


def test_a_file_that_shrinks_has_no_negative_rate(lines, now):
    show = Progress("web1", lines.append).download(1000)
    for arrived in (1000, 0):
        now[0] += 5
        show(arrived)
    assert lines[-1] == "web1: download: 0 B of 1000 B (0 %), 0 B/s"


def test_an_empty_file_is_shown(lines, now):
    show = Progress("web1", lines.append).download(0)
    now[0] += 5
    show(0)
    assert lines == ["web1: download: 0 B of 0 B (0 %), 0 B/s"]


def test_without_a_function_nothing_is_shown(now):
    progress = Progress("web1", None)
    progress.phase("run")
    progress.step("run")
    show = progress.download(1)
    now[0] += 60
    show(1)
