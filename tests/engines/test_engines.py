# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each question has the same answer with DuckDB, ClickHouse and Spark."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest
import zstandard

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import answers, growth, staging
from ansible_collections.community.aqtive_guard.tests.engines import engines

COLLECTION = Path(__file__).resolve().parents[2]
ENGINES = COLLECTION / "plugins" / "plugin_utils" / "_analyze" / "dataset" / "engines"
START = 1_790_000_000  # seconds
RECORDS = 2_000  # of a VM
PLANTED = [
    {"level": None, "log_type": None},
    {"level": "error", "message": "Zeile\u2028«Überprüfung» 7 \U0001f510 <b>'x' y</b> fe80::1 " + "ü" * 400},
    {"level": "error", "message": ""},
    {"level": "critical", "stacktrace": "Traceback:\n  a\nE.Violation: zwölf\nDETAIL: ü" + "ü" * 1200},
    {"level": "critical", "stacktrace": "java.io.IOException: gone\n\tat a.b.C(D.java:5)"},
    {"level": "critical", "stacktrace": "\r\n"},
    {"log_type": "web", "method": None, "path": None, "status_code": 500},
    {"log_type": "tanium", "status_code": 404},
    {"memory_mb": 0.1, "module": None},
    {"memory_mb": 1e300, "module": "large"},
    {"action": "login_attempt"},
    {"action": "access", "access_granted": False},
    {"action": "setting_change", "setting": "it's", "old_value": {"a": [1]}, "new_value": "\\d\n\t"},
    {"request_id": "planted", "level": "error", "action": "access", "unknown": {"a": "b"}},
]


def records(vm: str, step: int) -> list[bytes]:
    """Return the lines of a records file: what the simulator writes on a VM, and what it never does."""
    sys.path.insert(0, str(COLLECTION / "roles" / "aqtive_guard_simulator" / "files"))
    from aqtive_guard_simulator.records import Generator

    generator = Generator("web" if vm.startswith("web") else "worker", vm, "fleet", vm, 4000)
    made = [generator.build(generator.draw(), (START + number * step) * 10**6) for number in range(RECORDS)]
    made += [{"id": f"{vm}.{number}", **record} for number, record in enumerate(PLANTED)]
    times = [START + number * step for number in range(RECORDS)] + [4_000_000_000] * len(PLANTED)
    texts = [json.dumps(record, ensure_ascii=False).encode() for record in made]
    return [
        b"%019d\x1f00000\x1f%09d\x1f%b\n" % (at * 10**9, n, text)
        for n, (at, text) in enumerate(zip(times, texts, strict=True))
    ]


@pytest.fixture(scope="session", params=[1, 90, 2000], ids=["an hour", "two days", "two months"])
def data_set(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of three VMs in two parts, with a record each so many seconds."""
    folder, staged = tmp_path_factory.mktemp("data"), {}
    for vm in ("web01", "web02", "worker1"):
        file = folder / f"{vm}.zst"
        file.write_bytes(zstandard.compress(b"".join(records(vm, request.param))))
        staged[vm] = staging.stage(file, vm, folder, folder)
    growth.append(folder / "set", {"web02": staged["web02"]}, {})
    growth.append(folder / "set", staged, {})
    return folder / "set"


@pytest.fixture(scope="session")
def asked(data_set: Path) -> dict[str, engines.Ask]:
    os.environ["TZ"] = "UTC"
    time.tzset()
    functions = {path.stem: path.read_text(encoding="utf-8") for path in ENGINES.glob("*.sql")}
    pattern = f"{data_set}/records/*/*.parquet"
    return {
        "duckdb": engines.duckdb(pattern, functions["duckdb"]),
        "clickhouse": engines.clickhouse(pattern, functions["clickhouse"]),
        "spark": engines.spark(data_set / "records", functions["spark"]),
    }


@pytest.mark.parametrize("question", list(answers.QUESTIONS))
@pytest.mark.parametrize("engine", ["clickhouse", "spark"])
def test_answer_is_that_of_duckdb(asked: dict[str, engines.Ask], engine: str, question: str) -> None:
    expected = engines.comparable(asked["duckdb"](answers.QUESTIONS[question]))
    assert expected
    assert engines.comparable(asked[engine](answers.QUESTIONS[question])) == expected


@pytest.mark.parametrize("engine", ["clickhouse", "spark"])
def test_day_is_a_column(asked: dict[str, engines.Ask], engine: str) -> None:
    question = "SELECT count(*) AS records FROM records WHERE day = '2096-10-02'"
    assert asked[engine](question) == asked["duckdb"](question) == [{"records": 3 * len(PLANTED)}]
