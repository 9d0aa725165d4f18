# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m vms create|destroy: what create.yml and destroy.yml run; python -m vms check|packages: for those who run them."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from vms import image, interpreter, prerequisites
from vms.fleet import Fleet
from vms.problem import Problem


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vms", description="Virtual machines of a Molecule scenario.")
    actions = parser.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="start the VMs, and wait until they answer")
    create.add_argument("--instances", type=Path, required=True, help="the file that tells Molecule about them")
    create.add_argument("--python", type=Path, help="a Python of this machine that the VMs get, too, in /opt/python")
    create.add_argument("--ssh-port", type=int, default=22, help="where sshd listens in the VMs")
    create.add_argument("names", nargs="+", metavar="VM")
    destroy = actions.add_parser("destroy", help="keep the logs of the VMs, end them, remove their files")
    actions.add_parser("check", help="complain of what is missing here, with the command that installs it")
    actions.add_parser("packages", help="print Debian's names of what is missing here")
    for action in (create, destroy):
        action.add_argument("--scenario", required=True)
        action.add_argument("--build", type=Path, required=True, help="the folder for everything that is made")
    return parser.parse_args()


def link_collection(build: Path) -> None:
    """Let Ansible find this collection by its name, wherever the repository lies."""
    link = build / "collections" / "ansible_collections" / "community" / "aqtive_guard"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(Path(__file__).resolve().parents[3])


def end(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run(arguments: argparse.Namespace) -> None:
    if arguments.action == "packages":
        print("\n".join(prerequisites.packages(prerequisites.missing())))
    elif arguments.action == "check":
        prerequisites.check()
    else:
        fleet = Fleet(arguments.build / "vms" / arguments.scenario)
        if arguments.action == "create":
            prerequisites.check()
            link_collection(arguments.build)
            images = arguments.build / "images"
            python = interpreter.get(images, arguments.python) if arguments.python else None
            fleet.create(arguments.names, image.get(images), arguments.instances, python, arguments.ssh_port)
        else:
            fleet.destroy(logs=fleet.logs)
            print(f"Logs of the VMs: {fleet.logs}")


def main() -> int:
    arguments = parse()
    # Whoever ends this program while VMs come up wants none to stay.
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
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
