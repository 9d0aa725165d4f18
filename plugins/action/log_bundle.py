# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse bad values, let the VM make the bundle, bring it here, and leave nothing there."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shlex
import time
import typing as t
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import bundle, file_format
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.bundle import BundleError
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import PREFIX
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import bundle_store
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.bundle_job import BundleJob
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.progress import Progress
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.sizes import human
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.vm_action import (
    BECOME_REMEDY,
    VmActionBase,
)

Result = dict[str, t.Any]

_NAMES = frozenset(bundle.BASE_NAME + ending for ending in file_format.ENDINGS.values())

_SSH = ("ssh", "ansible.builtin.ssh")
_KEEP_ALIVE = "-o ServerAliveInterval=15 -o ServerAliveCountMax=4"

# What the result of the VM's module has, and the record of a bundle has not.
_NOT_TOLD = frozenset(("path", "directory", "changed", "warnings", "deprecations", "invocation"))

_FILE_FACTS = frozenset(("uid", "gid", "owner", "group", "mode", "state", "secontext"))


class ActionModule(VmActionBase):
    _clock: dict[str, float] | None = None

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        host = task_vars.get("inventory_hostname", "")
        try:
            options = self._options(host)
            quiet = not options["progress"] or self._task.check_mode
            self._progress = Progress(host, None if quiet else self._tell)
            result = self._take_over(options) or self._collect(options, task_vars)
        except BundleError as error:
            result = {"changed": False, **error.as_result()}
            result["failed"] = not result.get("unreachable", False)
            if self._clock:
                result["clock"] = self._clock
        if "msg" in result:
            result["msg"] = f"{host}: {result['msg']}"
        return result

    def _tell(self, line: str) -> None:
        """Show a line. Not among the results, which may be meant for a program."""
        self._display.display(line, stderr=True)

    def cleanup(self, force: bool = False) -> None:
        """Remove Ansible's own temporary files. Where the connection is lost, the result says so, and must not be lost too."""
        with contextlib.suppress(AnsibleError):
            super().cleanup(force)

    def _options(self, host: str) -> Result:
        """The task's options with their defaults, or everything that is wrong with them."""
        validation = ArgumentSpecValidator(bundle.ARGUMENT_SPEC).validate(dict(self._task.args))
        if validation.error_messages:
            raise BundleError("refuse", "; ".join(validation.error_messages).rstrip("."), "Nothing was run")
        options = validation.validated_parameters
        errors = bundle.refusals(options)
        if options["bandwidth"] > 0 and (rule := self._unlimited()):
            errors.append(bundle.refusal("bandwidth", options["bandwidth"], rule, "leave it out, or fetch by ssh"))
        if options["dest"]:
            errors += bundle_store.refusals(options["dest"], host)
        bundle.refuse(errors)
        return options

    def _take_over(self, options: Result) -> Result | None:
        """What an earlier run has brought, if this is what is asked for: then the VM need not be."""
        if not options["dest"]:
            return None
        home, asked = Path(options["dest"]), bundle.asked_for(options)
        found = bundle_store.stored(home, asked)
        if found is None:
            return None
        left = (bundle_store.read_record(home) or {}).get("left_on_vm")
        if left and not self._task.check_mode:
            # That run was cut off, or lost its connection, before it had tidied up.
            dirt = self._clean(left) if _is_private(left) else None
            if dirt:
                remedy = "The bundle is here. Run it again, or remove the directory"
                raise BundleError("clean", dirt, remedy, changed=False, left_on_vm=left, **found)
            told = {key: value for key, value in found.items() if key != "dest"}
            bundle_store.write_record(home, found["name"], asked, told, None)
            bundle_store.forget_job(home)
        self._progress.phase(f"here already: {human(found['size'])}, verified, not asked for again")
        return {**found, "changed": False, "taken_over": True}

    def _collect(self, options: Result, task_vars: dict[str, t.Any]) -> Result:
        if not options["dest"]:
            return self._make(options, task_vars)
        home = Path(options["dest"])
        bundle_store.require_room(home, 0, options["minimum_free_dest"])
        if self._task.check_mode:
            return self._make(options, task_vars)
        with bundle_store.held(home):
            # Another run may have ended since this one has looked first.
            return self._take_over(options) or self._make_and_bring(options, task_vars)

    def _make_and_bring(self, options: Result, task_vars: dict[str, t.Any]) -> Result:
        home = Path(options["dest"])
        try:
            result = self._make(options, task_vars)
            if not result.get("failed"):
                result = self._bring(result, options)
        except BundleError as error:
            _forget(home, error.details)
            raise
        _forget(home, result)
        return result

    def _make(self, options: Result, task_vars: dict[str, t.Any]) -> Result:
        """Let the VM make the bundle."""
        try:
            arguments = {**options, "dest": None, "owner": options["owner"] or self._login_user()}
            arguments = {name: value for name, value in arguments.items() if value is not None}
            self._keep_alive()
            if self._task.check_mode:
                # Nothing is started, so there is nothing to wait for.
                arguments["_job"] = {"name": "", "start": False, "wait": 0, "keep": False}
                result = self._ask(arguments, task_vars)
            else:
                result = self._start(options, arguments, task_vars)
        except AnsibleConnectionFailure as error:
            remedy = "Is the VM up, and does its connection work? What a cut run left there, the next one removes"
            raise BundleError("prepare", _text(error), remedy, unreachable=True) from error
        except AnsibleError as error:
            remedy = BECOME_REMEDY if self._connection.become else "Nothing was kept"
            raise BundleError("prepare", _text(error), remedy) from error
        if result.get("failed") and "phase" not in result:
            # A module that could not even start knows no phases.
            details = {"exception": result["exception"]} if "exception" in result else {}
            raise BundleError("prepare", str(result.get("msg")).rstrip("."), "Nothing was kept", **details)
        # AnsibleModule describes any file that it finds under "path"; nobody asked for that here.
        return {key: value for key, value in result.items() if key not in _FILE_FACTS}

    def _ask(self, arguments: Result, task_vars: dict[str, t.Any]) -> Result:
        asked = time.time()
        result = self.run_on_vm("community.aqtive_guard.log_bundle", {**arguments}, task_vars)
        moments = result.pop("clock", None)
        if isinstance(moments, list) and len(moments) == 2 and all(isinstance(each, (int, float)) for each in moments):
            measured = _clock(asked, moments[0], moments[1], time.time())
            # A question that took long, as the first one does that makes the connection, says less than one that did not.
            if self._clock is None or measured["uncertainty"] < self._clock["uncertainty"]:
                self._clock = measured
        return {**result, "clock": self._clock} if self._clock else result

    def _start(self, options: Result, arguments: Result, task_vars: dict[str, t.Any]) -> Result:
        """Let the VM make a bundle, or go on with the one that it makes for a run that was cut off."""
        if not options["dest"]:
            return self._wait_for(BundleJob(options), arguments, task_vars)
        home, asked = Path(options["dest"]), bundle.asked_for(options)
        if name := bundle_store.remembered_job(home, asked, options["directory"]):
            self._progress.phase("run: this was begun before, and is gone on with if the VM still has it")
            result = self._wait_for(BundleJob(options, name), arguments, task_vars)
            # What has gone wrong back then need not go wrong now.
            if not result.get("failed"):
                return result
        job = BundleJob(options)
        bundle_store.remember_job(home, job.name, asked, options["directory"])
        return self._wait_for(job, arguments, task_vars)

    def _wait_for(self, job: BundleJob, arguments: Result, task_vars: dict[str, t.Any]) -> Result:
        """Let the VM start, and ask for the result until it is there, however often the connection is lost meanwhile."""
        self._progress.phase("run: the VM makes its bundle")
        while (result := self._ask_once(job, arguments, task_vars)) is None:
            pass
        if result.get("failed") and "directory" in result:
            del result["directory"]
            if dirt := self._clean(job.directory):
                result["left_on_vm"] = job.directory
                result["warnings"] = [*result.get("warnings", []), dirt]
        return result

    def _ask_once(self, job: BundleJob, arguments: Result, task_vars: dict[str, t.Any]) -> Result | None:
        """The result, or None where the VM is to be asked again."""
        try:
            result = self._ask({**arguments, "_job": job.question()}, task_vars)
        except AnsibleError as error:
            if not job.may_ask_again(error):
                raise
            trouble = _text(error)
        else:
            if result.get("pending"):
                job.was_heard_of()
                made = result.get("made_so_far")
                if isinstance(made, int):
                    self._progress.step(f"run: {human(made)} so far")
                return None
            if not job.is_known or not result.get("failed") or "phase" in result:
                return result
            # Once it has run there, that it cannot is a matter of the moment.
            trouble = str(result.get("msg"))
        if time.monotonic() >= job.deadline:
            cause = f"the connection was lost, and was not back when the bundle's time was over: {trouble}"
            remedy = "Is the VM up? What this run left there, the next one removes"
            raise BundleError("run", cause, remedy, unreachable=True, left_on_vm=job.directory)
        self._progress.step("run: the connection is lost, and is made anew")
        with contextlib.suppress(Exception):
            self._connection.reset()
        time.sleep(job.pause())
        return None

    def _keep_alive(self) -> None:
        """Let ssh notice a connection that is dead, where it was not told how."""
        if self._connection.transport not in _SSH:
            return
        told = [
            self.get_connection_option(option) or "" for option in ("ssh_args", "ssh_common_args", "ssh_extra_args")
        ]
        if not any("serveraliveinterval" in arguments.lower() for arguments in told):
            self._connection.set_option("ssh_extra_args", f"{told[-1]} {_KEEP_ALIVE}".strip())

    def _login_user(self) -> str | None:
        """Who fetches the bundle, where that may not be who makes it."""
        if not self._connection.become:
            return None
        # The local connection works as the user who runs Ansible, whatever the inventory says.
        if self._connection.transport != "local" and (user := self.get_connection_option("remote_user")):
            return user
        answer = self._low_level_execute_command("id -un", sudoable=False)
        user = answer["stdout"].strip()
        if answer["rc"] != 0 or not user:
            raise BundleError("prepare", "the VM does not tell who logs in (id -un)", "Give the login user as owner")
        return user

    def _bring(self, made: Result, options: Result) -> Result:
        """Fetch the bundle, and remove it from the VM whatever comes of that."""
        _check_answer(made, options["directory"])
        told = {key: value for key, value in made.items() if key not in _NOT_TOLD and not key.startswith("_")}
        result = {key: value for key, value in made.items() if key not in ("path", "directory")}
        result = {**result, "changed": False, "taken_over": False}
        failure = None
        home, asked = Path(options["dest"]), bundle.asked_for(options)
        try:
            received = self._receive(made, options, asked, told)
            result.update(received)
            told["transfer_duration"] = received["transfer_duration"]
        except BundleError as error:
            failure = error
        finally:
            dirt = self._clean(made["directory"])
        if dirt:
            failure = failure or BundleError("clean", "the bundle is here, but is left on the VM as well", "Remove it")
            failure.details.update(left_on_vm=made["directory"], warnings=[*made.get("warnings", []), dirt])
        elif failure is None:
            try:
                bundle_store.write_record(home, made["name"], asked, told, None)
            except BundleError as error:
                failure = error
        if failure:
            failure.details = {**result, **failure.details}
            raise failure
        return result

    def _receive(self, made: Result, options: Result, asked: Result, told: Result) -> Result:
        """Fetch, verify and store the bundle."""
        home, size, sha256 = Path(options["dest"]), made["size"], made["sha256"]
        bundle_store.make_home(home)
        with bundle_store.Incoming(home, made["name"], size, options["minimum_free_dest"]) as incoming:
            self._limit_bandwidth(options["bandwidth"])
            start = time.monotonic()
            self._progress.phase(f"transfer: {human(size)}")
            with self._progress.watching(incoming.partial, size):
                self._fetch(made["path"], str(incoming.partial))
            duration = round(time.monotonic() - start, 3)
            self._progress.phase(f"verify: {human(size)} arrived, {human(size / max(duration, 0.001))}/s")
            incoming.verify(size, sha256)
            told = {**told, "transfer_duration": duration}
            changed = incoming.store(
                size, sha256, lambda: bundle_store.write_record(home, made["name"], asked, told, made["directory"])
            )
        return {"dest": str(incoming.final), "transfer_duration": duration, "changed": changed}

    def _fetch(self, source: str, target: str) -> None:
        """Let the connection transfer a file as the login user."""
        trouble: Exception | None = None
        for method in self._transfer_methods():
            try:
                if method:
                    self._connection.set_option("ssh_transfer_method", method)
                self._connection.fetch_file(source, target)
            except Exception as error:  # connection plugins let pass what their libraries raise
                trouble = error
            else:
                return
        unreachable = {"unreachable": True} if isinstance(trouble, AnsibleConnectionFailure) else {}
        remedy = "Can the login user reach the directory, and does the VM offer SFTP or SCP? Then collect again"
        if unreachable:
            remedy = "Is the VM up, does its connection work, and does the VM offer SFTP or SCP? Then collect again"
        if any(os.strerror(number) in str(trouble) for number in (errno.ENOSPC, errno.EDQUOT)):
            # Other VMs' bundles came at the same time, so that there was room at first.
            remedy = "Make room, or give another dest, and collect again"
        raise BundleError("transfer", _text(trouble), remedy, **unreachable) from trouble

    def _unlimited(self) -> str | None:
        """Why a transfer could not be limited, as the rule that a limit would have to follow; None where it can be."""
        if self._connection.transport not in _SSH:
            return f"left out with the connection {self._connection.transport!r}, which knows no such limit"
        if self._transfer_methods() == [None] and self.get_connection_option("ssh_transfer_method") == "piped":
            return "left out with the transfer method 'piped', which knows no such limit"
        return None

    def _limit_bandwidth(self, limit: int) -> None:
        """Let sftp and scp, which count in Kbit/s both, use no more than this."""
        for option in ("sftp_extra_args", "scp_extra_args") if limit else ():
            given = self.get_connection_option(option) or ""
            self._connection.set_option(option, f"{given} -l {limit}".strip())

    def _transfer_methods(self) -> list[str | None]:
        """The methods to name to the connection, or None to leave the choice to it.

        Left to itself, the ssh connection ends by piping the file through its memory. That is done only where it was
        asked for.
        """
        chosen = self.get_connection_option("ssh_transfer_method")
        if chosen is None:
            # Cores before 2.17 have the older option besides; connections other than ssh have neither.
            chosen = self.get_connection_option("scp_if_ssh")
        return ["sftp", "scp"] if chosen == "smart" else [None]

    def _clean(self, directory: str) -> str | None:
        """Remove the directory from the VM; what there is to say where that fails."""
        try:
            answer = self._low_level_execute_command(f"rm -rf -- {shlex.quote(directory)}")
        except AnsibleError as error:
            reason = _text(error)
        else:
            if answer["rc"] == 0:
                return None
            reason = answer["stderr"].strip()
        return f"{directory} could not be removed from the VM: {reason}"


def _forget(home: Path, result: Result) -> None:
    """Have nothing to go on with, unless something is still on the VM. A run that is killed does not come to this."""
    if not result.get("left_on_vm"):
        bundle_store.forget_job(home)
        with contextlib.suppress(OSError):
            home.rmdir()


def _clock(asked: float, heard: float, answered: float, known: float) -> dict[str, float]:
    """How far the VM's clock is ahead, from when it heard a question and answered, and by how much that may be wrong."""
    offset = (heard - asked + answered - known) / 2
    way = (known - asked) - (answered - heard)
    return {"offset": round(offset, 3), "uncertainty": round(abs(way) / 2, 3)}


def _is_private(directory: str) -> bool:
    """Whether a name is one that is given to the directories of bundles, and that may be removed with all privilege."""
    return bool(re.fullmatch(f"/[^\0]*{re.escape(PREFIX)}[a-z0-9_]{{8}}", directory)) and "/../" not in directory


def _check_answer(made: Result, parent: str) -> None:
    """Whether the VM's answer can be worked with: it names what is fetched, and what is removed with all privilege."""
    directory = str(made.get("directory"))
    sound = (
        _is_private(directory)
        and directory.rpartition("/")[0] == parent.rstrip("/")
        and made.get("name") in _NAMES
        and made.get("path") == f"{directory}/{made['name']}"
        and isinstance(made.get("size"), int)
        and re.fullmatch("[0-9a-f]{64}", str(made.get("sha256")))
    )
    if not sound:
        raise BundleError("verify", "the VM's answer makes no sense, so nothing was fetched", "Look at the VM")


def _text(error: Exception | None) -> str:
    """What an exception says, as one line."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
