# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the roles and playbooks: unknown names, values of another form, and facts in their place."""

from __future__ import annotations

import datetime
import difflib
import re
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened

Specification = t.Mapping[str, t.Mapping[str, t.Any]]

PREFIX = "aqtive_guard_"
ROLES = ("aqtive_guard_logging", "aqtive_guard_log_bundle", "aqtive_guard_log_analysis", "aqtive_guard_simulator")
# Private variables, and the one that selects the VMs, must not come from a VM either.
_OURS = re.compile(r"_*(aqtive_guard|configure_logging)_|target\Z")

SERIAL = "aqtive_guard_logging_serial"
OF_PLAYBOOKS: Specification = {SERIAL: {"type": "raw"}}
RESULTS: Specification = {
    f"aqtive_guard_{name}": {"type": "raw"}
    for name in (
        *("logging_validation", "logging_plan", "logging_change", "logging_current"),
        *("log_bundle_run", "log_bundle_result", "log_bundle_manifest"),
        *("log_analysis_result", "log_analysis_report", "log_analysis_archive_result"),
    )
}
"""What the roles register."""

_SIMILARITY = 0.85
# A mistake in the prefix: all names that are not ours are compared with ours, which takes time, only if they look like these.
_MAY_BE_OURS = re.compile("a[a-z_]*_log")
_SIMILARITY_OF_OTHERS = 0.92
_BATCH = re.compile(r"[1-9][0-9]*|([1-9][0-9]?|100)%")


def name_errors(names: t.Iterable[str], known: t.Collection[str]) -> list[Error]:
    """Return an error for each name that begins like a role's variables, or resembles one of them, but is none."""
    errors = []
    prefixes = tuple(f"{role}_" for role in ROLES)
    for name in names:
        is_ours = name.startswith(PREFIX)
        if name in known or not (is_ours or _MAY_BE_OURS.match(name)):
            continue
        similar = difflib.get_close_matches(name, known, 1, _SIMILARITY if is_ours else _SIMILARITY_OF_OTHERS)
        if similar or name.startswith(prefixes):
            remedy = f"Correct it to {similar[0]}" if similar else "Remove it, or see the README's tables of variables"
            errors.append(error("validate", shortened(name), "is not a variable of this collection", remedy))
    return errors


def fact_errors(facts: t.Iterable[str], vm: str) -> list[Error]:
    """Return an error for each fact with the name of a variable of ours: facts outrank the inventory, and VMs return them."""
    remedy = "Set it in the inventory or with -e; if a fact cache is in use, clear it with --flush-cache"
    return [
        error("validate", shortened(name), f"is a fact of {vm}, but must not be a fact, which a VM could set", remedy)
        for name in facts
        if _OURS.match(name)
    ]


def form_errors(values: t.Mapping[str, t.Any], specification: Specification) -> list[Error]:
    """Return an error for each value of another form than the specification's. None and templates are not checked."""
    errors = []
    for name, value in values.items():
        if value is None or (isinstance(value, str) and "{{" in value):
            continue
        rule = _serial_rule(value) if name == SERIAL else _rule(value, specification[name])
        if rule:
            cause = f"is {shortened(repr(value))}, but must be {rule}"
            errors.append(error("validate", name, cause, "Correct it in the inventory, or where -e sets it"))
    return errors


def strategy_errors(strategy: str) -> list[Error]:
    """Return an error for a strategy under which VMs do not wait for each other."""
    if not strategy.endswith(("free", "host_pinned")):
        return []
    cause = f"is {shortened(strategy)}, but the roles need one under which all VMs run each task together"
    return [error("validate", "strategy", cause, "Set `strategy: ansible.builtin.linear` for the play")]


def _rule(value: t.Any, specification: t.Mapping[str, t.Any]) -> str | None:
    """Return the rule that a value violates, or None."""
    kind, choices = specification.get("type", "str"), specification.get("choices")
    if kind == "list":
        if not isinstance(value, list):
            return "a list"
        if choices and not all(each in choices for each in value):
            return f"a list of {', '.join(choices)}"
    elif kind == "int":
        if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]+", str(value)):
            return "a whole number"
    elif kind == "bool":
        try:
            boolean(value)
        except TypeError:
            return "true or false"
    elif kind in ("str", "path") and (
        isinstance(value, bool) or not isinstance(value, (str, int, float, datetime.date))
    ):
        return "text"
    elif kind == "str" and choices and value not in choices:
        return f"one of {', '.join(choices)}"
    return None


def _serial_rule(value: t.Any) -> str | None:
    values = value if isinstance(value, list) else [value]
    if values and all(not isinstance(each, bool) and _BATCH.fullmatch(str(each)) for each in values):
        return None
    return "a number of VMs of at least 1, a percentage such as '25%', or a list of them"
