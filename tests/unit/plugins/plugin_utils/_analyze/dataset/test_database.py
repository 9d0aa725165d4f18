# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import duckdb
import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.database import (
    connection,
    literal,
)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("memory_limit", "238.4 MiB"),
        ("threads", 1),
        ("preserve_insertion_order", False),
        ("autoinstall_known_extensions", False),
        ("autoload_known_extensions", False),
    ],
)
def test_memory_is_bounded_and_nothing_is_loaded_from_elsewhere(tmp_path, setting, value):
    with connection(tmp_path) as database:
        assert database.execute(f"SELECT current_setting('{setting}')").fetchall() == [(value,)]


def test_temporary_files_are_below_the_directory(tmp_path):
    with connection(tmp_path) as database:
        assert database.execute("SELECT current_setting('temp_directory')").fetchall() == [(str(tmp_path),)]


def test_connection_is_closed(tmp_path):
    with connection(tmp_path) as database:
        pass
    with pytest.raises(duckdb.ConnectionException):
        database.execute("SELECT 1")


@pytest.mark.parametrize(
    ("query", "cause"),
    [
        ("SELECT * FROM read_parquet('/missing.parquet')", "missing.parquet"),
        ("SELECT CAST('secret' AS INTEGER)", "ConversionException"),
    ],
)
def test_error_is_a_failure_that_quotes_no_record(tmp_path, query, cause):
    with pytest.raises(Failure) as raised, connection(tmp_path / "staging") as database:
        database.execute(query).fetchall()
    (error,) = raised.value.errors
    assert (error["phase"], error["subject"]) == ("store", "DuckDB")
    assert error["cause"].startswith(f"failed in {tmp_path}: ")
    assert cause in error["cause"] and "secret" not in error["cause"]


def test_literal_has_its_quotes_doubled(tmp_path):
    with connection(tmp_path) as database:
        assert database.execute("SELECT " + literal("it's 'a' path")).fetchall() == [("it's 'a' path",)]
