# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import (
    ERRORS_LIMIT,
    PHASES,
    Failure,
    bounded,
    error,
    failure,
    message,
)

LEVEL = error("validate", "LOG_LEVEL", "is 'loud', but must be debug or info", "Set it to one of them")
FILE = error("read", "/etc/config", "is a directory", "Name the file in it")

PLUGINS = Path(__file__).parents[5] / "plugins"


def test_phases_are_those_that_the_code_names():
    code = "".join(path.read_text(encoding="utf-8") for path in PLUGINS.rglob("*.py"))
    named = re.findall(r"\b(?:(?:error|failure|os_errors|phase)\(\s*|phase = )\"(\w+)\"", code)
    assert sorted(PHASES) == sorted(set(named))


def test_an_error_has_four_fields():
    assert LEVEL == {
        "phase": "validate",
        "subject": "LOG_LEVEL",
        "cause": "is 'loud', but must be debug or info",
        "remedy": "Set it to one of them",
    }


def test_an_error_is_printable():
    escaped = error("read", "/\x1b[2J", "is a\rdirectory", "Remove it\n")
    assert escaped == error("read", "/\\x1b[2J", "is a\\rdirectory", "Remove it\\n")
    assert message([escaped]).isprintable()


def test_texts_of_an_error_have_a_limit():
    longest = "x" * 4000
    assert error("read", longest, longest, longest)["subject"] == longest
    limited = f"{longest}... (4001 characters)"
    assert set(error("read", *[longest + "x"] * 3).values()) == {"read", limited}


def test_a_message_has_one_sentence_pair_per_error():
    assert message([LEVEL, FILE]) == (
        "LOG_LEVEL is 'loud', but must be debug or info. Set it to one of them.\n"
        "/etc/config is a directory. Name the file in it."
    )


def test_a_failure_carries_its_errors_and_what_is_known_into_the_result():
    assert Failure([LEVEL, FILE], path="/etc/config").as_result() == {
        "failed": True,
        "changed": False,
        "msg": message([LEVEL, FILE]),
        "errors": [LEVEL, FILE],
        "path": "/etc/config",
    }


def test_a_failure_of_a_single_error():
    single = failure("read", "/etc/config", "is a directory", "Name the file in it", path="/etc")
    assert single.errors == [FILE]
    assert single.details == {"path": "/etc"}
    assert str(single) == message([FILE])


def test_errors_are_listed_up_to_the_limit_and_the_others_are_counted():
    errors = [error("run", f"VM {number}", "failed", "Retry") for number in range(ERRORS_LIMIT + 2)]
    assert bounded(errors[:ERRORS_LIMIT]) == errors[:ERRORS_LIMIT]
    errors[0] = dict(errors[0], phase="write")
    more = error("write", "3 more errors", "are not listed", "Correct these first")
    assert bounded(errors) == [*errors[: ERRORS_LIMIT - 1], more]
