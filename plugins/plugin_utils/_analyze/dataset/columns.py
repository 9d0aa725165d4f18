# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The columns of the data set, and how each is extracted from a record."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.database import literal

# What a column accepts, as SQL over the JSON text {0} of the field; everything else becomes NULL.
_TEXT = "CASE WHEN starts_with({0}::VARCHAR, '\"') THEN {0}->>'$' END"
# In ASCII, a quotation mark, a minus sign and the digits come before the colon, and the other values of JSON after it.
_TEXT_OR_NUMBER = "CASE WHEN {0}::VARCHAR < ':' THEN {0}->>'$' END"
_ANY = "{0}->>'$'"
_INTEGER = "CASE WHEN NOT contains({0}::VARCHAR, '.') THEN TRY_CAST({0}::VARCHAR AS BIGINT) END"
_NUMBER = "TRY_CAST({0}::VARCHAR AS DOUBLE)"
_BOOLEAN = "CASE {0}::VARCHAR WHEN 'true' THEN true WHEN 'false' THEN false END"

FIELDS = {
    "id": _TEXT,
    "level": _TEXT,
    "log_type": _TEXT,
    "hostname": _TEXT,
    "pid": _INTEGER,
    "request_id": _TEXT,
    "user_id": _TEXT_OR_NUMBER,
    "user_name": _TEXT,
    "action": _TEXT,
    "access_granted": _BOOLEAN,
    "access_denied_reason": _TEXT,
    "element": _TEXT,
    "element_id": _TEXT_OR_NUMBER,
    "setting": _TEXT,
    "old_value": _ANY,
    "new_value": _ANY,
    "api_key": _TEXT,
    "client_ip": _TEXT,
    "forwarded_for_client_ip": _TEXT,
    "method": _TEXT,
    "path": _TEXT,
    "status_code": _INTEGER,
    "memory_mb": _NUMBER,
    "module": _TEXT,
    "message": _TEXT,
    "stacktrace": _TEXT,
    "computer_group": _TEXT,
    "endpoint_id": _TEXT_OR_NUMBER,
    "target": _TEXT,
    "error": _TEXT,
}
"""The fields on the vendor's page that have a column. ``created_at`` is the column ``time``."""

_LONGEST_ROW = 32 << 20
_STRUCTURE = literal(json.dumps(dict.fromkeys(FIELDS, "JSON")))
_KNOWN = "[{}]".format(", ".join(map(literal, [*FIELDS, "created_at"])))
_WITHOUT_KNOWN = literal(json.dumps(dict.fromkeys([*FIELDS, "created_at"])))


def select(vm: str, lines: str) -> str:
    """Return a query for the rows of the data set; ``lines`` is a relation of the lines of a records file.

    Each record is parsed once for its fields and once for the names of the others. What this parser refuses, such as
    half a surrogate pair, is kept in ``raw`` alone.
    """
    fields = ",\n  ".join(f"{accepted.format(f'fields.{name}')} AS {name}" for name, accepted in FIELDS.items())
    # The values come from the tables above, and as literals.
    return f"""
SELECT
  make_timestamp(line[:19]::BIGINT // 1000) AS time,
  {literal(vm)} AS vm,
  line[21:25]::INTEGER AS file,
  line[27:35]::INTEGER AS line,
  {fields},
  CASE WHEN has_extra THEN json_merge_patch(raw, {_WITHOUT_KNOWN})::VARCHAR END AS extra,
  raw
FROM (
  SELECT
    *,
    TRY(json_transform(raw, {_STRUCTURE})) AS fields,
    len(list_filter(TRY(json_keys(raw)), lambda name: name NOT IN {_KNOWN})) > 0 AS has_extra
  FROM (SELECT line, line[37:] AS raw FROM {lines})
)"""  # noqa: S608


_PLACE = ("@time", "@file", "@line")
"""Fields of a row, besides those of its record. No record has them: see ``row``."""
_ROW_FIELDS = {
    **dict.fromkeys(FIELDS, "{0}"),
    "pid": _INTEGER,
    "status_code": _INTEGER,
    "memory_mb": _NUMBER,
    "access_granted": _BOOLEAN,
}


def row(time: bytes, file: bytes, line: bytes, record: bytes) -> bytes:
    """Return a record in JSON with its time and place, for ``select_rows``. The names of its fields do not begin with ``@``."""
    return b'{"@time":"%b","@file":"%b","@line":"%b",%b' % (time, file, line, record[1:])


def select_rows(vm: str, path: object, names: t.Sequence[str]) -> str:
    """Return a query for some columns of the data set, of records whose texts are texts, in a file of rows."""
    structure = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in (*_PLACE, *names))
    fields = ", ".join(f"{_ROW_FIELDS[name].format(name)} AS {name}" for name in names)
    # The values come from the tables above, and as literals.
    return f"""
SELECT
  make_timestamp("@time"::BIGINT // 1000) AS time,
  {literal(vm)} AS vm,
  "@file"::INTEGER AS file,
  "@line"::INTEGER AS line,
  {fields}
FROM read_json(
  {literal(path)}, columns = {{{structure}}}, format = 'newline_delimited', compression = 'zstd', maximum_object_size = {_LONGEST_ROW}
)"""  # noqa: S608
