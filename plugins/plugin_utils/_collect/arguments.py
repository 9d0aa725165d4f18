# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a bundle as arguments of an action, and names that become parts of paths."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import options as bundle_options
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, Failure, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import last_collections
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.arguments import Arguments, parse
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import require_trusted

LAST = "last"
"""The value of ``date_from`` that requests from each VM what the data set does not have."""


def parse_bundle_options(arguments: t.Mapping[str, t.Any]) -> Arguments:
    """Return the options of a bundle with their defaults and types, whose values are still to be validated."""
    # validate() reports values that are not among the choices, with all other errors and with a remedy.
    spec = bundle_options.ARGUMENT_SPEC.items()
    return parse({name: {key: each[key] for key in each if key != "choices"} for name, each in spec}, arguments)


def validate_bundle_options(options: Arguments) -> list[Error]:
    """Return every error in a full set of options, whose ``date_from`` may be ``last``."""
    is_last = options["date_from"] == LAST
    return bundle_options.validate({**options, "date_from": None} if is_last else options)


def with_date_from(options: Arguments, vm: str, earlier: t.Mapping[str, t.Any] | None) -> Arguments:
    """Return the options of a VM with the date that ``last`` stands for, or raise a ``Failure``.

    This is the date of the request that an earlier call of the same run has made, or else what the data set says.
    """
    if options["date_from"] != LAST:
        return options
    if earlier is not None:
        date_from = earlier.get("date_from")
    else:
        dataset = Path(options["dataset"]).absolute()
        # What another user put there must not be believed.
        require_trusted(dataset)
        time = last_collections.next_date_from(dataset, vm)
        date_from = time and time.replace(tzinfo=None).isoformat(" ", "seconds")
    options = {**options, "date_from": date_from}
    if errors := bundle_options.validate(options):
        raise Failure(errors)
    return options


def validate_dataset(options: Arguments) -> list[Error]:
    """Return the error of a data set that ``date_from`` needs, if any."""
    if options["date_from"] != LAST or options["dataset"]:
        return []
    cause = f"is not set, but date_from {LAST!r} needs the data set"
    return [error("validate", "dataset", cause, "Set the directory of the data set, or a date")]


def component_error(name: str) -> str | None:
    """Return why a name cannot be a component of a path, or None where it can."""
    if name in ("", ".", ".."):
        return "is empty or denotes another directory"
    if "/" in name:
        return "contains a slash"
    if name.startswith("-"):
        return "begins with a dash"
    if not name.isprintable():
        return "contains control characters"
    return None


def validate_host(host: str) -> list[Error]:
    """Return the error of a VM's inventory name that cannot name a directory, if any."""
    if reason := component_error(host):
        cause = f"is {shortened(repr(host))}, but must be a safe name for a directory: it {reason}"
        return [error("validate", "inventory_hostname", cause, "Rename the VM in the inventory")]
    return []


def validate_dest(dest: str) -> list[Error]:
    """Return the error of a destination on the controller, if any."""
    parts = [part for part in dest.split("/") if part]
    reasons = [f"{part!r} {reason}" for part in parts if (reason := component_error(part))]
    if not dest.startswith("/") or not parts:
        reasons.append("it is not below /")
    if reasons:
        rule = f"an absolute path of safe names: {', '.join(reasons)}"
        cause = f"is {shortened(repr(dest))}, but must be {rule}"
        return [error("validate", "dest", cause, "Set a directory such as /srv/aqtive-guard-logs")]
    return []
