# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.variants import (
    Variants,
    flat_schema,
    log_type_of,
    schemas,
)

REPOSITORY = Path(__file__).parents[6]
sys.path.insert(0, str(REPOSITORY / "roles/aqtive_guard_simulator/files"))

from aqtive_guard_simulator import records  # noqa: E402

LEVELS = ["debug", "info", "warning", "error", "critical"]
VARIANTS = Variants()
KIND_OF_VARIANT = {name: name for name in records.kinds("web") + records.kinds("worker")}


def simulated(kind, number=40):
    generator = records.Generator("web", f"seed/{kind}", "fleet", "vm1", 100)
    log_type = records._LOG_TYPES.get(kind, "audit")
    for index in range(number):
        yield generator.build(records.Draw(kind, log_type, LEVELS[index % 5]), 1_793_000_000_000_000 + index)


RECORDS = {kind: list(simulated(kind)) for kind in KIND_OF_VARIANT}


@pytest.mark.parametrize("kind", RECORDS)
def test_simulated_record_conforms_to_the_schema_of_its_variant(kind):
    for record in RECORDS[kind]:
        variant = VARIANTS.of(record)
        assert variant.name == kind
        assert log_type_of(kind) == record["log_type"]
        assert variant.violations(record) == []
        assert variant.is_ordinary(record)


@pytest.mark.parametrize("kind", RECORDS)
def test_record_with_an_unknown_field_is_valid_but_not_ordinary(kind):
    record = {**RECORDS[kind][0], "release_2027": {"nested": [1]}}
    assert VARIANTS.of(record).violations(record) == []
    assert not VARIANTS.of(record).is_ordinary(record)
    assert record.keys() - VARIANTS.of(record).fields == {"release_2027"}


@pytest.mark.parametrize("field", ["id", "created_at", "hostname", "level", "pid"])
@pytest.mark.parametrize("kind", RECORDS)
def test_missing_baseline_field_is_a_violation(kind, field):
    record = {key: value for key, value in RECORDS[kind][0].items() if key != field}
    assert VARIANTS.of(record).violations(record) == [(f"/{field}", "required")]
    assert not VARIANTS.of(record).is_ordinary(record)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("login_attempt", "access_granted"),
        ("login_attempt", "client_ip"),
        ("user_activity", "element"),
        ("user_activity", "element_id"),
        ("user_activity", "client_ip"),
        ("setting_change", "setting"),
        ("setting_change", "old_value"),
        ("setting_change", "new_value"),
        ("api_request", "access_granted"),
        ("web", "method"),
        ("web", "path"),
        ("web", "status_code"),
        ("analysis", "memory_mb"),
        ("analysis", "module"),
        ("analysis", "message"),
        ("application", "message"),
        ("tanium", "message"),
        ("tanium_api_request", "path"),
    ],
)
def test_missing_field_of_the_variant_is_a_violation(kind, field):
    record = {key: value for key, value in RECORDS[kind][0].items() if key != field}
    assert (f"/{field}", "required") in VARIANTS.of(record).violations(record)


@pytest.mark.parametrize("kind", ["user_activity", "setting_change", "api_request"])
def test_denial_needs_its_reason(kind):
    record = {**RECORDS[kind][0], "access_granted": False}
    record.pop("access_denied_reason", None)
    assert VARIANTS.of(record).violations(record) == [("/access_denied_reason", "required")]
    assert VARIANTS.of(record).violations({**record, "access_granted": True}) == []


def test_tanium_request_needs_an_answer_or_an_error():
    record = {
        key: value for key, value in RECORDS["tanium_api_request"][0].items() if key not in ("status_code", "error")
    }
    assert VARIANTS.of(record).violations(record) == [("/", "anyOf")]
    assert VARIANTS.of(record).violations({**record, "error": "Connection refused"}) == []
    assert VARIANTS.of(record).violations({**record, "status_code": 200}) == []


@pytest.mark.parametrize(
    ("field", "value", "keyword"),
    [
        ("id", "not a UUID", "pattern"),
        ("id", "00000000-0000-1000-8000-000000000000", "pattern"),
        ("id", 7, "type"),
        ("level", "fatal", "enum"),
        ("level", "INFO", "enum"),
        ("pid", "100", "type"),
        ("pid", -1, "minimum"),
        ("pid", 1.5, "type"),
        ("pid", 1e19, "maximum"),
        ("hostname", None, "type"),
        ("created_at", 1793000000, "type"),
        ("created_at", "2026-10-25T14:05:00+02:00", "pattern"),
        ("created_at", "2026-10-25T14:05:00,5Z", "pattern"),
        ("created_at", "2026-10-25T14:05:61Z", "pattern"),
        ("created_at", "2026-10-25T14:05:00Z\n", "pattern"),
        ("status_code", "200", "type"),
        ("status_code", 99, "minimum"),
        ("status_code", 600, "maximum"),
        ("user_name", ["alice"], "type"),
    ],
)
def test_wrong_value_is_a_violation_that_does_not_contain_it(field, value, keyword):
    record = {**RECORDS["web"][0], field: value}
    assert VARIANTS.of(record).violations(record) == [(f"/{field}", keyword)]
    assert not VARIANTS.of(record).is_ordinary(record)


@pytest.mark.parametrize("field", ["request_id", "user_id", "user_name", "stacktrace"])
def test_additional_field_may_be_null(field):
    record = {**RECORDS["web"][0], field: None}
    assert VARIANTS.of(record).is_ordinary(record)


@pytest.mark.parametrize(
    ("changes", "variant", "violations"),
    [
        ({"log_type": "metrics"}, "baseline", [("/log_type", "enum")]),
        ({"log_type": ["audit"]}, "baseline", [("/log_type", "enum")]),
        ({"log_type": None}, "baseline", [("/log_type", "enum")]),
        (
            {"log_type": "audit", "action": "delete"},
            "audit",
            [("/access_granted", "required"), ("/action", "enum"), ("/client_ip", "required")],
        ),
        (
            {"log_type": "audit", "action": {}},
            "audit",
            [("/access_granted", "required"), ("/action", "enum"), ("/client_ip", "required")],
        ),
    ],
)
def test_unrecognized_record_is_validated_by_what_all_records_have_in_common(changes, variant, violations):
    record = {**RECORDS["web"][0], **changes}
    assert VARIANTS.of(record).name == variant
    assert VARIANTS.of(record).violations(record) == violations


@pytest.mark.parametrize("name", schemas())
def test_schema_is_valid_and_has_the_name_of_its_file(name):
    jsonschema.Draft202012Validator.check_schema(schemas()[name])
    assert schemas()[name]["$id"] == f"aqtive-guard:log:{name}"


def mutated(record, chance):
    values = [None, True, -1, 0, 200, 1.5, 1e300, "", "x", "audit", [], {}, "error", "access"]
    record = dict(record)
    for dummy in range(chance.randint(1, 3)):
        key = chance.choice([*record, "extra", "target", "action"])
        if chance.random() < 0.3:
            record.pop(key, None)
        else:
            record[key] = chance.choice(values)
    return record


@pytest.mark.parametrize("kind", RECORDS)
def test_mutated_record_is_judged_as_by_another_validator(kind):
    chance = random.Random(kind)
    for record in RECORDS[kind]:
        record = mutated(record, chance)
        variant = VARIANTS.of(record)
        other = jsonschema.Draft202012Validator(flat_schema(variant.name))
        assert (variant.violations(record) == []) == other.is_valid(record), json.dumps(record)
        assert variant.is_ordinary(record) == (other.is_valid(record) and record.keys() <= variant.fields)
