# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress of one VM: a line for each phase and, every few seconds, how far it is."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.sizes import human

INTERVAL = 5.0
"""Seconds between two lines of the same phase."""


class Progress:
    """Show the progress of a VM by a function that prints a line; without one, show nothing."""

    def __init__(self, vm: str, show: t.Callable[[str], None] | None) -> None:
        self._vm = vm
        self._show = show
        self._last = 0.0

    def phase(self, text: str) -> None:
        """Show that a phase begins or ends."""
        self._last = time.monotonic()
        if self._show:
            self._show(f"{self._vm}: {text}")

    def step(self, text: str) -> None:
        """Show how far a phase is, unless the last line was shown a moment ago."""
        if time.monotonic() - self._last >= INTERVAL:
            self.phase(text)

    def download(self, size: int) -> t.Callable[[int], None]:
        """Return a function that shows how many of ``size`` bytes have arrived, unless the last line was shown a moment ago."""
        before, moment = 0, time.monotonic()

        def show(arrived: int) -> None:
            nonlocal before, moment
            now = time.monotonic()
            if now - moment < INTERVAL:
                return
            rate = max(0, arrived - before) / (now - moment)
            before, moment = arrived, now
            share = 100 * arrived // max(size, 1)
            self.phase(f"download: {human(arrived)} of {human(size)} ({share} %), {human(rate)}/s")

        return show
