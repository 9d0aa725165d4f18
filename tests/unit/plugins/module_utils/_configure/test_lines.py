# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.lines import split


def codes(data):
    """Return the code of each logical line, or None where readers may not end it alike."""
    return [line.code if line.closed else None for line in split(data)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"A=1", b"A=1"),
        (b"A=1\r", b"A=1"),
        (b"A=1\r\r", b"A=1"),
        (b"", b""),
        (b" \t\r", b" \t"),
        (b"# don't", b""),
        (b"  # don't", b"  "),
        (b"; don't", b""),
        (b";A='b'", b""),
        (b"; A = 'b' = ", b""),
        (b";A=b don't", b""),
        (b"A=1 # don't", b"A=1 "),
        (b"A=1;# don't", b"A=1;"),
        (b"A=1\t# ends in \\\\", b"A=1\t"),
        (b"A=1#2", b"A=1#2"),
        (b"A='1'#2", b"A='1'#2"),
        (b"A='1' # don't", b"A='1' "),
        (b"A=#1", b"A=#1"),
        (b'A="it\'s"', b'A="it\'s"'),
        (b"A='b\"c'", b"A='b\"c'"),
        (b'A="b\\"c"', b'A="b\\"c"'),
        (b'A="b\\\\\\"c"', b'A="b\\\\\\"c"'),
        (b'A="C:\\\\dir\\name"', b'A="C:\\\\dir\\name"'),
        (b"A='C:\\dir'", b"A='C:\\dir'"),
        (b"A=it\\'s", b"A=it\\'s"),
        (b"A=b\\\\", b"A=b\\\\"),
        (b"A=b\\\r", b"A=b\\\r"),
        (b"A=b # c\\\r", b"A=b "),
        (b"A=b'c X'e", b"A=b'c X'e"),
        (b'A=b"it\'s X"e', b'A=b"it\'s X"e'),
        (b"A=x & y | z", b"A=x & y | z"),
        (b"A='<<'", b"A='<<'"),
        (b"A='b |'", b"A='b |'"),
        (b"A=b&", b"A=b&"),
        (b"ulimit -n 1 # n=2", b"ulimit -n 1 "),
    ],
)
def test_line_that_all_readers_end_alike(data, code):
    assert codes(data + b"\nB=2\n") == [code, b"B=2"]


@pytest.mark.parametrize(
    "data",
    [
        b"A=it's",
        b'A=5" wide',
        b'A="b\\\\"',
        b"A='b\\'",
        b"A='b\\''",
        b"A='b\\\\'",
        b"A=1# don't",
        b"A=1\rB=2",
        b"# b\rA=2",
        b";A='b",
        b';A= "b',
        b"cat <<X",
        b"true &&",
        b"true || ",
        b"true |\t",
        b"FOO # bar='b",
        b'FOO # bar= "b',
        b'echo "b=" c="d"',
        b"= # b='c",
        b"\xef\xbb\xbf# don't",
        b"'A'=\"b\"",
    ],
)
def test_line_that_readers_may_end_differently(data):
    assert codes(data + b"\nB=2\n") == [None, b"B=2"]


@pytest.mark.parametrize("before", [b"KEY=", b" export KEY=", b"KEY = ", b"\tKEY\t=\t"])
@pytest.mark.parametrize("quote", [b"'", b'"'])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_value_that_begins_with_a_quote_may_span_lines(before, quote, newline):
    value = before + quote + newline.join([b"-----BEGIN KEY-----", b"AbX+/=", b"# \\n", b"-----END KEY-----"]) + quote
    lines = list(split(value + newline + b"B=2"))
    assert [(line.number, line.code, line.closed) for line in lines] == [(1, value, True), (5, b"B=2", True)]


@pytest.mark.parametrize("start", [b"A=b'", b"A B='", b"echo '", b"export A=1 B='", b"'", b"A\\B='"])
def test_other_quoted_text_may_not_span_lines(start):
    assert codes(start + b"x\ny'\nB=2\n") == [None, None, b"B=2"]


def test_text_after_a_value_of_several_lines_must_be_closed():
    assert codes(b"A='b\nc' 'd\ne'\nB=2\n")[0] is None
    assert codes(b"A='b\nc' # don't\nB=2\n") == [b"A='b\nc' ", b"B=2"]


class TestBackslashAtTheEndOfALine:
    def test_joins_the_next_line(self):
        lines = list(split(b"A=b \\\n  c\\\nd\nB=2\n"))
        assert [(line.number, line.start, line.end, line.code) for line in lines] == [
            (1, 0, 13, b"A=b \n  c\nd"),
            (4, 13, 17, b"B=2"),
        ]

    def test_of_a_comment_may_join_the_next_line(self):
        assert codes(b"# b \\\n# c\nB=2\n") == [b"\n", b"B=2"]
        assert codes(b"A=1 # b \\\nC=3\nB=2\n") == [b"A=1 \nC=3", b"B=2"]

    @pytest.mark.parametrize("line", [b"it's", b'A="b\nc"'])
    def test_must_be_followed_by_a_closed_line(self, line):
        assert codes(b"A=b\\\n" + line + b"\nB=2\n")[0] is None

    def test_at_the_end_of_the_file_joins_whatever_is_appended(self):
        assert codes(b"B=2\nA=1\\") == [b"B=2", None]
        assert codes(b"B=2\nA=1\\\n") == [b"B=2", None]


def test_offsets_and_numbers_of_unclosed_lines():
    lines = list(split(b"A=1\nB='\nC=3"))
    assert [(line.number, line.start, line.end, line.code, line.closed) for line in lines] == [
        (1, 0, 4, b"A=1", True),
        (2, 4, 8, b"B='", False),
        (3, 8, 11, b"C=3", True),
    ]


def test_unclosed_last_line_without_newline():
    (line,) = split(b"B='X")
    assert (line.end, line.code, line.closed) == (4, b"B='X", False)


def test_empty_file_has_no_lines():
    assert list(split(b"")) == []
