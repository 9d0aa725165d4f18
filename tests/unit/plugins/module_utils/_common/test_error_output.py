# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import io

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.error_output import (
    TAIL_SIZE,
    end_of_process,
    masked_tail,
    with_last_line,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.secrets import Masker

MASKER = Masker(b"KEY=" + b"blue-whale" * 30 + b"\nOTHER='first\nsecond'\n")


def tail(data):
    return masked_tail(io.BytesIO(data), MASKER)


def test_end_of_a_process():
    assert end_of_process(3) == "exited with status 3"
    assert end_of_process(-9) == "was killed by signal 9"


def test_the_last_line_is_on_one_line_without_a_full_stop():
    assert with_last_line("failed", "one\nerror X.") == "failed; its last error line is: error X"
    assert with_last_line("failed", "") == "failed"


def test_text_is_printable_and_invalid_utf_8_is_replaced():
    assert tail(b"\n\x1b[2J\xff\nb\n\n") == "\\x1b[2J\ufffd\nb"


@pytest.mark.parametrize("before", range(TAIL_SIZE - 400, TAIL_SIZE + 400, 37))
def test_no_half_of_a_secret_is_shown_where_the_end_is_cut(before):
    text = tail(b"x" * 50 + b" " + b"blue-whale" * 30 + b" " + b"y" * before + b"\nlast\n")
    assert "whale" not in text
    assert text.endswith("last")
    assert len(text) <= TAIL_SIZE


@pytest.mark.parametrize("size", [8 * TAIL_SIZE, 8 * TAIL_SIZE + 5, 100 * TAIL_SIZE])
def test_no_half_of_a_secret_is_shown_where_reading_begins(size):
    assert tail(b"blue-whale" * 30 + b"y" * (size - 250)) == ""
    assert tail(b"blue-whale" * 30 + b"\n" + b"y\n" * (size // 2)).strip("y\n") == ""


@pytest.mark.parametrize("after", [0, 100, 200])
def test_not_even_where_the_rest_is_short_once_its_secrets_are_masked(after):
    text = tail((b"blue-whale" * 30 + b"\n") * 100 + b"y" * after)
    assert set(text.strip("y").split("\n")) <= {"***", ""}


def test_a_text_of_the_maximum_size_is_shown_as_a_whole():
    assert tail(b"x" * TAIL_SIZE) == "x" * TAIL_SIZE
    assert tail(b"x" * (TAIL_SIZE + 1)) == ""
    assert tail(b"x\n" + b"y" * (TAIL_SIZE - 1)) == "y" * (TAIL_SIZE - 1)
    assert TAIL_SIZE == 2048


def test_last_line_of_a_long_output_is_shown():
    assert tail(b"x" * 100000 + b"\nlast\n") == "last"


def test_a_secret_of_several_lines():
    assert tail(b"got first\nsecond\n") == "got ***\n***"
