# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.free_text import FreeText
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.shapes import Shapes
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.redaction.planted_fleets import (
    Planted,
)
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.redaction.redaction_fleets import (
    KNOWN,
    free_text,
)

KNOWN_WITH_NUMBERS = [*KNOWN, {"computer_group": "Rack 47 Köln"}, {"computer_group": "Room 12"}, {"user_id": 83254}]
PATTERNS = [
    "job {} done",
    "user {} denied",
    "report {}, page {}: read",
    "/reports/{}/findings?page={}&limit={}",
    "/users/{}",
    "/home/{}/x",
    "http://{}/x",
    "/static/app.{}.js",
    "{}.corp.example",
    "password {}",
    "?id={}&q={}",
    "a/{}/b",
    "Rack {} Köln",
    "Room {}",
    "caf%C3%A9 {}",
    "{}&#50;",
    "{}&sol;abcdef",
    "x\u200b{}",
    "{}\u200b1",
    "10.1.2.{}",
    "{}:{}",
    "at {}:{} by mcgrath",
    "(x={})",
    "id {} of record 5f0c9a4e-0000-4000-8000-00000000000a",
    "line {} " * 30,
    "{}",
    "\0 {}",
]
NUMBERS = ["1", "12", "47", "471", "1234", "4711", "83254", "99999", "1203344", "123456789"]


def shapes(text):
    return Shapes(text, FreeText.redact)


@pytest.fixture(scope="module")
def text():
    return free_text(*KNOWN_WITH_NUMBERS)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_text_is_redacted_as_without_shapes_whatever_came_before_it(pattern, text):
    remembered = shapes(text.with_table(None))
    source = random.Random(pattern)
    for dummy in range(60):
        each = pattern.format(*(source.choice(NUMBERS) for dummy in range(30)))
        assert remembered.redact(each) == text.redact(each)


@given(
    st.lists(
        st.lists(st.sampled_from([*NUMBERS, *"/=([ ])&;:,.?-@%x", "user", "id", "é", "mcgrath", "%2F", "&amp;", "\n"])),
        min_size=3,
    )
)
def test_texts_of_any_parts_are_redacted_as_without_shapes(texts):
    plain = free_text(*KNOWN_WITH_NUMBERS)
    remembered = shapes(plain.with_table(None))
    for parts in [*texts, *texts, *texts]:
        each = "".join(parts)
        assert remembered.redact(each) == plain.redact(each)


def test_all_texts_of_a_fleet_are_redacted_and_counted_as_without_shapes(text):
    plain, counted = text.with_table(None), text.with_table(None)
    remembered = shapes(counted)
    for vm in (0, 1, 2, 0):
        for record in Planted(5).records(vm):
            for name in ("message", "path"):
                if isinstance(record.get(name), str):
                    assert remembered.redact(record[name]) == plain.redact(record[name])
    assert counted.counts == plain.counts


@pytest.mark.parametrize(
    ("known", "pattern", "others", "number"),
    [
        ({"client_ip": "10.20.11.123"}, r"peer v10.20.\u246a.{}", [301, 302], 123),
        ({"client_ip": "10.20.30.123"}, "peer v10.20.3%F0%9D%9F%8E.{}", [301, 302], 123),
        ({"client_ip": "10.20.11.123"}, "peer v10.20.&#x246a.{}", [301, 302], 123),
        ({"user_name": "alice"}, "x {}&shyGCIGFsaWNlYWI=", [91, 92], 44),
        ({"user_name": "alice"}, "see %a0EgYWxpY2UgeMO/{}", ["9997", "9996"], "0401"),
        ({"user_name": "12&page"}, "/api/findings?n={}&page=5", [31, 32], 12),
        ({"setting": "SMTP", "new_value": "4711&geheim"}, "x {}&geheim=5", [3132, 3233], 4711),
        ({"user_name": "12axyz"}, "x {}&ordfxyz=5", [31, 32], 12),
        ({"user_name": "bob/.12"}, "x bob%2f.{}", [31, 32], 12),
    ],
)
def test_what_a_number_is_a_part_of_after_decoding_is_not_remembered_of_others(known, pattern, others, number):
    plain = free_text(*KNOWN, known)
    remembered = shapes(plain.with_table(None))
    for other in [*others, *others]:
        remembered.redact(pattern.format(other))
    each = pattern.format(number)
    assert remembered.redact(each) == plain.redact(each) != each


def test_known_values_are_found_in_numbers_that_are_base64(text):
    remembered = shapes(text.with_table(None))
    encoded = base64.b64encode(b"mcgrath??>").decode()
    assert "/" in encoded
    for dummy in range(3):
        assert remembered.redact("a/12345/b") == "a/12345/b"
    assert "***" in remembered.redact(f"a {encoded}")


@pytest.mark.parametrize("length", [1, 3, 5])
def test_texts_of_many_numbers_are_tried_in_bounded_time(length, text):
    """To look for a number for each of them anew would take hours."""
    remembered = shapes(text.with_table(None))
    number = "7" * length
    for count in (15, 1600):
        each = f"{number} " * count
        assert {remembered.redact(each) for dummy in range(3)} == {text.redact(each)}


def test_texts_of_a_known_shape_are_not_searched_again(text, monkeypatch):
    remembered = shapes(text.with_table(None))
    for number in (83255, 12345, 54321):
        remembered.redact(f"report {number} of mcgrath, {number}")
    expected = f"report {text.redact('id 77428')[3:]} of {text.redact('mcgrath')}, 77428"
    monkeypatch.setattr(FreeText, "redact", None)
    assert remembered.redact("report 77428 of mcgrath, 77428") == expected
