# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logging keys of AQtive Guard in one table, and the validation rules derived from it.

Settings map the vendor's key to the text after its ``=``; a key that is not set is absent.
Bytes that are not UTF-8 are carried as surrogates (``surrogateescape``).
"""

import hashlib
import json
import posixpath
import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error, message
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened

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
_Rule = t.Tuple[str, str]  # a rule that is violated, such as "must be ...", and the remedy

_COUNT = re.compile(r"[1-9][0-9]*\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What a reader of the file expands, or takes for the end of a value, or where a person has forgotten to break the line.
_SPECIAL = re.compile("[\\s'\"$\\\\#`;&|()<>{},=]|:~")
_HIDDEN = re.compile(r"<[0-9]+ characters?, not shown>")
_WORDS = {
    "true": frozenset(("true", "yes", "on", "y", "t", "1")),
    "false": frozenset(("false", "no", "off", "n", "f", "0")),
}


def text_of(key: Key, value: t.Any) -> str:
    """Return a native Ansible value as the vendor's text. A value without such a text becomes an invalid one."""
    text = str(value)
    if key.kind == FLAG:
        for flag, words in _WORDS.items():
            if text.lower() in words:
                return flag
    return text


def from_options(options: t.Mapping[str, t.Any]) -> t.Tuple[Settings, t.List[Error]]:
    """Return settings in the order of the table, and an error for every unknown option. Values are not validated.

    None means that a key is not set, and so does the empty string for a key that is not required.
    """
    settings = {}
    for key in KEYS:
        value = options.get(key.option)
        if value is not None and (value != "" or key.required):
            settings[key.name] = text_of(key, value)
    known = [key.option for key in KEYS]
    # The value is not shown: in place of a misspelled option it may be anything, a password included.
    errors = [
        error("validate", shortened(str(name)), "is not an option of this module", f"Use {_alternatives(known)}")
        for name in options
        if name not in known
    ]
    return settings, errors


def check(settings: Settings, confidential: bool = False) -> t.Tuple[t.List[Error], t.List[str]]:
    """Return all validation errors, and a warning for each setting that is valid but probably a mistake.

    ``confidential`` settings come from a VM's file: their invalid values are not shown.
    """
    errors = []
    valid = {}
    for key in KEYS:
        value = settings.get(key.name)
        rules = list(_value_rules(key, value))
        errors += [_violation(key.name, value, confidential, *rule) for rule in rules]
        if value is not None and not rules:
            valid[key.name] = value
    for key in KEYS:
        rules = list(_requirement_rules(key, settings, valid))
        errors += [_violation(key.name, settings[key.name], confidential, *rule) for rule in rules]

    warnings = []
    if _same_file(valid.get("LOG_FILE"), valid.get("LOG_FILE_AUDIT")):
        rotates = "true" in (valid.get("LOG_ROTATE_DAILY"), valid.get("LOG_ROTATE_DAILY_AUDIT"))
        shared = error(
            "validate",
            "LOG_FILE_AUDIT",
            f"is '{shortened(valid['LOG_FILE_AUDIT'])}', the same file as LOG_FILE"
            + (", but rotating a shared file loses logs" if rotates else ""),
            "Set it to a different file, or leave it out to write audit logs to LOG_FILE",
        )
        if rotates:
            errors.append(shared)
        else:
            warnings.append(message([shared]))
    return errors, warnings


def is_valid(name: str, value: str) -> bool:
    """Return whether a value is valid regardless of the other keys."""
    return not any(_value_rules(BY_NAME[name], value))


def in_order(settings: Settings) -> Settings:
    """Return the same settings in the order of the table."""
    return {key.name: settings[key.name] for key in KEYS if key.name in settings}


def is_plain(value: str) -> bool:
    """Return whether every reader of the file takes this text literally, and for one value."""
    return value.isprintable() and _SPECIAL.search(value) is None


def shown(name: str, value: str) -> str:
    """Return a value from a VM's file for a result: its length unless it is valid, because it may be something else."""
    if value == "" or _HIDDEN.fullmatch(value) or is_valid(name, value):
        return value
    return f"<{len(value)} character{'' if len(value) == 1 else 's'}, not shown>"


def reportable(settings: Settings) -> Settings:
    """Return settings for a result."""
    return {name: shown(name, value) for name, value in settings.items()}


def digest(settings: Settings) -> str:
    """Return the SHA-256 of the reportable settings as canonical JSON. It does not depend on their order."""
    # Not of the settings themselves: a hash of a short secret can be reversed by trying.
    canonical = json.dumps(reportable(settings), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _violation(name: str, value: t.Optional[str], confidential: bool, rule: str, remedy: str) -> Error:
    if value is None:
        found = "not set"
    elif confidential and shown(name, value) != value:
        found = shown(name, value)
    else:
        found = f"'{shortened(value)}'"
    return error("validate", name, f"is {found}, but {rule}", remedy)


def _value_rules(key: Key, value: t.Optional[str]) -> t.Iterator[_Rule]:
    """Yield the rules that a value violates regardless of the other keys."""
    if value is None:
        if key.required:
            yield "is required", f"Set it to {_alternatives(key.choices or ())}"
    elif value == "":
        yield "must not be empty", "Set a value" + ("" if key.required else ", or leave the key out")
    elif key.choices is not None:
        if value not in key.choices:
            yield f"must be {_alternatives(key.choices)}, in lower case", "Set it to one of these"
    elif key.kind == COUNT:
        if not _COUNT.match(value):
            rule = "must be a whole number greater than 0, in the digits 0 to 9 and without leading zeros"
            yield rule, "Set it to the number of files to keep, or leave it out to keep all"
    else:
        if not value.startswith("/"):
            yield "must be an absolute path", "Start the path with /"
        if posixpath.basename(value) in ("", ".", ".."):
            yield "must name a file, not a directory", "Add the name of the file"
        if _SURROGATE.search(value):
            yield "must be valid UTF-8", "Encode the path in UTF-8"
        if not is_plain(_SURROGATE.sub("", value)):
            rule = (
                "must not contain white space, quotes, control characters, :~ or any of $ \\ # ` ; & | ( ) < > { } , ="
            )
            yield rule, "Choose a path that a shell and systemd read alike"


def _requirement_rules(key: Key, settings: Settings, valid: Settings) -> t.Iterator[_Rule]:
    """Yield the requirement of a key that is not met. Another key whose value is invalid is reported on its own."""
    value = settings.get(key.name)
    if key.requires is None or not value or (key.kind == FLAG and value != "true"):
        return
    other, required = key.requires
    if other not in settings or (other in valid and required not in (None, valid[other])):
        condition = other if required is None else f"{other}={required}"
        yield f"requires {condition}", f"Set {condition}, or leave {key.name} out"


def _same_file(one: t.Optional[str], other: t.Optional[str]) -> bool:
    return one is not None and other is not None and posixpath.normpath(one) == posixpath.normpath(other)


def _alternatives(names: t.Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
