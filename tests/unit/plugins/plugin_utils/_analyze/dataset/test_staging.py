# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
from datetime import datetime, timedelta, timezone

import duckdb
import pytest
import zstandard

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import columns, staging

IDENTIFIERS = ["user_id", "element_id", "endpoint_id"]
NOON = datetime(2026, 10, 25, 12, tzinfo=timezone.utc)
TEXTS = [
    name
    for name in columns.FIELDS
    if name not in ("pid", "status_code", "memory_mb", "access_granted", "old_value", "new_value")
]


@pytest.fixture
def rows_of(tmp_path, write_records):
    """A function that stages JSON texts and returns the rows as dictionaries."""

    def rows(*raws, vm="web01", **options):
        records = write_records([(NOON + timedelta(seconds=n), raw) for n, raw in enumerate(raws)], **options)
        files = staging.stage(records, vm, tmp_path, tmp_path)
        if not files:
            return []
        result = duckdb.execute("SELECT * FROM read_parquet($1)", [list(map(str, files))])
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    return rows


@pytest.fixture
def row_of(rows_of):
    """A function that stages one record, a dictionary."""
    return lambda record: rows_of(json.dumps(record).encode())[0]


def test_rows_have_the_same_columns_as_records_that_are_staged(tmp_path, rows_of):
    """Of records whose texts are texts, such as redacted ones."""
    raws = [
        {"message": 'a \u00e9 \U0001f510 "quoted"\n\t\\', "status_code": 200, "access_granted": True, "pid": 7},
        {"message": None, "status_code": 200.5, "memory_mb": 1.5, "access_granted": False, "old_value": True},
        {"status_code": "***", "memory_mb": "***", "access_granted": "***", "pid": "***", "old_value": 5},
        {"memory_mb": 7, "new_value": "/var/log/cs.log", "old_value": None, "time": "***", "vm": "***", "@": None},
        {"stacktrace": "x" * 1_000_000},
    ]
    lines = [json.dumps(raw).encode() for raw in raws]
    expected = rows_of(*lines)
    moments = [b"%019d" % int((NOON + timedelta(seconds=n)).timestamp() * 10**9) for n in range(len(raws))]
    path = tmp_path / "rows.zst"
    places = [(b"%05d" % row["file"], b"%09d" % row["line"]) for row in expected]
    rows = [columns.row(moment, *place, line) for moment, place, line in zip(moments, places, lines, strict=True)]
    path.write_bytes(zstandard.compress(b"\n".join([*rows, b""])))
    files = staging.stage_rows({"web01": path}, list(columns.FIELDS), tmp_path, tmp_path)
    result = duckdb.execute("SELECT * FROM read_parquet($1)", [list(map(str, files))])
    names = [column[0] for column in result.description]
    assert names == [name for name in expected[0] if name not in ("extra", "raw")]
    assert [dict(zip(names, row, strict=True)) for row in result.fetchall()] == [
        {name: row[name] for name in names} for row in expected
    ]


def test_a_row_that_is_no_json_is_an_error(tmp_path):
    path = tmp_path / "rows.zst"
    path.write_bytes(zstandard.compress(b'{"@time":\n'))
    with pytest.raises(Failure):
        staging.stage_rows({"web01": path}, ["message"], tmp_path, tmp_path)


def test_columns_are_typed(tmp_path, rows_of):
    rows_of(b"{}")
    described = duckdb.execute(f"DESCRIBE SELECT * FROM read_parquet('{tmp_path}/*.parquet')").fetchall()
    types = {column[0]: column[1] for column in described}
    others = {
        "time": "TIMESTAMP",
        "file": "INTEGER",
        "line": "INTEGER",
        "pid": "BIGINT",
        "status_code": "BIGINT",
        "memory_mb": "DOUBLE",
        "access_granted": "BOOLEAN",
    }
    assert list(types) == ["time", "vm", "file", "line", *columns.FIELDS, "extra", "raw"]
    assert types == {**dict.fromkeys(types, "VARCHAR"), **others}


def test_row_has_what_the_record_has(row_of):
    record = {name: f"the {name}" for name in columns.FIELDS}
    record.update(pid=7, status_code=404, memory_mb=81.5, access_granted=False)
    row = row_of({**record, "created_at": "2026-10-25T12:00:00Z"})
    place = {"time": datetime(2026, 10, 25, 12), "vm": "web01", "file": 1, "line": 1, "extra": None}
    assert row == {**record, **place, "raw": row["raw"]}


def test_time_is_that_of_the_records_file_in_microseconds(rows_of):
    assert rows_of(b'{"created_at": "1999-01-01T00:00:00Z"}', b"{}")[1]["time"] == datetime(2026, 10, 25, 12, 0, 1)


@pytest.mark.parametrize("value", [True, {"a": 1}, ["a"], None])
def test_text_of_another_type_is_null(row_of, value):
    row = row_of(dict.fromkeys(TEXTS, value))
    assert {name: row[name] for name in TEXTS} == dict.fromkeys(TEXTS)
    assert row["extra"] is None
    assert json.loads(row["raw"]) == dict.fromkeys(TEXTS, value)


def test_number_is_no_text(row_of):
    names = [name for name in TEXTS if name not in IDENTIFIERS]
    row = row_of(dict.fromkeys(names, 5))
    assert {name: row[name] for name in names} == dict.fromkeys(names)


@pytest.mark.parametrize(("value", "expected"), [(5, "5"), (-5, "-5"), (0, "0"), (9, "9"), ("a:9", "a:9"), ("", "")])
def test_identifier_is_a_number_or_a_text(row_of, value, expected):
    row = row_of(dict.fromkeys(IDENTIFIERS, value))
    assert {name: row[name] for name in IDENTIFIERS} == dict.fromkeys(IDENTIFIERS, expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (5, "5"), (True, "true"), (None, None), ({"a": [1]}, '{"a":[1]}'), ([], "[]")],
)
def test_value_of_a_setting_is_of_any_type(row_of, value, expected):
    row = row_of({"old_value": value, "new_value": value})
    assert (row["old_value"], row["new_value"]) == (expected, expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (-1, -1), (2**63 - 1, 2**63 - 1), (2**63, None), ("5", None), (1.5, None), (True, None), ([5], None)],
)
def test_integer_of_another_type_is_null(row_of, value, expected):
    row = row_of({"pid": value, "status_code": value})
    assert (row["pid"], row["status_code"]) == (expected, expected)


@pytest.mark.parametrize(
    ("value", "expected"), [(5, 5.0), (0.5, 0.5), (-1e300, -1e300), ("5", None), (True, None), ({}, None)]
)
def test_memory_of_another_type_is_null(row_of, value, expected):
    assert row_of({"memory_mb": value})["memory_mb"] == expected


@pytest.mark.parametrize(("value", "expected"), [(True, True), (False, False), ("true", None), (1, None), (0, None)])
def test_boolean_of_another_type_is_null(row_of, value, expected):
    assert row_of({"access_granted": value})["access_granted"] is expected


def test_unknown_fields_are_extra(row_of):
    row = row_of({"id": "a", "created_at": "x", "new_field": {"b": [1, None]}, "message": 5, "empty": None})
    assert json.loads(row["extra"]) == {"new_field": {"b": [1, None]}, "empty": None}


def test_escapes_are_decoded_and_raw_is_unchanged(rows_of):
    raws = [
        b'{"message":"quote \\" backslash \\\\ line\\nend \\u0000 \\ud83d\\udd10"}',
        '{ "message" : "\u2028 é 山田 \x7f <b>" }'.encode(),
        b'{"message": "it\'s"}',
        b'{"message":",;\\t|\'#"}',
        b'\r{"message":\r"carriage returns"}\r',
        b'{"message":""}',
    ]
    rows = rows_of(*raws)
    assert [row["raw"].encode() for row in rows] == raws
    assert [row["message"] for row in rows] == [json.loads(raw)["message"] for raw in raws]


def test_record_that_the_parser_refuses_is_kept_raw(rows_of):
    before, refused, after = rows_of(b'{"id":"a"}', b'{"id":"b","message":"\\ud800"}', b'{"id":"c"}')
    assert (before["id"], after["id"]) == ("a", "c")
    assert refused["raw"] == '{"id":"b","message":"\\ud800"}'
    assert (refused["id"], refused["extra"]) == (None, None)
    assert refused["time"] == datetime(2026, 10, 25, 12, 0, 1)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id":"a","x":1e400}',
        b'{"id":"a","x":123456789012345678901234567890}',
        b'{"id":"a","id":"b"}',
        b'{"id":"a","x":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"id":"a","message":"' + b"\\n" * (2 << 20) + b'"}',
    ],
    ids=["infinite", "65 bits", "duplicate key", "deep", "long"],
)
def test_hostile_record_is_kept(rows_of, raw):
    row, after = rows_of(raw, b'{"id":"c"}')
    assert (row["id"], row["raw"].encode(), after["id"]) == ("a", raw, "c")


@pytest.mark.parametrize("block", [1, 30, 1000, 1 << 20])
def test_records_keep_their_order_across_blocks_and_frames(monkeypatch, rows_of, block):
    monkeypatch.setattr(staging, "BLOCK", block)
    rows = rows_of(*(b'{"pid":%d}' % number for number in range(30)), frames=7)
    assert [row["pid"] for row in rows] == list(range(30))
    assert [row["line"] for row in rows] == list(range(1, 31))


def test_block_of_many_records_keeps_its_order(rows_of):
    assert [row["pid"] for row in rows_of(*(b'{"pid":%d}' % number for number in range(50_000)))] == list(range(50_000))


def test_many_long_records_do_not_exceed_the_memory_limit(rows_of):
    message = b"m\\n" * 100_000
    rows = rows_of(*(b'{"pid":%d,"message":"%b"}' % (number, message) for number in range(60)))
    assert [row["pid"] for row in rows] == list(range(60))


def test_no_file_is_written_without_records(rows_of):
    assert rows_of() == []


def test_names_are_no_sql_and_no_pattern(tmp_path, rows_of, write_records):
    (tmp_path / "[a]*'").mkdir()
    assert rows_of(b"{}", vm="web'01", name="[a]*'/r.zst")[0]["vm"] == "web'01"
