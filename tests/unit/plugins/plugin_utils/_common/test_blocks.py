# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.blocks import blocks_of_lines


@given(st.lists(st.binary(max_size=9).filter(lambda line: b"\n" not in line)), st.integers(1, 20))
def test_blocks_are_of_whole_lines_and_leave_none_out(lines, size):
    data = b"".join(line + b"\n" for line in lines)
    blocks = list(blocks_of_lines(io.BytesIO(data), size))
    assert [line for block in blocks for line in block.split(b"\n")] == lines
    longest = max(map(len, lines), default=0)
    assert all(len(block) <= size + longest for block in blocks)


def test_a_last_line_may_have_no_line_feed():
    assert list(blocks_of_lines(io.BytesIO(b"a\nb"), 2)) == [b"a", b"b"]
