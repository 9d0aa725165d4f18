# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress of one VM: a line for each phase and, every few seconds, how far it is."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t
from pathlib import Path

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

    @contextlib.contextmanager
    def watch(self, path: Path, size: int) -> t.Iterator[None]:
        """Show how a file grows while it is downloaded."""
        if not self._show:
            yield
            return
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(path, size, done), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _watch(self, path: Path, size: int, done: threading.Event) -> None:
        before, moment = 0, time.monotonic()
        while not done.wait(INTERVAL):
            with contextlib.suppress(OSError):
                arrived, now = path.stat().st_size, time.monotonic()
                rate = max(0, arrived - before) / (now - moment)
                before, moment = arrived, now
                share = 100 * arrived // max(size, 1)
                self.phase(f"download: {human(arrived)} of {human(size)} ({share} %), {human(rate)}/s")
