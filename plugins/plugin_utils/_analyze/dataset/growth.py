# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The growth of a data set: what is new is added to the file of its day."""

from __future__ import annotations

import contextlib
import typing as t
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import directory
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.database import (
    PARQUET,
    connection,
    literal,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import last_collections

with contextlib.suppress(ImportError):  # see libraries.py
    import duckdb

_DAYS = """
SELECT time::DATE AS day, list(DISTINCT filename) AS files
FROM read_parquet({files}, filename = true)
GROUP BY day
ORDER BY day"""

_NEW = "SELECT * FROM read_parquet({files}) WHERE time::DATE = {day}"
# The data set has a record if it has this line from the same VM. So records without an id are added once as well, and
# records of the same id with different contents are both kept.
_NOT_YET_IN = """
SELECT new.* FROM ({new}) AS new
ANTI JOIN (SELECT time, hash(vm, raw) AS line_hash FROM read_parquet({file})) AS old
ON new.time = old.time AND hash(new.vm, new.raw) = old.line_hash"""
_BOTH = "SELECT * FROM read_parquet([{old}, {new}])"

_NEWEST = "SELECT max(time) FROM read_parquet({files}) WHERE time <= {limit}"


class Growth(t.NamedTuple):
    """What an append changed."""

    added: int  # records
    days: list[date]  # that records were added to
    removed: list[date]  # that were older than keep_days


def append(
    root: Path,
    staged: t.Mapping[str, t.Sequence[Path]],
    collected: t.Mapping[str, t.Sequence[last_collections.Period]],
    keep_days: int | None = None,
    now: datetime | None = None,
) -> Growth:
    """Add those records of the VMs' staged files to a data set that it has not got yet, and create it if necessary.

    ``collected`` is of which periods all records of the VMs were collected. ``keep_days`` is how many days before today are kept.

    A process that is killed leaves whole days: those before some day have the new records, those from it on do not. So
    an append that is repeated adds the rest, and until then ``next_date_from`` is as before.
    """
    first = (
        (now or datetime.now(timezone.utc)).date() - timedelta(days=keep_days) if keep_days is not None else date.min
    )
    with directory.locked(root) as data, connection(data.staging) as database:
        added = {day: _add(database, data, day, files) for day, files in _days(database, staged) if day >= first}
        last_collections.update(root, collected, lambda vm, limit: _newest(database, staged.get(vm, ()), limit))
        removed = [day for day in data.days() if day < first]
        for day in removed:
            data.remove(day)
    return Growth(sum(added.values()), [day for day, count in added.items() if count], removed)


def _days(
    database: duckdb.DuckDBPyConnection, staged: t.Mapping[str, t.Sequence[Path]]
) -> list[tuple[date, list[str]]]:
    """Return the days that there are staged records of, the earliest first, each with the files concerned."""
    files = [file for files in staged.values() for file in files]
    if not files:
        return []
    rows = database.execute(_DAYS.format(files=_list(files))).fetchall()
    order = {str(file): number for number, file in enumerate(files)}
    return [(day, sorted(names, key=order.__getitem__)) for day, names in rows]


def _add(database: duckdb.DuckDBPyConnection, data: directory.Directory, day: date, files: t.Sequence[str]) -> int:
    """Add what is new to the file of a day, and return the number of these records."""
    query, file, new = _NEW.format(files=_list(files), day=literal(day)), data.file(day), data.staging / "new.parquet"
    if not file.exists():
        count = _copy(database, query, new)
        data.publish(new, day)
        return count
    count = _copy(database, _NOT_YET_IN.format(new=query, file=literal(file)), new)
    if count:
        both = data.staging / "both.parquet"
        _copy(database, _BOTH.format(old=literal(file), new=literal(new)), both)
        data.publish(both, day)
    return count


def _copy(database: duckdb.DuckDBPyConnection, query: str, file: Path) -> int:
    row = database.execute(f"COPY ({query}) TO {literal(file)} ({PARQUET})").fetchone()
    return int(row[0]) if row else 0


def _newest(database: duckdb.DuckDBPyConnection, files: t.Sequence[Path], limit: datetime) -> datetime | None:
    """Return the time of the newest record that is not later than a time."""
    if not files:
        return None
    literal_limit = f"{literal(limit.astimezone(timezone.utc).replace(tzinfo=None))}::TIMESTAMP"
    row = database.execute(_NEWEST.format(files=_list(files), limit=literal_limit)).fetchone()
    return row[0].replace(tzinfo=timezone.utc) if row and row[0] else None


def _list(files: t.Iterable[object]) -> str:
    return "[{}]".format(", ".join(map(literal, files)))
