# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of the page, ready to be rendered."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Cell:
    text: str
    tone: str = ""
    """good, warn or bad: a colour beside the words."""
    note: str = ""
    """A second, smaller line."""
    link: str = ""


@dataclass(frozen=True)
class Column:
    heading: str
    style: str = "text"
    """text, code, number or time."""


@dataclass(frozen=True)
class Row:
    cells: t.Sequence[Cell]
    id: str = ""


@dataclass(frozen=True)
class Table:
    caption: str
    columns: t.Sequence[Column]
    rows: t.Sequence[Row]
    more: str = ""
    """What the table leaves out."""

    def split(self, count: int) -> tuple[Table, Table]:
        """Return the table of the first rows, and that of the others."""
        return replace(self, rows=self.rows[:count], more=""), replace(self, rows=self.rows[count:])
