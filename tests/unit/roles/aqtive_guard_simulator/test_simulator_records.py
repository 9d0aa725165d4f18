# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records against the vendor's tables of fields."""

import json
import re
import uuid
from collections import Counter

import pytest
from aqtive_guard_simulator import clock, records

MOMENT = 1790000000 * clock.SECOND
LEVELS = {"debug", "info", "warning", "error", "critical"}
ACTIONS = {"access", "create", "update", "remove", "export_jira"}
BASE = {"id", "created_at", "hostname", "level", "log_type", "pid"}
EXTRA = {"request_id", "user_id", "user_name", "stacktrace"}
CLIENT = {"client_ip", "forwarded_for_client_ip"}
TANIUM = {"message", "computer_group", "endpoint_id"}
# Kind: log type, fields of the vendor's table, those of them that a record of the kind may lack.
KINDS = {
    "login_attempt": ("audit", {"action", "access_granted"} | CLIENT, {"forwarded_for_client_ip"}),
    "user_activity": (
        "audit",
        {"action", "access_granted", "access_denied_reason", "element", "element_id"} | CLIENT,
        {"access_denied_reason", "forwarded_for_client_ip"},
    ),
    "setting_change": (
        "audit",
        {"action", "access_granted", "setting", "old_value", "new_value", "access_denied_reason", "element_id"}
        | CLIENT,
        {"access_denied_reason", "element_id", "forwarded_for_client_ip"},
    ),
    "api_request": (
        "audit",
        {"action", "access_granted", "access_denied_reason", "api_key"} | CLIENT,
        {"access_denied_reason", "api_key", "forwarded_for_client_ip"},
    ),
    "web": ("web", {"method", "path", "status_code"}, set()),
    "analysis": ("analysis", {"memory_mb", "module", "message"}, set()),
    "application": ("application", {"message"}, set()),
    "tanium": ("tanium", TANIUM, {"computer_group", "endpoint_id"}),
    "tanium_api_request": (
        "tanium",
        TANIUM | {"target", "path", "status_code", "error"},
        {"computer_group", "endpoint_id", "status_code", "error"},
    ),
}


def kind_of(record):
    if record["log_type"] == "audit":
        return "user_activity" if record["action"] in ACTIONS else record["action"]
    return "tanium_api_request" if "target" in record else record["log_type"]


def generate(count, service, seed="seed", fleet_seed="fleet", step=clock.SECOND, hostname="vm1"):
    generator = records.Generator(service, seed, fleet_seed, hostname, 42)
    return [generator.build(generator.draw(), MOMENT + number * step) for number in range(count)]


@pytest.fixture(scope="module")
def some():
    return generate(8000, "web") + generate(8000, "worker")


def test_every_kind_of_the_vendors_page_appears_at_every_level(some):
    assert {(kind_of(record), record["level"]) for record in some} == {
        (kind, level) for kind in KINDS for level in LEVELS
    }


def test_a_record_has_the_fields_of_its_kind_and_no_other(some):
    for record in some:
        log_type, fields, optional = KINDS[kind_of(record)]
        assert record["log_type"] == log_type
        assert BASE | (fields - optional) <= set(record) <= BASE | EXTRA | fields


def test_every_optional_field_occurs_in_some_records_only(some):
    for kind, (_log_type, _fields, optional) in KINDS.items():
        of_kind = [record for record in some if kind_of(record) == kind]
        for field in optional | EXTRA:
            assert {field in record for record in of_kind} == {True, False}, (kind, field)


def test_audit_records_have_granted_and_denied_access_with_a_reason(some):
    for kind in ("login_attempt", "user_activity", "setting_change", "api_request"):
        of_kind = [record for record in some if kind_of(record) == kind]
        assert {record["access_granted"] for record in of_kind} == {True, False}
        if kind != "login_attempt":
            assert all(record["access_granted"] != ("access_denied_reason" in record) for record in of_kind)
    assert {record["action"] for record in some if kind_of(record) == "user_activity"} == ACTIONS
    assert not any(record["access_granted"] for record in some if "api_key" in record)


def test_a_request_to_tanium_has_a_response_or_an_error(some):
    for record in some:
        if "target" in record:
            assert ("status_code" in record) != ("error" in record)


def test_ids_are_unique_uuids_of_version_4(some):
    ids = [record["id"] for record in some]
    assert len(set(ids)) == len(ids)
    for text in ids[:500] + [record["request_id"] for record in some[:500] if "request_id" in record]:
        assert uuid.UUID(text).version == 4
        assert uuid.UUID(text).variant == uuid.RFC_4122
        assert str(uuid.UUID(text)) == text


def test_several_records_share_a_request():
    counts = Counter(record["request_id"] for record in generate(2000, "web") if "request_id" in record)
    assert {1, 2, 3, 4} <= set(counts.values())


def test_vms_of_a_fleet_share_request_ids_within_a_minute():
    first = generate(3000, "web", seed="a", step=clock.SECOND // 10)
    second = generate(3000, "worker", seed="b", step=clock.SECOND // 10)
    stranger = generate(3000, "worker", seed="b", fleet_seed="other", step=clock.SECOND // 10)

    def by_minute(some):
        return {(record["request_id"], record["created_at"][:16]) for record in some if "request_id" in record}

    shared = by_minute(first) & by_minute(second)
    assert len(shared) > 20
    assert len({minute for _request, minute in shared}) >= 5
    assert not by_minute(first) & by_minute(stranger)


def test_equal_seeds_give_equal_records():
    assert generate(300, "web") == generate(300, "web")
    assert generate(300, "web") != generate(300, "web", seed="other")


def test_a_line_is_one_flat_json_object_with_unicode_as_it_is():
    generator = records.Generator("worker", "seed", "fleet", "vm1", 42)
    lines = [generator.line(generator.draw(), MOMENT) for _number in range(3000)]
    for line in lines:
        assert line.count(b"\n") == 1
        assert line.endswith(b"\n")
        assert len(line) < 48 * 1024  # journald splits what is longer
        assert not any(isinstance(value, (dict, list)) for value in json.loads(line.decode("utf-8")).values())
    everything = b"".join(lines).decode("utf-8")
    assert all(text in everything for text in ("é", "解析", "🔐", "\u2028", '\\"', "\\n"))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-02 00:00:00", clock.DAY),
        ("1970-01-01T00:00:01.5+00:00", 1500000),
        ("1970-01-01T00:01:00.123456789Z", 60123456),
    ],
)
def test_created_at_is_read_in_every_form(text, moment):
    assert clock.from_text(text) == moment


def test_created_at_is_written_in_one_form():
    assert clock.to_text(60123456) == "1970-01-01T00:01:00.123456Z"
    assert all(re.match(r"2026-09-2\dT\d\d:\d\d:\d\d\.\d{6}Z$", r["created_at"]) for r in generate(100, "web"))
