# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be true on a VM before the vendor's command runs, and the limits that hold while it runs."""

import os
import shutil
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import Options
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import (
    SYSTEM_PATH,
    find_user,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.trusted_path import (
    resolve,
    root_and_this_user,
)

_MIB = 1 << 20

Excess = t.Optional[t.Tuple[str, str]]
"""Subject and cause of an exceeded limit, or None."""


def check(options: Options) -> None:
    """Raise ``Failure`` unless the command exists, the directory is safe to use and has space, and the owner exists."""
    user = f"uid {os.geteuid()}"
    command, directory = options["command"][0], options["directory"]
    if find_command(command) is None:
        remedy = "Check that this is an AQtive Guard VM, set command (role variable aqtive_guard_log_bundle_command) to its absolute path, or use become"
        raise failure("prepare", f"the command {command!r}", f"does not exist or cannot be run by {user}", remedy)
    if not os.path.isdir(directory) or not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise failure(
            "prepare", directory, f"is not a directory that {user} can write to", "Set another directory, or use become"
        )
    untrusted = resolve(directory, root_and_this_user()).untrusted
    if untrusted:
        raise failure("prepare", directory, untrusted.cause, f"{untrusted.remedy}, or set another directory")
    shortage = space_shortage(options)
    if shortage:
        raise failure("prepare", *shortage, "Free disk space, or set another directory or a smaller minimum_free")
    if options["owner"]:
        find_user(options["owner"])


def find_command(name: str) -> t.Optional[str]:
    """Return the path of an executable, found in PATH or where PATH of a service may lack it."""
    return shutil.which(name, path=os.environ.get("PATH", os.defpath) + os.pathsep + SYSTEM_PATH)


def space_shortage(options: Options) -> Excess:
    """Return how free disk space falls below ``minimum_free``."""
    status = os.statvfs(options["directory"])
    free = status.f_bavail * status.f_frsize // _MIB
    if free >= options["minimum_free"]:
        return None
    return options["directory"], "has {} MiB free, but minimum_free is {} MiB".format(free, options["minimum_free"])


def size_excess(options: Options, size: int) -> Excess:
    """Return how a file of ``size`` bytes exceeds ``maximum_size``."""
    limit = options["maximum_size"]
    if not limit or size <= limit * _MIB:
        return None
    return "the bundle", f"has {size / _MIB:.1f} MiB or more, but maximum_size is {limit} MiB"
