# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The questions about a data set, put to DuckDB, ClickHouse and Spark as docs/docsite/rst/dataset.rst says."""

from __future__ import annotations

import json
import typing as t
from datetime import datetime
from pathlib import Path

Rows = list[dict[str, t.Any]]
Ask = t.Callable[[str], Rows]


def duckdb(pattern: str, functions: str) -> Ask:
    import duckdb

    database = duckdb.connect()
    database.execute(functions)
    database.execute(f"CREATE VIEW records AS SELECT * FROM read_parquet('{pattern}', hive_partitioning = true)")

    def ask(question: str) -> Rows:
        result = database.execute(question)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    return ask


def clickhouse(pattern: str, functions: str) -> Ask:
    from chdb.session import Session

    session = Session()
    for statement in functions.split(";\n"):
        session.query(statement)
    session.query("CREATE DATABASE IF NOT EXISTS logs")
    session.query(f"CREATE VIEW logs.records AS SELECT * FROM file('{pattern}', 'Parquet')")
    session.query("USE logs")

    def ask(question: str) -> Rows:
        result = session.query(f"{question} SETTINGS session_timezone = 'UTC'", "JSONEachRow")
        return [json.loads(line) for line in str(result).splitlines()]

    return ask


def spark(directory: Path, functions: str) -> Ask:
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.driver.memory", "2g")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    for statement in filter(str.strip, functions.split(";\n")):
        session.sql(statement)
    session.read.parquet(str(directory)).createOrReplaceTempView("records")
    return lambda question: [row.asDict() for row in session.sql(question).collect()]


def comparable(rows: Rows) -> Rows:
    """Return rows of any engine in one form: times as text to the microsecond, and the VMs in order."""
    return [{name: _comparable(name, value) for name, value in row.items()} for row in rows]


def _comparable(name: str, value: t.Any) -> t.Any:
    if name == "vms":
        return sorted(value)
    if name in ("bucket", "time", "first_seen", "last_seen"):
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).isoformat(timespec="microseconds")
    return value
