# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start and stop the services: through systemd, or as background processes of an embedded VM."""

import contextlib
import fcntl
import glob
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Iterator, List, Optional

from aqtive_guard_simulator.settings import SERVICES, Layout, Settings, unit

START_SECONDS = 60
STOP_SECONDS = 10
# A service that fails after it was ready does so within this time.
SETTLE_SECONDS = 0.3


class ControlError(Exception):
    pass


def start(settings: Settings) -> List[str]:
    """Start the services that do not run, and return their names."""
    with _locked(settings.layout):
        stopped = [name for name in settings.services if not is_running(settings, name)]
        if stopped:
            _start(settings, stopped)
    return stopped


def stop(settings: Settings) -> List[str]:
    """Stop the services that run, including those that are no longer configured, and return their names."""
    with _locked(settings.layout):
        running = [name for name in SERVICES if is_running(settings, name)]
        _stop(settings, running)
    return running


def restart(settings: Settings) -> None:
    with _locked(settings.layout):
        if settings.systemd:
            _start(settings, list(settings.services), "restart")
        else:
            _stop(settings, [name for name in SERVICES if is_running(settings, name)])
            _start(settings, list(settings.services))


def is_running(settings: Settings, service: str) -> bool:
    if settings.systemd:
        return subprocess.call(["systemctl", "is-active", "--quiet", unit(service)]) == 0
    return pid_of(settings.layout, service) is not None


def pid_of(layout: Layout, service: str) -> Optional[int]:
    """Return the process id of an embedded VM's service, or None where the pid file is outdated."""
    try:
        with open(layout.pid_file(service)) as file:
            pid = int(file.read())
        with open(f"/proc/{pid}/cmdline", "rb") as cmdline:  # empty for a zombie
            arguments = [os.fsdecode(argument) for argument in cmdline.read().split(b"\0")[:-1]]
    except (OSError, ValueError):
        return None
    return pid if arguments[1:] == _command(layout, service)[1:] else None


def _command(layout: Layout, service: str) -> List[str]:
    program = [sys.executable, "-I", layout.package, layout.settings, "aqtive-guard-simulator"]
    return [*program, "serve", "--service", service]


def _start(settings: Settings, services: List[str], verb: str = "start") -> None:
    layout = settings.layout
    os.makedirs(layout.run, exist_ok=True)
    if settings.systemd:
        for name in services:
            _remove_file(layout.error_file(name))
        done = subprocess.call(["systemctl", verb] + [unit(name) for name in services]) == 0
    else:
        with contextlib.ExitStack() as sockets:
            daemons = [_Daemon(layout, name, sockets) for name in services]
            ready = [daemon.becomes_ready() for daemon in daemons]
        done = all(ready)
    if done and services:
        time.sleep(SETTLE_SECONDS)
    failed = [name for name in services if not is_running(settings, name)]
    if failed:
        raise ControlError("\n".join(f"{unit(name)} did not stay active: {_reason(layout, name)}" for name in failed))
    if not done:
        raise ControlError(f"systemctl {verb} failed although the services are active")


class _Daemon:
    """A service in the background, which says when it is ready."""

    def __init__(self, layout: Layout, service: str, sockets: contextlib.ExitStack) -> None:
        self._notify = sockets.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self._notify.bind("")  # an abstract address: a path may be too long for a socket
        self._notify.settimeout(0.05)
        address = "@" + self._notify.getsockname()[1:].decode("ascii")
        with open(os.devnull, "r+b") as null:
            self._process = subprocess.Popen(
                _command(layout, service),
                stdin=null,
                stdout=null,
                stderr=null,
                cwd=layout.root,
                env=dict(os.environ, NOTIFY_SOCKET=address),
                start_new_session=True,
            )
        with open(layout.pid_file(service), "w") as file:
            file.write(f"{self._process.pid}\n")

    def becomes_ready(self) -> bool:
        """Wait for the service. Return whether it became ready."""
        process = self._process
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            try:
                if self._notify.recv(64) == b"READY=1":
                    process.returncode = 0  # no warning about a child that outlives this process
                    return True
            except socket.timeout:
                pass
        if process.poll() is None:
            process.kill()
            process.wait()
        return False


def _stop(settings: Settings, services: List[str]) -> None:
    if settings.systemd:
        if services and subprocess.call(["systemctl", "stop"] + [unit(name) for name in services]) != 0:
            raise ControlError("systemctl stop failed")
        return
    pids = {name: pid_of(settings.layout, name) for name in services}
    for name in services:
        _signal(settings.layout, name, signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    for name, pid in pids.items():
        while pid is not None and not has_ended(pid):
            if time.monotonic() > end:
                _signal(settings.layout, name, signal.SIGKILL)
            time.sleep(0.02)
        _remove_file(settings.layout.pid_file(name))


def has_ended(pid: int) -> bool:
    """Return whether all threads have ended. The command line disappears earlier, while the port is still open."""
    for path in glob.iglob(f"/proc/{pid}/task/*/stat"):
        with contextlib.suppress(OSError), open(path) as file:  # the thread may have ended
            if file.read().rpartition(")")[2].split()[0] not in "ZX":
                return False
    return True


def _signal(layout: Layout, service: str, number: int) -> None:
    pid = pid_of(layout, service)
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _reason(layout: Layout, service: str) -> str:
    try:
        with open(layout.error_file(service)) as file:
            return file.read().strip()
    except OSError:
        return "no reason was reported"


def _remove_file(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


@contextlib.contextmanager
def _locked(layout: Layout) -> Iterator[None]:
    """Serialise starts and stops on a VM."""
    os.makedirs(layout.run, exist_ok=True)
    with open(os.path.join(layout.run, "control.lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
