# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""observer.py state | quiet | hold NAME | release | restarting: what a test sees of a web VM, and how it stops a write in its middle."""

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
    """Process ids and arguments."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/cmdline" % entry, "rb") as file:
                    yield int(entry), file.read().split(b"\0")[:-1]
            except OSError:
                pass  # it has ended meanwhile


def status(pid):
    """State and parent."""
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rpartition(")")[2].split()
    return fields[0], int(fields[1])


def modules():
    """The processes that run a module of Ansible, which comes through their standard input, and what these have started."""
    found = [pid for pid, arguments in processes() if len(arguments) == 1 and b"/python3" in arguments[0]]
    parents = {}
    for pid, dummy in processes():
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parents[pid] = status(pid)[1]
    for module in found:
        found += [pid for pid, parent in parents.items() if parent == module]
    return found


def left_behind():
    """What still runs of a task whose controller is gone."""
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


def quiet():
    """The state once nothing of a cut-off run runs any more."""
    end = time.monotonic() + SECONDS
    while left_behind():
        if time.monotonic() > end:
            raise SystemExit("still running: %s" % [found for found in processes() if found[0] in left_behind()])
        time.sleep(0.2)
    return state()


def hold(pattern):
    """Stop the module in the very system call that makes this file, or moves it into its place.

    The VM has one processor, and nothing has a higher priority than this process: the module does not come to its next step.
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
                held = modules()
                for pid in held:
                    os.kill(pid, signal.SIGSTOP)
                return held
    raise SystemExit("no %s in %s in %d seconds" % (pattern, FOLDER, SECONDS))


def restarting():
    """Wait until the product is down, or on its way up."""
    (line,) = run("systemctl", "show", "--property=MainPID", UNIT)
    end = time.monotonic() + SECONDS
    while os.path.exists("/proc/" + line.split("=")[1]):
        if time.monotonic() > end:
            raise SystemExit("no restart in %d seconds" % SECONDS)
        time.sleep(0.05)


def release():
    """Let everything that stands still go on: sudo stops with what it has started."""
    for pid, dummy in processes():
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if status(pid)[0] == "T":
                os.kill(pid, signal.SIGCONT)


ACTIONS = {action.__name__: action for action in (state, quiet, hold, release, restarting)}

if __name__ == "__main__":
    json.dump(ACTIONS[sys.argv[1]](*sys.argv[2:]), sys.stdout)
