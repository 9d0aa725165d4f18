# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain text tables."""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import printable


def aligned(rows: t.Iterable[t.Sequence[str]]) -> list[str]:
    """Return one line for each row, with aligned columns. Rows have the same length; cells are made printable."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
