# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.arguments import parse

SPEC = {"name": {"type": "str", "required": True}, "count": {"type": "int", "default": 3}}


def test_values_are_converted_and_defaults_are_set():
    assert parse(SPEC, {"name": 1}) == {"name": "1", "count": 3}
    assert parse(SPEC, {"name": "x", "count": "5"}) == {"name": "x", "count": 5}


def test_each_violation_is_an_error():
    with pytest.raises(Failure) as caught:
        parse(SPEC, {"count": "many", "nonsense": 1})
    expected = ("validate", "task", "Correct the task")
    assert {(each["phase"], each["subject"], each["remedy"]) for each in caught.value.errors} == {expected}
    causes = [each["cause"] for each in caught.value.errors]
    assert all(cause.startswith("has a bad argument: ") and not cause.endswith(".") for cause in causes)
    for text in ("name", "count", "nonsense"):
        assert any(text in cause for cause in causes)
