# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of the VMs, the roll-outs that the tests run, and the traffic during a roll-out."""

import base64
import contextlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import testinfra

SCENARIO = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])
INVENTORY = os.environ["MOLECULE_INVENTORY_FILE"]
WEB_VMS = ("web1", "web2", "web3")
ROLL_OUT_SECONDS = 400

# A roll-out uses one of these that no VM has yet: there are more of them than VMs.
SETTINGS: list[dict[str, str]] = [
    {"LOG_LEVEL": "debug", "LOG_FILE": "/var/log/guard/guard.log"},
    {"LOG_LEVEL": "info"},
    {"LOG_LEVEL": "info", "LOG_FILE": "/var/log/guard/guard.log"},
    {"LOG_LEVEL": "debug"},
]
VARIABLES = {"LOG_LEVEL": "aqtive_guard_logging_level", "LOG_FILE": "aqtive_guard_logging_file"}


class State(NamedTuple):
    """The state of a web VM."""

    config: bytes
    attributes: str
    files: list[str]
    temporary: list[str]
    active: bool
    invocation: str
    starts: int

    @property
    def pending(self) -> bool:
        return "config.aqtive_guard-pending" in self.files

    @property
    def unexpected_files(self) -> list[str]:
        """Files other than the configuration file, its backups and the link of a pending change."""
        known = re.compile(r"config|config\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~|config\.aqtive_guard-pending")
        return [name for name in self.files if not known.fullmatch(name)] + self.temporary


class WebVm:
    def __init__(self, name: str) -> None:
        self.name = name
        self._host = testinfra.get_host(f"ansible://{name}", ansible_inventory=INVENTORY)
        self.original = (SCENARIO / "files" / f"{name}.config.bin").read_bytes()

    def run(self, command: str, *arguments: str) -> str:
        return str(self._host.check_output(command, *arguments))

    def observe(self, *arguments: str) -> Any:
        """Run files/observer.py on the VM, and return its result."""
        return json.loads(self.run(f"sudo /usr/bin/python3 /usr/local/lib/observer.py {' '.join(arguments)}"))

    def _state(self, action: str) -> State:
        fields = self.observe(action)
        unit = fields.pop("unit")
        config = base64.b64decode(fields.pop("config"))
        return State(config, active=unit["ActiveState"] == "active", invocation=unit["InvocationID"], **fields)

    def state(self) -> State:
        return self._state("state")

    def idle_state(self) -> State:
        """The state once no process of an interrupted run is left."""
        return self._state("idle")

    def with_settings(self, settings: dict[str, str]) -> bytes:
        """Return the expected configuration file with these settings."""
        line_end = b"\r\n" if b"\r\n" in self.original else b"\n"
        lines = [
            "# BEGIN ANSIBLE MANAGED BLOCK: community.aqtive_guard logging",
            "# Written by the Ansible role community.aqtive_guard.aqtive_guard_logging: its next run overwrites manual changes.",
            *(f"{key}={value}" for key, value in settings.items()),
            "# END ANSIBLE MANAGED BLOCK: community.aqtive_guard logging",
        ]
        kept = re.sub(rb"^LOG_LEVEL=\w+\r?\n", b"", self.original, flags=re.MULTILINE)
        return kept + b"".join(line.encode() + line_end for line in lines)

    def misbehave(self, misbehaviour: str) -> None:
        """Set the misbehaviour of the simulator."""
        self.run(
            'sudo sed --in-place \'s/"misbehaviour": "[^"]*"/"misbehaviour": "%s"/\' /etc/aqtive-guard-simulator.json'
            % misbehaviour
        )


class Traffic(NamedTuple):
    """The record of the client, see files/client.py."""

    failed: list[dict[str, Any]]
    out_of_service: list[list[str]]
    responses: dict[str, dict[str, int]]
    uploads: int

    @property
    def requests(self) -> int:
        return sum(sum(processes.values()) for processes in self.responses.values()) + len(self.failed)


class LoadBalancer:
    FILE = "/var/tmp/traffic"

    def __init__(self) -> None:
        self._host = testinfra.get_host("ansible://lb", ansible_inventory=INVENTORY)

    def servers(self) -> dict[str, str]:
        """Return HAProxy's state of each web VM."""
        rows = self._host.check_output("echo show stat | sudo socat stdio /run/haproxy/admin.sock").splitlines()
        cells = [row.split(",") for row in rows if row.startswith("guard,")]
        return {cell[1]: cell[17] for cell in cells if cell[1] != "BACKEND"}

    def start_client(self) -> None:
        self._host.check_output(
            "sudo systemd-run --quiet --collect --unit=client --property=Type=notify --property=TimeoutStartSec=120"
            " /usr/bin/python3 /usr/local/lib/client.py %s",
            self.FILE,
        )

    def stop_client(self) -> None:
        self._host.check_output("sudo systemctl stop client.service")

    def read_record(self) -> Traffic:
        lines = [json.loads(line) for line in self._host.check_output("sudo cat %s", self.FILE).splitlines()]
        return Traffic(
            [line for line in lines if "failed" in line],
            [line["out_of_service"] for line in lines if "out_of_service" in line],
            lines[-1]["responses"],
            lines[-1]["uploads"],
        )

    @contextlib.contextmanager
    def traffic(self) -> Iterator[list[Traffic]]:
        """Send requests during the block; at its end, the list receives the record."""
        records: list[Traffic] = []
        self.start_client()
        try:
            yield records
        finally:
            self.stop_client()
        records.append(self.read_record())


class RollOut:
    """A run of the playbook in its own session. It is killed at the end of the block if it still runs."""

    def __init__(self, settings: dict[str, str], target: str = "aqtive_guard") -> None:
        variables = {"target": target, **{VARIABLES[key]: value for key, value in settings.items()}}
        self._process = subprocess.Popen(
            [
                *("ansible-playbook", "--inventory", INVENTORY, "--extra-vars", json.dumps(variables)),
                str(SCENARIO / "converge.yml"),
            ],
            env={
                **os.environ,
                "ANSIBLE_FORCE_COLOR": "0",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        self.output = ""

    @property
    def message(self) -> str:
        """The output on one line."""
        return " ".join(self.output.split())

    def __enter__(self) -> "RollOut":
        return self

    def __exit__(self, *dummy: object) -> None:
        self.end()

    def finish(self) -> int:
        """Wait until it exits, and return the exit status."""
        try:
            self.output += self._process.communicate(timeout=ROLL_OUT_SECONDS)[0]
        except subprocess.TimeoutExpired:
            self.end()
            pytest.fail(f"the roll-out did not exit within {ROLL_OUT_SECONDS} seconds:\n{self.output}")
        return self._process.returncode

    def wait_for_task(self, name: str) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.output += line
            if line.startswith("TASK [") and line.rpartition("]")[0].endswith((f" : {name}", f"[{name}")):
                return
        pytest.fail(f"the roll-out exited before its task {name!r}:\n{self.output}")

    def kill(self) -> None:
        """Kill all its processes at once, including those that newer cores start in other sessions."""
        self.end()
        if self._process.returncode != -signal.SIGKILL:
            pytest.fail(f"the roll-out exited before it was killed:\n{self.output}")

    def end(self) -> None:
        if self._process.poll() is None:
            descendants = _descendants(self._process.pid)
            os.killpg(self._process.pid, signal.SIGKILL)
            for pid in descendants:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait(timeout=30)


def _descendants(pid: int) -> list[int]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has exited meanwhile
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for ancestor in found:
        found += [child for child, parent in parents.items() if parent == ancestor]
    return found[1:]


@pytest.fixture(scope="session")
def vms() -> dict[str, WebVm]:
    return {name: WebVm(name) for name in WEB_VMS}


@pytest.fixture(scope="session")
def load_balancer() -> LoadBalancer:
    return LoadBalancer()


@pytest.fixture(scope="session")
def start_roll_out() -> type[RollOut]:
    """A fixture, because tests cannot import from conftest.py."""
    return RollOut


@pytest.fixture(scope="session")
def states(vms):
    """A function that returns the states of all web VMs."""

    def read_states():
        with ThreadPoolExecutor(len(vms)) as pool:
            return dict(zip(vms, pool.map(WebVm.state, vms.values()), strict=True))

    return read_states


@pytest.fixture(scope="session")
def unused_settings(vms):
    """A function that returns settings that no VM has in these states."""

    def choose(states):
        return next(
            settings
            for settings in SETTINGS
            if all(state.config != vms[name].with_settings(settings) for name, state in states.items())
        )

    return choose
