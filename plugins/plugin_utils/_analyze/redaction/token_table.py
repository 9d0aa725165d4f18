# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens of an archive beside the values that they stand for. The table is for the operator alone."""

from __future__ import annotations

import contextlib
import os
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.database import (
    connection,
    literal,
)

with contextlib.suppress(ImportError):  # see libraries.py
    import orjson

_REMEMBERED = 100_000
_SORTED = """
COPY (
  SELECT DISTINCT token, value FROM read_json([{files}], format = 'newline_delimited', columns = {{token: 'VARCHAR', value: 'VARCHAR'}})
  ORDER BY token, value
) TO {path} (FORMAT csv, HEADER true)"""


class TokenTable:
    """Writes tokens and values to a file, most of them once."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._written: set[str] = set()

    def add(self, token: str, value: str) -> None:
        """Add a token; several values may have the same one."""
        if token in self._written:
            return
        if len(self._written) >= _REMEMBERED:
            self._written.clear()
        self._written.add(token)
        self._file.write(orjson.dumps({"token": token, "value": value}, option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        self._file.close()


def write_csv(tables: t.Sequence[Path], path: Path, temporary: Path) -> None:
    """Write the rows of all tables to a private CSV file, in order, each once."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    with connection(temporary) as database:
        database.execute(_SORTED.format(files=", ".join(map(literal, tables)), path=literal(path)))
    path.chmod(0o600)
