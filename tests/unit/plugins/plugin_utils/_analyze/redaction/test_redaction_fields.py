# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.variants import schemas
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import (
    FIELDS,
    Kind,
    Treatment,
)


def test_every_field_of_every_schema_has_a_treatment_and_nothing_else_has():
    described = {name for schema in schemas().values() for name in schema["properties"]}
    assert set(FIELDS) == described


def test_every_treatment_is_used():
    assert {field.treatment for field in FIELDS.values()} == set(Treatment)


def test_fields_whose_whole_value_is_replaced_have_a_kind_and_the_others_have_none():
    replaced = {Treatment.TOKEN, Treatment.HOST, Treatment.ADDRESS}
    assert {name for name, field in FIELDS.items() if field.kind} == {
        name for name, field in FIELDS.items() if field.treatment in replaced
    }


def test_kinds_are_distinct_and_lower_case_letters():
    labels = [kind.value for kind in Kind]
    assert len(set(labels)) == len(labels)
    assert all(label.isalpha() and label.islower() for label in labels)
