# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes of a pool, which end with the process that started them, however that one ends."""

from __future__ import annotations

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """End this process when its parent has ended. Otherwise it would wait for work, and hold locks, for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("not a process of a pool")

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
