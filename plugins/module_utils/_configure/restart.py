# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ``cs restart`` within its time limit. Its output is shown only after a failure, and without secrets."""

import math
import os
import tempfile
import time
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.error_output import (
    end_of_process,
    masked_tail,
    with_last_line,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.secrets import Masker
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened


def restart(options: t.Mapping[str, t.Any], directory: t.Optional[str] = None) -> t.Dict[str, t.Any]:
    """Return the module's result, or raise ``Failure`` unless the command exits with status 0.

    ``directory`` is where the temporary file for the output is created, which has no name there.
    """
    argv = [*options["command"], "restart"]
    shown = shortened(" ".join(argv))
    remedy = f"Run `{shown}` manually on the VM to see the reason"
    status, cause = None, ""
    start, clock = time.time(), time.monotonic()
    with tempfile.TemporaryFile(dir=directory) as output:
        try:
            status = bounded_command.run(
                argv,
                stdout=output,
                stderr=output,
                cwd="/",
                env=os.environ,
                timeout=options["timeout"] or math.inf,
                # Without systemd, the command may start the services as its own processes.
                leave_background=True,
            )
        except bounded_command.Terminated as terminated:
            cause, remedy = str(terminated), "Set a longer timeout (role variable aqtive_guard_logging_restart_timeout)"
        except OSError as error:
            cause, remedy = (
                f"cannot be started: {os.strerror(error.errno or 0)}",
                "Check the command and its permissions",
            )
        if status:
            cause = end_of_process(status)
        result = {"rc": status, "start": start, "seconds": round(time.monotonic() - clock, 3)}
        if cause:
            cause = with_last_line(cause, masked_tail(output, Masker.from_file(options["config_path"])))
            raise failure("run", shown, cause, remedy, **result)
    return result
