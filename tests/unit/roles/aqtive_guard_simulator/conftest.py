# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from unittest import mock

import pytest

PACKAGES = os.path.abspath(
    os.path.join(os.path.dirname(__file__), "..", "..", "..", "..", "roles", "aqtive_guard_simulator", "files")
)
sys.path.insert(0, PACKAGES)

from aqtive_guard_simulator import control, install  # noqa: E402
from aqtive_guard_simulator import settings as settings_module  # noqa: E402


def settings_data(root, **changes):
    data = {
        "root": str(root),
        "systemd": False,
        "services": ["web", "worker"],
        "seed": "seed",
        "fleet_seed": "fleet",
        "hostname": "vm1",
        "rate": 50,
        "web_port": 0,
        "bundle_name": "exact",
        "bundle_compression": "gzip",
        "misbehaviour": "none",
        "misbehaviour_seconds": 1,
        "misbehaviour_bytes": 1000,
    }
    data.update(changes)
    return data


class VM:
    """An embedded VM: the directory, and what its commands answer."""

    def __init__(self, root):
        self.root = root
        self.layout = settings_module.Layout(root)

    def apply(self, state="present", check=False, config="LOG_LEVEL=info\n", **changes):
        """What the role does: its exit status and the changes that it reports."""
        sources = {}
        folder = os.path.join(PACKAGES, "aqtive_guard_simulator")
        for name in os.listdir(folder):
            if name.endswith(".py"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    sources[name] = file.read()
        settings = settings_data(self.root, **changes)
        payload = {"state": state, "check": check, "settings": settings, "config": config, "sources": sources}
        with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(io.StringIO()) as errors:
            status = install.main(payload)
        return status, json.loads(output.getvalue())["changes"] if status == 0 else errors.getvalue()

    def run(self, program, *arguments, **keywords):
        process = subprocess.Popen(
            [os.path.join(self.root, "bin", program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **keywords,
        )
        output, errors = process.communicate(timeout=60)
        return process.returncode, output, errors.decode("utf-8")

    def cs(self, *arguments, **keywords):
        return self.run("cs", *arguments, **keywords)

    def simulator(self, *arguments):
        return self.run("aqtive-guard-simulator", *arguments)

    def configure(self, *lines):
        with open(self.layout.config, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))

    def set(self, **changes):
        with open(self.layout.settings, encoding="utf-8") as file:
            settings = json.load(file)
        settings.update(changes)
        with open(self.layout.settings, "w", encoding="utf-8") as file:
            file.write(json.dumps(settings, indent=2, sort_keys=True) + "\n")

    def path(self, relative):
        return os.path.join(self.root, relative)


@pytest.fixture(scope="session")
def make_settings():
    """Makes the settings of an embedded VM below a root, as they lie in its JSON file."""
    return settings_data


@pytest.fixture(scope="module")
def installed_vm():
    """A VM for all tests of a module, on which no service has been started."""
    root = tempfile.mkdtemp()
    machine = VM(os.path.join(root, "vm1"))
    with mock.patch.object(control, "start"):
        assert machine.apply()[0] == 0
    yield machine
    machine.set(misbehaviour="none")
    machine.apply(state="absent")
    shutil.rmtree(root)
