# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ``cs logs bundle`` within its limits, and report a failure with the end of its error output."""

import contextlib
import datetime
import os
import time
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import preflight
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import Options, command_line
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.output import OUT_FILE
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.workspace import Workspace
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.error_output import (
    end_of_process,
    masked_tail,
    with_last_line,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.secrets import Masker
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened

_LIMIT_REMEDY = "Narrow the dates, or raise the limits (timeout, directory, minimum_free, maximum_size)"


def run(options: Options, workspace: Workspace) -> t.Dict[str, t.Any]:
    """Run the command and return what is known of the run; raise ``Failure`` unless it exited with status 0."""
    argv = command_line(options, os.path.join(workspace.directory, OUT_FILE))
    shown = shortened(" ".join([*options["command"], "logs", "bundle"]))
    start, clock = _now(), time.monotonic()
    status, cause, remedy = None, "", f"Run `{shown}` manually on the VM to see the reason"
    try:
        status = _run(argv, options, workspace)
    except bounded_command.Terminated as terminated:
        cause, remedy = str(terminated), _LIMIT_REMEDY
    except OSError as error:
        cause = f"cannot be started: {os.strerror(error.errno or 0)}"
    if status:
        cause = end_of_process(status)
        # It may have filled the disk between two checks.
        reason = _abort_reason(options, workspace)
        if reason:
            cause, remedy = f"{cause}, and {reason}", _LIMIT_REMEDY
    run_details = {
        "command": argv,
        "rc": status,
        "start": start,
        "end": _now(),
        "bundle_seconds": round(time.monotonic() - clock, 3),
    }
    if cause:
        tail = ""
        with contextlib.suppress(OSError), open(workspace.stderr, "rb") as stderr:
            tail = masked_tail(stderr, Masker.from_file(options["config_path"]))
        raise failure("run", shown, with_last_line(cause, tail), remedy, stderr_tail=tail, **run_details)
    return run_details


def _run(argv: t.List[str], options: Options, workspace: Workspace) -> int:
    with open(workspace.stdout, "wb") as stdout, open(workspace.stderr, "wb") as stderr:
        return bounded_command.run(
            [preflight.find_command(argv[0]) or argv[0], *argv[1:]],
            stdout=stdout,
            stderr=stderr,
            cwd=workspace.directory,
            # Temporary files of the command are private as well, and are removed with the rest.
            env=dict(os.environ, TMPDIR=workspace.temporary),
            timeout=options["timeout"],
            abort_reason=lambda: _abort_reason(options, workspace),
        )


def _abort_reason(options: Options, workspace: Workspace) -> t.Optional[str]:
    """Return why the command has to be terminated, or None."""
    if not os.path.isdir(workspace.private):
        return "its directory was removed"
    excess = preflight.space_shortage(options) or preflight.size_excess(options, workspace.bytes_written())
    return " ".join(excess) if excess else None


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
