# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading import lines as lines_module
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.lines import split
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.streams import Stream


class Chunks(Stream):
    def __init__(self, chunks):
        super().__init__(pytest.fail)
        self._chunks = iter(chunks)

    def next_chunk(self):
        return next(self._chunks, b"")


def read(*chunks):
    blocks = list(split(Chunks([chunk for chunk in chunks if chunk])))
    return {number: line for block in blocks for number, line in zip(block.numbers, block.lines, strict=True)}


def test_lines_end_at_line_feeds_alone():
    text = "a\u2028b\x85c\x0bd\re\r\n".encode()
    assert read(text + b"\n" + b"last") == {1: text, 2: b"\n", 3: b"last\n"}


def test_byte_order_mark_at_the_start_is_no_part_of_a_line():
    assert read(b"\xef", b"\xbb\xbf{}\n", b"\xef\xbb\xbf{}") == {1: b"{}\n", 2: b"\xef\xbb\xbf{}\n"}


@given(st.lists(st.binary(max_size=20)))
def test_lines_do_not_depend_on_chunks(chunks):
    text = b"".join(chunks).removeprefix(b"\xef\xbb\xbf")
    expected = text.split(b"\n") if text else []
    if expected and not expected[-1]:
        expected.pop()
    assert read(*chunks) == {number: line + b"\n" for number, line in enumerate(expected, 1)}


@given(st.lists(st.sampled_from([b"x" * 7, b"y" * 3, b"\n", b"z" * 30, b"a\nb", b"\n\n"]), max_size=20))
def test_long_lines_are_cut_wherever_chunks_end(chunks):
    limit, lines_module.LINE_LIMIT = lines_module.LINE_LIMIT, 10
    try:
        got = read(*chunks)
    finally:
        lines_module.LINE_LIMIT = limit
    expected = [line + b"\n" for line in b"".join(chunks).removesuffix(b"\n").split(b"\n")] if any(chunks) else []
    assert [line[:11] for line in got.values()] == [line[:11] for line in expected]
    assert all(
        min(len(whole), 12) <= len(line) <= len(whole) for line, whole in zip(got.values(), expected, strict=True)
    )


def test_line_of_100_mb_is_not_held_in_memory():
    chunk = b"x" * 65536
    tracemalloc.start()
    lines = read(*([chunk] * 1600), b"\nnext\n")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(lines[1]) == lines_module.LINE_LIMIT + 2
    assert lines[2] == b"next\n"
    assert peak < 5 * lines_module.LINE_LIMIT
