# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.tables import aligned


def test_each_column_is_as_wide_as_its_widest_cell():
    assert aligned([["VM", "level"], ["worker1", "info"], ["", "debug"]]) == [
        "VM       level",
        "worker1  info",
        "         debug",
    ]


def test_no_rows_are_no_lines():
    assert aligned([]) == []


def test_cells_are_printable_before_they_are_aligned():
    assert aligned([["a\n", "b"], ["c", "d"]]) == ["a\\n  b", "c    d"]


def test_rows_of_different_lengths_are_an_error():
    with pytest.raises(ValueError):
        aligned([["a", "b"], ["c"]])
