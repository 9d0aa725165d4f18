# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m vms create|destroy|check: manage the virtual machines of a Molecule scenario."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

import prerequisites
from problem import Problem

from vms import image, interpreter
from vms.fleet import Fleet


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vms", description="Virtual machines of a Molecule scenario.")
    actions = parser.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="start the VMs, and wait until they answer")
    create.add_argument(
        "--instances", type=Path, required=True, help="the instance configuration to write for Molecule"
    )
    create.add_argument("--python", type=Path, help="a Python of this machine to install in the VMs, in /opt/python")
    create.add_argument("--ssh-port", type=int, default=22, help="the port of sshd in the VMs")
    create.add_argument("--selinux", action="store_true", help="boot the VMs with SELinux in enforcing mode")
    create.add_argument("names", nargs="+", metavar="VM")
    destroy = actions.add_parser("destroy", help="save the logs of the VMs, stop them, remove their files")
    actions.add_parser("check", help="report missing programs, with the command that installs them")
    for action in (create, destroy):
        action.add_argument("--scenario", required=True)
        action.add_argument("--build", type=Path, required=True, help="the directory for images, VMs and logs")
    return parser.parse_args()


def check_prerequisites() -> None:
    if reason := prerequisites.missing_for_vms():
        raise Problem(reason)


def interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run(arguments: argparse.Namespace) -> None:
    if arguments.action == "check":
        check_prerequisites()
    else:
        fleet = Fleet(arguments.build / "vms" / arguments.scenario)
        if arguments.action == "create":
            check_prerequisites()
            images = arguments.build / "images"
            python = interpreter.get(images, arguments.python) if arguments.python else None
            disk = image.get(images, arguments.selinux)
            kernel_arguments = image.SELINUX_ARGUMENTS if arguments.selinux else ()
            fleet.create(arguments.names, disk, arguments.instances, python, arguments.ssh_port, kernel_arguments)
        else:
            fleet.destroy(logs=fleet.logs)
            print(f"Logs of the VMs: {fleet.logs}")


def main() -> int:
    arguments = parse()
    # Interrupted while VMs boot, this program stops them. A shell starts background jobs with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        run(arguments)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted: no VM is left.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
