# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The grammar and the rules of the product's configuration file."""

import pytest
from aqtive_guard_simulator import config
from hypothesis import given
from hypothesis import strategies as st


def violations(text):
    return config.check(config.parse(text.encode("utf-8")))[0]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"LOG_FILE=/a", b"/a"),
        (b" \tLOG_FILE=/a", b"/a"),
        (b"export LOG_FILE=/a", b"/a"),
        (b"  export \t LOG_FILE \t=/a", b"/a"),
        (b"LOG_FILE=/a \t\r", b"/a"),
        (b"LOG_FILE= /a", b" /a"),
        (b"LOG_FILE=/a=b", b"/a=b"),
        (b"LOG_FILE='/a' # no comment", b"'/a' # no comment"),
        (b"LOG_FILE=", b""),
        (b"LOG_FILE=/\xff", b"/\xff"),
        (b"#LOG_FILE=/a", None),
        (b"  ;LOG_FILE=/a", None),
        (b"exportLOG_FILE=/a", None),
        (b"LOG_FILE", None),
        (b"\xef\xbb\xbfLOG_FILE=/a", None),
        (b"MY_LOG_FILE=/a", None),
        (b"log_file=/a", None),
        (b"\x0cLOG_FILE=/a", None),
    ],
)
def test_an_assignment_is_what_the_grammar_says(line, value):
    assert config.parse(b"x\n" + line + b"\ny").get("LOG_FILE") == value


def test_the_last_assignment_wins_and_only_logging_keys_are_read():
    assert config.parse(b"LOG_LEVEL=info\nDATABASE_URL=secret\nLOG_LEVEL=error") == {"LOG_LEVEL": b"error"}


@given(st.binary())
def test_arbitrary_bytes_can_be_parsed(data):
    values = config.parse(data)
    violated, _warnings = config.check(values)
    if not violated:
        assert config.settings(values).general.level in config.LEVELS


@pytest.mark.parametrize(
    "text",
    [
        "LOG_LEVEL=critical",
        "LOG_LEVEL=debug\nLOG_LEVEL_AUDIT=critical",
        "LOG_LEVEL=info\nLOG_ROTATE_DAILY=false\nLOG_ROTATE_DAILY_AUDIT=false",
        "LOG_LEVEL=info\nLOG_FILE=/a\nLOG_ROTATE_DAILY=true\nLOG_ROTATE_MAX=10",
        "LOG_LEVEL=info\nLOG_FILE_AUDIT=/a\nLOG_ROTATE_DAILY_AUDIT=true\nLOG_ROTATE_MAX_AUDIT=1",
        "LOG_LEVEL=info\nLOG_FILE=/journaux/é",
        "LOG_LEVEL=info\nLOG_FILE=//a/../b",
    ],
)
def test_a_documented_configuration_is_accepted(text):
    assert violations(text) == []


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ["LOG_LEVEL"]),
        ("LOG_LEVEL=", ["LOG_LEVEL"]),
        ("LOG_LEVEL=INFO", ["LOG_LEVEL"]),
        ("LOG_LEVEL=warn", ["LOG_LEVEL"]),
        ("LOG_LEVEL=info\nLOG_LEVEL_AUDIT=all", ["LOG_LEVEL_AUDIT"]),
        ("LOG_LEVEL=info\nLOG_FILE=a", ["LOG_FILE"]),
        ("LOG_LEVEL=info\nLOG_FILE=/", ["LOG_FILE"]),
        ("LOG_LEVEL=info\nLOG_FILE=/a/", ["LOG_FILE"]),
        ("LOG_LEVEL=info\nLOG_FILE=/a/.", ["LOG_FILE"]),
        ("LOG_LEVEL=info\nLOG_FILE=/a/..", ["LOG_FILE"]),
        ("LOG_LEVEL=info\nLOG_ROTATE_DAILY=true", ["LOG_ROTATE_DAILY"]),
        ("LOG_LEVEL=info\nLOG_FILE=/a\nLOG_ROTATE_DAILY=yes", ["LOG_ROTATE_DAILY"]),
        ("LOG_LEVEL=info\nLOG_FILE=/a\nLOG_ROTATE_MAX=3", ["LOG_ROTATE_MAX"]),
        ("LOG_LEVEL=info\nLOG_FILE=/a\nLOG_ROTATE_DAILY=false\nLOG_ROTATE_MAX=3", ["LOG_ROTATE_MAX"]),
        ("LOG_LEVEL=info\nLOG_FILE=/a\nLOG_ROTATE_DAILY=true\nLOG_ROTATE_MAX=0", ["LOG_ROTATE_MAX"]),
        ("LOG_LEVEL=info\nLOG_FILE=/a\nLOG_ROTATE_DAILY=true\nLOG_ROTATE_MAX=03", ["LOG_ROTATE_MAX"]),
        ("LOG_LEVEL=info\nLOG_FILE=/a\nLOG_ROTATE_DAILY=true\nLOG_ROTATE_MAX=٣", ["LOG_ROTATE_MAX"]),
        ("LOG_LEVEL=info\nLOG_ROTATE_DAILY_AUDIT=true", ["LOG_ROTATE_DAILY_AUDIT"]),
        (
            "LOG_LEVEL=x\nLOG_FILE=x\nLOG_ROTATE_MAX=x\nLOG_LEVEL_AUDIT=x\nLOG_ROTATE_DAILY_AUDIT=x",
            ["LOG_LEVEL", "LOG_FILE", "LOG_ROTATE_MAX", "LOG_LEVEL_AUDIT", "LOG_ROTATE_DAILY_AUDIT", "LOG_ROTATE_MAX"],
        ),
    ],
)
def test_all_violations_are_reported_at_once(text, keys):
    assert [violation.replace("=", " ").split()[0] for violation in violations(text)] == keys


@pytest.mark.parametrize("character", list(" \t'\"$\\#`;\x00\x1f\x7f\x85\u2028\u3000"))
def test_a_path_that_systemd_and_a_shell_may_read_differently_is_rejected(character):
    assert len(violations(f"LOG_LEVEL=info\nLOG_FILE=/a{character}b")) == 1


def test_two_sinks_in_one_file_are_rejected_with_rotation_and_cause_a_warning_without():
    both = b"LOG_LEVEL=info\nLOG_FILE=/a/b\nLOG_FILE_AUDIT=/a/./b\n"
    assert [len(messages) for messages in config.check(config.parse(both))] == [0, 1]
    assert [len(messages) for messages in config.check(config.parse(both + b"LOG_ROTATE_DAILY_AUDIT=true"))] == [1, 0]


def test_audit_records_go_to_the_general_sink_unless_they_have_a_file():
    settings = config.settings(config.parse(b"LOG_LEVEL=error\nLOG_FILE=/a\nLOG_ROTATE_DAILY=true"))
    assert settings.audit == config.Sink("info", "/a", True, None)
    settings = config.settings(config.parse(b"LOG_LEVEL=error\nLOG_FILE_AUDIT=/b"))
    assert settings == (config.Sink("error", None, False, None), config.Sink("info", "/b", False, None))
