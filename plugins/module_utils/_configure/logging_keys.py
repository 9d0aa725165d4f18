# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The eight logging keys of AQtive Guard and the rules over them: one table, everything else derived from it.

Settings are a dict of vendor key to the text that stands behind its ``=``; a key that is not set is absent.
Text that came from bytes which are not UTF-8 carries them as surrogates (``surrogateescape``).
"""

import hashlib
import json
import posixpath
import re
import typing as t

LEVEL, FLAG, COUNT, PATH = "level", "flag", "count", "path"
_LEVELS = ("debug", "info", "warning", "error", "critical")
_FLAGS = ("true", "false")


class Key(t.NamedTuple):
    name: str
    option: str
    kind: str
    choices: t.Optional[t.Tuple[str, ...]] = None
    default: t.Optional[str] = None  # the vendor's, for a key that is not set
    requires: t.Optional[t.Tuple[str, t.Optional[str]]] = None  # another key, and its value or None for any
    required: bool = False


KEYS = (
    Key("LOG_LEVEL", "log_level", LEVEL, _LEVELS, required=True),
    Key("LOG_FILE", "log_file", PATH),
    Key("LOG_ROTATE_DAILY", "log_rotate_daily", FLAG, _FLAGS, "false", ("LOG_FILE", None)),
    Key("LOG_ROTATE_MAX", "log_rotate_max", COUNT, requires=("LOG_ROTATE_DAILY", "true")),
    Key("LOG_LEVEL_AUDIT", "log_level_audit", LEVEL, _LEVELS, "info"),
    Key("LOG_FILE_AUDIT", "log_file_audit", PATH),
    Key("LOG_ROTATE_DAILY_AUDIT", "log_rotate_daily_audit", FLAG, _FLAGS, "false", ("LOG_FILE_AUDIT", None)),
    Key("LOG_ROTATE_MAX_AUDIT", "log_rotate_max_audit", COUNT, requires=("LOG_ROTATE_DAILY_AUDIT", "true")),
)
BY_NAME = {key.name: key for key in KEYS}

Settings = t.Dict[str, str]
Violation = t.Dict[str, t.Optional[str]]
_Broken = t.Tuple[str, str]  # a rule that is broken, and the remedy

_COUNT = re.compile(r"[1-9][0-9]*\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
# \s knows what str.isspace() knows, and the two ranges are the Unicode category Cc.
_UNSAFE = re.compile("[\\s\x00-\x1f\x7f-\x9f'\"$\\\\#`;]")
_WORDS = {
    "true": frozenset(("true", "yes", "on", "y", "t", "1")),
    "false": frozenset(("false", "no", "off", "n", "f", "0")),
}
_SHOWN_AT_MOST = 200


def violation(key: str, value: t.Optional[str], rule: str, remedy: str) -> Violation:
    """One thing that is wrong: which key, its value (None where it has none), the rule it breaks, and what to do."""
    return {"key": key, "value": None if value is None else shown(value), "rule": rule, "remedy": remedy}


def line(error: Violation) -> str:
    """A violation in one line."""
    subject = error["key"] if error["value"] is None else f"{error['key']}={error['value']}"
    return f"{subject}: {error['rule']}. {error['remedy']}."


def printable(text: str) -> str:
    """Text fit for a terminal: what is not printable is escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def shown(text: str) -> str:
    """Text fit for one line of a message: printable, and not endless."""
    start = printable(text[:_SHOWN_AT_MOST])
    return start if len(text) <= _SHOWN_AT_MOST else f"{start}... ({len(text)} characters)"


def text_of(key: Key, value: t.Any) -> str:
    """A native Ansible value as the vendor's text. A value that has no such text becomes one that breaks a rule."""
    text = str(value)
    if key.kind == FLAG:
        for flag, words in _WORDS.items():
            if text.lower() in words:
                return flag
    return text


def from_options(options: t.Mapping[str, t.Any]) -> t.Tuple[Settings, t.List[Violation]]:
    """Settings in the order of the table, and a violation for every option that does not exist.

    None means that a key is not set, and so does the empty string for a key that is not required.
    Whether the values are valid is for check() to say.
    """
    settings = {}
    for key in KEYS:
        value = options.get(key.option)
        if value is not None and (value != "" or key.required):
            settings[key.name] = text_of(key, value)
    known = [key.option for key in KEYS]
    # The value is not repeated: it may be anything, a password too.
    errors = [
        violation(shown(str(name)), None, "there is no such option", f"Use {_either(known)}")
        for name in options
        if name not in known
    ]
    return settings, errors


def check(settings: Settings) -> t.Tuple[t.List[Violation], t.List[str]]:
    """Every violation at once, and a line for everything that is allowed but hardly meant."""
    errors = []
    valid = {}
    for key in KEYS:
        value = settings.get(key.name)
        broken = list(_broken_alone(key, value))
        errors += [violation(key.name, value, rule, remedy) for rule, remedy in broken]
        if value is not None and not broken:
            valid[key.name] = value
    for key in KEYS:
        errors += [
            violation(key.name, settings[key.name], *broken) for broken in _broken_requirement(key, settings, valid)
        ]

    warnings = []
    if _same_file(valid.get("LOG_FILE"), valid.get("LOG_FILE_AUDIT")):
        rotates = "true" in (valid.get("LOG_ROTATE_DAILY"), valid.get("LOG_ROTATE_DAILY_AUDIT"))
        shared = violation(
            "LOG_FILE_AUDIT",
            valid["LOG_FILE_AUDIT"],
            "is the file of LOG_FILE" + (", and rotating a shared file loses logs" if rotates else ""),
            "Give it a file of its own, or leave it out: audit logs then go along with the rest",
        )
        if rotates:
            errors.append(shared)
        else:
            warnings.append(line(shared))
    return errors, warnings


def is_valid(name: str, value: str) -> bool:
    """Whether a key's value keeps the rules that do not depend on other keys."""
    return not any(_broken_alone(BY_NAME[name], value))


def in_order(settings: Settings) -> Settings:
    """The same settings in the order of the table."""
    return {key.name: settings[key.name] for key in KEYS if key.name in settings}


def reportable(settings: Settings) -> Settings:
    """Settings as a result can carry them: bytes that are not UTF-8 are escaped, everything else is exact."""
    return {
        name: value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        for name, value in settings.items()
    }


def digest(settings: Settings) -> str:
    """SHA-256 of the canonical settings: equal where the settings are equal, whatever their order."""
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _broken_alone(key: Key, value: t.Optional[str]) -> t.Iterator[_Broken]:
    """The rules that a value breaks whatever the other keys are."""
    if value is None:
        if key.required:
            yield "is required", f"Set it to {_either(key.choices or ())}"
    elif value == "":
        yield "must not be empty", "Give it a value" + ("" if key.required else ", or leave it out")
    elif key.choices is not None:
        if value not in key.choices:
            yield f"must be {_either(key.choices)}, in lower case", "Set it to one of them"
    elif key.kind == COUNT:
        if not _COUNT.match(value):
            rule = "must be a whole number greater than 0, in the digits 0 to 9 and without leading zeros"
            yield rule, "Set it to the number of files to keep, or leave it out to keep all"
    else:
        if not value.startswith("/"):
            yield "must be an absolute path", "Begin it with /"
        if posixpath.basename(value) in ("", ".", ".."):
            yield "must name a file, not a directory", "End it with the name of a file"
        if _SURROGATE.search(value):
            yield "must be valid UTF-8", "Write the path in UTF-8"
        if _UNSAFE.search(value):
            rule = "must not hold white space, quotes, $, \\, #, `, ; or control characters"
            yield rule, "Choose a path that a shell and systemd read alike"


def _broken_requirement(key: Key, settings: Settings, valid: Settings) -> t.Iterator[_Broken]:
    """What a key that is set asks of another key, where that one is not so. Where that one is invalid, it is known."""
    value = settings.get(key.name)
    if key.requires is None or not value or (key.kind == FLAG and value != "true"):
        return
    other, wanted = key.requires
    if other not in settings or (other in valid and wanted not in (None, valid[other])):
        condition = other if wanted is None else f"{other}={wanted}"
        yield f"requires {condition}", f"Set {condition}, or leave {key.name} out"


def _same_file(one: t.Optional[str], other: t.Optional[str]) -> bool:
    return one is not None and other is not None and posixpath.normpath(one) == posixpath.normpath(other)


def _either(names: t.Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
