# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.variants import Variants
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import FIELDS
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.redaction.redaction_fleets import (
    ENCODINGS,
    KNOWN,
    RECORD,
    redactor,
)

REDACTOR = redactor()


def redacted(**fields):
    return REDACTOR.redact({**RECORD, **fields})


@pytest.mark.parametrize("name", ["id", "created_at", "level", "log_type", "pid", "message"])
def test_what_every_record_has_is_kept(name):
    assert redacted()[name] == RECORD[name]


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("user_name", "andré.müller", "user-"),
        ("user_id", 4711, "user-"),
        ("user_id", "4711", "user-"),
        ("hostname", "guard-web00.corp.example", "host-"),
        ("target", "https://guard-web00.corp.example:443/x", "host-"),
        ("target", "tanium", "host-"),
        ("hostname", "10.1.2.3", "addr-10."),
        ("client_ip", "10.1.2.3", "addr-10."),
        ("client_ip", "[2a00:babe::303]:443", "addr-"),
        ("client_ip", "unknown", "addr-"),
        ("forwarded_for_client_ip", "10.1.2.3, 192.168.1.1", "addr-10."),
        ("computer_group", "Rechner Köln", "group-"),
        ("element_id", "slot-zürich", "id-"),
        ("element_id", 17, "id-"),
        ("endpoint_id", "5f0c9a4e-0000-4000-8000-00000000000a", "id-"),
        ("api_key", "agk_1", "key-"),
        ("id", "alice-1", "id-"),
        ("request_id", "alice-1", "id-"),
    ],
)
def test_values_become_tokens(name, value, label):
    found = redacted(**{name: value})[name]
    assert found.startswith(label)
    assert str(value) not in found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, ["alice"]) for name in FIELDS),
        *((name, {"alice": 1}) for name in FIELDS),
        ("level", "for alice"),
        ("log_type", "mcgrath"),
        ("action", "x" * 50),
        ("pid", "alice"),
        ("pid", True),
        ("pid", False),
        ("status_code", "alice"),
        ("memory_mb", True),
        ("access_granted", "alice"),
        ("access_granted", 1),
        ("user_name", True),
        ("user_id", 1.5),
        ("created_at", "for alice"),
        ("message", 17),
        ("old_value", "anything"),
        ("new_value", 17),
        ("release_note", "for alice"),
        ("release_number", 5),
    ],
)
def test_what_is_not_expected_is_masked(name, value):
    assert redacted(**{name: value})[name] == "***"


@pytest.mark.parametrize("name", FIELDS)
def test_no_value_stays_no_value(name):
    assert redacted(**{name: None})[name] is None


def test_an_empty_name_stays_empty():
    assert redacted(user_name="")["user_name"] == ""


@pytest.mark.parametrize("name", ["alice@corp.example", "mcgrath", "Alice", "x" * 50, "käse"])
def test_names_of_unknown_fields_are_replaced_unless_they_are_plain(name):
    found = redacted(**{name: 1})
    (key,) = found.keys() - RECORD.keys()
    assert key.startswith("field-") and found[key] == "***"
    assert redacted(**{name: None}).keys() == found.keys()


def test_values_of_logging_keys_are_kept_and_redacted_as_text():
    found = redacted(setting="log_file", old_value="/home/dave/x.log", new_value="/var/log/cs.log")
    assert found["old_value"].startswith("/home/user-") and found["new_value"] == "/var/log/cs.log"
    assert redacted(setting="LOG_ROTATE_MAX", old_value=7, new_value=None)["old_value"] == 7
    assert redacted(setting="LOG_LEVEL", old_value=["alice"])["old_value"] == "***"
    assert redacted(setting="smtp_user", old_value="info")["old_value"] == "***"


def test_numbers_in_a_path_are_replaced_and_the_rest_is_kept():
    found = redacted(path="/api/v2/reports/65194/findings?severity=high&page=2&limit=1000")["path"]
    assert found.startswith("/api/v2/reports/id-") and found.endswith("/findings?severity=***&page=2&limit=1000")


def test_an_id_has_one_token_in_a_path_and_in_its_field():
    assert redacted(element_id="65194")["element_id"] in redacted(path="/reports/65194")["path"]


def test_ids_of_the_record_are_kept_in_its_texts_and_those_of_others_are_not():
    own, other = RECORD["id"], "5f0c9a4e-0000-4000-8000-00000000000a"
    assert redacted(message=f"request {own}")["message"] == f"request {own}"
    assert other not in redacted(message=f"request {other}")["message"]
    assert redacted(message=f"request {other}", request_id=other)["message"] == f"request {other}"


def test_a_name_has_one_token_in_its_field_and_in_every_text():
    found = redacted(user_name="ANDRÉ.MÜLLER", message="by andr%C3%A9.m%C3%BCller")
    assert found["message"] == f"by {found['user_name']}"


def test_values_that_are_replaced_are_counted_by_field():
    counted = redactor()
    counted.redact({**RECORD, "user_name": None, "client_ip": "127.0.0.1", "element_id": "5"})
    assert counted.counts == {"hostname": 1, "element_id": 1}


TEXTS = st.sampled_from(
    [encode(value) for value in ("andré.müller", "CORP\\mcgrath", "slot-zürich") for encode in ENCODINGS.values()]
)


@given(
    st.sampled_from([*FIELDS, "release_note"]), TEXTS, st.sampled_from(["{}", "by {}, denied", "[{}]", "/users/{}/x"])
)
def test_a_known_value_in_any_encoding_at_any_place_of_any_field_is_replaced(name, encoded, pattern):
    found = redacted(**{name: pattern.format(encoded)})
    assert encoded not in json.dumps(found, ensure_ascii=False)


VALID = [
    {"log_type": "audit", "action": "login_attempt", "access_granted": True, "client_ip": "10.1.2.3"},
    {
        "log_type": "audit",
        "action": "update",
        "access_granted": False,
        "access_denied_reason": "not yours",
        "element": "report",
        "element_id": 5,
        "client_ip": "10.1.2.3",
        "forwarded_for_client_ip": None,
    },
    {
        "log_type": "audit",
        "action": "setting_change",
        "access_granted": True,
        "client_ip": "10.1.2.3",
        "setting": "smtp",
        "old_value": {"a": 1},
        "new_value": None,
    },
    {
        "log_type": "audit",
        "action": "api_request",
        "access_granted": False,
        "access_denied_reason": "Invalid API key",
        "api_key": "agk_1",
        "client_ip": "10.1.2.3",
    },
    {"log_type": "web", "method": "GET", "path": "/reports/65194", "status_code": 200},
    {"log_type": "analysis", "memory_mb": 1.5, "module": "cs.tls", "message": "done"},
    {"log_type": "tanium", "computer_group": "Rechner Köln", "endpoint_id": 5, "message": "done"},
    {"log_type": "tanium", "message": "", "target": "tanium.example.com", "path": "/api", "error": "refused"},
]


@pytest.mark.parametrize("fields", VALID)
@pytest.mark.parametrize("known", KNOWN)
def test_redacted_records_conform_to_the_schema(fields, known):
    variants = Variants()
    record = {**RECORD, "stacktrace": None, "user_id": 7, **fields}
    record.update({name: value for name, value in known.items() if name in ("user_name", "user_id", "hostname")})
    assert variants.of(record).violations(record) == []
    found = REDACTOR.redact(record)
    assert variants.of(found) is variants.of(record)
    assert variants.of(found).violations(found) == []
