# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one call of the module does: check only, or start the job of a bundle and poll it."""

import os
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import background_job, bundle, preflight
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import (
    Options,
    excluded_by_filters,
    validate,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import (
    PREFIX,
    PrivateDirectory,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.workspace import Workspace
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.bounded_command import Interrupted
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.phase import phase

Result = t.Dict[str, t.Any]


def run(options: Options, check_mode: bool, vm_facts: t.Callable[[], Result]) -> Result:
    """Return the module's result, failed or not. ``vm_facts`` returns what every result says of the VM itself."""
    try:
        errors = validate(options)
        if errors:
            raise Failure(errors)
        with phase("prepare"):
            if not check_mode:
                return _start_or_poll(options, vm_facts)
            preflight.check(options)
        return dict(vm_facts(), changed=True, excluded_by_filters=excluded_by_filters(options))
    except Interrupted as error:
        return bundle.interrupted(error).as_result()
    except Failure as error:
        return dict(vm_facts(), **error.as_result())


def _start_or_poll(options: Options, vm_facts: t.Callable[[], Result]) -> Result:
    """Return the job's result, or how many bytes it has written: it outlives this process.

    ``vm_job`` has its ``name``, whether to ``start`` it if it does not exist, how many seconds to ``wait`` for the result,
    and whether to ``keep`` the bundle on the VM.
    """
    job = options["vm_job"]
    path = os.path.join(options["directory"], PREFIX + job["name"])
    if job["start"] and not os.path.lexists(path):
        private, leftovers = bundle.prepare(options, job["name"])
        with private:
            background_job.start(private, lambda: _result(options, private, leftovers, vm_facts))
    try:
        result = background_job.wait(path, job["wait"])
    except Interrupted:
        background_job.cancel(path)
        raise
    if result is None:
        return {"changed": True, "pending": True, "bytes_written": Workspace(path).bytes_written()}
    if job["keep"]:
        background_job.remove_result(path)
    return result


def _result(
    options: Options, private: PrivateDirectory, leftovers: t.List[str], vm_facts: t.Callable[[], Result]
) -> Result:
    """Create the bundle and return the result of the job, failed or not."""
    known = dict(vm_facts(), removed_leftovers=leftovers)
    try:
        return dict(known, changed=True, **bundle.create(options, private))
    except Failure as error:
        return dict(known, **error.as_result())
