# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of an action, with their types and defaults."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import on_one_line

Arguments = dict[str, t.Any]


def parse(spec: t.Mapping[str, Arguments], arguments: t.Mapping[str, t.Any]) -> Arguments:
    """Return the arguments with their defaults and types, or raise a ``Failure`` with an error for each violation."""
    validation = ArgumentSpecValidator(dict(spec)).validate(dict(arguments))
    if messages := validation.error_messages:
        remedy = "Correct the task"
        raise Failure(
            [error("validate", "task", f"has a bad argument: {on_one_line(each)}", remedy) for each in messages]
        )
    return dict(validation.validated_parameters)
