# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be verified of the SQL without the other engines; tests/engines runs it with them."""

import re
from pathlib import Path

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import answers

ENGINES = Path(answers.__file__).parent / "engines"
# The fixed columns of each answer, apart from the total.
COLUMNS = {
    "records_by_time": "bucket minutes vm level records",
    "error_signatures": "signature level records vms first_seen last_seen sample",
    "exceptions": "exception records vms first_seen last_seen sample",
    "logins": "user_name client_ip granted denied first_seen last_seen",
    "logins_by_vm": "vm granted denied",
    "denied_actions": "action element user_name reason records vms first_seen last_seen",
    "setting_changes": "time vm setting old_value new_value user_name granted",
    "invalid_api_keys": "api_key client_ip records vms first_seen last_seen",
    "http_errors": "method path status_code records vms first_seen last_seen",
    "memory_by_module": "module vm records min_mb median_mb max_mb",
    "tanium_errors": "target path status_code error records vms first_seen last_seen",
    "failed_requests": "request_id vms time vm level log_type text",
}


def test_there_is_a_file_for_each_question():
    assert set(answers.QUESTIONS) == set(COLUMNS)


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_answer_has_the_fixed_columns(tmp_path, stage_records, name):
    with answers.connection(tmp_path) as database:
        answers.prepare(database, stage_records("a", {}))
        described = database.execute(answers.QUESTIONS[name]).description
    assert [column[0] for column in described] == [*COLUMNS[name].split(), "total"]


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_engines_read_the_same_literals(name):
    # ClickHouse and Spark decode escapes in literals, DuckDB does not: of these three, regular expressions decode the rest.
    assert re.sub(r"\\[nrt]", "", answers.QUESTIONS[name]).count("\\") == 0


def test_every_question_is_bounded_by_adding_a_limit():
    for text in answers.QUESTIONS.values():
        assert text.rstrip().splitlines()[-1].startswith("ORDER BY ")


def test_signatures_replace_the_same_with_every_engine():
    literals = {
        path.stem: re.findall(r"'(?:[^']|'')*'", path.read_text(encoding="utf-8").partition("signature_of")[2])
        for path in ENGINES.glob("*.sql")
    }
    assert set(literals) == {"duckdb", "spark", "clickhouse"}
    assert [text for text in literals["duckdb"] if text != "'g'"] == literals["spark"] == literals["clickhouse"]
    assert len(literals["spark"]) == 10
