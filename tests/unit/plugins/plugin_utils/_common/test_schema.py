# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.schema import (
    SHA256,
    Integer,
    Number,
    OneOf,
    Some,
    Text,
    Violation,
    matches,
    violations,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)


class TestLeaves:
    @pytest.mark.parametrize(
        ("schema", "value", "is_accepted"),
        [
            (Text(3), "", True),
            (Text(3), "abc", True),
            (Text(3), "abcd", False),
            (Text(), "caf\u00e9", True),
            (Text(), "a\nb", False),
            (Text(), "a\x1b[2J", False),
            (Text(), "a\u2028", False),
            (Text(), "\udc80", False),
            (Text(), 3, False),
            (Text(), b"a", False),
            (Text(lines=True), "a\n\tb", True),
            (Text(lines=True), "a\rb", False),
            (Text(lines=True), "a\x1bb", False),
            (Text(5, "[a-c]+"), "abc", True),
            (Text(5, "[a-c]+"), "abcd", False),
            (Text(5, "[a-c]+"), "", False),
            (SHA256, "0" * 64, True),
            (SHA256, "A" * 64, False),
            (SHA256, "0" * 63, False),
            (Integer(), 0, True),
            (Integer(), (1 << 63) - 1, True),
            (Integer(), 1 << 63, False),
            (Integer(), -1, False),
            (Integer(-1), -1, True),
            (Integer(), True, False),
            (Integer(), 1.0, False),
            (Number(), 1.5, True),
            (Number(), 0, True),
            (Number(), 1e12, True),
            (Number(), 1.1e12, False),
            (Number(), -0.1, False),
            (Number(), float("nan"), False),
            (Number(), 10**400, False),
            (Number(), float("inf"), False),
            (Number(), True, False),
            (Number(), "1", False),
            (OneOf(("a", "b")), "a", True),
            (OneOf(("a", "b")), "c", False),
            (OneOf(("a", "b")), ["a"], False),
            (bool, True, True),
            (bool, 1, False),
            (int, 1, True),
            (int, True, False),
            (str, "a\n", True),
            (None, None, True),
            (None, False, False),
            ((str, None), None, True),
            ((str, None), "a", True),
            ((str, None), 1, False),
        ],
    )
    def test_accept_values_of_their_form(self, schema, value, is_accepted):
        assert matches(value, schema) is is_accepted

    @pytest.mark.parametrize(
        ("schema", "rule"),
        [
            (Text(3), "text of at most 3 printable characters"),
            (Text(3, "a+"), "text of at most 3 printable characters that match a+"),
            (Integer(1, 2), "an integer from 1 to 2"),
            (Number(0.5, 2), "a number from 0.5 to 2"),
            (OneOf(("a", "b")), "one of a, b"),
            (bool, "a boolean"),
            (float, "a number"),
            (str, "text"),
            ((int, None), "an integer or null"),
            ([int], "a list"),
            ({"a": int}, "a mapping"),
            (Some({"a": int}), "a mapping"),
        ],
    )
    def test_a_violation_has_the_value_and_the_rule(self, schema, rule):
        assert list(violations(b"a", schema, "size")) == [Violation("size", f"is b'a', but must be {rule}")]

    def test_a_long_value_is_shortened(self):
        (violation,) = violations("x" * 10000, Text(10), "name")
        assert len(violation.cause) < 300


class TestContainers:
    SCHEMA = {"a": int, "b": [{"c": str}], "d": {str: bool}}
    VALUE = {"a": 1, "b": [{"c": "x"}, {"c": "y"}], "d": {"x": True, "y": False}}

    def fields(self, **more):
        return [violation.field for violation in violations({**self.VALUE, **more}, self.SCHEMA)]

    def test_a_value_of_this_form_has_no_violation(self):
        assert self.fields() == []
        assert self.fields(b=[], d={}) == []

    def test_every_violation_is_named(self):
        assert self.fields(a="x", b=[{"c": 1}, {"c": "y"}, {}], d={"x": 1}) == ["a", "b[0].c", "b[2].c", "d.x"]

    def test_a_container_of_another_kind_is_named(self):
        assert self.fields(b={}, d=[]) == ["b", "d"]

    def test_an_unknown_and_a_missing_key_are_named(self):
        assert list(violations({"x": 1}, {"a": int})) == [
            Violation("a", "is missing"),
            Violation("x", "is an unknown key"),
        ]

    @pytest.mark.parametrize("key", [".x", "x.y"])
    def test_a_key_is_named_as_it_is(self, key):
        assert list(violations({key: 1}, {})) == [Violation(key, "is an unknown key")]

    def test_keys_are_short_and_are_text(self):
        assert [violation.cause for violation in violations({3: 1, "k" * 101: 1}, {str: int})] == [
            "is an unknown key"
        ] * 2
        assert matches({"k" * 100: 1}, {str: int})

    def test_some_keys_of_a_mapping_may_be_missing_but_none_is_unknown(self):
        schema = Some({"a": int, "b": str})
        assert matches({}, schema) and matches({"a": 1}, schema) and matches({"b": "x", "a": 1}, schema)
        assert [each.field for each in violations({"a": "x", "c": 1}, schema, "file")] == ["file.a", "file.c"]
        assert not matches([], schema)

    @given(JSON)
    def test_arbitrary_json_is_no_crash(self, value):
        for schema in (self.SCHEMA, Some(self.SCHEMA), [self.SCHEMA], (self.SCHEMA, None), {str: Text()}):
            found = list(violations(value, schema))
            assert matches(value, schema) is not bool(found)
            json.dumps(found)
