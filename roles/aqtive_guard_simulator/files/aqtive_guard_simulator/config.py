# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The product's configuration file: its grammar, and the rules of the eight logging keys.

Nothing but the logging keys leaves this module: the file also holds the product's credentials.
"""

import posixpath
import re
import unicodedata
from typing import Dict, List, NamedTuple, Optional, Tuple

LEVELS = ("debug", "info", "warning", "error", "critical")
KEYS = tuple(
    key + ending for ending in ("", "_AUDIT") for key in ("LOG_LEVEL", "LOG_FILE", "LOG_ROTATE_DAILY", "LOG_ROTATE_MAX")
)

_ASSIGNMENT = re.compile(rb"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(.*)\Z", re.DOTALL)
_WHOLE_NUMBER = re.compile(r"[1-9][0-9]*\Z")
_UNSAFE = frozenset("'\"$\\#`;")


class Sink(NamedTuple):
    """Where one class of records goes; no file means the journal."""

    level: str
    file: Optional[str]
    rotate: bool
    rotate_max: Optional[int]


class Logging(NamedTuple):
    general: Sink
    audit: Sink


class ConfigError(Exception):
    """The configuration is invalid; holds one message per violation."""

    def __init__(self, violations: List[str]) -> None:
        super().__init__("\n".join(violations))
        self.violations = violations


def parse(data: bytes) -> Dict[str, bytes]:
    """Values of the logging keys; the last assignment of a key wins."""
    values = {}
    for line in data.split(b"\n"):
        match = _ASSIGNMENT.match(line)
        if match:
            key = match.group(1).decode("ascii")
            if key in KEYS:
                values[key] = match.group(2).rstrip(b" \t\r")
    return values


def check(values: Dict[str, bytes]) -> Tuple[List[str], List[str]]:
    """Every violation, and every warning."""
    violations = []
    texts = {}
    if "LOG_LEVEL" not in values:
        violations.append("LOG_LEVEL is missing: set it to one of {}".format(", ".join(LEVELS)))
    for key in KEYS:
        if key not in values:
            continue
        try:
            texts[key] = values[key].decode("utf-8")
        except UnicodeDecodeError:
            violations.append(f"{key}={values[key]!r}: not valid UTF-8")
            continue
        rule = _violation(key, texts[key])
        if rule:
            violations.append(f"{key}={texts[key]!a}: {rule}")
    for ending in ("", "_AUDIT"):
        daily, limit, file = "LOG_ROTATE_DAILY" + ending, "LOG_ROTATE_MAX" + ending, "LOG_FILE" + ending
        if texts.get(daily) == "true" and file not in values:
            violations.append(f"{daily}=true requires {file}: set it, or remove {daily}")
        if limit in values and texts.get(daily) != "true":
            violations.append(f"{limit} requires {daily}=true: set it, or remove {limit}")
    warnings = []
    files = [texts.get("LOG_FILE", ""), texts.get("LOG_FILE_AUDIT", "")]
    if all(files) and posixpath.normpath(files[0]) == posixpath.normpath(files[1]):
        shared = f"LOG_FILE and LOG_FILE_AUDIT are the same file {files[0]!a}"
        if "true" in (texts.get("LOG_ROTATE_DAILY"), texts.get("LOG_ROTATE_DAILY_AUDIT")):
            violations.append(shared + ": rotating it twice loses records, so use two files or no rotation")
        else:
            warnings.append(shared)
    return violations, warnings


def load(path: str) -> Logging:
    """The logging settings of a configuration file; ConfigError with every violation."""
    try:
        with open(path, "rb") as file:
            values = parse(file.read())
    except OSError as error:
        raise ConfigError([f"cannot read {path}: {error.strerror}"]) from error
    violations, _warnings = check(values)
    if violations:
        raise ConfigError([f"{path}: {violation}" for violation in violations])
    return settings(values)


def settings(values: Dict[str, bytes]) -> Logging:
    """Return the logging settings that valid values stand for."""
    texts = {key: value.decode("utf-8") for key, value in values.items()}
    general, audit = (
        Sink(
            level=texts.get("LOG_LEVEL" + ending, "info"),
            file=texts.get("LOG_FILE" + ending),
            rotate=texts.get("LOG_ROTATE_DAILY" + ending) == "true",
            rotate_max=int(texts["LOG_ROTATE_MAX" + ending]) if "LOG_ROTATE_MAX" + ending in texts else None,
        )
        for ending in ("", "_AUDIT")
    )
    if audit.file is None:
        audit = general._replace(level=audit.level)
    return Logging(general, audit)


def _violation(key: str, text: str) -> Optional[str]:
    if not text:
        return "the value is empty: remove the line or set a value"
    if key.startswith("LOG_LEVEL"):
        return None if text in LEVELS else "must be one of {}".format(", ".join(LEVELS))
    if key.startswith("LOG_ROTATE_DAILY"):
        return None if text in ("true", "false") else "must be true or false"
    if key.startswith("LOG_ROTATE_MAX"):
        return None if _WHOLE_NUMBER.match(text) else "must be a whole number greater than 0"
    if not text.startswith("/"):
        return "must be an absolute path"
    if text.rsplit("/", 1)[1] in ("", ".", ".."):
        return "must name a file"
    bad = sorted({c for c in text if c.isspace() or c in _UNSAFE or unicodedata.category(c) == "Cc"})
    return "must not contain {}".format(", ".join(ascii(c) for c in bad)) if bad else None
