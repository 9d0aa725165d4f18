# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""observer.py state | idle | suspend NAME | resume | restarting: report the state of a web VM, and suspend modules during a write."""

import base64
import contextlib
import ctypes
import fnmatch
import grp
import json
import os
import pwd
import select
import signal
import struct
import subprocess
import sys
import time

FOLDER = "/etc/cryptosense-analyzer"
CONFIG = FOLDER + "/config"
UNIT = "cryptosense-analyzer-web.service"
# systemd's identifier of "unit was started".
STARTED = "39f53479d3a045ac8e11786248231fbf"
IN_MOVED_TO, IN_CREATE = 0x80, 0x100
EVENT = struct.Struct("iIII")
SECONDS = 300


def processes():
    """Yield process ids and arguments."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/cmdline" % entry, "rb") as file:
                    yield int(entry), file.read().split(b"\0")[:-1]
            except OSError:
                pass  # it has exited meanwhile


def status(pid):
    """Return state and parent."""
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rpartition(")")[2].split()
    return fields[0], int(fields[1])


def modules():
    """Return the processes that run an Ansible module from standard input, and their children."""
    found = [pid for pid, arguments in processes() if len(arguments) == 1 and b"/python3" in arguments[0]]
    parents = {}
    for pid, dummy in processes():
        with contextlib.suppress(OSError):  # it has exited meanwhile
            parents[pid] = status(pid)[1]
    for module in found:
        found += [pid for pid, parent in parents.items() if parent == module]
    return found


def remaining():
    """Return the processes of a task whose controller has been killed."""
    return modules() + [
        pid
        for pid, arguments in processes()
        if arguments[-2:] == [b"cs", b"restart"] or b"BECOME-SUCCESS" in b" ".join(arguments)
    ]


def run(*command):
    return subprocess.check_output(command).decode().splitlines()


def state():
    attributes = os.stat(CONFIG)
    with open(CONFIG, "rb") as file:
        content = file.read()
    return {
        "config": base64.b64encode(content).decode(),
        "attributes": "%s:%s %o"
        % (
            pwd.getpwuid(attributes.st_uid).pw_name,
            grp.getgrgid(attributes.st_gid).gr_name,
            attributes.st_mode & 0o7777,
        ),
        "files": sorted(os.listdir(FOLDER)),
        "temporary": os.listdir("/root/.ansible/tmp") if os.path.isdir("/root/.ansible/tmp") else [],
        "unit": dict(line.split("=") for line in run("systemctl", "show", "--property=ActiveState,InvocationID", UNIT)),
        "starts": len(run("journalctl", "--quiet", "--output=cat", "MESSAGE_ID=" + STARTED, "UNIT=" + UNIT)),
    }


def idle():
    """Return the state once no process of an interrupted run is left."""
    end = time.monotonic() + SECONDS
    while remaining():
        if time.monotonic() > end:
            raise SystemExit("still running: %s" % [found for found in processes() if found[0] in remaining()])
        time.sleep(0.2)
    return state()


def suspend(pattern):
    """Suspend the module within the system call that creates this file, or renames another file to it.

    The VM has one processor, and this process has the highest priority: the module cannot continue before it is suspended.
    """
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(0)
    if libc.inotify_add_watch(descriptor, FOLDER.encode(), IN_CREATE | IN_MOVED_TO) < 0:
        raise OSError(ctypes.get_errno(), FOLDER)
    end = time.monotonic() + SECONDS
    while select.select([descriptor], [], [], max(0, end - time.monotonic()))[0]:
        data = os.read(descriptor, 4096)
        while data:
            size = EVENT.unpack_from(data)[3]
            name, data = data[EVENT.size : EVENT.size + size].rstrip(b"\0").decode(), data[EVENT.size + size :]
            if fnmatch.fnmatch(name, pattern):
                suspended = modules()
                for pid in suspended:
                    os.kill(pid, signal.SIGSTOP)
                return suspended
    raise SystemExit("no %s in %s in %d seconds" % (pattern, FOLDER, SECONDS))


def restarting():
    """Wait until the product has stopped."""
    (line,) = run("systemctl", "show", "--property=MainPID", UNIT)
    end = time.monotonic() + SECONDS
    while os.path.exists("/proc/" + line.split("=")[1]):
        if time.monotonic() > end:
            raise SystemExit("no restart in %d seconds" % SECONDS)
        time.sleep(0.05)


def resume():
    """Resume all suspended processes: sudo is suspended with its child."""
    for pid, dummy in processes():
        with contextlib.suppress(OSError):  # it has exited meanwhile
            if status(pid)[0] == "T":
                os.kill(pid, signal.SIGCONT)


ACTIONS = {action.__name__: action for action in (state, idle, suspend, resume, restarting)}

if __name__ == "__main__":
    json.dump(ACTIONS[sys.argv[1]](*sys.argv[2:]), sys.stdout)
