# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site with faults: VMs behind proxies, controllers, and the contract that every test verifies."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from loopback import PLACE, Fleet, Proxy, Vm

VMS = ("web1", "web2", "worker1")
FAULTY = "web2"
"""The VM with the fault; the VMs before and after it have none."""

OTHERS = tuple(vm for vm in VMS if vm != FAULTY)
PLAYBOOK = "community.aqtive_guard.collect_logs"
RUN_SECONDS = 120
_SETTLE_SECONDS = 30
_DAYS = 2 * 86400
# The init process and the listening sshd of a VM. Other processes belong to a connection.
_PERMANENT = re.compile(r"/init\.py |sshd -D .*\[listener\]")


class Failure(NamedTuple):
    """Patterns of what the operator must read about a VM."""

    phase: str
    cause: str
    remedy: str
    status: str = "failed"


@dataclass(frozen=True)
class Outcome:
    """Exit status, output and run directory of a collection."""

    status: int
    output: str
    run_directory: Path

    @property
    def manifest(self) -> dict[str, Any]:
        return dict(json.loads(self.run_directory.joinpath("manifest.json").read_bytes()))

    @property
    def files(self) -> set[str]:
        """Return the relative paths of all files below the run directory, without the records of bundles."""
        found = [path for path in self.run_directory.rglob("*") if not path.is_dir()]
        return {str(path.relative_to(self.run_directory)) for path in found if not _is_record(path)}


class Collection:
    """A running playbook."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, run_directory: Path) -> None:
        self._process = process
        self._log = log
        self.run_directory = run_directory

    def finish(self, seconds: float = RUN_SECONDS) -> Outcome:
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self._process.wait()
            raise AssertionError(f"still running after {seconds} seconds:\n{self.output}") from None
        return Outcome(status, self.output, self.run_directory)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all processes of the controller."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None


class Site:
    """The VMs of a fleet behind proxies, and controllers."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.vms: dict[str, Vm] = fleet.vms
        self.proxies = {name: Proxy(vm.port) for name, vm in self.vms.items()}
        self._directory = fleet.directory
        self._runs: list[Collection] = []
        self._test = ""
        self._rows: list[tuple[str, str, str, int]] = []
        self.restore()

    def begin(self, directory: Path, test: str) -> None:
        """Start a test with an empty directory on the controller."""
        self._directory, self._test = directory, test
        self._runs = []

    def close(self) -> None:
        for proxy in self.proxies.values():
            proxy.close()

    @property
    def faulty(self) -> Vm:
        return self.vms[FAULTY]

    @property
    def dest(self) -> Path:
        return self._directory / "logs"

    def start(
        self,
        vms: Iterable[str] = VMS,
        controller: str = "controller",
        hosts: Mapping[str, Mapping[str, Any]] | None = None,
        prefix: Iterable[str] = (),
        run_id: str = "run",
        dest: Path | None = None,
        **variables: Any,
    ) -> Collection:
        """Start the playbook; variables are given without their prefix ``aqtive_guard_log_bundle_``."""
        if hosts is None:
            hosts = {name: self.address(name) for name in vms}
        number = len(self._runs)
        inventory = self.fleet.inventory(f"{controller}.json", hosts)
        dest = dest or self.dest
        values = {"dest": str(dest), "run_id": run_id, "minimum_free": 16, **variables}
        extra = json.dumps({f"aqtive_guard_log_bundle_{name}": value for name, value in values.items()})
        # Controllers do not share connections.
        sockets = self.fleet.sockets / f"{controller}{number}"
        log = self._directory / f"{controller}.{number}.log"
        command = [*prefix, *self.fleet.command("ansible-playbook", "-i", str(inventory), PLAYBOOK, "-e", extra)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=self.fleet.environment(ANSIBLE_SSH_CONTROL_PATH_DIR=str(sockets)),
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        collection = Collection(process, log, dest / run_id)
        self._runs.append(collection)
        return collection

    def collect(self, *arguments: Any, **options: Any) -> Outcome:
        return self.start(*arguments, **options).finish()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the controller that was started last."""
        self._runs[-1].signal(number)

    def address(self, vm: str) -> dict[str, Any]:
        return {"ansible_host": "127.0.0.1", "ansible_port": self.proxies[vm].port}

    def restore(self) -> None:
        """Stop all runs, restart and repair the VMs, and empty their disks."""
        for run in self._runs:
            run.signal(signal.SIGKILL)
        self._connect()
        for vm in self.vms.values():
            self.repair(vm)
        for pid in self._collection_processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for vm in self.vms.values():
            for path in _contents(vm):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def repair(self, vm: Vm) -> None:
        """Restore a VM's command, sudo and sftp-server. Its disk is not changed."""
        vm.use_command(None)
        vm.serve_files_by(None)
        vm.use_sudoers()

    def add_row(self, message: str, status: int, collected_vms: str = "nothing") -> None:
        """Add a row to the table: what was collected in this test, and what the operator read."""
        if not self._test:
            return
        known = {str(self._directory): "…", **{str(proxy.port): "22" for proxy in self.proxies.values()}}
        for specific, general in known.items():
            message = message.replace(specific, general)
        message = re.sub(r"[0-9a-f]{64}", lambda digest: digest[0][:8] + "…", " ".join(message.split()))
        message = re.sub(r"log_bundle\.[a-z0-9_]{8}", "log_bundle.x3k9_1qz", message)
        row = (self._test, collected_vms, message.replace("|", "¦"), status)
        if row not in self._rows:
            self._rows.append(row)

    def table(self) -> str:
        """Return a Markdown table: what was collected in each test, and what the operator read."""
        rows = [
            f"| `{test}` | {collected_vms} | {message} | {status} |\n"
            for test, collected_vms, message, status in self._rows
        ]
        head = "| test | collected | what the operator reads | exit status |\n| --- | --- | --- | --- |\n"
        return head + "".join(rows)

    def assert_contract(
        self,
        outcome: Outcome,
        failures: Mapping[str, Failure] | None = None,
        collected: Iterable[str] = OTHERS,
        clean: Iterable[str] = VMS,
        also_there: Iterable[str] = (),
    ) -> None:
        """Verify the contract of docs/contributing/faults.md: complete bundles, no partial files, clean VMs, correct reports."""
        failures = failures or {}
        self.assert_reported(outcome, failures)
        assert {vm for vm, entry in outcome.manifest["vms"].items() if entry["status"] == "collected"} == set(collected)
        bundles = [self.assert_complete(outcome, vm) for vm in collected]
        assert outcome.files == {"manifest.json", *bundles, *also_there}
        self.assert_clean(clean)

    def assert_reported(self, outcome: Outcome, failures: Mapping[str, Failure]) -> None:
        """Verify that exit status, output and manifest agree on every failed VM, and that there is no traceback."""
        assert "Traceback" not in outcome.output, outcome.output
        assert (outcome.status != 0) == bool(failures), outcome.output
        entries = outcome.manifest["vms"]
        assert {vm for vm, entry in entries.items() if entry["status"] != "collected"} == set(failures), outcome.output
        assert outcome.manifest["complete"] == (not failures)
        collected_vms = f"{len(entries) - len(failures)} of {len(entries)}"
        if not failures:
            self.add_row(f"{collected_vms} VMs collected", outcome.status, collected_vms)
        for vm, failure in failures.items():
            entry = entries[vm]
            error = entry["errors"][0]
            message = "\n".join("{subject} {cause}. {remedy}.".format(**each) for each in entry["errors"])
            self.add_row(f"{vm}: {error['phase']}: {message}", outcome.status, collected_vms)
            assert re.fullmatch(failure.status, entry["status"])
            assert re.fullmatch(failure.phase, error["phase"]), entry
            assert re.search(failure.cause, f"{error['subject']} {error['cause']}"), error
            assert re.search(failure.remedy, error["remedy"]), error
            assert entry["files"] == []
            # Ansible prints messages as JSON.
            assert json.dumps(message)[1:-1] in outcome.output, outcome.output
            assert f'{vm}]: FAILED! => {{"changed": false, "msg": "The logs of this VM are missing: ' in outcome.output

    def assert_complete(self, outcome: Outcome, vm: str) -> str:
        """Verify that a VM's bundle is complete according to the manifest, and return its path."""
        (file,) = outcome.manifest["vms"][vm]["files"]
        path = outcome.run_directory / file["path"]
        data = path.read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["sha256"])
        assert path.stat().st_mode & 0o7777 == 0o600
        return str(file["path"])

    def assert_clean(self, vms: Iterable[str] = VMS) -> None:
        """Verify that no file and no process of the collection is left on the VMs."""
        self.wait_until(lambda: self._is_idle(vms), "no process of the collection is left on the VMs")
        left = [str(path) for name in vms for path in _contents(self.vms[name])]
        assert left == []

    def assert_later_run_cleans(self, repaired: bool = True, **options: Any) -> None:
        """Verify that the next run removes expired leftovers, and collects everything.

        The VMs are repaired first, unless their commands were not replaced.
        """
        self._test = ""
        self._connect()
        self.wait_until(lambda: self._is_idle(VMS), "no process of the collection is left on the VMs")
        for vm in self.vms.values():
            if repaired:
                self.repair(vm)
            for path in _contents(vm):
                os.utime(path, (time.time() - _DAYS,) * 2, follow_symlinks=False)
        outcome = self.collect(**{"run_id": "later", **options})
        self.assert_contract(outcome, collected=VMS)

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = _SETTLE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} seconds: {what}; {self._collection_processes()}"
            time.sleep(0.02)

    def _connect(self) -> None:
        """Start the VMs that are down, and let every proxy connect to its VM, without any open connection."""
        for name, vm in self.vms.items():
            if not vm.is_up:
                vm.start()
                self.proxies[name].retarget(vm.port)
            self.proxies[name].up()
            self.proxies[name].cut()

    def _is_idle(self, vms: Iterable[str]) -> bool:
        """Return whether no process of a collection runs. Persistent ssh connections are closed first."""
        for name in vms:
            self.proxies[name].cut()
        return not self._collection_processes(vms)

    def _collection_processes(self, vms: Iterable[str] = VMS) -> dict[int, str]:
        """Return the processes on the VMs that exist neither before nor after a collection."""
        processes = {pid: line for name in vms for pid, line in self.vms[name].processes().items()}
        return {pid: line for pid, line in processes.items() if not _PERMANENT.search(line)}


def _is_record(path: Path) -> bool:
    """Return whether this is the record of a bundle. Any other hidden file is a leftover."""
    if path.name != ".bundle.json" or path.is_symlink():
        return False
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except ValueError:
        return False


def _contents(vm: Vm) -> list[Path]:
    """Return what a collection may leave on a VM: temporary files, also those of Ansible and its asynchronous jobs."""
    places = [vm.directory / "disk" / "tmp", vm.directory / "disk" / "var" / "tmp"]
    found = [path for place in places for path in place.iterdir()]
    for home in (vm.directory / "home", vm.directory / "root"):
        found += [
            path for folder in ("tmp", "") for path in home.joinpath(".ansible", folder).glob("*") if path.name != "tmp"
        ]
        found += home.glob(".ansible_async/*")
    return found


def command(body: str) -> str:
    """Return a script for the product's command that runs the body, with the path of ``--out-file`` in ``$out``."""
    find_out = 'for word; do [ "$before" = --out-file ] && out=$word; before=$word; done'
    return f"#!/bin/sh\n{find_out}\n{body}\n"


def deliver(vm: Vm, payload: bytes, first: str = ":", between: str = ":") -> str:
    """Let a VM's command write these bytes, and return their digest. It runs ``first`` before, and ``between`` halfway."""
    vm.put("bin/payload", payload, 0o644)
    half = len(payload) // 2
    source = f"{PLACE}/bin/payload"
    body = f'{first}\nhead -c {half} {source} > "$out"\n{between}\ntail -c +{half + 1} {source} >> "$out"'
    vm.use_command(command(body))
    return hashlib.sha256(payload).hexdigest()
