# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first process of a VM: sets up its mounts and host name, starts sshd, and reaps orphaned processes.

init.py SETTINGS: the settings are a JSON file. It exits at the end of its standard input, which ends the VM.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def build(place: str, directory: str, name: str) -> None:
    """Mount the file systems of the VM: its directory and tmpfs are writable, everything else is read-only."""
    socket.sethostname(name)
    mount("-t", "tmpfs", "-o", "mode=0755", "none", "/run")
    for folder in ("/run/sshd", "/run/lock", place):
        os.makedirs(folder, exist_ok=True)
    mount("--bind", directory, place)
    for folder in ("/var/log", "/var/lib/sudo"):
        if os.path.isdir(folder):
            mount("-t", "tmpfs", "-o", "mode=0755", "none", folder)
    # A copy of all of /etc: a mount on a single file is lost when the host replaces that file.
    mount("-t", "tmpfs", "-o", "mode=0755", "none", "/mnt")
    subprocess.run(["cp", "-a", "/etc/.", "/mnt"], check=True)
    mount("--move", "/mnt", "/etc")
    for path in (
        "etc/passwd",
        "etc/group",
        "etc/shadow",
        "etc/hosts",
        "etc/sudoers",
        "etc/sudoers.d",
        "etc/pam.d/sudo",
    ):
        if os.path.exists(f"/{path}"):
            mount("--bind", f"{place}/{path}", f"/{path}")
    mount("-o", "remount,bind,ro", "/")
    for folder in ("tmp", "var/tmp"):
        mount("--bind", f"{place}/disk/{folder}", f"/{folder}")


def serve(log: str) -> None:
    """Reap processes until the end of the standard input."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    while True:
        ready, dummy_out, dummy_bad = select.select([0, woken], [], [])
        if 0 in ready and not os.read(0, 1):
            return
        if woken in ready:
            os.read(woken, 4096)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            print(f"sshd has exited, see {log}", file=sys.stderr)
            return


def main(path: str) -> None:
    with open(path, encoding="utf-8") as stream:
        settings = json.load(stream)
    # Read from the host's /proc: the process id outside of the namespace.
    host_pid = os.readlink("/proc/self")
    mount("-t", "proc", "proc", "/proc")
    build(settings["place"], settings["directory"], settings["name"])
    log = f"{settings['place']}/ssh/log"
    with open(log, "ab") as output:
        subprocess.Popen(settings["sshd"], stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/")
    print(host_pid, flush=True)
    serve(log)


if __name__ == "__main__":
    main(sys.argv[1])
