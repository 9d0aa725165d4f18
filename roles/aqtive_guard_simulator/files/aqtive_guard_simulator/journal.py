# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd's journal, through its own tools. (An embedded VM has a file in its place, see settings.Layout.journal.)"""

import os
import subprocess
import time
from typing import Iterator, List

from aqtive_guard_simulator.settings import unit

DRAIN_SECONDS = 60
# Of cgroup version 2, of version 1, and of both at once.
_CGROUP_TREES = ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified")


def read(services: List[str]) -> Iterator[bytes]:
    """All lines under the services' units, systemd's own messages about them included."""
    command = ["journalctl", "--quiet", "--no-pager", "--output=cat"] + ["--unit=" + unit(name) for name in services]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        yield from process.stdout or ()
    if process.returncode:
        raise OSError(process.returncode, "journalctl failed", " ".join(command))


class Writer:
    """Writes lines to the journal as a running service does, without a rate limit.

    journald determines the unit and the rate limit of a line by the control group of the process that sends it, so the
    sender joins the group of the service.
    """

    def __init__(self, service: str) -> None:
        self._unit = unit(service)
        self._last = b""
        show = ["systemctl", "show", "--property=ControlGroup", "--value", self._unit]
        group = subprocess.check_output(show).decode().strip()
        if not group:
            raise OSError(3, "not running: start it before writing its history to the journal", self._unit)
        lists = [f"{tree}{group}/cgroup.procs" for tree in _CGROUP_TREES]

        def join() -> None:
            for path in filter(os.path.exists, lists):
                with open(path, "w") as file:
                    file.write(str(os.getpid()))

        command = ["systemd-cat", "--level-prefix=false", "--identifier=" + self._unit[: -len(".service")], "cat"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, preexec_fn=join)

    def write(self, line: bytes) -> None:
        self._last = line
        self._process.stdin.write(line)  # type: ignore[union-attr]

    def close(self) -> None:
        """Wait until journald, which may be megabytes behind, has stored every line."""
        self._process.stdin.close()  # type: ignore[union-attr]
        if self._process.wait():
            raise OSError(self._process.returncode, "systemd-cat failed")
        show = ["journalctl", "--quiet", "--output=cat", "--lines=1", f"_PID={self._process.pid}"]
        end = time.monotonic() + DRAIN_SECONDS
        while subprocess.check_output(show) != self._last:
            if time.monotonic() > end:
                raise OSError(5, "the journal did not store every line", self._unit)
            time.sleep(0.1)
