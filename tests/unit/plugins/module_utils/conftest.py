# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest


@pytest.fixture
def clock_of(monkeypatch):
    """A function that gives a module a clock which advances only by sleeping."""

    class Clock:
        def __init__(self):
            self.pauses = []

        def monotonic(self):
            return 1000.0 + sum(self.pauses)

        def sleep(self, seconds):
            self.pauses.append(seconds)

    def replace(module):
        clock = Clock()
        monkeypatch.setattr(module, "time", clock)
        return clock

    return replace
