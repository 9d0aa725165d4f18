# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import error
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import module_answer
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.module_answer import (
    MAXIMUM_OUTPUT,
    MAXIMUM_SIZE,
    texts,
    traceback,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.schema import Integer, Text

SCHEMA = {"size": Integer(), "names": [Text(1000)]}
ERROR = error("run", "cs", "exited with status 3", "Run it manually")


def parse(answer):
    output = answer if isinstance(answer, str) else json.dumps(answer)
    return module_answer.parse(output, SCHEMA, "prepare", "log_bundle")


def causes(answer):
    result = parse(answer)
    assert (result["failed"], result["changed"]) == (True, False)
    remedy = "Nothing of it was used. Check this module and its Python on the VM, and whether the VM can be trusted"
    expected = ("verify", "module log_bundle", remedy)
    assert {(each["phase"], each["subject"], each["remedy"]) for each in result["errors"]} == {expected}
    return [each["cause"].removeprefix("returned an invalid result: ") for each in result["errors"]]


class TestOutput:
    @pytest.mark.parametrize(
        "output",
        [
            '{"changed": true}',
            '\n{"changed": true}\n',
            'Welcome to {web1}!\r\n\r\n{"changed": true}\r\nlogout',
            'a {"changed": false}\n{"changed": true}{"changed": false}',
        ],
    )
    def test_the_object_that_begins_a_line_is_the_answer(self, output):
        assert parse(output) == {"changed": True}

    @pytest.mark.parametrize(
        "output",
        [
            "",
            "Welcome",
            "[]",
            "3",
            '{"changed": ',
            "{" * 100000,
            '{"a":' + "[" * 100000,
            '{"size": 1' + "0" * 5000 + "}",
            "sudo: a password is required",
        ],
    )
    def test_without_one_there_is_no_answer(self, output):
        assert parse(output) is None

    def test_output_is_parsed_up_to_a_limit(self):
        assert MAXIMUM_OUTPUT == 1024 * 1024
        greeting = "x" * (MAXIMUM_OUTPUT - 3)
        assert parse(greeting + "\n{}") == {}
        assert parse(greeting + "x\n{}") is None


class TestKeys:
    def test_known_ones_are_kept(self):
        diff = {
            "before_header": "a",
            "after_header": "a",
            "before": "x\n",
            "after": {"mode": "0600", "owner": 0, "secontext": ["a", "b"]},
        }
        answer = {"changed": True, "failed": False, "size": 5, "names": ["a"], "diff": [diff]}
        assert parse(answer) == answer

    @pytest.mark.parametrize(
        "key",
        [
            "ansible_facts",
            "unreachable",
            "skipped",
            "invocation",
            "results",
            "add_host",
            "msg",
            "_ansible_no_log",
            "x\x1b",
        ],
    )
    def test_others_are_dropped(self, key):
        assert parse({"changed": False, key: {"a": 1}}) == {"changed": False}


class TestValues:
    def test_every_violation_is_named(self):
        assert causes({"size": True, "names": ["a", "b\n"], "changed": 1}) == [
            "changed is 1, but must be a boolean",
            "size is True, but must be an integer from 0 to 9223372036854775807",
            "names[1] is 'b\\n', but must be text of at most 1000 printable characters",
        ]

    def test_of_errors_are_checked_as_well(self):
        (cause,) = causes({"failed": True, "errors": [{**ERROR, "phase": "x"}]})
        assert cause.startswith("errors[0].phase is 'x', but must be one of validate, ")
        assert causes({"failed": True, "errors": [{"phase": "run"}]})[0].endswith(" is missing")
        assert causes({"failed": True, "errors": "x"}) == ["errors is 'x', but must be a list"]

    def test_failed_must_be_a_boolean(self):
        assert causes({"failed": "yes"}) == ["failed is 'yes', but must be a boolean"]

    @pytest.mark.parametrize("side", ["before", "after"])
    def test_a_text_of_a_difference_has_a_limit(self, side):
        diff = {"before_header": "a", "after_header": "a", "before": "", "after": ""}
        fits = {"diff": [{**diff, side: "x" * 16384}]}
        assert parse(fits) == fits
        (cause,) = causes({"diff": [{**diff, side: "x" * 16385}]})
        assert cause.startswith(f"diff[0].{side} is 'xxx")
        assert cause.endswith("but must be text of at most 16384 printable characters or a mapping")

    def test_all_together_have_a_limit(self):
        assert MAXIMUM_SIZE == 64 * 1024
        fits = ["x" * 996] * 65
        assert len(json.dumps({"names": fits})) <= MAXIMUM_SIZE
        assert parse({"names": fits}) == {"names": fits}
        assert causes({"names": [*fits, *["x" * 996] * 5]}) == [
            f"it has {len(json.dumps({'names': fits})) + 5 * 1000} characters, but may have 65536"
        ]

    def test_a_flood_of_violations_costs_no_more_than_its_size(self):
        assert causes({"errors": [{}] * 100000}) == ["it has 400012 characters, but may have 65536"]
        assert len(causes({"names": [3] * 10000})) == 50

    def test_an_answer_without_a_required_key_is_a_failure(self):
        result = module_answer.parse("{}", SCHEMA, "check", "log_bundle", ("size", "names"))
        assert [each["cause"] for each in result["errors"]] == [
            "returned an invalid result: size is missing",
            "returned an invalid result: names is missing",
        ]
        failed = module_answer.parse('{"failed": true, "msg": "x"}', SCHEMA, "check", "log_bundle", ("size",))
        assert failed["errors"][0]["cause"] == "failed: x"


class TestFailure:
    def test_its_message_is_made_of_its_errors(self):
        assert parse({"failed": True, "msg": "other", "errors": [ERROR]}) == {
            "failed": True,
            "errors": [ERROR],
            "msg": "cs exited with status 3. Run it manually.",
        }

    @pytest.mark.parametrize("errors", [{}, {"errors": []}, {"errors": None}])
    def test_of_ansibles_own_gets_an_error_of_its_message(self, errors):
        result = parse({"failed": True, "msg": "missing required\narguments: path\x1b[2J.", **errors})
        assert result["errors"] == [
            error(
                "prepare",
                "module log_bundle",
                "failed: missing required arguments: path\\x1b[2J",
                "Run the command again with -vvv to see the details",
            )
        ]

    @pytest.mark.parametrize(
        ("exception", "text"),
        [
            ({"event": {"msg": "name 'x'\n is not defined."}}, "name 'x' is not defined"),
            ({"event": {"msg": 3}}, "without a message"),
            ({"event": 3}, "without a message"),
            (None, "without a message"),
            ("Traceback", "Traceback"),
        ],
    )
    def test_with_an_exception_gets_an_error_of_it(self, exception, text):
        (only,) = parse({"failed": True, "exception": exception})["errors"]
        assert (only["phase"], only["subject"]) == ("prepare", "module log_bundle")
        assert only["cause"] == f"raised an exception: {text}"
        assert only["remedy"] == "Set ANSIBLE_DISPLAY_TRACEBACK=error and use -vvv to see the traceback"


class TestWarnings:
    def test_are_printable_and_bounded(self):
        assert parse({"warnings": ["a\nb\x1b[2J", 3, None, {"event": {"msg": "c."}}, "x" * 10000]}) == {
            "warnings": ["a b\\x1b[2J", "c", "x" * 1000 + "... (10000 characters)"]
        }

    @pytest.mark.parametrize("warnings", [None, 3, "text", {"a": 1}, []])
    def test_of_another_form_are_dropped(self, warnings):
        assert parse({"warnings": warnings}) == {}

    def test_of_ansible_core_are_objects(self):
        assert texts([SimpleNamespace(event=SimpleNamespace(msg="a"))]) == ["a"]

    def test_are_twenty_at_most(self):
        assert len(texts(["x"] * 1000)) == 20


class TestTraceback:
    @pytest.mark.parametrize(
        "exception", ["Traceback:\n  a\x1b[2J", {"event": {"formatted_traceback": "Traceback:\n  a\x1b[2J"}}]
    )
    def test_has_printable_lines(self, exception):
        assert traceback(json.dumps({"exception": exception})) == ["Traceback:", "  a\\x1b[2J"]

    @pytest.mark.parametrize(
        "answer", [{}, {"exception": 3}, {"exception": {"event": 3}}, {"exception": {"event": {}}}]
    )
    def test_is_empty_where_there_is_none(self, answer):
        assert traceback(json.dumps(answer)) == []
        assert traceback("") == []

    def test_is_bounded(self):
        assert sum(map(len, traceback(json.dumps({"exception": "x\n" * 1000000})))) <= MAXIMUM_SIZE
