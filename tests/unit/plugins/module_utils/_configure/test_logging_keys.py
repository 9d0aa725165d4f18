# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import hashlib

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    KEYS,
    check,
    digest,
    from_options,
    line,
    reportable,
    shown,
)

ROTATING = {"LOG_LEVEL": "info", "LOG_FILE": "/var/log/a", "LOG_ROTATE_DAILY": "true"}
ROTATING_AUDIT = {"LOG_LEVEL": "info", "LOG_FILE_AUDIT": "/var/log/b", "LOG_ROTATE_DAILY_AUDIT": "true"}


def broken(**settings):
    """The keys and rules that settings break, with a valid level unless another one is given."""
    errors, _warnings = check({"LOG_LEVEL": "info", **settings})
    return [(error["key"], error["rule"]) for error in errors]


def broken_keys(**settings):
    return [key for key, _rule in broken(**settings)]


class TestTable:
    def test_has_the_vendors_keys_in_the_vendors_order(self):
        assert [key.name for key in KEYS] == [
            "LOG_LEVEL",
            "LOG_FILE",
            "LOG_ROTATE_DAILY",
            "LOG_ROTATE_MAX",
            "LOG_LEVEL_AUDIT",
            "LOG_FILE_AUDIT",
            "LOG_ROTATE_DAILY_AUDIT",
            "LOG_ROTATE_MAX_AUDIT",
        ]

    def test_an_option_is_its_key_in_lower_case(self):
        assert all(key.option == key.name.lower() for key in KEYS)

    def test_only_the_level_is_required(self):
        assert [key.name for key in KEYS if key.required] == ["LOG_LEVEL"]


class TestFromOptions:
    @pytest.mark.parametrize("value", [True, "true", "True", "TRUE", "yes", "Yes", "on", "1", 1, "y", "t"])
    def test_ansibles_ways_to_say_true(self, value):
        settings, errors = from_options({"log_rotate_daily": value})
        assert (settings, errors) == ({"LOG_ROTATE_DAILY": "true"}, [])

    @pytest.mark.parametrize("value", [False, "false", "False", "no", "off", "0", 0, "n", "f"])
    def test_ansibles_ways_to_say_false(self, value):
        settings, errors = from_options({"log_rotate_daily_audit": value})
        assert (settings, errors) == ({"LOG_ROTATE_DAILY_AUDIT": "false"}, [])

    @pytest.mark.parametrize("value", [7, "7"])
    def test_a_number_and_its_text_are_the_same(self, value):
        assert from_options({"log_rotate_max": value})[0] == {"LOG_ROTATE_MAX": "7"}

    def test_none_and_the_empty_string_mean_not_set(self):
        options = {key.option: value for key, value in zip(KEYS, [None, None, "", None, "", None, "", ""])}
        assert from_options(options) == ({}, [])

    def test_the_required_level_is_not_unset_by_an_empty_string(self):
        settings, _errors = from_options({"log_level": ""})
        assert [error["rule"] for error in check(settings)[0]] == ["must not be empty"]

    def test_settings_come_in_the_order_of_the_table(self):
        settings, _errors = from_options({"log_rotate_max": 7, "log_file": "/a", "log_level": "info"})
        assert list(settings) == ["LOG_LEVEL", "LOG_FILE", "LOG_ROTATE_MAX"]

    def test_an_unknown_option_is_named_and_its_value_is_not(self):
        _settings, errors = from_options({"log_fiel": "hunter2"})
        assert errors[0]["key"] == "log_fiel"
        assert "log_file" in errors[0]["remedy"]
        assert "hunter2" not in repr(errors)

    @pytest.mark.parametrize(
        "value", [True, False, 0, -1, 7.0, 7.5, [7], {"a": 1}, "abc", "07", "+7", " 7", "7 ", "1_0", "\u0663"]
    )
    def test_what_is_no_count_breaks_the_rule_for_counts(self, value):
        settings, _errors = from_options({"log_rotate_max": value})
        assert ("LOG_ROTATE_MAX", broken(LOG_ROTATE_MAX="abc")[0][1]) in broken(**settings)

    @pytest.mark.parametrize("option", [key.option for key in KEYS])
    @pytest.mark.parametrize("value", [["/a"], {"/a": "/a"}, 1.5, -1, b"/a"])
    def test_a_value_of_a_type_that_makes_no_sense_is_refused(self, option, value):
        settings, _errors = from_options({"log_level": "info", option: value})
        assert check(settings)[0]


class TestValues:
    @pytest.mark.parametrize("key", ["LOG_LEVEL", "LOG_LEVEL_AUDIT"])
    @pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical"])
    def test_levels(self, key, level):
        assert broken(**{key: level}) == []

    @pytest.mark.parametrize("key", ["LOG_LEVEL", "LOG_LEVEL_AUDIT"])
    @pytest.mark.parametrize("level", ["INFO", "Info", "warn", "fatal", "info ", "information", "0"])
    def test_what_is_no_level(self, key, level):
        assert broken(**{key: level}) == [(key, "must be debug, info, warning, error or critical, in lower case")]

    def test_the_level_is_required(self):
        errors, _warnings = check({})
        assert [(error["key"], error["value"], error["rule"]) for error in errors] == [
            ("LOG_LEVEL", None, "is required")
        ]

    @pytest.mark.parametrize("key", [key.name for key in KEYS])
    def test_an_empty_value_is_invalid_for_every_key(self, key):
        assert broken(**{key: ""}) == [(key, "must not be empty")]

    @pytest.mark.parametrize("flag", ["True", "yes", "1", "TRUE", "on", " true"])
    def test_a_flag_in_the_file_is_true_or_false_and_nothing_else(self, flag):
        assert broken(LOG_ROTATE_DAILY=flag) == [("LOG_ROTATE_DAILY", "must be true or false, in lower case")]

    @pytest.mark.parametrize("count", ["1", "7", "365", "10", "9" * 5000])
    def test_counts(self, count):
        assert broken(LOG_ROTATE_MAX=count, **dict(ROTATING)) == []

    @pytest.mark.parametrize("count", ["0", "-1", "01", "1.0", "1e3", "abc", "\uff17", "7\n"])
    def test_what_is_no_count(self, count):
        assert broken_keys(LOG_ROTATE_MAX=count, **dict(ROTATING)) == ["LOG_ROTATE_MAX"]

    @pytest.mark.parametrize("key", ["LOG_FILE", "LOG_FILE_AUDIT"])
    @pytest.mark.parametrize(
        "path", ["/a", "/var/log/aqtive-guard.log", "/a/../b", "//a", "/日本/ログ", "/a:b,c=d&e|f*g?(h)"]
    )
    def test_paths(self, key, path):
        assert broken(**{key: path}) == []

    @pytest.mark.parametrize("path", ["/", "/a/", "/a/.", "/a/..", "/.", "/.."])
    def test_a_path_names_a_file(self, path):
        assert broken(LOG_FILE=path) == [("LOG_FILE", "must name a file, not a directory")]

    @pytest.mark.parametrize("path", ["a", "var/log/a", "~/a", "./a"])
    def test_a_path_is_absolute(self, path):
        assert broken(LOG_FILE=path) == [("LOG_FILE", "must be an absolute path")]

    @pytest.mark.parametrize(
        "char",
        [
            " ",
            "\t",
            "\n",
            "\r",
            "\x0b",
            "\xa0",
            "\u2028",
            "\u3000",
            "'",
            '"',
            "$",
            "\\",
            "#",
            "`",
            ";",
            "\0",
            "\x1b",
            "\x7f",
            "\x9b",
        ],
    )
    @pytest.mark.parametrize("key", ["LOG_FILE", "LOG_FILE_AUDIT"])
    def test_a_path_holds_nothing_that_systemd_and_a_shell_read_differently(self, key, char):
        assert broken_keys(**{key: f"/a{char}b"}) == [key]

    def test_a_path_is_valid_utf_8(self):
        text = b"/var/log/\xff".decode("utf-8", "surrogateescape")
        assert broken(LOG_FILE=text) == [("LOG_FILE", "must be valid UTF-8")]


class TestRequirements:
    @pytest.mark.parametrize("suffix", ["", "_AUDIT"])
    def test_rotation_needs_its_file(self, suffix):
        key = f"LOG_ROTATE_DAILY{suffix}"
        assert broken(**{key: "true"}) == [(key, f"requires LOG_FILE{suffix}")]

    @pytest.mark.parametrize("suffix", ["", "_AUDIT"])
    def test_no_rotation_needs_no_file(self, suffix):
        assert broken(**{f"LOG_ROTATE_DAILY{suffix}": "false"}) == []

    @pytest.mark.parametrize("suffix", ["", "_AUDIT"])
    @pytest.mark.parametrize("rotation", [{}, {"LOG_ROTATE_DAILY": "false", "LOG_ROTATE_DAILY_AUDIT": "false"}])
    def test_a_limit_needs_rotation_to_be_on(self, suffix, rotation):
        key = f"LOG_ROTATE_MAX{suffix}"
        files = {"LOG_FILE": "/a", "LOG_FILE_AUDIT": "/b"}
        assert broken(**{key: "7"}, **files, **rotation) == [(key, f"requires LOG_ROTATE_DAILY{suffix}=true")]

    def test_one_sinks_rotation_does_not_serve_the_other(self):
        assert broken_keys(LOG_ROTATE_MAX_AUDIT="7", **dict(ROTATING)) == ["LOG_ROTATE_MAX_AUDIT"]

    @pytest.mark.parametrize("rotation", ["maybe", ""])
    def test_a_key_whose_requirement_is_set_but_invalid_is_not_reported_on_top(self, rotation):
        assert broken_keys(LOG_FILE="/a", LOG_ROTATE_DAILY=rotation, LOG_ROTATE_MAX="7") == ["LOG_ROTATE_DAILY"]

    def test_an_invalid_file_is_reported_once(self):
        assert broken_keys(LOG_FILE="a", LOG_ROTATE_DAILY="true", LOG_ROTATE_MAX="7") == ["LOG_FILE"]

    def test_everything_valid_together(self):
        settings = {
            **ROTATING,
            **ROTATING_AUDIT,
            "LOG_ROTATE_MAX": "7",
            "LOG_ROTATE_MAX_AUDIT": "30",
            "LOG_LEVEL_AUDIT": "debug",
        }
        assert check(settings) == ([], [])


class TestOneFileForBothSinks:
    @pytest.mark.parametrize("other", ["/var/log/a", "/var/log/./a", "/var/log/b/../a", "/var//log/a"])
    def test_is_allowed_with_a_warning(self, other):
        errors, warnings = check({"LOG_LEVEL": "info", "LOG_FILE": "/var/log/a", "LOG_FILE_AUDIT": other})
        assert errors == []
        assert len(warnings) == 1
        assert other in warnings[0]

    @pytest.mark.parametrize("rotation", ["LOG_ROTATE_DAILY", "LOG_ROTATE_DAILY_AUDIT"])
    def test_is_refused_when_either_rotates(self, rotation):
        settings = {"LOG_LEVEL": "info", "LOG_FILE": "/var/log/a", "LOG_FILE_AUDIT": "/var/log/a", rotation: "true"}
        errors, warnings = check(settings)
        assert [error["key"] for error in errors] == ["LOG_FILE_AUDIT"]
        assert "loses logs" in errors[0]["rule"]
        assert warnings == []

    def test_different_files_may_rotate(self):
        assert check({**ROTATING, **ROTATING_AUDIT}) == ([], [])


class TestReport:
    def test_every_violation_at_once_each_with_value_rule_and_remedy(self):
        settings, unknown = from_options(
            {"log_file": "a", "log_rotate_daily": "maybe", "log_rotate_max": "abc", "log_level_audit": "INFO", "foo": 1}
        )
        errors = unknown + check(settings)[0]
        assert [error["key"] for error in errors] == [
            "foo",
            "LOG_LEVEL",
            "LOG_FILE",
            "LOG_ROTATE_DAILY",
            "LOG_ROTATE_MAX",
            "LOG_LEVEL_AUDIT",
        ]
        assert all(error["rule"] and error["remedy"] for error in errors)
        assert line(errors[4]).startswith("LOG_ROTATE_MAX=abc: must be a whole number greater than 0")

    def test_a_violation_is_one_line_whatever_the_value_is(self):
        errors, _warnings = check({"LOG_LEVEL": "a\nb\r\x1b[31m\u2028c"})
        assert line(errors[0]).isprintable()

    def test_an_endless_value_is_shortened(self):
        assert len(shown("x" * 1000000)) < 300
        assert "1000000 characters" in shown("x" * 1000000)

    def test_text_that_is_fit_is_not_touched(self):
        assert shown("/var/log/日本 x") == "/var/log/日本 x"

    def test_settings_are_reported_exactly_but_for_bytes_that_are_no_text(self):
        settings = {"LOG_FILE": b"/a\xff".decode("utf-8", "surrogateescape"), "LOG_FILE_AUDIT": "/a\u200bb\x1b"}
        assert reportable(settings) == {"LOG_FILE": "/a\\xff", "LOG_FILE_AUDIT": "/a\u200bb\x1b"}


class TestDigest:
    def test_is_sha_256_of_canonical_json(self):
        canonical = '{"LOG_FILE":"/ü","LOG_LEVEL":"info"}'.encode()
        assert digest({"LOG_LEVEL": "info", "LOG_FILE": "/ü"}) == hashlib.sha256(canonical).hexdigest()

    def test_does_not_depend_on_order(self):
        assert digest({"LOG_LEVEL": "info", "LOG_FILE": "/a"}) == digest({"LOG_FILE": "/a", "LOG_LEVEL": "info"})

    def test_tells_not_set_from_the_default_said_aloud(self):
        assert digest({"LOG_LEVEL": "info"}) != digest({"LOG_LEVEL": "info", "LOG_ROTATE_DAILY": "false"})

    def test_takes_text_that_is_not_utf_8(self):
        texts = [value.decode("utf-8", "surrogateescape") for value in (b"/a\xff", b"/a\xfe", b"/a\\xff")]
        assert len({digest({"LOG_FILE": text}) for text in texts}) == 3
