# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong in the fleet itself: one line for people."""

from __future__ import annotations


class Problem(Exception):
    """Its text says what is wrong and what to do."""
