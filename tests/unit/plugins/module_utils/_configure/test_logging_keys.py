# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import hashlib

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import message
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    KEYS,
    check,
    digest,
    from_options,
    in_order,
    is_valid,
    reportable,
)

ROTATING = {"LOG_LEVEL": "info", "LOG_FILE": "/var/log/a", "LOG_ROTATE_DAILY": "true"}
ROTATING_AUDIT = {"LOG_LEVEL": "info", "LOG_FILE_AUDIT": "/var/log/b", "LOG_ROTATE_DAILY_AUDIT": "true"}


def violated(**settings):
    """Return the keys and rules that settings violate; the level is valid unless another one is given."""
    errors, _warnings = check({"LOG_LEVEL": "info", **settings})
    return [(error["subject"], error["cause"].split(", but ", 1)[1]) for error in errors]


def violated_keys(**settings):
    return [key for key, _rule in violated(**settings)]


class TestTable:
    def test_lists_the_vendors_keys_in_the_vendors_order(self):
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

    def test_has_the_vendors_defaults(self):
        assert {key.name: key.default for key in KEYS if key.default is not None} == {
            "LOG_ROTATE_DAILY": "false",
            "LOG_LEVEL_AUDIT": "info",
            "LOG_ROTATE_DAILY_AUDIT": "false",
        }

    def test_only_the_level_is_required(self):
        assert [key.name for key in KEYS if key.required] == ["LOG_LEVEL"]


class TestFromOptions:
    @pytest.mark.parametrize("value", [True, "true", "True", "TRUE", "yes", "Yes", "on", "1", 1, "y", "t"])
    def test_a_boolean_that_ansible_accepts_is_true(self, value):
        settings, errors = from_options({"log_rotate_daily": value})
        assert (settings, errors) == ({"LOG_ROTATE_DAILY": "true"}, [])

    @pytest.mark.parametrize("value", [False, "false", "False", "no", "off", "0", 0, "n", "f"])
    def test_a_boolean_that_ansible_accepts_is_false(self, value):
        settings, errors = from_options({"log_rotate_daily_audit": value})
        assert (settings, errors) == ({"LOG_ROTATE_DAILY_AUDIT": "false"}, [])

    @pytest.mark.parametrize("value", [7, "7"])
    def test_a_number_and_its_text_are_equal(self, value):
        assert from_options({"log_rotate_max": value})[0] == {"LOG_ROTATE_MAX": "7"}

    def test_none_and_the_empty_string_mean_not_set(self):
        options = {key.option: value for key, value in zip(KEYS, [None, None, "", None, "", None, "", ""])}
        assert from_options(options) == ({}, [])

    def test_the_required_level_is_not_unset_by_an_empty_string(self):
        settings, _errors = from_options({"log_level": ""})
        assert [error["cause"] for error in check(settings)[0]] == ["is '', but must not be empty"]

    def test_settings_come_in_the_order_of_the_table(self):
        settings, _errors = from_options({"log_rotate_max": 7, "log_file": "/a", "log_level": "info"})
        assert list(settings) == ["LOG_LEVEL", "LOG_FILE", "LOG_ROTATE_MAX"]

    def test_an_unknown_option_is_named_and_its_value_is_not(self):
        _settings, errors = from_options({"log_fiel": "hunter2"})
        options = ", ".join(key.option for key in KEYS[:-1]) + f" or {KEYS[-1].option}"
        assert errors == [
            {
                "phase": "validate",
                "subject": "log_fiel",
                "cause": "is not an option of this module",
                "remedy": f"Use {options}",
            }
        ]

    def test_an_unknown_option_is_shortened_and_printable(self):
        _settings, errors = from_options({"x\n" * 200: 1, 7: 1})
        assert errors[0]["subject"] == "x\\n" * 100 + "... (400 characters)"
        assert errors[1]["subject"] == "7"

    @pytest.mark.parametrize(
        "value", [True, False, 0, -1, 7.0, 7.5, [7], {"a": 1}, "abc", "07", "+7", " 7", "7 ", "1_0", "\u0663"]
    )
    def test_an_invalid_count_violates_the_rule_for_counts(self, value):
        settings, _errors = from_options({"log_rotate_max": value})
        assert ("LOG_ROTATE_MAX", violated(LOG_ROTATE_MAX="abc")[0][1]) in violated(**settings)

    @pytest.mark.parametrize("option", [key.option for key in KEYS])
    @pytest.mark.parametrize("value", [["/a"], {"/a": "/a"}, 1.5, -1, b"/a"])
    def test_a_value_of_an_unsuitable_type_is_invalid(self, option, value):
        settings, _errors = from_options({"log_level": "info", option: value})
        assert check(settings)[0]


class TestValues:
    @pytest.mark.parametrize("key", ["LOG_LEVEL", "LOG_LEVEL_AUDIT"])
    @pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical"])
    def test_valid_levels(self, key, level):
        assert violated(**{key: level}) == []

    @pytest.mark.parametrize("key", ["LOG_LEVEL", "LOG_LEVEL_AUDIT"])
    @pytest.mark.parametrize("level", ["INFO", "Info", "warn", "fatal", "info ", "information", "0"])
    def test_invalid_levels(self, key, level):
        assert violated(**{key: level}) == [(key, "must be debug, info, warning, error or critical, in lower case")]

    def test_the_level_is_required(self):
        assert check({}) == (
            [
                {
                    "phase": "validate",
                    "subject": "LOG_LEVEL",
                    "cause": "is not set, but is required",
                    "remedy": "Set it to debug, info, warning, error or critical",
                }
            ],
            [],
        )

    @pytest.mark.parametrize("key", [key.name for key in KEYS])
    def test_an_empty_value_is_invalid_for_every_key(self, key):
        assert violated(**{key: ""}) == [(key, "must not be empty")]

    def test_an_empty_value_is_left_out_unless_the_key_is_required(self):
        errors, _warnings = check({"LOG_LEVEL": "", "LOG_FILE": ""})
        assert [error["remedy"] for error in errors] == ["Set a value", "Set a value, or leave the key out"]

    @pytest.mark.parametrize("flag", ["True", "yes", "1", "TRUE", "on", " true"])
    def test_a_flag_in_the_file_is_true_or_false_and_nothing_else(self, flag):
        assert violated(LOG_ROTATE_DAILY=flag) == [("LOG_ROTATE_DAILY", "must be true or false, in lower case")]

    @pytest.mark.parametrize("count", ["1", "7", "365", "10", "9" * 5000])
    def test_valid_counts(self, count):
        assert violated(LOG_ROTATE_MAX=count, **dict(ROTATING)) == []

    @pytest.mark.parametrize("count", ["0", "-1", "01", "1.0", "1e3", "abc", "\uff17", "7\n"])
    def test_invalid_counts(self, count):
        assert violated_keys(LOG_ROTATE_MAX=count, **dict(ROTATING)) == ["LOG_ROTATE_MAX"]

    @pytest.mark.parametrize("key", ["LOG_FILE", "LOG_FILE_AUDIT"])
    @pytest.mark.parametrize(
        "path", ["/a", "/var/log/aqtive-guard.log", "/a/../b", "//a", "/日本/ログ", "/a:b", "/a*g?[h]~+@%^!"]
    )
    def test_valid_paths(self, key, path):
        assert violated(**{key: path}) == []

    @pytest.mark.parametrize("path", ["/", "/a/", "/a/.", "/a/..", "/.", "/.."])
    def test_a_path_names_a_file(self, path):
        assert violated(LOG_FILE=path) == [("LOG_FILE", "must name a file, not a directory")]

    @pytest.mark.parametrize("path", ["a", "var/log/a", "~/a", "./a"])
    def test_a_path_is_absolute(self, path):
        assert violated(LOG_FILE=path) == [("LOG_FILE", "must be an absolute path")]

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
    def test_a_path_contains_no_character_that_systemd_and_a_shell_read_differently(self, key, char):
        assert violated_keys(**{key: f"/a{char}b"}) == [key]

    def test_a_path_is_valid_utf_8(self):
        text = b"/var/log/\xff".decode("utf-8", "surrogateescape")
        assert violated(LOG_FILE=text) == [("LOG_FILE", "must be valid UTF-8")]


class TestRequirements:
    @pytest.mark.parametrize("suffix", ["", "_AUDIT"])
    def test_rotation_needs_its_file(self, suffix):
        key = f"LOG_ROTATE_DAILY{suffix}"
        assert violated(**{key: "true"}) == [(key, f"requires LOG_FILE{suffix}")]

    @pytest.mark.parametrize("suffix", ["", "_AUDIT"])
    def test_no_rotation_needs_no_file(self, suffix):
        assert violated(**{f"LOG_ROTATE_DAILY{suffix}": "false"}) == []

    @pytest.mark.parametrize("suffix", ["", "_AUDIT"])
    @pytest.mark.parametrize("rotation", [{}, {"LOG_ROTATE_DAILY": "false", "LOG_ROTATE_DAILY_AUDIT": "false"}])
    def test_a_limit_needs_rotation_to_be_on(self, suffix, rotation):
        key = f"LOG_ROTATE_MAX{suffix}"
        files = {"LOG_FILE": "/a", "LOG_FILE_AUDIT": "/b"}
        assert violated(**{key: "7"}, **files, **rotation) == [(key, f"requires LOG_ROTATE_DAILY{suffix}=true")]

    def test_a_limit_needs_the_rotation_of_its_own_sink(self):
        assert violated_keys(LOG_ROTATE_MAX_AUDIT="7", **dict(ROTATING)) == ["LOG_ROTATE_MAX_AUDIT"]

    @pytest.mark.parametrize("rotation", ["maybe", ""])
    def test_a_key_whose_requirement_is_set_but_invalid_is_not_reported(self, rotation):
        assert violated_keys(LOG_FILE="/a", LOG_ROTATE_DAILY=rotation, LOG_ROTATE_MAX="7") == ["LOG_ROTATE_DAILY"]

    def test_an_invalid_file_is_reported_once(self):
        assert violated_keys(LOG_FILE="a", LOG_ROTATE_DAILY="true", LOG_ROTATE_MAX="7") == ["LOG_FILE"]

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
        (warning,) = warnings
        assert warning == (
            f"LOG_FILE_AUDIT is '{other}', the same file as LOG_FILE."
            " Set it to a different file, or leave it out to write audit logs to LOG_FILE."
        )

    def test_invalid_files_are_not_compared(self):
        assert violated_keys(LOG_FILE="a", LOG_FILE_AUDIT="a") == ["LOG_FILE", "LOG_FILE_AUDIT"]

    @pytest.mark.parametrize("rotation", ["LOG_ROTATE_DAILY", "LOG_ROTATE_DAILY_AUDIT"])
    def test_is_an_error_when_either_rotates(self, rotation):
        settings = {"LOG_LEVEL": "info", "LOG_FILE": "/var/log/a", "LOG_FILE_AUDIT": "/var/log/a", rotation: "true"}
        errors, warnings = check(settings)
        assert [(error["phase"], error["subject"], error["cause"]) for error in errors] == [
            (
                "validate",
                "LOG_FILE_AUDIT",
                "is '/var/log/a', the same file as LOG_FILE, but rotating a shared file loses logs",
            )
        ]
        assert warnings == []

    def test_different_files_may_rotate(self):
        assert check({**ROTATING, **ROTATING_AUDIT}) == ([], [])


class TestReport:
    def test_every_violation_is_reported_at_once_with_value_rule_and_remedy(self):
        settings, unknown = from_options(
            {"log_file": "a", "log_rotate_daily": "maybe", "log_rotate_max": "abc", "log_level_audit": "INFO", "foo": 1}
        )
        errors = unknown + check(settings)[0]
        assert [error["subject"] for error in errors] == [
            "foo",
            "LOG_LEVEL",
            "LOG_FILE",
            "LOG_ROTATE_DAILY",
            "LOG_ROTATE_MAX",
            "LOG_LEVEL_AUDIT",
        ]
        assert all(error["phase"] == "validate" and error["cause"] and error["remedy"] for error in errors)
        assert message([errors[4]]) == (
            "LOG_ROTATE_MAX is 'abc', but must be a whole number greater than 0, in the digits 0 to 9 and without"
            " leading zeros. Set it to the number of files to keep, or leave it out to keep all."
        )

    def test_a_value_that_violates_several_rules_has_an_error_for_each(self):
        assert violated(LOG_FILE="a b/") == [
            ("LOG_FILE", "must be an absolute path"),
            ("LOG_FILE", "must name a file, not a directory"),
            (
                "LOG_FILE",
                "must not contain white space, quotes, control characters, :~ or any of $ \\ # ` ; & | ( ) < > { } , =",
            ),
        ]

    @pytest.mark.parametrize(
        ("key", "value", "remedy"),
        [
            ("LOG_LEVEL", "loud", "Set it to one of these"),
            ("LOG_ROTATE_MAX", "0", "Set it to the number of files to keep, or leave it out to keep all"),
            ("LOG_FILE", "a", "Start the path with /"),
            ("LOG_FILE", "/a/", "Add the name of the file"),
            ("LOG_FILE", "/\udcff", "Encode the path in UTF-8"),
            ("LOG_FILE", "/a b", "Choose a path that a shell and systemd read alike"),
        ],
    )
    def test_each_rule_has_its_remedy(self, key, value, remedy):
        assert check({"LOG_LEVEL": "info", key: value})[0][0]["remedy"] == remedy

    def test_a_value_is_shown_on_one_line(self):
        errors, _warnings = check({"LOG_LEVEL": "a\nb\r\x1b[31m\u2028c"})
        assert message(errors).isprintable()

    def test_a_long_value_is_shortened(self):
        errors, _warnings = check({"LOG_LEVEL": "x" * 1000000})
        assert len(errors[0]["cause"]) < 400
        assert "1000000 characters" in errors[0]["cause"]

    def test_the_remedy_of_a_requirement_names_it(self):
        errors, _warnings = check({"LOG_LEVEL": "info", "LOG_ROTATE_MAX": "7"})
        assert errors[0]["remedy"] == "Set LOG_ROTATE_DAILY=true, or leave LOG_ROTATE_MAX out"


class TestConfidential:
    """Settings from a VM's file, where a value may be something else than what its key says."""

    def test_a_valid_value_is_reported_and_an_invalid_one_by_its_length(self):
        settings = {"LOG_LEVEL": "hunter2", "LOG_FILE": "/a", "LOG_ROTATE_MAX": "x", "LOG_FILE_AUDIT": ""}
        assert reportable(settings) == {
            "LOG_LEVEL": "<7 characters, not shown>",
            "LOG_FILE": "/a",
            "LOG_ROTATE_MAX": "<1 character, not shown>",
            "LOG_FILE_AUDIT": "",
        }

    def test_what_is_reported_already_stays(self):
        once = reportable({"LOG_LEVEL": "hunter2", "LOG_FILE": "/a"})
        assert reportable(once) == once
        assert digest(once) == digest({"LOG_LEVEL": "hunter2", "LOG_FILE": "/a"})

    def test_an_error_names_the_length_of_an_invalid_value_and_shows_a_valid_one(self):
        errors, _warnings = check({"LOG_LEVEL": "hunter2", "LOG_ROTATE_MAX": "7"}, confidential=True)
        assert [error["cause"].partition(",")[0] for error in errors] == ["is <7 characters", "is '7'"]
        assert errors[0]["cause"].startswith("is <7 characters, not shown>, but must be debug, ")

    def test_a_required_key_that_is_not_set(self):
        assert check({}, confidential=True)[0][0]["cause"] == "is not set, but is required"


class TestIsValid:
    def test_a_value_is_valid_regardless_of_other_keys(self):
        assert is_valid("LOG_ROTATE_MAX", "7")
        assert not is_valid("LOG_ROTATE_MAX", "0")


class TestInOrder:
    def test_settings_are_sorted_by_the_table_and_stay_the_same(self):
        settings = in_order({"LOG_FILE": "/a", "LOG_LEVEL": "info"})
        assert list(settings.items()) == [("LOG_LEVEL", "info"), ("LOG_FILE", "/a")]


class TestDigest:
    def test_is_sha_256_of_canonical_json(self):
        canonical = '{"LOG_FILE":"/ü","LOG_LEVEL":"info"}'.encode()
        assert digest({"LOG_LEVEL": "info", "LOG_FILE": "/ü"}) == hashlib.sha256(canonical).hexdigest()

    def test_does_not_depend_on_order(self):
        assert digest({"LOG_LEVEL": "info", "LOG_FILE": "/a"}) == digest({"LOG_FILE": "/a", "LOG_LEVEL": "info"})

    def test_differs_between_a_key_that_is_not_set_and_one_set_to_its_default(self):
        assert digest({"LOG_LEVEL": "info"}) != digest({"LOG_LEVEL": "info", "LOG_ROTATE_DAILY": "false"})

    def test_accepts_text_that_is_not_utf_8(self):
        assert digest({"LOG_FILE": b"/a\xff".decode("utf-8", "surrogateescape")})

    def test_is_no_hash_of_an_invalid_value(self):
        assert digest({"LOG_LEVEL": "hunter2"}) == digest({"LOG_LEVEL": "hunter3"})
