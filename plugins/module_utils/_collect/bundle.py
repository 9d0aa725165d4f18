# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create one bundle on a VM: prepare, run the vendor's command, identify its output, grant the owner access."""

import contextlib
import os
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import output, preflight, vendor_command
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import (
    Options,
    excluded_by_filters,
    narrows,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import (
    PrivateDirectory,
    find_user,
    remove_leftovers,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.workspace import Workspace
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.bounded_command import Interrupted
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.phase import phase


def prepare(options: Options, name: str) -> t.Tuple[PrivateDirectory, t.List[str]]:
    """Check the VM, remove leftovers and create a private directory; return it and the paths of the leftovers."""
    preflight.check(options)
    owners = {os.geteuid()} | ({find_user(options["owner"]).pw_uid} if options["owner"] else set())
    with phase("prepare"):
        leftovers = remove_leftovers(options["directory"], owners)
        return PrivateDirectory(options["directory"], name), leftovers


def create(options: Options, private: PrivateDirectory) -> t.Dict[str, t.Any]:
    """Create a bundle in a private directory and return its metadata; raise ``Failure`` and leave no file otherwise."""
    try:
        return _create(options, private)
    except Interrupted as error:
        reported = interrupted(error)
    except Failure as error:
        reported = error
    with contextlib.suppress(OSError):
        private.remove_all_except(None)
    reported.details["directory"] = private.path
    raise reported


def interrupted(error: Interrupted) -> Failure:
    """Return the ``Failure`` of a run that received a signal."""
    return failure("run", "the creation of the bundle", str(error), "Run it again")


def _create(options: Options, private: PrivateDirectory) -> t.Dict[str, t.Any]:
    workspace = Workspace(private.path)
    with phase("prepare"):
        workspace.create()
    with phase("run"):
        run = vendor_command.run(options, workspace)
    with phase("identify", **run):
        source = output.choose(workspace)
        excess = preflight.size_excess(options, os.lstat(source).st_size)
        if excess:
            raise failure("identify", *excess, "Narrow the dates, or set a larger maximum_size")
        metadata = output.identify(workspace, source, may_be_empty=narrows(options))
        private.remove_all_except(metadata["name"])
    with phase("grant", **run):
        if options["owner"]:
            private.grant(metadata["name"], options["owner"])
    location = {"path": os.path.join(private.path, metadata["name"]), "directory": private.path}
    return dict(run, excluded_by_filters=excluded_by_filters(options), **location, **metadata)
