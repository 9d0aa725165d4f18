# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import time

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.config_file import (
    BEGIN,
    END,
    SIZE_LIMIT,
    load,
    merge,
    parse,
    parse_block,
    remove_block,
)

SECRET = b"hunter2"
BLOCK = [b"# by hand: never", b"LOG_LEVEL=info", b"LOG_FILE=/var/log/a"]
MANAGED = b"\n".join([BEGIN, *BLOCK, END])


def merged(original):
    result = merge(original, BLOCK)
    assert result.errors == []
    return result.content


def refused_lines(result):
    """The lines that a refusal names, as text. It must never repeat what stands on them."""
    assert result.errors
    assert SECRET.decode() not in repr(result.errors)
    assert all(error["rule"] and error["remedy"] for error in result.errors)
    return [error["key"] for error in result.errors]


class TestGrammar:
    @pytest.mark.parametrize(
        ("line", "key", "value"),
        [
            (b"LOG_LEVEL=info", "LOG_LEVEL", "info"),
            (b"  LOG_LEVEL=info", "LOG_LEVEL", "info"),
            (b"\tLOG_LEVEL \t= info \t\r", "LOG_LEVEL", " info"),
            (b"export LOG_LEVEL=info", "LOG_LEVEL", "info"),
            (b" export\tLOG_FILE=/a", "LOG_FILE", "/a"),
            (b"LOG_LEVEL_AUDIT=info", "LOG_LEVEL_AUDIT", "info"),
            (b"LOG_FILE=/a=b", "LOG_FILE", "/a=b"),
            (b"LOG_FILE=/a&b=c", "LOG_FILE", "/a&b=c"),
            (b"LOG_FILE=", "LOG_FILE", ""),
            (b"LOG_FILE='/a'", "LOG_FILE", "'/a'"),
            (b"LOG_LEVEL=info # aloud", "LOG_LEVEL", "info # aloud"),
            (b"LOG_FILE=/\xff", "LOG_FILE", "/\udcff"),
        ],
    )
    def test_assignments_of_logging_keys(self, line, key, value):
        assert parse(b"A=1\n" + line + b"\n").settings == {key: value}

    @pytest.mark.parametrize(
        "line",
        [
            b"# LOG_LEVEL=info",
            b"  #LOG_LEVEL=info",
            b"; LOG_LEVEL=info",
            b"LOG_LEVEL",
            b"LOG_LEVEL: info",
            b"log_level=info",
            b"LOG_LEVELS=info",
            b"MY_LOG_LEVEL=info",
            b"LOG_FORMAT=json",
            b"exportLOG_LEVEL=info",
            b"export=LOG_LEVEL=info",
            b"A=1 LOG_LEVEL=info",
            b"A=1\rLOG_LEVEL=info",
            b"\xef\xbb\xbfLOG_LEVEL=info",
            b"\0LOG_LEVEL=info",
            b"LOG_LEVEL\x0b=info",
        ],
    )
    def test_lines_that_are_not(self, line):
        assert parse(line + b"\n").assignments == []
        assert merged(line + b"\n") == line + b"\n" + MANAGED + b"\n"

    def test_the_last_assignment_wins_and_all_are_told_with_their_lines(self):
        document = parse(b"LOG_LEVEL=info\nA=1\nLOG_LEVEL=debug\n\nLOG_FILE=/a\nLOG_LEVEL=error")
        assert document.settings == {"LOG_LEVEL": "error", "LOG_FILE": "/a"}
        assert document.duplicates == [{"key": "LOG_LEVEL", "lines": [1, 3, 6]}]

    def test_assignments_in_the_block_and_outside_of_it_are_told_apart(self):
        document = parse(b"LOG_LEVEL=a\n" + MANAGED + b"\nLOG_LEVEL=b\n")
        assert [(found.value, found.managed) for found in document.assignments if found.key == "LOG_LEVEL"] == [
            ("a", False),
            ("info", True),
            ("b", False),
        ]


class TestMerge:
    def test_an_empty_file(self):
        assert merged(b"") == MANAGED + b"\n"

    def test_appends_where_there_is_no_block(self):
        assert merged(b"A=1\n") == b"A=1\n" + MANAGED + b"\n"

    def test_replaces_the_block_where_it_is(self):
        old = BEGIN + b"\nLOG_LEVEL=debug\n" + END
        assert merged(b"A=1\n" + old + b"\nB=2\n") == b"A=1\n" + MANAGED + b"\nB=2\n"

    def test_recognises_markers_that_an_editor_has_padded(self):
        assert merged(b"  " + BEGIN + b" \n\t" + END + b"\t\n") == MANAGED + b"\n"

    def test_keeps_a_missing_last_newline_missing(self):
        assert merged(b"A=1") == b"A=1\n" + MANAGED
        assert merged(b"A=1\n" + MANAGED) == b"A=1\n" + MANAGED

    def test_takes_the_newlines_of_the_file(self):
        windows = MANAGED.replace(b"\n", b"\r\n")
        assert merged(b"A=1\r\nB=2\n") == b"A=1\r\nB=2\n" + windows + b"\r\n"
        assert merged(b"A=1\nB=2\r\n") == b"A=1\nB=2\r\n" + MANAGED + b"\n"
        assert merged(b"A=1\r\nB=2") == b"A=1\r\nB=2\r\n" + windows

    def test_a_carriage_return_at_the_end_of_the_only_line_is_no_newline(self):
        once = merged(b"A=1\r")
        assert once == b"A=1\r\n" + MANAGED
        assert merged(once) == once
        assert remove_block(once).content == b"A=1\r"

    def test_removes_logging_keys_outside_of_the_block_and_says_which(self):
        original = b"A=1\nLOG_LEVEL=debug\n  export LOG_FILE = /old \r\nB=2\n" + MANAGED + b"\nLOG_LEVEL=error"
        result = merge(original, BLOCK)
        assert result.content == b"A=1\nB=2\n" + MANAGED
        assert result.removed == ["LOG_LEVEL=debug", "LOG_FILE= /old", "LOG_LEVEL=error"]

    def test_leaves_everything_else_alone(self):
        original = b"\xef\xbb\xbf# caf\xe9\n\n\n  A = 1 \nA=2\nA=2\n;x\n\0\x80\xff\n\tLOG_FORMAT=json\nno assignment\n"
        assert merged(original) == original + MANAGED + b"\n"

    def test_a_commented_logging_key_is_a_comment(self):
        assert merged(b"#LOG_LEVEL=debug\n") == b"#LOG_LEVEL=debug\n" + MANAGED + b"\n"

    def test_the_result_sets_what_the_block_sets(self):
        assert parse(merged(b"LOG_LEVEL=debug\nLOG_ROTATE_MAX=3\n")).settings == {
            "LOG_LEVEL": "info",
            "LOG_FILE": "/var/log/a",
        }


class TestRemove:
    @pytest.mark.parametrize(
        "original", [b"", b"\n", b"A=1", b"A=1\n", b"A=1\r\nB=2", b"A=1\n\n", b"\r", b"\r\n", b"\n\r"]
    )
    def test_gives_the_original_back(self, original):
        assert remove_block(merged(original)).content == original

    def test_tells_a_long_value_whole(self):
        path = b"/" + b"x" * 1000
        assert remove_block(b"\n".join([BEGIN, b"LOG_FILE=" + path, END])).removed == ["LOG_FILE=" + path.decode()]

    def test_leaves_logging_keys_outside_of_the_block(self):
        result = remove_block(b"LOG_LEVEL=debug\n" + MANAGED + b"\n")
        assert result.content == b"LOG_LEVEL=debug\n"
        assert result.removed == ["LOG_LEVEL=info", "LOG_FILE=/var/log/a"]

    def test_does_nothing_without_a_block(self):
        assert remove_block(b"LOG_LEVEL=debug").content == b"LOG_LEVEL=debug"


@pytest.mark.parametrize("change", [lambda data: merge(data, BLOCK), remove_block], ids=["merge", "remove"])
class TestDamage:
    @pytest.mark.parametrize(
        ("lines", "named"),
        [
            ([BEGIN], "line 2"),
            ([END], "line 2"),
            ([END, BEGIN], "lines 2, 3"),
            ([BEGIN, BEGIN, END], "lines 2, 3, 4"),
            ([BEGIN, b"LOG_LEVEL=info", BEGIN, END, END], "lines 2, 4, 5, 6"),
            ([BEGIN, END, b"", BEGIN, END], "lines 2, 3, 5, 6"),
        ],
    )
    def test_markers_that_are_no_block_are_refused(self, change, lines, named):
        result = change(b"\n".join([b"PASSWORD=" + SECRET, *lines, b""]))
        assert refused_lines(result) == [named]

    def test_somebody_elses_line_in_the_block_would_be_lost(self, change):
        original = b"\n".join([BEGIN, b"LOG_LEVEL=info", b"PASSWORD=" + SECRET, b"", b"# fine", SECRET, END, b""])
        assert refused_lines(change(original)) == ["lines 3, 6"]

    def test_a_second_assignment_on_a_line_in_the_block_would_be_lost(self, change):
        original = b"\n".join([BEGIN, b"LOG_LEVEL=info PASSWORD=" + SECRET, END, b""])
        assert refused_lines(change(original)) == ["line 2"]


class TestFurtherAssignment:
    @pytest.mark.parametrize("between", [b" ", b"\t", b";", b" && ", b" export "])
    def test_on_a_logging_keys_line_would_be_lost(self, between):
        original = b"A=1\nLOG_LEVEL=info" + between + b"PASSWORD=" + SECRET + b"\n"
        assert refused_lines(merge(original, BLOCK)) == ["line 2"]

    def test_is_not_part_of_the_value(self):
        document = parse(b"LOG_LEVEL=info PASSWORD=" + SECRET)
        assert document.settings == {"LOG_LEVEL": "info ..."}
        assert document.lines == ["LOG_LEVEL=info ..."]

    def test_removing_the_block_leaves_it_alone(self):
        original = b"LOG_LEVEL=info PASSWORD=" + SECRET + b"\n"
        result = remove_block(original + MANAGED + b"\n")
        assert (result.content, result.errors) == (original, [])


class TestLinesThatRunOn:
    @pytest.mark.parametrize(
        ("original", "line"),
        [
            # A backslash at the end.
            (b"A=1\nB=" + SECRET + b"\\\nLOG_LEVEL=debug\n", "line 2"),
            (b"A=1\nB=" + SECRET + b"\\\nC\\\nLOG_LEVEL=debug\n", "line 2"),
            (b"# " + SECRET + b"\\\nLOG_LEVEL=debug\n", "line 1"),
            (b"B=" + SECRET + b"\\\\\\\nLOG_LEVEL=debug\n", "line 1"),
            (b"A=1\nB=" + SECRET + b"\\", "line 2"),
            (b"B=" + SECRET + b"\\\n" + MANAGED + b"\n", "line 1"),
            (b"LOG_FILE=/" + SECRET + b"\\\nB=2\n", "line 1"),
            # Quotes that both read.
            (b'B="' + SECRET + b'\nLOG_LEVEL=debug\n"\n', "line 1"),
            (b"A=1\nB='" + SECRET + b"\nLOG_LEVEL=debug\n'\n", "line 2"),
            (b'B="a"\'' + SECRET + b"\nLOG_LEVEL=debug\n'\n", "line 1"),
            (b'B="\\"' + SECRET + b'\nLOG_LEVEL=debug\n"\n', "line 1"),
            (b'LOG_FILE="/' + SECRET + b'\nB=2\n"\n', "line 1"),
            (b'B="' + SECRET + b"\n" + MANAGED + b'\n"\n', "line 1"),
            # A backslash in single quotes, which systemd has read as an escape until version 239.
            (b"B='" + SECRET + b"\\'\nLOG_LEVEL=debug\nC='\n", "line 1"),
            # A quote in the middle of a value, which a shell reads.
            (b"B=it's" + SECRET + b"\nLOG_LEVEL=debug\nC=don't\n", "line 1"),
            # A quote that never closes, which systemd reads to the end.
            (b'B="' + SECRET, "line 1"),
            (b"LOG_LEVEL=debug\nB='" + SECRET + b"\n", "line 2"),
        ],
    )
    def test_over_something_of_ours_are_refused(self, original, line):
        assert line in refused_lines(merge(original, BLOCK))

    @pytest.mark.parametrize(
        "original",
        [
            b"B=a\\\nb\nLOG_LEVEL=debug\n",
            b"B=a\\\\\nLOG_LEVEL=debug\n",
            b"B=a\\\r\nLOG_LEVEL=debug\r\n",
            b'B="a\nb"\nLOG_LEVEL=debug\n',
            b"B='a'\nC=\"b\"\nLOG_LEVEL=debug\n",
            b"# don't\nLOG_LEVEL=debug\n# can't\n",
            b"; don't\nLOG_LEVEL=debug\n; can't\n",
            b"B=1 # don't\nLOG_LEVEL=debug\nC=2 # can't\n",
            b"B=\\'\nLOG_LEVEL=debug\nC=\\'\n",
            b"B=it's\nLOG_LEVEL=debug\n",
            b'B="it\'s"\nLOG_LEVEL=debug\nC="don\'t"\n',
        ],
    )
    def test_over_nothing_of_ours_are_none_of_our_business(self, original):
        kept = b"".join(line for line in original.splitlines(True) if not line.startswith(b"LOG_LEVEL"))
        assert merged(original).startswith(kept)

    def test_are_named_as_the_user_counts_lines(self):
        original = b"LOG_LEVEL=debug\nLOG_FILE=/a\nB=1\nC=" + SECRET + b"\\"
        assert refused_lines(merge(original, BLOCK)) == ["line 4"]

    @pytest.mark.parametrize("rest", [b"B=1\\", b"B=1\\\nLOG_LEVEL=debug\n", b"B='1\nLOG_LEVEL=debug\n'\n"])
    def test_do_not_keep_the_block_from_being_removed_when_it_stands_apart(self, rest):
        result = remove_block(MANAGED + b"\n" + rest)
        assert (result.content, result.errors) == (rest, [])


class TestBlock:
    def test_may_hold_comments_blank_lines_and_each_key_once(self):
        block = parse_block("\n# why\n; or so\n\nLOG_FILE=/a\r\nLOG_LEVEL=info  \n\n")
        assert block.errors == []
        assert block.lines == [b"# why", b"; or so", b"", b"LOG_FILE=/a", b"LOG_LEVEL=info"]
        assert list(block.settings) == ["LOG_LEVEL", "LOG_FILE"]

    def test_is_checked_against_every_rule_at_once(self):
        block = parse_block("LOG_LEVEL=loud\nPASSWORD=hunter2\nLOG_ROTATE_MAX=0\n")
        assert [error["key"] for error in block.errors] == [
            "block, line 2",
            "LOG_LEVEL",
            "LOG_ROTATE_MAX",
            "LOG_ROTATE_MAX",
        ]
        assert "hunter2" not in repr(block.errors)

    @pytest.mark.parametrize("text", ["", "\n", "# nothing"])
    def test_needs_a_level(self, text):
        assert [error["key"] for error in parse_block(text).errors] == ["LOG_LEVEL"]

    @pytest.mark.parametrize(
        "line",
        [
            "LOG_FORMAT=json",
            "export LOG_FILE=/a",
            " LOG_FILE=/a",
            "LOG_FILE =/a",
            "LOG_FILE",
            "LOG_LEVEL=debug",
            "# ends in \\",
            "# bell \x07",
            "# return \r here",
            "# \udcff",
            BEGIN.decode(),
            "  " + END.decode(),
        ],
    )
    def test_holds_nothing_else(self, line):
        errors = parse_block(f"LOG_LEVEL=info\n{line}\n").errors
        assert [error["key"] for error in errors] == ["block, line 2"]

    def test_tells_what_is_allowed_but_hardly_meant(self):
        assert len(parse_block("LOG_LEVEL=info\nLOG_FILE=/a\nLOG_FILE_AUDIT=/a").warnings) == 1


class TestLoad:
    def why_not(self, path, **options):
        file = load(str(path), **options)
        assert file.content is None
        (error,) = file.errors
        assert (error["key"], error["value"]) == ("path", str(path))
        return error["rule"], error["remedy"]

    def test_reads_the_file_behind_a_link(self, tmp_path):
        (tmp_path / "real").write_bytes(b"A=1\n")
        (tmp_path / "link").symlink_to("real")
        file = load(str(tmp_path / "link"))
        assert (file.path, file.content, file.errors) == (str(tmp_path / "real"), b"A=1\n", [])

    def test_a_directory(self, tmp_path):
        assert self.why_not(tmp_path)[0] == "is a directory"

    def test_a_missing_file(self, tmp_path):
        assert self.why_not(tmp_path / "none") == ("there is no such file", "Check the path")
        assert self.why_not(tmp_path / "none", create=False)[1] == "Check the path, or set create to true"

    def test_a_missing_file_that_may_be_made(self, tmp_path):
        file = load(str(tmp_path / "none"), create=True)
        assert (file.content, file.errors) == (None, [])

    def test_a_missing_directory(self, tmp_path):
        assert self.why_not(tmp_path / "none" / "config", create=True)[1] == "Make the directory first"

    def test_a_file_for_a_directory(self, tmp_path):
        (tmp_path / "file").write_bytes(b"")
        assert self.why_not(tmp_path / "file" / "config")[0] == "there is no such file"

    def test_a_fifo_does_not_hang(self, tmp_path):
        os.mkfifo(str(tmp_path / "fifo"))
        assert self.why_not(tmp_path / "fifo")[0] == "is not a regular file"

    def test_a_device(self):
        assert self.why_not("/dev/null")[0] == "is not a regular file"

    def test_a_loop_of_links(self, tmp_path):
        (tmp_path / "loop").symlink_to("loop")
        assert "leads back to itself" in self.why_not(tmp_path / "loop")[0]

    def test_a_file_that_is_too_large(self, tmp_path):
        with (tmp_path / "large").open("wb") as large:
            large.truncate(50 * 1024 * 1024)
        assert str(SIZE_LIMIT) in self.why_not(tmp_path / "large")[0]

    def test_the_largest_file(self, tmp_path):
        with (tmp_path / "large").open("wb") as large:
            large.truncate(SIZE_LIMIT)
        assert load(str(tmp_path / "large")).errors == []

    def test_an_unreadable_file(self, tmp_path):
        (tmp_path / "config").write_bytes(b"")
        (tmp_path / "config").chmod(0)
        # Root reads every file, so it becomes someone else.
        user = os.geteuid()
        os.seteuid(user or 65534)
        try:
            assert self.why_not(tmp_path / "config")[1] == "Set become to true"
        finally:
            os.seteuid(user)


@pytest.mark.parametrize(
    "unit",
    [
        b"A=1\n",
        b"\n",
        b"LOG_LEVEL=1\n",
        b'A="\\a\\b"\n',
        b'A=\'x\' "" ""\n',
        b"\\",
        b"\\\n",
        b" ",
        b"export ",
        b"A='",
        b'\\"',
        b"' =\"",
        b"LOG_LEVEL=\\\n",
        BEGIN + b"\n",
    ],
)
def test_hostile_files_take_linear_time(unit):
    data = unit * (200000 // len(unit))
    began = time.process_time()
    merge(data, BLOCK)
    merge(BEGIN + b"\n" + data + b"\n" + END, BLOCK)
    # A quadratic step would take minutes.
    assert time.process_time() - began < 20
