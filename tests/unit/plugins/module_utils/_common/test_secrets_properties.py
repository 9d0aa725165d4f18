# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a value is, and whatever stands before it in the file, no notation of it passes."""

import json
import shlex
from urllib.parse import quote

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.secrets import Masker

pytest.importorskip("hypothesis", reason="the property tests need hypothesis")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CHARS = st.one_of(
    st.sampled_from("ab'\"\\nr%=:@/#; $&?+"), st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp", "Zs"])
)
# A value of quotes and white space alone is none.
VALUES = st.text(CHARS, max_size=20).map(lambda text: "x" + text + "blue")


@settings(deadline=None, derandomize=True, max_examples=150, suppress_health_check=list(HealthCheck))
@given(VALUES, st.sampled_from(["", "'\n", "A=1\r\n", "A='x\n"]))
def test_no_notation_of_a_value_passes(value, before):
    masker = Masker(f"{before}KEY={shlex.quote(value)}\nB=1\n".encode())
    for written in (value, quote(value, safe=""), json.dumps(value)[1:-1], repr(value)[1:-1]):
        assert written not in masker.mask(f"({written})")


@settings(deadline=None, derandomize=True, max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200), st.text(max_size=200))
def test_no_file_and_no_text_raises(content, text):
    assert isinstance(Masker(content).mask(text), str)
