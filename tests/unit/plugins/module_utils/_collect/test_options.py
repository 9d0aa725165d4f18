# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import options

CHOICES = {option.name: list(option.choices) for option in options.OPTIONS if option.choices}


def full(**given_options):
    """Return a full set of options, as AnsibleModule does."""
    return dict({name: spec.get("default") for name, spec in options.ARGUMENT_SPEC.items()}, **given_options)


def rejected(**given_options):
    return [error["subject"] for error in options.validate(full(**given_options))]


class TestArgumentSpec:
    def test_of_the_vendors_options(self):
        spec = {name: options.ARGUMENT_SPEC[name] for name in ("date_from", "log_types", "compress")}
        assert spec == {
            "date_from": {"type": "str"},
            "log_types": {
                "type": "list",
                "elements": "str",
                "choices": ["AUDIT", "ANALYSIS", "APPLICATION"],
                "default": [],
            },
            "compress": {"type": "bool", "default": True},
        }

    def test_of_a_list_without_choices(self):
        option = options.Option("tags", "--tag", "list", ())
        assert options._specification(option) == {"type": "list", "elements": "str", "default": []}
        assert options._vendor_errors(option, ["anything"]) == []

    def test_of_the_modules_own_options(self):
        assert [name for name in options.ARGUMENT_SPEC if name not in {option.name for option in options.OPTIONS}] == [
            *("timeout", "command", "directory", "minimum_free", "maximum_size", "minimum_free_dest"),
            *("stall_timeout", "progress", "owner", "config_path", "dest", "dataset"),
        ]


class TestValidate:
    def test_defaults_are_valid(self):
        assert rejected() == []

    @pytest.mark.parametrize(
        "date", ["2026-01-31", "2026-01-31 23:59:59", "2024-02-29", "0001-01-01 00:00:00", "", None]
    )
    def test_valid_date(self, date):
        assert rejected(date_from=date) == []
        assert rejected(date_to=date) == []

    @pytest.mark.parametrize(
        "date",
        [
            "2026-02-30",
            "2025-02-29",
            "2026-13-01",
            "0000-01-01",
            "2026-1-1",
            "26-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01 24:00:00",
            "2026-01-01 00:00:60",
            "2026-01-01 00:00",
            "2026-01-01 00:00:00Z",
            "2026-01-01 ",
            " 2026-01-01",
            "2026-01-01\n",
            "٢٠٢٦-٠١-٠١",
            "yesterday",
        ],
    )
    def test_invalid_date(self, date):
        assert rejected(date_from=date) == ["date_from"]
        assert rejected(date_to=date) == ["date_to"]

    @pytest.mark.parametrize(
        ("first", "last", "valid"),
        [
            ("2026-01-01", "2026-01-01", True),
            ("2026-01-01", "2026-01-01 00:00:00", True),
            ("2026-01-01", "2026-01-02", True),
            ("2026-01-02", "2026-01-01", False),
            ("2026-01-01 00:00:01", "2026-01-01", True),
            ("2026-01-01 23:59:59", "2026-01-01 23:59:58", False),
            ("2026-01-02", "invalid", None),
        ],
    )
    def test_order_of_dates(self, first, last, valid):
        expected = {True: [], False: ["date_from"], None: ["date_to"]}[valid]
        assert rejected(date_from=first, date_to=last) == expected

    def test_reversed_dates_are_both_named(self):
        (error,) = options.validate(full(date_from="2026-01-02", date_to="2026-01-01"))
        assert error["cause"] == "is '2026-01-02', but must be no later than date_to, which is '2026-01-01'"
        assert error["remedy"] == "Exchange the two dates, or add the times"

    @pytest.mark.parametrize("option", ["log_types", "log_levels"])
    def test_every_choice_is_valid(self, option):
        assert rejected(**{option: CHOICES[option]}) == []

    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("log_types", "WEB"),
            ("log_types", "TANIUM"),
            ("log_types", "audit"),
            ("log_levels", "CRITICAL"),
            ("log_levels", ""),
        ],
    )
    def test_invalid_choice_behind_a_valid_one(self, option, value):
        (error,) = options.validate(full(**{option: [CHOICES[option][0], value]}))
        assert error["subject"] == option
        assert error["cause"] == f"is {value!r}, but must be one of {', '.join(CHOICES[option])}, in capitals"
        assert error["remedy"] == f"Omit {option} to collect every record"

    @pytest.mark.parametrize(
        "command", [[], [""], ["cs", ""], ["bin/cs"], ["./cs"], ["c\0s"], ["cs", "\0"], ["cs", "", "x"]]
    )
    def test_invalid_command(self, command):
        assert rejected(command=command) == ["command"]

    @pytest.mark.parametrize("command", [["cs"], ["/opt/bin/cs"], ["cs", "--config", "a b", "x/y"]])
    def test_valid_command(self, command):
        assert rejected(command=command) == []

    @pytest.mark.parametrize("directory", ["", "tmp", "~/x", "/a b", "/a/../b", "/a*", "/a[1]", "/a\n", "/é", "/$HOME"])
    def test_invalid_directory(self, directory):
        assert rejected(directory=directory) == ["directory"]

    @pytest.mark.parametrize("directory", ["/", "/var/tmp", "/a.b/c_d-e+f@g/..h"])
    def test_valid_directory(self, directory):
        assert rejected(directory=directory) == []

    def test_limits(self):
        limits = ("minimum_free", "maximum_size", "minimum_free_dest")
        assert rejected(timeout=1, stall_timeout=1, **dict.fromkeys(limits, 0)) == []
        errors = options.validate(full(timeout=0, **dict.fromkeys(limits, -1)))
        assert [error["subject"] for error in errors] == ["timeout", *limits]
        assert errors[0]["cause"] == "is 0, but must be at least 1 second"
        assert [error["cause"] for error in errors[1:]] == ["is -1, but must be at least 0 MiB"] * 3
        keep_none = "Set 0 to keep no space free"
        assert [error["remedy"] for error in errors] == [
            "Set a longer time",
            keep_none,
            "Set 0 for no limit",
            keep_none,
        ]

    def test_limit_of_a_stalled_download(self):
        (error,) = options.validate(full(stall_timeout=0))
        assert (error["subject"], error["cause"]) == ("stall_timeout", "is 0, but must be at least 1 second")
        assert error["remedy"] == "Set a longer time"

    def test_all_errors_are_returned_at_once(self):
        invalid = full(
            date_from="x", date_to="y", log_types=["WEB"], log_levels=["FATAL"], timeout=-1, command=[], directory="z"
        )
        errors = options.validate(invalid)
        names = ["date_from", "date_to", "log_types", "log_levels", "timeout", "command", "directory"]
        values = ["'x'", "'y'", "'WEB'", "'FATAL'", "-1", "[]", "'z'"]
        assert [error["subject"] for error in errors] == names
        date = "Write it as '2026-01-31' or '2026-01-31 23:59:59'"
        assert [error["remedy"] for error in errors] == [
            *(date, date, "Omit log_types to collect every record", "Omit log_levels to collect every record"),
            *("Set a longer time", "Set a list such as ['cs'] or ['/opt/bin/cs']", "Set a plain path such as /var/tmp"),
        ]
        date = "an existing date in UTC, as YYYY-MM-DD or YYYY-MM-DD HH:MM:SS"
        rules = [
            date,
            date,
            "one of AUDIT, ANALYSIS, APPLICATION, in capitals",
            "one of DEBUG, INFO, WARNING, ERROR, in capitals",
            "at least 1 second",
            "a list of non-empty words that begins with a name or an absolute path",
            "an absolute path of ASCII letters, digits and . _ + @ -, without '..'",
        ]
        for error, value, rule in zip(errors, values, rules):
            assert error["phase"] == "validate"
            assert error["cause"] == f"is {value}, but must be {rule}"

    def test_long_value_is_shortened(self):
        (error,) = options.validate(full(directory="x" * 10000))
        assert len(error["cause"]) < 400

    @given(st.text())
    def test_any_text_can_be_validated(self, text):
        options.validate(full(date_from=text, date_to=text, log_types=[text], command=[text], directory=text))


class TestCommandLine:
    def test_without_filters(self):
        assert options.command_line(full(), "/x") == ["cs", "logs", "bundle", "--compress", "--out-file", "/x"]

    def test_with_every_option(self):
        values = full(
            command=["/opt/cs", "-v"],
            date_from="2026-01-01",
            date_to="2026-01-02 03:04:05",
            log_types=["AUDIT", "ANALYSIS"],
            log_levels=["ERROR"],
            compress=False,
        )
        assert options.command_line(values, "/x") == [
            *("/opt/cs", "-v", "logs", "bundle"),
            *("--date-from", "2026-01-01", "--date-to", "2026-01-02 03:04:05"),
            *("--log-type", "AUDIT,ANALYSIS", "--log-level", "ERROR"),
            *("--out-file", "/x"),
        ]


class TestRequest:
    def test_of_the_defaults(self):
        assert options.request(full()) == {
            "date_from": None,
            "date_to": None,
            "log_types": [],
            "log_levels": [],
            "compress": True,
            "command": ["cs"],
        }

    def test_order_and_duplicates_of_filters_do_not_matter(self):
        request = options.request(full(log_types=["AUDIT", "ANALYSIS", "AUDIT"], date_from="", compress=False))
        assert request["log_types"] == ["ANALYSIS", "AUDIT"]
        assert (request["date_from"], request["compress"]) == (None, False)

    def test_limits_and_paths_are_not_part_of_it(self):
        assert options.request(full(timeout=1, directory="/x", dest="/y", owner="z")) == options.request(full())

    @pytest.mark.parametrize("difference", [{"command": ["x"]}, {"date_to": "2026-01-01"}, {"log_levels": ["INFO"]}])
    def test_different_requests(self, difference):
        assert options.request(full(**difference)) != options.request(full())

    def test_option_outside_the_identity(self, monkeypatch):
        row = options.Option("verbose", "--verbose", "bool", identity=False)
        monkeypatch.setattr(options, "OPTIONS", (*options.OPTIONS, row))
        assert "verbose" not in options.request(full(verbose=True))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, False),
        ({"compress": True}, False),
        ({"date_from": "2026-01-01"}, True),
        ({"date_to": "2026-01-01"}, True),
        ({"log_types": ["AUDIT"]}, True),
        ({"log_levels": ["INFO"]}, True),
    ],
)
def test_options_that_narrow_the_bundle(values, expected):
    assert options.narrows(full(**values)) is expected


class TestExcludedByFilters:
    def test_nothing_without_filters(self):
        assert options.excluded_by_filters(full()) == {"log_types": [], "log_levels": []}

    def test_values_that_no_filter_can_select(self):
        assert options.excluded_by_filters(full(**CHOICES)) == {
            "log_types": ["WEB", "TANIUM"],
            "log_levels": ["CRITICAL"],
        }

    def test_level_is_not_a_threshold(self):
        assert options.excluded_by_filters(full(log_levels=["WARNING"]))["log_levels"] == [
            "DEBUG",
            "INFO",
            "ERROR",
            "CRITICAL",
        ]
