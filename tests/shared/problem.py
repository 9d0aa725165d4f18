# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exception of the test fleets."""

from __future__ import annotations


class Problem(Exception):
    """Its text is one line for the user that names cause and remedy; no traceback is shown."""
