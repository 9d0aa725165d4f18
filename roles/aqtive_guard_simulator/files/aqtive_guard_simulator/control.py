# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting and stopping the services: by systemd on a real VM, by hand on an embedded one."""

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
# What was ready and still falls over does so at once.
SETTLE_SECONDS = 0.3


class ControlError(Exception):
    pass


def start(settings: Settings) -> List[str]:
    """Start what does not run; the names of what was started."""
    with _alone(settings.layout):
        stopped = [name for name in settings.services if not is_running(settings, name)]
        if stopped:
            _start(settings, stopped)
    return stopped


def stop(settings: Settings) -> List[str]:
    """Stop what runs (services that are no longer wanted, too); the names of what was stopped."""
    with _alone(settings.layout):
        running = [name for name in SERVICES if is_running(settings, name)]
        _stop(settings, running)
    return running


def restart(settings: Settings) -> None:
    with _alone(settings.layout):
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
    """Process of an embedded VM's service. A pid file is a hint: the process must be ours, and alive."""
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
            _forget(layout.error_file(name))
        done = subprocess.call(["systemctl", verb] + [unit(name) for name in services]) == 0
    else:
        ready = [_start_daemon(layout, name) for name in services]
        done = all(ready)
    if done and services:
        time.sleep(SETTLE_SECONDS)
    failed = [name for name in services if not is_running(settings, name)]
    if failed:
        raise ControlError("\n".join(f"{unit(name)} does not stay up: {_reason(layout, name)}" for name in failed))
    if not done:
        raise ControlError(f"systemctl {verb} failed although the services are active")


def _start_daemon(layout: Layout, service: str) -> bool:
    """Whether the service became ready."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind("")  # an abstract address: a path may be too long for a socket
        notify.settimeout(0.05)
        address = "@" + notify.getsockname()[1:].decode("ascii")
        with open(os.devnull, "r+b") as null:
            process = subprocess.Popen(
                _command(layout, service),
                stdin=null,
                stdout=null,
                stderr=null,
                cwd=layout.root,
                env=dict(os.environ, NOTIFY_SOCKET=address),
                start_new_session=True,
            )
        with open(layout.pid_file(service), "w") as file:
            file.write(f"{process.pid}\n")
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            try:
                if notify.recv(64) == b"READY=1":
                    process.returncode = 0  # it outlives us: no warning about a child that still runs
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
        _forget(settings.layout.pid_file(name))


def has_ended(pid: int) -> bool:
    """Whether the process holds nothing any more. It loses its command line earlier, while its port is still open."""
    for path in glob.iglob(f"/proc/{pid}/task/*/stat"):
        with contextlib.suppress(OSError), open(path) as file:  # or this thread is gone meanwhile
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
        return "it gave no reason"


def _forget(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


@contextlib.contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    """One start or stop at a time on a VM."""
    os.makedirs(layout.run, exist_ok=True)
    with open(os.path.join(layout.run, "control.lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
