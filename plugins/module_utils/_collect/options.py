# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of the vendor's options, and what follows from it: argument spec, validation, command line, request."""

import datetime
import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened

Options = t.Mapping[str, t.Any]


class Option(t.NamedTuple):
    """One option of ``cs logs bundle``."""

    name: str
    flag: str
    type: str
    """``date``, ``list`` (joined by commas for the vendor) or ``bool`` (a flag without a value)."""
    default: t.Any = None
    choices: t.Tuple[str, ...] = ()
    narrows: bool = False
    """Whether a bundle requested with it may be empty without being a failure."""
    identity: bool = True
    """Whether two requests with different values are different requests."""
    record_values: t.Tuple[str, ...] = ()
    """The values that occur in records; those that are not selected are excluded by the filter."""


# In the order of the vendor's page. --out-file is missing: the module always sets it.
OPTIONS = (
    Option("date_from", "--date-from", "date", narrows=True),
    Option("date_to", "--date-to", "date", narrows=True),
    Option(
        "log_types",
        "--log-type",
        "list",
        default=(),
        choices=("AUDIT", "ANALYSIS", "APPLICATION"),
        narrows=True,
        record_values=("AUDIT", "WEB", "APPLICATION", "ANALYSIS", "TANIUM"),
    ),
    Option(
        "log_levels",
        "--log-level",
        "list",
        default=(),
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
        narrows=True,
        record_values=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    ),
    Option("compress", "--compress", "bool", default=True),
)


def _specification(option: Option) -> t.Dict[str, t.Any]:
    """Return an option's entry in the argument spec."""
    if option.type == "date":
        return {"type": "str"}
    if option.type == "list":
        choices = {"choices": list(option.choices)} if option.choices else {}
        return dict(choices, type="list", elements="str", default=list(option.default))
    return {"type": option.type, "default": option.default}


ARGUMENT_SPEC = {option.name: _specification(option) for option in OPTIONS}
ARGUMENT_SPEC.update(
    timeout={"type": "int", "default": 3600},
    command={"type": "list", "elements": "str", "default": ["cs"]},
    directory={"type": "str", "default": "/var/tmp"},  # noqa: S108  (a private directory is created in it)
    minimum_free={"type": "int", "default": 512},
    maximum_size={"type": "int", "default": 0},
    minimum_free_dest={"type": "int", "default": 512},
    stall_timeout={"type": "int", "default": 300},
    progress={"type": "bool", "default": True},
    owner={"type": "str"},
    config_path={"type": "path", "default": "/etc/cryptosense-analyzer/config"},
    dest={"type": "path"},
    dataset={"type": "path"},
)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?")
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._/+@-]*")
_LIMITS = (
    ("timeout", 1, "second", "Set a longer time"),
    ("minimum_free", 0, "MiB", "Set 0 to keep no space free"),
    ("maximum_size", 0, "MiB", "Set 0 for no limit"),
    ("minimum_free_dest", 0, "MiB", "Set 0 to keep no space free"),
    ("stall_timeout", 1, "second", "Set a longer time"),
)


def validate(options: Options) -> t.List[Error]:
    """Return every error in a full set of options."""
    errors = [each for option in OPTIONS for each in _vendor_errors(option, options[option.name])]
    return errors + _date_order_errors(options) + _module_errors(options)


def command_line(options: Options, out_file: str) -> t.List[str]:
    """Return the vendor's command with its arguments."""
    argv = [*options["command"], "logs", "bundle"]
    for option in OPTIONS:
        value = options[option.name]
        if value:
            argv.append(option.flag)
            if option.type != "bool":
                argv.append(",".join(value) if option.type == "list" else value)
    return [*argv, "--out-file", out_file]


def request(options: Options) -> t.Dict[str, t.Any]:
    """Return what identifies the request, normalized: two sets of options with an equal request share a bundle."""
    identity = {option.name: _normalized(option, options[option.name]) for option in OPTIONS if option.identity}
    return dict(identity, command=list(options["command"]))


def narrows(options: Options) -> bool:
    """Return whether a bundle with these options may legitimately be empty."""
    return any(options[option.name] for option in OPTIONS if option.narrows)


def excluded_by_filters(options: Options) -> t.Dict[str, t.List[str]]:
    """Return, for each filter, the values of records that a bundle with these options lacks."""
    return {
        option.name: [
            value for value in option.record_values if options[option.name] and value not in options[option.name]
        ]
        for option in OPTIONS
        if option.record_values
    }


def _normalized(option: Option, value: t.Any) -> t.Any:
    if option.type == "list":
        return sorted(set(value))
    # A date may be omitted or empty.
    return None if value == "" else value


def _violation(name: str, value: t.Any, rule: str, remedy: str) -> Error:
    return error("validate", name, f"is {shortened(repr(value))}, but must be {rule}", remedy)


def _vendor_errors(option: Option, value: t.Any) -> t.List[Error]:
    if option.type == "date" and value and not _moment(value):
        rule = "an existing date in UTC, as YYYY-MM-DD or YYYY-MM-DD HH:MM:SS"
        return [_violation(option.name, value, rule, "Write it as '2026-01-31' or '2026-01-31 23:59:59'")]
    if not option.choices:
        return []
    rule = "one of {}, in capitals".format(", ".join(option.choices))
    remedy = f"Omit {option.name} to collect every record"
    return [_violation(option.name, each, rule, remedy) for each in value if each not in option.choices]


def _moment(text: str, time_of_day: str = "00:00:00") -> t.Optional[datetime.datetime]:
    """Return the moment that a date denotes, with this time of day where it has none; None for an invalid date."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return datetime.datetime.strptime(text if " " in text else f"{text} {time_of_day}", "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None


def _date_order_errors(options: Options) -> t.List[Error]:
    # The vendor does not document whether date_to includes its day, so a whole day is never an error.
    start, end = _moment(options["date_from"] or ""), _moment(options["date_to"] or "", "23:59:59")
    if not start or not end or start <= end:
        return []
    rule = "no later than date_to, which is {!r}".format(options["date_to"])
    return [_violation("date_from", options["date_from"], rule, "Exchange the two dates, or add the times")]


def _module_errors(options: Options) -> t.List[Error]:
    errors = [
        _violation(name, options[name], f"at least {minimum} {unit}", remedy)
        for name, minimum, unit, remedy in _LIMITS
        if options[name] < minimum
    ]
    command, directory = options["command"], options["directory"]
    if not command or any(not word or "\0" in word for word in command) or command[0].find("/") > 0:
        rule = "a list of non-empty words that begins with a name or an absolute path"
        errors.append(_violation("command", command, rule, "Set a list such as ['cs'] or ['/opt/bin/cs']"))
    if not _PLAIN_PATH.fullmatch(directory) or ".." in directory.split("/"):
        rule = "an absolute path of ASCII letters, digits and . _ + @ -, without '..'"
        errors.append(_violation("directory", directory, rule, "Set a plain path such as /var/tmp"))
    return errors
