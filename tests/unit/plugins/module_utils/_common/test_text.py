# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import (
    on_one_line,
    printable,
    shortened,
)


@given(st.text())
def test_printable_text_cannot_move_a_cursor_or_begin_a_line(text):
    assert printable(text).isprintable()


def test_printable_text_stays_as_it_is():
    assert printable("Größe 10 %") == "Größe 10 %"
    assert printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\n"


@pytest.mark.parametrize(("text", "expected"), [("abc", "abc"), ("abcd", "abc... (4 characters)")])
def test_only_a_longer_text_is_shortened(text, expected):
    assert shortened(text, 3) == expected


def test_a_message_shows_200_characters_of_a_text():
    assert shortened("x" * 200) == "x" * 200
    assert shortened("x" * 201) == "x" * 200 + "... (201 characters)"


def test_a_text_on_one_line_ends_without_a_full_stop():
    assert on_one_line("  no such\n\tfile.\x07\n..") == "no such file.\\x07"


@pytest.mark.parametrize("text", ["no such file: X", "status 3", "C:\\", "really?"])
def test_any_other_end_of_a_text_on_one_line_stays(text):
    assert on_one_line(text + ".") == text
