# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import time

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.document import BEGIN, END, parse
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.merge import (
    merge,
    parse_block,
    remove_block,
)

BLOCK = parse_block("# managed\nLOG_LEVEL=info\nLOG_FILE=/var/log/a")
MANAGED = b"\n".join([BEGIN, *BLOCK.lines, END])
BOM = b"\xef\xbb\xbf"
NEITHER = "is neither blank, nor a comment that begins with #, nor a logging key as KEY=value"
SEMICOLON = "is a comment that begins with ;, which is a syntax error for a shell"
UNSAFE = "is a comment with a control character, a trailing backslash, or the text of a marker"


def merged(original):
    document = parse(original)
    assert document.errors == []
    return merge(original, document, BLOCK)


def removed(original, *replacement):
    document = parse(original, strays=False)
    assert document.errors == []
    return remove_block(original, document, *replacement)


class TestMerge:
    def test_empty_file(self):
        assert merged(b"") == MANAGED + b"\n"

    def test_block_is_appended_if_there_is_none(self):
        assert merged(b"A=1\n") == b"A=1\n" + MANAGED + b"\n"

    def test_block_is_replaced_where_it_is(self):
        old = BEGIN + b"\nLOG_LEVEL=debug\n" + END
        assert merged(b"A=1\n" + old + b"\nB=2\n") == b"A=1\n" + MANAGED + b"\nB=2\n"

    def test_markers_surrounded_by_blanks_are_replaced(self):
        assert merged(b"A=1\n" + BEGIN + b" \n\t" + END + b"\t\n") == b"A=1\n" + MANAGED + b"\n"

    def test_missing_newline_at_the_end_stays_missing(self):
        assert merged(b"A=1") == b"A=1\n" + MANAGED
        assert merged(b"A=1\n" + MANAGED) == b"A=1\n" + MANAGED

    @pytest.mark.parametrize(
        ("original", "newline"),
        [
            (b"A=1\r\nB=2\r\nC=3\n", b"\r\n"),
            (b"A=1\nB=2\r\nC=3\r\n", b"\r\n"),
            (b"# pasted\r\nA=1\nB=2\n", b"\n"),
            (b"A=1\r\nB=2\n", b"\n"),
            (b"A=1\r\nB=2", b"\r\n"),
            (b"A=1\r", b"\n"),
            (b"A=1", b"\n"),
        ],
    )
    def test_newline_of_most_lines_is_used(self, original, newline):
        before = original if original.endswith(b"\n") else original + b"\n"
        after = newline if original.endswith(b"\n") else b""
        once = merged(original)
        assert once == before + MANAGED.replace(b"\n", newline) + after
        assert merged(once) == once
        assert removed(once) == original

    def test_newline_of_an_existing_block_stays(self):
        windows = MANAGED.replace(b"\n", b"\r\n") + b"\r\n"
        assert merged(b"A=1\nB=2\n" + windows) == b"A=1\nB=2\n" + windows

    def test_assignments_outside_the_block_are_removed(self):
        original = b"A=1\nLOG_LEVEL=debug\n  export LOG_FILE=/old \r\nB=2\n" + MANAGED + b"\nLOG_LEVEL=error"
        content = merge(original, parse(original), parse_block("LOG_LEVEL=info"))
        assert content == b"\n".join([b"A=1", b"B=2", BEGIN, b"export LOG_LEVEL", b"LOG_LEVEL=info", END])

    def test_everything_else_stays(self):
        original = (
            BOM
            + b"# caf\xe9\n\n\n  A = 1 \nA=2\nA=2\n;x\n\x80\xff\n\tLOG_FORMAT=json\nno assignment\n#LOG_LEVEL=debug\n"
        )
        assert merged(original) == original + MANAGED + b"\n"

    def test_byte_order_mark_before_the_block_stays(self):
        original = BOM + MANAGED + b"\nA=1\n"
        assert merged(original) == original

    def test_result_has_the_settings_of_the_block(self):
        document = parse(merged(b"LOG_LEVEL=debug\nLOG_ROTATE_DAILY=true\n"))
        assert (document.settings, document.duplicates) == (BLOCK.settings, [])

    def test_keys_are_exported_where_the_file_exports(self):
        exports = b"export LOG_LEVEL\nexport LOG_FILE\n"
        once = merged(b"export A=1\nexport LOG_LEVEL=debug\n")
        assert once == b"export A=1\n" + MANAGED.replace(b"# managed\n", exports + b"# managed\n") + b"\n"
        assert merged(once) == once


class TestRemoveBlock:
    @pytest.mark.parametrize(
        "original", [b"", b"\n", b"A=1", b"A=1\n", b"A=1\r\nB=2", b"A=1\n\n", b"\r", b"\r\n", b"\n\r", BOM + b"\nA=1\n"]
    )
    def test_original_is_restored(self, original):
        assert removed(merged(original)) == original

    def test_rest_of_the_file_stays(self):
        assert removed(b"LOG_LEVEL=debug\n" + MANAGED + b"\nA=1\n") == b"LOG_LEVEL=debug\nA=1\n"
        assert removed(b"A=1\n" + MANAGED + b"\nB=2") == b"A=1\nB=2"

    def test_file_without_block_stays(self):
        assert removed(b"LOG_LEVEL=debug") == b"LOG_LEVEL=debug"

    def test_byte_order_mark_does_not_become_part_of_the_next_line(self):
        assert removed(BOM + MANAGED + b"\nA=1\n") == b"A=1\n"


class TestRemoveBlockWithReplacement:
    LEVEL = parse_block("# not kept\nLOG_LEVEL=info")

    @pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
    def test_key_is_assigned_where_the_block_was(self, newline):
        before = newline.join([b"A=1", BEGIN, b"LOG_LEVEL=debug", b"LOG_FILE=/a", END, b"B=2", b""])
        assert removed(before, self.LEVEL) == newline.join([b"A=1", b"LOG_LEVEL=info", b"B=2", b""])

    def test_key_that_another_line_sets_is_not_assigned(self):
        assert removed(b"LOG_LEVEL=error\n" + MANAGED + b"\nA=1\n", self.LEVEL) == b"LOG_LEVEL=error\nA=1\n"
        both = parse_block("LOG_LEVEL=info\nLOG_FILE=/b")
        assert removed(b"LOG_FILE=/a\n" + MANAGED + b"\n", both) == b"LOG_FILE=/a\nLOG_LEVEL=info\n"

    def test_missing_newline_at_the_end_stays_missing(self):
        assert removed(b"A=1\n" + MANAGED, self.LEVEL) == b"A=1\nLOG_LEVEL=info"

    def test_byte_order_mark_is_removed_with_the_block(self):
        assert removed(BOM + MANAGED + b"\n", self.LEVEL) == b"LOG_LEVEL=info\n"

    def test_key_is_exported_where_the_file_exports(self):
        before = b"export A=1\r\n" + MANAGED.replace(b"\n", b"\r\n") + b"\r\n"
        assert removed(before, self.LEVEL) == b"export A=1\r\nexport LOG_LEVEL\nLOG_LEVEL=info\n"

    def test_without_a_block_nothing_is_changed(self):
        assert removed(b"A=1\n", self.LEVEL) == b"A=1\n"

    def test_second_removal_changes_nothing(self):
        once = removed(b"A=1\n" + MANAGED + b"\n", self.LEVEL)
        assert removed(once, self.LEVEL) == once


class TestBlock:
    def test_comments_blank_lines_and_keys(self):
        block = parse_block("\n# why\n  # indented\n\nLOG_FILE=/a\r\nLOG_LEVEL=info  \n\n")
        assert (block.errors, block.warnings) == ([], [])
        assert block.lines == [b"# why", b"  # indented", b"", b"LOG_FILE=/a", b"LOG_LEVEL=info"]
        assert list(block.settings.items()) == [("LOG_LEVEL", "info"), ("LOG_FILE", "/a")]

    def test_every_error_is_reported(self):
        block = parse_block("LOG_LEVEL=loud\nPASSWORD=hunter2\nLOG_ROTATE_MAX=0\n")
        assert [error["subject"] for error in block.errors] == [
            "block, line 2",
            "LOG_LEVEL",
            "LOG_ROTATE_MAX",
            "LOG_ROTATE_MAX",
        ]
        assert {error["phase"] for error in block.errors} == {"validate"}
        assert "hunter2" not in repr(block.errors)

    @pytest.mark.parametrize("text", ["", "\n", "# nothing"])
    def test_level_is_required(self, text):
        assert [error["subject"] for error in parse_block(text).errors] == ["LOG_LEVEL"]

    @pytest.mark.parametrize(
        ("line", "cause"),
        [
            ("LOG_FORMAT=json", NEITHER),
            ("export LOG_FILE=/a", NEITHER),
            (" LOG_FILE=/a", NEITHER),
            ("LOG_FILE =/a", NEITHER),
            ("LOG_FILE", NEITHER),
            ("; comment", SEMICOLON),
            (" ;LOG_FILE=/a", SEMICOLON),
            ("LOG_LEVEL=debug", "sets LOG_LEVEL a second time"),
            ("# ends in \\", UNSAFE),
            ("# bell \x07", UNSAFE),
            ("# return \r here", UNSAFE),
            ("# \udcff", UNSAFE),
            ("# \x9f", UNSAFE),
            (BEGIN.decode(), UNSAFE),
            ("  " + END.decode(), UNSAFE),
        ],
    )
    def test_other_lines_are_errors(self, line, cause):
        (error,) = parse_block(f"LOG_LEVEL=info\n{line}\nLOG_FILE_AUDIT=/b").errors
        assert error["subject"] == "block, line 2"
        assert error["cause"] == cause
        expected = "Begin the comment with #" if ";" in line else "Remove the line from the block"
        assert error["remedy"] == expected

    @pytest.mark.parametrize("line", ["# tab \t here", "# \\ here", "# caf\u00e9", "#" + BEGIN.decode()])
    def test_other_comments_are_allowed(self, line):
        assert parse_block(f"LOG_LEVEL=info\n{line}").errors == []

    @pytest.mark.parametrize(
        "path", ["/a&b", "/a|b", "/a(b", "/a)b", "/a<b", "/a>b", "/a:~/b", "/a=b", "/a,b", "/a{b}"]
    )
    def test_value_that_a_shell_reads_otherwise_is_an_error(self, path):
        (error,) = parse_block(f"LOG_LEVEL=info\nLOG_FILE={path}").errors
        assert error["subject"] == "LOG_FILE"
        assert f"'{path}'" in error["cause"]

    @pytest.mark.parametrize("path", ["/a b", "/a;b", "/a\\b", "/\udcff"])
    def test_invalid_value_is_reported_once(self, path):
        assert [error["subject"] for error in parse_block(f"LOG_LEVEL=info\nLOG_FILE={path}").errors] == ["LOG_FILE"]

    @pytest.mark.parametrize("path", ["/a~", "/a:b", "/\u65e5\u672c", "/a+c@d%e"])
    def test_other_values_are_allowed(self, path):
        assert parse_block(f"LOG_LEVEL=info\nLOG_FILE={path}").errors == []

    def test_warnings(self):
        assert len(parse_block("LOG_LEVEL=info\nLOG_FILE=/a\nLOG_FILE_AUDIT=/a").warnings) == 1


SECRET = b"planted"
INFO = parse_block("LOG_LEVEL=info")
INFO_BLOCK = b"\n".join([BEGIN, b"LOG_LEVEL=info", END, b""])


class TestFilesFromTheField:
    """Files that an earlier version has changed or refused wrongly."""

    @pytest.mark.parametrize(
        ("original", "line"),
        [
            (b'export LOG_LEVEL=debug "DATABASE_URL=postgres://u:' + SECRET + b'@h/db"\n', 1),
            (b"LOG_LEVEL=debug\rDATABASE_URL=postgres://u:" + SECRET + b"@h/db\n", 1),
            (b"DATABASE_URL=postgres://u:" + SECRET + b"@h/db\n" + INFO_BLOCK + b"export HOST=a LOG_LEVEL=debug\n", 5),
        ],
        ids=["second-assignment-in-quotes", "carriage-return-inside-a-line", "later-assignment-behind-the-block"],
    )
    def test_rejected_by_line_number_without_showing_anything(self, original, line):
        document = parse(original, "f")
        assert [error["subject"] for error in document.errors] == [f"f, line {line}"]
        assert SECRET.decode() not in repr(
            (document.errors, document.settings, [each.text for each in document.assignments])
        )

    @pytest.mark.parametrize(
        ("original", "content"),
        [
            (
                b"# pasted from Windows\r\nDATABASE_URL=x\nREDIS_URL=y\n",
                b"# pasted from Windows\r\nDATABASE_URL=x\nREDIS_URL=y\n" + INFO_BLOCK,
            ),
            (
                b"LOG_LEVEL=info  # set LOG_LEVEL=debug for more\nDATABASE_URL=x\n",
                b"# set LOG_LEVEL=debug for more\nDATABASE_URL=x\n" + INFO_BLOCK,
            ),
            (
                b"export DATABASE_URL=x\nexport LOG_LEVEL=debug\nexport REDIS_URL=y\n",
                b"export DATABASE_URL=x\nexport REDIS_URL=y\n"
                + INFO_BLOCK.replace(b"LOG_LEVEL=info", b"export LOG_LEVEL\nLOG_LEVEL=info"),
            ),
            (BOM + INFO_BLOCK + b"DATABASE_URL=x\n", BOM + INFO_BLOCK + b"DATABASE_URL=x\n"),
        ],
        ids=[
            "one-crlf-line-of-three",
            "comment-that-looks-like-an-assignment",
            "everything-is-exported",
            "bom-before-the-block",
        ],
    )
    def test_changed(self, original, content):
        document = parse(original)
        assert document.errors == []
        assert merge(original, document, INFO) == content


@pytest.mark.parametrize(
    "unit",
    [
        b"A=1\n",
        b"\n",
        b"LOG_LEVEL=1\n",
        b"LOG_LEVEL=1\nA=$LOG_FILE\n",
        b'A="\\a\\b"\n',
        b'A=\'x\' "" ""\n',
        b"\\",
        b"\\\n",
        b"# \\\n",
        b" ",
        b"export ",
        b"A='",
        b"A='\\'\n",
        b'A="x\\\\"\n',
        b'\\"',
        b"' =\"",
        b"=[' ",
        b"a <<",
        b"LOG_LEVEL=\\\n",
        b"LOG_LEVEL='${",
        BEGIN + b"\n",
        b"f() {\n",
    ],
)
def test_time_is_linear_in_the_size_of_the_file(unit):
    data = unit * (100000 // len(unit))
    began = time.process_time()
    for content in (data, BEGIN + b"\n" + data + b"\n" + END):
        merge(content, parse(content), BLOCK)
    # A quadratic step would take minutes.
    assert time.process_time() - began < 6
