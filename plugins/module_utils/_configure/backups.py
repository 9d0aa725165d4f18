# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove old backups of a VM's configuration file, which contain old credentials."""

import os
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.phase import phase
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.config_file import (
    remove,
    untrusted_error,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.pending_change import PendingChange


def remove_old_backups(options: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """Remove all backups but the newest ones, and return the module's result. While a change is pending, nothing is removed."""
    if options["keep"] < 1:
        cause = f"is {options['keep']}, but must be at least 1"
        raise failure("validate", "keep", cause, "Set it to the number of backups to keep")
    pending = PendingChange(options["pending_link"], os.path.realpath(options["path"]))
    refused = untrusted_error(options["path"])
    errors = ([refused] if refused else []) + list(pending.errors())
    if errors:
        raise Failure(errors)
    with phase("cleanup"):
        removed = [] if pending.exists else find_backups(pending)[options["keep"] :]
        if not check_mode:
            remove(*removed)
    return {"changed": bool(removed), "path": pending.path, "removed": removed}


def find_backups(pending: PendingChange) -> t.List[str]:
    """Return the backups that this collection has created beside the file, the newest first."""
    directory = os.path.dirname(pending.path)
    paths = [os.path.join(directory, name) for name in os.listdir(directory) if name.endswith("~")]
    # By the time in the name: a backup has the times of the file that it is a copy of.
    return sorted(
        (path for path in paths if pending.unsuitable(path) is None),
        key=lambda path: path.rpartition(".")[2],
        reverse=True,
    )
