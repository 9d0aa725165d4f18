# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of the stand-in itself (not the product's), and where everything lies below its root."""

import json
import os
import socket
from typing import Any, Dict, List, NamedTuple

SERVICES = ("web", "worker")
CHOICES = {
    "bundle_name": ("exact", "ending", "archive"),
    "bundle_compression": ("gzip", "tar.gz", "zip"),
    "misbehaviour": (
        "none",
        "slow",
        "hang",
        "fail",
        "huge",
        "empty",
        "nothing",
        "refuse_restart",
        "refuse_change",
    ),
}
# A service reads these only when it starts.
SERVICE_KEYS = ("services", "seed", "fleet_seed", "hostname", "rate", "web_port")


class SettingsError(Exception):
    pass


class Settings(NamedTuple):
    root: str
    systemd: bool
    services: List[str]
    seed: str
    fleet_seed: str
    hostname: str
    rate: float
    web_port: int
    bundle_name: str
    bundle_compression: str
    misbehaviour: str
    misbehaviour_seconds: float
    misbehaviour_bytes: int

    @property
    def layout(self) -> "Layout":
        return Layout(self.root)

    @property
    def unit_files(self) -> Dict[str, str]:
        """Return the unit file of each service; the path does not depend on the root. An embedded VM has none."""
        return {name: "/etc/systemd/system/" + unit(name) for name in SERVICES} if self.systemd else {}

    @property
    def host(self) -> str:
        return self.hostname or socket.gethostname()


class Layout:
    """Paths below the root of one product: `/`, or the directory that an embedded VM or a change root sees as `/`."""

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(root)
        self.cs = self.path("bin/cs")
        self.program = self.path("bin/aqtive-guard-simulator")
        self.package = self.path("lib/aqtive-guard-simulator/aqtive_guard_simulator")
        self.settings = self.path("etc/aqtive-guard-simulator.json")
        self.config = self.path("etc/cryptosense-analyzer/config")
        self.logs = self.path("var/log/cryptosense-analyzer")
        self.state = self.path("var/lib/aqtive-guard-simulator")
        self.journal = self.path("var/lib/aqtive-guard-simulator/journal.jsonl")
        self.run = self.path("run/aqtive-guard-simulator")

    def path(self, relative: str) -> str:
        return os.path.join(self.root, relative)

    def inside(self, path: str) -> str:
        """Where a path of the product's configuration lies: the product sees its root as `/`."""
        path = os.path.normpath(path)
        if self.root == "/" or path.startswith(self.root + "/"):
            return path
        return self.root + path

    def pid_file(self, service: str) -> str:
        return os.path.join(self.run, service + ".pid")

    def error_file(self, service: str) -> str:
        return os.path.join(self.run, service + ".error")

    def last_settings_file(self, service: str) -> str:
        return os.path.join(self.state, service + ".last")


def unit(service: str) -> str:
    return f"cryptosense-analyzer-{service}.service"


def load(path: str) -> Settings:
    try:
        with open(path, "rb") as file:
            data = json.loads(file.read().decode("utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path} is not JSON: {error}") from error
    return from_data(data, path)


def from_data(data: Any, path: str = "settings") -> Settings:
    """Return settings from decoded JSON. Raise SettingsError with every violation."""
    if not isinstance(data, dict):
        raise SettingsError(f"{path}: not an object")
    problems = [f"{key} is missing" for key in Settings._fields if key not in data]
    problems += [f"{key} is unknown" for key in sorted(set(data) - set(Settings._fields))]
    for key, value in data.items():
        problem = _problem(key, value)
        if problem:
            problems.append(f"{key}={json.dumps(value)}: {problem}")
    if problems:
        raise SettingsError("\n".join(f"{path}: {problem}" for problem in problems))
    return Settings(**data)


def _problem(key: str, value: Any) -> str:
    if key in CHOICES:
        return "" if value in CHOICES[key] else "must be one of {}".format(", ".join(CHOICES[key]))
    if key == "services":
        known = isinstance(value, list) and value and all(item in SERVICES for item in value)
        return "" if known and len(set(value)) == len(value) else "must be a list of {}".format(" and ".join(SERVICES))
    if key == "systemd":
        return "" if isinstance(value, bool) else "must be true or false"
    if key == "root":
        return "" if isinstance(value, str) and value.startswith("/") else "must be an absolute path"
    if key in ("rate", "misbehaviour_seconds", "misbehaviour_bytes"):
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e12
        return "" if number else "must be a number, 0 or more"
    if key == "web_port":
        port = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 65536
        return "" if port else "must be a port, or 0"
    if key in ("seed", "fleet_seed", "hostname"):
        return "" if isinstance(value, str) else "must be text"
    return ""
