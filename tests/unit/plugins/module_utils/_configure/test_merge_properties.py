# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties that hold for any bytes of a configuration file.

The readers are real ones where the machine has them; those of systemd and of the grammar are reference implementations
that share nothing with the code under test.
"""

import io
import itertools
import re
import shutil
import subprocess
import sys

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import merge as merge_module
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.document import (
    BEGIN,
    END,
    parse,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    KEYS,
    check,
    reportable,
)

pytest.importorskip("hypothesis", reason="the property tests need hypothesis")

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

# Hypothesis for Python 3.6 is several times slower; the code does not depend on the version.
EXAMPLES = 150 if sys.version_info >= (3, 7) else 40
settings.register_profile(
    "quiet", deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, max_examples=EXAMPLES
)
settings.load_profile("quiet")

parse_block = merge_module.parse_block


class Change:
    """A file with the block merged into it, or without its block, and the errors that prevent this."""

    def __init__(self, original, block=None):
        document = parse(original, strays=block is not None)
        self.errors = document.errors
        self.removed = [each.text for each in document.where(managed=block is None)]
        if block is None:
            self.content = merge_module.remove_block(original, document)
        else:
            self.content = merge_module.merge(original, document, block)


NAMES = [key.name.encode() for key in KEYS]
SECRET = b"hunter2"


def logging_key(line):
    """Return the logging key that a line assigns in the plain form, or None."""
    text = line.strip(b" \t\r\n")
    if text.startswith((b"export ", b"export\t")):
        text = text[len(b"export") :].lstrip(b" \t")
    name, equals, value = text.partition(b"=")
    value = re.split(rb"[ \t]+#", value)[0].strip(b" \t")
    if not equals or name not in NAMES:
        return None
    quoted = len(value) > 1 and value[:1] == value[-1:] and value[:1] in b"'\""
    inner = value[1:-1] if quoted else value
    try:
        text = inner.decode()
    except UnicodeDecodeError:
        return None
    return name if text.isprintable() and not set(text) & set(" '\"$\\#`;&|()<>{},=") and ":~" not in text else None


def is_marker(line):
    return line.replace(b"\xef\xbb\xbf", b"", 1).lstrip(b" \t").rstrip(b" \t\r") in (BEGIN, END)


def lines_of(data):
    """Lines, each with the line feed that ends it. The last one may have none."""
    *lines, rest = data.split(b"\n")
    return [line + b"\n" for line in lines] + ([rest] if rest else [])


def others(data):
    """Every byte that is not ours."""
    kept, inside = b"", False
    for line in lines_of(data):
        if is_marker(line.rstrip(b"\n")):
            inside = not inside
        elif not inside and logging_key(line) is None:
            kept += line
        elif not inside:
            # The comment behind an assignment is not ours either.
            kept += b"".join(re.split(rb"[ \t](?=#)", line, maxsplit=1)[1:])
    return kept


BLOCKS = st.sampled_from(
    [
        "LOG_LEVEL=info",
        "# comment\n\nLOG_LEVEL=debug\nLOG_FILE=/var/log/a\n",
        "LOG_LEVEL=error\nLOG_FILE=/a\nLOG_ROTATE_DAILY=true\nLOG_ROTATE_MAX=7\n# don't",
        "LOG_LEVEL=info\nLOG_FILE_AUDIT=/\u65e5\u672c",
    ]
).map(parse_block)

BLANKS = [b"", b" ", b"\t", b" \t "]
VALUES = [
    b"",
    b"info",
    b"/a b",
    b"true",
    b"'x'",
    b'"',
    b"\xff",
    b"x\\",
    b"info A=" + SECRET,
    b"info # " + SECRET,
    SECRET,
]
# One choice instead of seven: drawing them takes longer than what is tested.
ASSIGNMENTS = st.sampled_from(
    list(
        map(
            b"".join,
            itertools.product(
                BLANKS,
                [b"", b"export ", b"export\t "],
                [*NAMES, b"LOG_FORMAT", b"A"],
                BLANKS,
                [b"="],
                VALUES,
                [b"", b" ", b"\r"],
            ),
        )
    )
)
OTHERS = st.sampled_from(
    [
        b"",
        b"\r",
        b" ",
        b"#",
        b"# LOG_LEVEL=" + SECRET,
        b"; LOG_FILE=" + SECRET,
        b"PASSWORD=" + SECRET,
        b"PASSWORD='" + SECRET,
        b'PASSWORD="' + SECRET + b'"',
        b"PASSWORD=it's" + SECRET,
        b"PASSWORD=" + SECRET + b"\\",
        b"# " + SECRET + b"\\",
        b"'",
        b'"',
        b"\xef\xbb\xbfA=" + SECRET,
        b"\0" + SECRET,
        SECRET + b"\xe2\x80\xa8",
        SECRET + b"\x0b\x0c\x85",
        b"LOG_LEVEL",
        b"LOG_LEVELX=" + SECRET,
    ]
)
MARKERS = st.sampled_from([BEGIN, END, BEGIN + b"\r", b" " + END])
LINES = st.one_of(OTHERS, OTHERS, ASSIGNMENTS, st.binary(max_size=8))


def woven(lines):
    newlines = st.sampled_from([b"\n", b"\n", b"\r\n"])
    return st.builds(
        lambda parts, last: b"".join(line + newline for line, newline in parts) + last,
        st.lists(st.tuples(lines, newlines), max_size=8),
        st.one_of(st.just(b""), lines),
    )


FILES = st.one_of(
    woven(LINES),
    woven(st.one_of(LINES, MARKERS)),
    st.binary(max_size=60),
    # A file that has been managed before, and changed by hand since.
    st.builds(lambda before, block, after: Change(before, block).content + after, woven(LINES), BLOCKS, woven(LINES)),
)


def every_byte_that_is_not_ours_survives(original, block, result):
    # A last line without a newline gets one, because the block is put behind it.
    assert others(result.content) in [others(original) + newline for newline in (b"", b"\n", b"\r\n")]
    assert others(result.content) == others(original) or not original.endswith(b"\n")


def applying_twice_equals_once(original, block, result):
    twice = Change(result.content, block)
    assert (twice.content, twice.removed, twice.errors) == (result.content, [], [])


def the_file_then_sets_what_the_block_sets_and_nothing_else(original, block, result):
    assert parse(result.content).settings == block.settings
    assert parse(result.content).block is not None
    assert parse(result.content).duplicates == []


def the_newlines_of_the_block_are_all_alike(original, block, result):
    lines = result.content[slice(*parse(result.content).block)].splitlines(True)[:-1]
    assert len({line.endswith(b"\r\n") for line in lines}) == 1


@given(FILES, BLOCKS)
@example(b"A=1\r", parse_block("LOG_LEVEL=info"))
def test_properties_of_a_file_into_which_a_block_was_merged(original, block):
    """All of them of the same files: most files are refused, and generating others takes longer than what is tested."""
    result = Change(original, block)
    assume(not result.errors)
    every_byte_that_is_not_ours_survives(original, block, result)
    applying_twice_equals_once(original, block, result)
    the_file_then_sets_what_the_block_sets_and_nothing_else(original, block, result)
    the_newlines_of_the_block_are_all_alike(original, block, result)


@given(st.one_of(woven(OTHERS), woven(st.one_of(OTHERS, st.binary(max_size=8))), st.binary(max_size=60)), BLOCKS)
@example(b"A=1\r", parse_block("LOG_LEVEL=info"))
@example(b"", parse_block("LOG_LEVEL=info"))
def test_absent_after_present_gives_the_original_back(original, block):
    assume(not any(map(logging_key, original.split(b"\n"))))
    present = Change(original, block)
    assume(not present.errors)
    absent = Change(present.content)
    assert (absent.content, absent.errors) == (original, [])


@given(FILES)
def test_removing_twice_equals_once(original):
    once = Change(original)
    assume(not once.errors)
    assert Change(once.content).content == once.content


@given(FILES)
def test_last_assignment_of_a_key_is_effective(original):
    document = parse(original)
    assume(not document.errors)
    lines = [line for line in original.split(b"\n") if logging_key(line)]
    assert list(document.settings) == [key.name for key in KEYS if key.name.encode() in map(logging_key, lines)]
    for key, value in document.settings.items():
        last = [line for line in lines if logging_key(line) == key.encode()][-1]
        assert value.encode("utf-8", "surrogateescape") in last.partition(b"=")[2]


@given(FILES, BLOCKS)
def test_no_secret_leaves_the_file_whether_it_is_changed_or_refused(original, block):
    assume(SECRET in original)
    document = parse(original)
    reported = [
        reportable(document.settings),
        document.duplicates,
        document.errors,
        [each.text for each in document.assignments],
        check(document.settings, confidential=True),
    ]
    for result in (Change(original, block), Change(original)):
        reported += [result.removed, result.errors]
    assert SECRET.decode() not in repr(reported)


def read_by_systemd(data, version):
    """What systemd reads from an environment file: 239 is RHEL 8's, and 254 no longer joins comments."""
    found, key, value, state, quote = {}, "", "", "before key", ""
    for char in data.decode("latin-1").replace("\r", "\n") + "\n":
        if state == "before key":
            if char in "#;":
                state = "comment"
            elif not char.isspace():
                key, state = char, "key"
        elif state == "key":
            if char == "\n":
                state = "before key"
            elif char == "=":
                value, state = "", "before value"
            else:
                key += char
        elif state in ("before value", "value"):
            if char == "\n":
                found[key.strip()] = value.rstrip()
                state = "before key"
            elif char == "\\":
                state = "escape"
            elif state == "before value" and char in "'\"":
                quote, state = char, "quote"
            elif state == "value" or not char.isspace():
                value, state = value + char, "value"
        elif state == "escape":
            value, state = value + char.replace("\n", ""), "value"
        elif state == "quote":
            if char == quote:
                state = "before value"
            elif char == "\\" and (quote == '"' or version < 240):
                state = "quoted escape"
            else:
                value += char
        elif state == "quoted escape":
            value, state = value + char, "quote"
        elif state == "comment":
            if char == "\n":
                state = "before key"
            elif char == "\\":
                state = "escaped comment"
        elif state == "escaped comment":
            state = "before key" if char == "\n" and version >= 254 else "comment"
    if state not in ("before key", "key", "comment", "escaped comment"):
        found[key.strip()] = value
    return found


AMBIGUOUS = st.builds(
    lambda start, rest: start + rest,
    st.sampled_from(
        [
            b"A=",
            b"A='",
            b'A="',
            b"A=x'",
            b"# ",
            b"; ",
            b"",
            b"LOG_LEVEL=",
            b"LOG_FILE=/a",
            b" B = ",
            b"export C=",
            b";D=",
        ]
    ),
    st.text(alphabet="x'\"\\#= ;&\r", max_size=6).map(str.encode),
)
AMBIGUOUS_FILES = st.one_of(
    st.lists(AMBIGUOUS, max_size=6).map(b"\n".join),
    st.builds(
        lambda before, after: (
            Change(b"\n".join(before) + b"\n", parse_block("LOG_LEVEL=error")).content + b"\n".join(after)
        ),
        st.lists(AMBIGUOUS, max_size=4),
        st.lists(AMBIGUOUS, max_size=4),
    ),
)
EXPECTED = {"LOG_LEVEL": "info", "LOG_FILE": "/var/log/a"}
WRITTEN = parse_block("\n".join(["# don't", *map("=".join, EXPECTED.items())]))


@given(original=AMBIGUOUS_FILES)
def test_systemd_reads_from_a_file_what_was_written_into_it(original):
    result = Change(original, WRITTEN)
    assume(not result.errors)
    names = {key.name for key in KEYS}
    for version in (239, 252, 254):
        before, after = read_by_systemd(original, version), read_by_systemd(result.content, version)
        assert {key: after.get(key) for key in EXPECTED} == EXPECTED
        # And what it has read of other keys it still reads.
        assert {k: v for k, v in after.items() if k not in names} == {k: v for k, v in before.items() if k not in names}


def variables(shell, path, content):
    """Return what a shell exports after it has read a file, or None if a syntax error keeps it from the end."""
    path.write_bytes(content + b"\nEND_OF_FILE=1\n")
    # There is no command in PATH, so the words of a hostile file can do nothing.
    script = 'set -a; . "$1" >/dev/null 2>&1; exec "$2" -0'
    process = subprocess.run(
        [shell, "-c", script, "sh", str(path), shutil.which("env")],
        env={"PATH": "/nonexistent"},
        cwd=str(path.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if b"END_OF_FILE" not in process.stdout:
        return None
    found = dict(variable.split(b"=", 1) for variable in process.stdout.split(b"\0")[:-1])
    return {key: value for key, value in found.items() if key not in (b"_", b"END_OF_FILE")}


@pytest.mark.parametrize("name", ["sh", "bash"])
@given(original=AMBIGUOUS_FILES)
@settings(max_examples=30)
@example(original=b"A=\r\nA=")
@example(original=b"A=\r\nexport C=")
def test_a_shell_reads_the_block_and_nothing_else_changes(name, tmp_path_factory, original):
    shell = shutil.which(name) or pytest.skip(f"there is no {name}")
    result = Change(original, WRITTEN)
    assume(not result.errors)
    config = tmp_path_factory.mktemp("shell") / "config"
    before = variables(shell, config, original)
    assume(before is not None)
    after = variables(shell, config, result.content)
    # In a file with CRLF, every value that a shell reads ends in a carriage return.
    assert {key: after.get(key.encode(), b"").decode().rstrip("\r") for key in EXPECTED} == EXPECTED
    assert {k: v for k, v in after.items() if k not in NAMES} == {k: v for k, v in before.items() if k not in NAMES}


@given(original=AMBIGUOUS_FILES)
def test_python_dotenv_reads_the_block_and_nothing_else_changes(original):
    dotenv = pytest.importorskip("dotenv", reason="this comparison needs python-dotenv")
    result = Change(original, WRITTEN)
    assume(not result.errors)
    before, after = (
        dotenv.dotenv_values(stream=io.StringIO(content.decode(), newline="")) for content in (original, result.content)
    )
    names = {key.name for key in KEYS}
    assert {key: after.get(key) for key in EXPECTED} == EXPECTED
    assert {k: v for k, v in after.items() if k not in names} == {k: v for k, v in before.items() if k not in names}
