# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""query.py DATASET QUESTION: print the answer to a question about a data set in JSON, a row on each line.

QUESTION is the name of a file in the folder questions, such as http_errors, or the path of a file with your own SQL.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import typing as t
from pathlib import Path

with contextlib.suppress(ImportError):  # see libraries.py
    import duckdb

# No import of the collection: the file is run by its path.
FOLDER = Path(__file__).parent
_VIEW = "CREATE VIEW records AS SELECT * FROM read_parquet('{files}', hive_partitioning = true)"
_ROWS = 1000


def rows(dataset: Path, question: Path) -> t.Iterator[dict[str, t.Any]]:
    """Yield the rows of the answer to a question in a file."""
    files = str(dataset / "records" / "*" / "*.parquet").replace("'", "''")
    with contextlib.closing(duckdb.connect()) as database:
        database.execute((FOLDER / "engines" / "duckdb.sql").read_text(encoding="utf-8"))
        database.execute(_VIEW.format(files=files))
        result = database.execute(question.read_text(encoding="utf-8"))
        names = [column[0] for column in result.description or ()]
        while found := result.fetchmany(_ROWS):
            yield from (dict(zip(names, row, strict=True)) for row in found)


def main(arguments: t.Sequence[str]) -> int:
    """Print the answer, with every character that is not ASCII escaped: a log may contain any."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    dataset, question = arguments
    shipped = FOLDER / "questions" / f"{question}.sql"
    try:
        for row in rows(Path(dataset), shipped if shipped.is_file() else Path(question)):
            print(json.dumps(row, default=str))
    except (OSError, duckdb.Error) as error:
        print(json.dumps(str(error)), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    # As other programs end in a pipe to head.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
