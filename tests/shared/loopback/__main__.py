# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m loopback DIRECTORY [VM...]: start a fleet with the simulator, and end it on Ctrl-C."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from pathlib import Path

from problem import Problem

from loopback.fleet import Fleet


def main() -> int:
    parser = argparse.ArgumentParser(prog="loopback", description=__doc__)
    parser.add_argument("directory", type=Path, help="a new directory for the fleet")
    parser.add_argument("names", nargs="*", metavar="VM", default=["web1", "web2", "worker1"])
    arguments = parser.parse_args()
    try:
        with Fleet(arguments.directory.absolute(), arguments.names) as fleet:
            fleet.install_simulator()
            names = ("ANSIBLE_CONFIG", "ANSIBLE_HOME", "ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_SSH_CONTROL_PATH_DIR")
            settings = fleet.environment()
            print(" ".join(["export", *(f"{name}={shlex.quote(settings[name])}" for name in names)]))
            print(f"ansible-playbook -i {fleet.inventory()} community.aqtive_guard.collect_logs", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
