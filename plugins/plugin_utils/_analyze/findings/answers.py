# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions about the records of a run whose answers the rules need."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.answers import prepare
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.database import connection
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.logging_keys import KEYS

Row = dict[str, t.Any]
Answers = dict[str, list[Row]]

PAIRS = 1_000_000
"""Pairs of first records of a request on two VMs that are compared."""
QUESTIONS: t.Final = {path.stem: path for path in sorted((Path(__file__).parent / "questions").glob("*.sql"))}


def answers(files: t.Sequence[Path], temporary: Path) -> Answers:
    """Return the answers about all records in Parquet files: changes of logging keys, shared ids, times of shared requests."""
    if not files:
        return {name: [] for name in QUESTIONS}
    parameters: dict[str, dict[str, t.Any]] = {
        "setting_changes": {"keys": list(KEYS)},
        "request_times": {"pairs": PAIRS},
        "shared_ids": {},
    }
    found: Answers = {}
    with connection(temporary) as database:
        prepare(database, files)
        for name, path in QUESTIONS.items():
            result = database.execute(path.read_text(encoding="utf-8"), parameters[name])
            columns = [column[0] for column in result.description or ()]
            found[name] = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    return found
