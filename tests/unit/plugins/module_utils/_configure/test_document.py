# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.document import BEGIN, END, parse

SECRET = b"planted-1"
MANAGED = b"\n".join([BEGIN, b"LOG_LEVEL=info", END])


def errors(data, strays=True):
    """Return the errors as pairs of lines and the start of the cause. No error may repeat the text of a line."""
    document = parse(data, "/etc/config", strays)
    assert SECRET.decode() not in repr(document.errors)
    assert all(error["phase"] == "validate" and error["remedy"] for error in document.errors)
    subjects = [error["subject"].split(", ", 1) for error in document.errors]
    assert all(path == "/etc/config" for path, _lines in subjects)
    return [(lines, error["cause"].split()[0]) for (_path, lines), error in zip(subjects, document.errors)]


def accepted(data):
    return errors(data) == []


class TestAssignments:
    @pytest.mark.parametrize(
        ("line", "key", "value"),
        [
            (b"LOG_LEVEL=info", "LOG_LEVEL", "info"),
            (b"  LOG_LEVEL=info", "LOG_LEVEL", "info"),
            (b"\tLOG_LEVEL=info \t\r", "LOG_LEVEL", "info"),
            (b"export LOG_LEVEL=info", "LOG_LEVEL", "info"),
            (b" export\tLOG_FILE=/a", "LOG_FILE", "/a"),
            (b"LOG_LEVEL_AUDIT=info", "LOG_LEVEL_AUDIT", "info"),
            (b"LOG_LEVEL=DEBUG", "LOG_LEVEL", "DEBUG"),
            (b"LOG_LEVEL=x+y@z%:!?*[]^~-", "LOG_LEVEL", "x+y@z%:!?*[]^~-"),
            (b"LOG_FILE=/\xe6\x97\xa5", "LOG_FILE", "/\u65e5"),
            (b"LOG_FILE=", "LOG_FILE", ""),
            (b"LOG_FILE= # none", "LOG_FILE", ""),
            (b"LOG_FILE='/a'", "LOG_FILE", "/a"),
            (b'LOG_FILE="/a"', "LOG_FILE", "/a"),
            (b"LOG_FILE=''", "LOG_FILE", ""),
            (b'LOG_FILE=""', "LOG_FILE", ""),
            (b"LOG_LEVEL=info # verbose: LOG_LEVEL=debug", "LOG_LEVEL", "info"),
            (b"LOG_LEVEL='info' # don't", "LOG_LEVEL", "info"),
        ],
    )
    def test_plain_form(self, line, key, value):
        document = parse(b"A=1\n" + line + b"\nB=2\n")
        assert (document.settings, document.errors) == ({key: value}, [])
        (assignment,) = document.assignments
        assert (assignment.line.number, assignment.managed) == (2, False)

    @pytest.mark.parametrize(
        "line",
        [
            b"# LOG_LEVEL=info",
            b"  #LOG_LEVEL=info",
            b"; LOG_LEVEL=info",
            b"A=1 # LOG_LEVEL=info",
            b"log_level=info",
            b"LOG_LEVELS=info",
            b"MY_LOG_LEVEL=info",
            b"LOG_FORMAT=json",
            b"exportLOG_LEVEL=info",
            b"A=LOG_LEVEL",
            b"A=$LOG_LEVEL",
            b"A='-e LOG_LEVEL=debug'",
            b'A="-e LOG_LEVEL=debug"',
            b'A="\\"LOG_LEVEL=debug\\""',
            b"JAVA_OPTS=-DLOG_LEVEL=debug",
            b"export LOG_LEVEL",
            b"export A LOG_LEVEL B",
            b"\xef\xbb\xbfLOG_LEVEL=info",
        ],
    )
    def test_line_that_assigns_no_logging_key_for_any_reader(self, line):
        document = parse(line + b"\n")
        assert (document.assignments, document.errors) == ([], [])

    @pytest.mark.parametrize(
        "line",
        [
            b"LOG_LEVEL = info",
            b"LOG_LEVEL=info debug",
            b"LOG_LEVEL= info",
            b"LOG_LEVEL+=info",
            b"LOG_LEVEL",
            b"LOG_LEVEL: info",
            b"LOG_LEVEL\x0b=info",
            b"\x0bLOG_LEVEL=info",
            b"LOG_LEVEL=info;",
            b"LOG_LEVEL=info; export LOG_LEVEL",
            b"LOG_LEVEL=info && true",
            b"LOG_LEVEL=info\\",
            b"LOG_LEVEL=info\\n",
            b"LOG_LEVEL=info\\\r",
            b"LOG_LEVEL='info",
            b"LOG_LEVEL='in'fo",
            b"LOG_LEVEL=$(level)",
            b"LOG_LEVEL=`level`",
            b"LOG_LEVEL=${A:=info}",
            b"LOG_LEVEL=${A=info}",
            b'LOG_LEVEL="${A:=info}"',
            b'LOG_LEVEL="$(level)"',
            b"LOG_FILE=/a&b",
            b"LOG_FILE=/a|b",
            b"LOG_FILE=/a<b",
            b"LOG_FILE=/a>b",
            b"LOG_FILE=/a)",
            b"LOG_FILE=/a:~/b",
            b"LOG_FILE=/a=b",
            b"LOG_FILE=/a#b",
            b"LOG_FILE=/a,b",
            b"export LOG_LEVEL={1..3}",
            b"LOG_FILE='/a b'",
            b'LOG_FILE="/a b"',
            b"LOG_FILE='$A(`'",
            b'LOG_FILE="$DIR/a"',
            b"LOG_LEVEL=${LEVEL:-info}",
            b"LOG_FILE=/\xff",
            b"LOG_LEVEL='info\"",
            b"LOG_LEVEL=info # " + BEGIN[2:],
            b"LOG_LEVEL=info " + END,
            b"LOG_LEVEL=info PASSWORD=" + SECRET,
            b"export LOG_LEVEL=debug 'PASSWORD=" + SECRET + b"'",
            b"A=1 LOG_LEVEL=info",
            b"A=1;LOG_LEVEL=info",
            b"A=1&LOG_LEVEL=info",
            b"A=1|LOG_LEVEL=info",
            b"(LOG_LEVEL=info)",
            b"{ LOG_LEVEL=info; }",
            b"A=1\rLOG_LEVEL=info",
            b"export A=1 LOG_LEVEL=info",
            b"export 'LOG_LEVEL=info'",
            b"'LOG_LEVEL'=info",
            b'"LOG_LEVEL"=info',
            b"unset LOG_LEVEL",
            b"export A=1 LOG_LEVEL",
        ],
    )
    def test_any_other_mention_is_an_error(self, line):
        assert errors(b"A=1\n" + line + b"\nB=2\n") == [("line 2", "mentions")]
        assert parse(b"A=1\n" + line + b"\nB=2\n").assignments == []

    def test_last_assignment_is_effective_and_all_lines_are_reported(self):
        document = parse(b"LOG_LEVEL=info\nA=1\nLOG_LEVEL=debug\n\nLOG_FILE=/a\nLOG_LEVEL=error")
        assert document.settings == {"LOG_LEVEL": "error", "LOG_FILE": "/a"}
        assert document.duplicates == [{"key": "LOG_LEVEL", "lines": [1, 3, 6]}]

    def test_settings_are_in_the_order_of_the_table(self):
        assert list(parse(b"LOG_FILE=/a\nLOG_LEVEL=info").settings) == ["LOG_LEVEL", "LOG_FILE"]

    def test_assignments_inside_and_outside_the_block(self):
        document = parse(b"LOG_LEVEL=error\n" + MANAGED + b"\nLOG_LEVEL=debug\n")
        assert [each.text for each in document.where(managed=True)] == ["LOG_LEVEL=info"]
        assert [each.text for each in document.where(managed=False)] == ["LOG_LEVEL=error", "LOG_LEVEL=debug"]

    def test_text_of_an_assignment_has_no_invalid_value(self):
        assert [each.text for each in parse(b"LOG_LEVEL=loud\n").assignments] == ["LOG_LEVEL=<4 characters, not shown>"]


class TestExports:
    @pytest.mark.parametrize("line", [b"export A=1", b" export\tLOG_LEVEL=info", b"export LOG_LEVEL"])
    def test_file_that_exports_a_variable(self, line):
        assert parse(b"A=1\n" + line + b"\nB=2\n").exports

    @pytest.mark.parametrize("line", [b"A=1", b"# export A=1", b"exported=1", b"A=' export B=1'"])
    def test_file_that_exports_none(self, line):
        assert not parse(line).exports

    def test_name_without_a_value_after_the_block_is_an_error(self):
        assert errors(MANAGED + b"\nexport LOG_LEVEL\n") == [("line 4", "mentions")]
        assert accepted(MANAGED + b"\nexport OTHER\n")


class TestReferences:
    @pytest.mark.parametrize(
        "reference", [b"$LOG_LEVEL", b"${LOG_LEVEL}", b'"${LOG_LEVEL:-info}"', b"${#LOG_LEVEL}", b"a-${!LOG_LEVEL}"]
    )
    def test_reference_to_a_key_that_is_set_before_is_an_error(self, reference):
        assert errors(b"LOG_LEVEL=debug\nA=1\nB=" + reference) == [("line 3", "uses")]
        assert accepted(b"B=" + reference + b"\nLOG_LEVEL=debug\n")

    @pytest.mark.parametrize("reference", [b"$LOG_FILE", b"$LOG_LEVEL_AUDIT", b"$LOG_LEVELS", b"LOG_LEVEL"])
    def test_reference_to_something_else_is_none(self, reference):
        assert accepted(b"LOG_LEVEL=debug\nB=" + reference)

    def test_block_may_set_every_key(self):
        assert errors(MANAGED + b"\nA=$LOG_FILE") == [("line 4", "uses")]
        assert accepted(b"A=$LOG_FILE\n" + MANAGED)


class TestBlock:
    def test_markers_are_those_in_the_files_of_earlier_versions(self):
        assert BEGIN == b"# BEGIN ANSIBLE MANAGED BLOCK: community.aqtive_guard logging"
        assert END == b"# END ANSIBLE MANAGED BLOCK: community.aqtive_guard logging"

    def test_position(self):
        document = parse(b"A=1\n" + MANAGED + b"\nB=2\n")
        assert document.block == (4, 4 + len(MANAGED) + 1)

    def test_no_block(self):
        assert parse(b"A=1\n").block is None

    @pytest.mark.parametrize("begin", [BEGIN, b" \t" + BEGIN + b" \t", BEGIN + b"\r"])
    def test_markers_may_be_surrounded_by_blanks(self, begin):
        assert parse(begin + b"\nLOG_LEVEL=info\n\t" + END + b"\r\n").block is not None

    def test_byte_order_mark_is_not_part_of_the_block(self):
        document = parse(b"\xef\xbb\xbf" + MANAGED)
        assert (document.block, document.errors) == ((3, 3 + len(MANAGED)), [])

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
    @pytest.mark.parametrize("strays", [True, False])
    def test_markers_that_delimit_no_block(self, lines, named, strays):
        data = b"\n".join([b"PASSWORD=" + SECRET, *lines, b""])
        assert (named, "is") in errors(data, strays)
        assert parse(data).block is None

    @pytest.mark.parametrize("strays", [True, False])
    def test_foreign_lines_would_be_lost(self, strays):
        lines = [
            BEGIN,
            b"LOG_LEVEL=info",
            b"PASSWORD=" + SECRET,
            b"",
            b"# fine",
            b"  # don't",
            b"; fine",
            SECRET,
            END,
            b"",
        ]
        assert errors(b"\n".join(lines), strays) == [("lines 3, 8", "is")]

    @pytest.mark.parametrize(
        "line",
        [
            b"LOG_LEVEL=info A=" + SECRET,
            b"LOG_LEVEL = info",
            b"export LOG_LEVEL A",
            b"A='" + SECRET,
            b"export A=1",
            b"\\\nLOG_LEVEL=info",
        ],
    )
    def test_other_forms_are_foreign(self, line):
        assert errors(b"\n".join([BEGIN, line, END])) == [("line 2", "is")]

    def test_export_of_its_own_keys_is_not_foreign(self):
        assert accepted(
            b"\n".join([BEGIN, b"export LOG_LEVEL", b"\texport LOG_LEVEL\tLOG_FILE \r", b"LOG_LEVEL=info", END])
        )


class TestUnclosedLines:
    @pytest.mark.parametrize(
        ("data", "line"),
        [
            # A backslash at the end.
            (b"A=1\nB=" + SECRET + b"\\\nLOG_LEVEL=debug\n", "line 2"),
            (b"A=1\nB=" + SECRET + b"\\\nC\\\nLOG_LEVEL=debug\n", "line 2"),
            (b"A=1\nB=" + SECRET + b"\\\n export LOG_LEVEL = debug\n", "line 2"),
            (b"# " + SECRET + b"\\\nLOG_LEVEL=debug\n", "line 1"),
            (b"B=" + SECRET + b"\\\\\\\nLOG_LEVEL=debug\n", "line 1"),
            (b"A=1\nB=" + SECRET + b"\\", "line 2"),
            (b"B=" + SECRET + b"\\\n" + MANAGED + b"\n", "line 1"),
            (b"# " + SECRET + b"\\\n" + MANAGED + b"\n", "line 1"),
            # Quotes that all readers know.
            (b'B="' + SECRET + b'\nLOG_LEVEL=debug\n"\n', "line 1"),
            (b"A=1\nB='" + SECRET + b"\nLOG_LEVEL=debug\n'\n", "line 2"),
            (b'B="a"\'' + SECRET + b"\nLOG_LEVEL=debug\n'\n", "lines 1, 3"),
            (b'B="\\"' + SECRET + b'\nLOG_LEVEL=debug\n"\n', "line 1"),
            (b'B="' + SECRET + b"\n" + MANAGED + b'\n"\n', "line 1"),
            # A backslash in single quotes, which systemd has read as an escape until version 239.
            (b"B='" + SECRET + b"\\'\nLOG_LEVEL=debug\nC='\n", "lines 1, 3"),
            # Quotes in the middle of a value, which shells alone know.
            (b"B=it's" + SECRET + b"\nLOG_LEVEL=debug\nC=don't\n", "lines 1, 3"),
            (b"B=it's" + SECRET + b"\nLOG_LEVEL=debug\n", "line 1"),
            # A quote that is never closed.
            (b'B="' + SECRET, "line 1"),
            (b"LOG_LEVEL=debug\nB='" + SECRET + b"\n", "line 2"),
            # Commands that continue.
            (b"cat <<X\nLOG_LEVEL=debug\nX\n", "line 1"),
            (b"true &&\nLOG_LEVEL=debug\n", "line 1"),
        ],
    )
    def test_before_a_logging_key_or_the_place_of_the_block_are_errors(self, data, line):
        assert (line, "may") in errors(data)

    @pytest.mark.parametrize(
        "data",
        [
            b"B=a\\\nb\nLOG_LEVEL=debug\n",
            b"B=a\\\\\nLOG_LEVEL=debug\n",
            b"B=a\\\r\nLOG_LEVEL=debug\r\n",
            b'B="a\nb"\nLOG_LEVEL=debug\n',
            b"# a \\\n# LOG_LEVEL=b \\\n# c\nLOG_LEVEL=debug\n",
            b"# don't\nLOG_LEVEL=debug\n# can't\n",
            b"; don't\nLOG_LEVEL=debug\n; can't\n",
            b"B=1 # don't\nLOG_LEVEL=debug\nC=2 # can't\n",
            b"B=\\'\nLOG_LEVEL=debug\nC=\\'\n",
            b'B="it\'s"\nLOG_LEVEL=debug\nC="don\'t"\n',
            b'B=\'\n{\n "LOG_LEVEL": "debug"\n}\n\'\nLOG_LEVEL=debug\n',
            MANAGED + b"\nB=it's\n",
            MANAGED + b"\nB=1\\",
        ],
    )
    def test_lines_that_cannot_affect_a_logging_key_are_none(self, data):
        assert accepted(data)

    @pytest.mark.parametrize(
        "rest", [b"B=1\\", b"B=1\\\nLOG_LEVEL=debug\n", b"B='1\nLOG_LEVEL=debug\n'\n", b"LOG_LEVEL=a b"]
    )
    def test_after_the_block_do_not_matter_to_its_removal(self, rest):
        assert errors(MANAGED + b"\n" + rest, strays=False) == []

    @pytest.mark.parametrize("line", [b"B='1", b"LOG_LEVEL='1", b"B=1\\"])
    def test_before_the_block_matter_to_its_removal(self, line):
        assert ("line 1", "may") in errors(line + b"\n" + MANAGED + b"\n", strays=False)

    def test_do_not_matter_where_there_is_no_block_to_remove(self):
        assert errors(b"B='1\nLOG_LEVEL=debug\n", strays=False) == []


class TestCompoundCommands:
    @pytest.mark.parametrize(
        ("begin", "end"),
        [
            (b"if true; then", b"fi"),
            (b" if true\nthen", b" fi # end"),
            (b"for a in b; do", b"done"),
            (b"while true; do", b"done >x"),
            (b"until true; do", b"done"),
            (b"select a in b; do", b"done"),
            (b"case a in\na)", b"esac"),
            (b"function f {", b"}"),
            (b"f() {", b"}"),
            (b"f ()\n{", b"}"),
            (b"(", b")"),
            (b"true && {", b"}"),
            (b"true && (", b")"),
            (b"time {", b"} >x"),
            (b"my-f() {", b"};"),
            (b"if", b"then\n A=1\nfi"),
            (b"if\\\n true; then", b"fi"),
            (b"if(true) then", b"fi"),
            (b"if true; then A=1\nelse", b"fi"),
            (b"if true; then", b"else A=1; fi"),
            (b"if true; then", b"A=1; fi"),
            (b"A=1; if true; then", b"fi"),
            (b"true && if true; then", b"fi"),
            (b"if true; then if true; then A=1; fi", b"fi"),
            (b"while", b"do A=1\ndone"),
            (b"until(true)\ndo", b"A=1; done<x"),
            (b"A=1; case a in a)", b";;\nesac"),
            (b"if true; then A=:\\(; { B=1", b"fi"),
            (b"A=$(", b")"),
            (b"A=$(", b"date)"),
            (b"A=`", b"date`"),
            (b"cat <(true", b"true)"),
            (b"A=(", b")"),
            (b"A=`", b"`"),
            (b"cat <(", b")"),
            (b"((", b"))"),
        ],
    )
    def test_logging_key_inside_is_an_error(self, begin, end):
        number = begin.count(b"\n") + 2
        assert errors(begin + b"\n  LOG_LEVEL=debug\n" + end + b"\n") == [(f"line {number}", "is")]

    def test_block_inside_is_an_error(self):
        data = b"if true; then\n" + MANAGED + b"\nfi\n"
        assert errors(data) == errors(data, strays=False) == [("lines 2, 4", "is")]

    @pytest.mark.parametrize(
        "data",
        [
            b"LOG_LEVEL=debug\nif true; then\n A=1\nfi\n",
            b"if true; then\n A=1\nfi\nLOG_LEVEL=debug\n",
            b"if true; then A=1; fi\nLOG_LEVEL=debug\n",
            b"A='\nif true\n'\nLOG_LEVEL=debug\nB='\nfi\n'\n",
            b"iffy 1\nLOG_LEVEL=debug\ndone_1\n",
            b"A={\nLOG_LEVEL=debug\n}\n",
            b"if true; then\n A=1\nfi\nLOG_LEVEL=debug\nif true; then\n A=2\nfi\n",
            b"f() {\n A=1\n}\n  export LOG_LEVEL=debug\nif f; then A=2; fi\n",
            b"case a in\na) A=1 ;;\nesac\nLOG_LEVEL=debug\n{ A=2; }\n",
            b"A=$(date)\nB=$((1 + 2))\nLOG_LEVEL=debug\nC=`date`\n(true)\n",
            b"A=1 if\nLOG_LEVEL=debug\nfi\n",
            b"A=a(b\nLOG_LEVEL=debug\nB=a)b\n",
            b"A=a; if b\nLOG_LEVEL=debug\nB=done; a\n",
            b'A="if true" "{"\nLOG_LEVEL=debug\nfi\n}\n',
            b"A='if true' '{'\nLOG_LEVEL=debug\nfi\n}\n",
            b"'{' A\nLOG_LEVEL=debug\n}\n",
            b'"{" A\nLOG_LEVEL=debug\n}\n',
            b"A=\\`\nLOG_LEVEL=debug\nB=\\`\n",
            b"if true; then\nLOG_LEVEL=debug\necho fi\n",
        ],
    )
    def test_logging_key_outside_is_none(self, data):
        assert accepted(data)


class TestNul:
    @pytest.mark.parametrize("line", [b"A=\0", b"# \0", b"\0LOG_LEVEL=info"])
    @pytest.mark.parametrize("strays", [True, False])
    def test_is_an_error(self, line, strays):
        assert ("line 2", "contains") in errors(b"A=1\n" + line + b"\n", strays)

    def test_utf_16_is_an_error(self):
        assert errors("LOG_LEVEL=info\n".encode("utf-16"))


def test_errors_list_ten_lines_at_most():
    cause, remedy = parse(b"LOG_LEVEL = x\n")[-1][0]["cause"], parse(b"LOG_LEVEL = x\n")[-1][0]["remedy"]
    for number, subject in [
        (10, "lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"),
        (2000, "lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 1990 more"),
    ]:
        (error,) = parse(b"LOG_LEVEL = x\n" * number, "f").errors
        assert error == {"phase": "validate", "subject": f"f, {subject}", "cause": cause, "remedy": remedy}


def test_everything_that_is_wrong_is_reported():
    data = b"LOG_LEVEL=a b\nLOG_FILE=/a\nA=$LOG_FILE\nB='" + SECRET + b"\n" + END + b"\n"
    assert errors(data) == [("line 1", "mentions"), ("line 3", "uses"), ("line 4", "may"), ("line 5", "is")]


@pytest.mark.parametrize(
    ("data", "cause", "remedy"),
    [
        (
            END,
            "is a marker of the managed block, which must begin once and end once, in this order",
            "Remove the markers that are too many, or restore the one that is missing",
        ),
        (b"A=\0", "contains a NUL byte, so the file is not UTF-8 text", "Save the file as UTF-8"),
        (
            b"\n".join([BEGIN, b"A=1", END]),
            "is in the managed block, but is not an assignment of a logging key",
            "Move it out of the block",
        ),
        (
            b"LOG_LEVEL = info",
            "mentions a logging key, but is not a single plain assignment that systemd, shells and python-dotenv read alike",
            "Write KEY=value on a line of its own, without white space or special characters in the value, or remove the line",
        ),
        (
            b"LOG_FILE=/a\nA=$LOG_FILE",
            "uses the value of a logging key that is set before it",
            "Write the value itself",
        ),
        (
            b"A='",
            "may continue on the next lines because of a quote, a backslash or a shell operator, and so hide a logging key or the block",
            "Write it on one line, with every quote closed and no backslash at the end",
        ),
        (
            b"(\nLOG_LEVEL=info\n)",
            "is inside a compound command, function, array or substitution of the shell",
            "Move the logging keys out of it, or remove them",
        ),
    ],
)
def test_each_error_states_its_rule_and_remedy(data, cause, remedy):
    (error,) = parse(data + b"\n").errors
    assert (error["cause"], error["remedy"]) == (cause, remedy)
