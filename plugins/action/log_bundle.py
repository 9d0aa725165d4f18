# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate, reuse what is stored, start or resume the job, poll, download, verify, store, clean up."""

from __future__ import annotations

import contextlib
import time
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import options as bundle_options
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import arguments, record, store, transfer
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.answer import ANSWER
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.bounded_transfer import Watch
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.polling import (
    Clock,
    Job,
    Poller,
    connection_failures,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.progress import Progress
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import require_trusted
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.sizes import human
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.vm_action import (
    BECOME_REMEDY,
    VmActionBase,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.answers import SETTINGS

Result = dict[str, t.Any]

MODULE = "community.aqtive_guard.log_bundle"


class ActionModule(VmActionBase):
    phase = "prepare"
    answers: t.ClassVar = {"log_bundle": {**ANSWER, "logging_settings": (SETTINGS, None)}}

    def duration(self, module_args: t.Mapping[str, t.Any]) -> float:
        # The bundle is created in the background: the module ends when the wait of a poll does.
        return float(module_args["vm_job"]["wait"])

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        super().run(tmp, task_vars)
        self._task_vars = task_vars or {}
        self._clock = Clock()
        try:
            self._host = self._task_vars.get("inventory_hostname", "")
            self._options = self._validate()
            dest = self._options["dest"]
            if dest:
                return self._collect(Path(dest))
            self._options = arguments.with_date_from(self._options, self._host, None)
            return self._create(self._new_job())
        except Failure as failure:
            result = failure.as_result()
            # Ansible takes a result with both for a failure.
            result["failed"] = not result.get("unreachable", False)
            return {**result, "clock": self._clock.difference} if self._clock.difference else result

    def cleanup(self, force: bool = False) -> None:
        """Remove Ansible's own temporary files; the result reports a lost connection, and must not be replaced."""
        with contextlib.suppress(AnsibleError):
            super().cleanup(force)

    def _validate(self) -> Result:
        options = arguments.parse_bundle_options(self._task.args)
        errors = arguments.validate_bundle_options(options) + arguments.validate_dataset(options)
        if options["dest"]:
            errors += arguments.validate_host(self._host) + arguments.validate_dest(options["dest"])
        if errors:
            raise Failure(errors)
        is_shown = options["progress"] and not self._task.check_mode
        # On standard error: the results may be read by a program.
        self._progress = Progress(
            self._host, (lambda line: self._display.display(line, stderr=True)) if is_shown else None
        )
        return options

    def _collect(self, dest: Path) -> Result:
        """Return the bundle that is stored in this directory, or collect it."""
        # A record that another user put there must not be believed.
        require_trusted(dest)
        with contextlib.nullcontext() if self._task.check_mode else store.locked(dest):
            earlier = record.load(dest)
            self._options = arguments.with_date_from(self._options, self._host, earlier and earlier.request)
            request = bundle_options.request(self._options)
            if earlier and earlier.file:
                return self._reuse(dest, request, earlier, earlier.file)
            store.require_free_space(dest, 0, self._options["minimum_free_dest"])
            if self._task.check_mode:
                return self._create(self._new_job())
            try:
                created = self._start_or_resume(dest, request, earlier)
                return self._download(dest, request, created)
            except Failure as failure:
                if not failure.details.get("leftover"):
                    record.discard_unless_stored(dest)
                raise

    def _reuse(self, dest: Path, request: Result, earlier: record.Record, file: Result) -> Result:
        path = dest / file["name"]
        record.check_request(path, earlier.request, request)
        record.verify(path, file)
        result = {**file, "request": request, "dest": str(path), "changed": False, "reused": True}
        if earlier.directory and not self._task.check_mode:
            self._finish(dest, earlier, result)
        self._progress.phase(f"verify: reusing {human(file['size'])} that an earlier run stored")
        return result

    def _start_or_resume(self, dest: Path, request: Result, earlier: record.Record | None) -> Result:
        job = self._new_job()
        if earlier and (unfinished := earlier.unfinished_job(request, job.parent)):
            self._progress.phase("run: resuming the bundle that an earlier run started")
            try:
                return self._create(unfinished)
            except Failure as failure:
                # Any other failure may have a cause that no longer exists.
                if failure.details.get("unreachable"):
                    raise
        record.write(dest, record.Record(request, job.directory, None))
        return self._create(job)

    def _new_job(self) -> Job:
        return Job.create(self._options["directory"].rstrip("/") or "/")

    def _create(self, job: Job) -> Result:
        """Let the VM create the bundle, and poll for the result."""
        timeout, keep = self._options["timeout"], not self._options["dest"]
        try:
            with connection_failures(BECOME_REMEDY if self._connection.become else None):
                transfer.keep_alive(self._connection)
                run_module = self._module_runner(job)
                self._progress.phase("run: creating the bundle on the VM")
                reset = self._connection.reset
                result = Poller(job, timeout, keep, self._progress, self._clock, run_module, reset).result()
        except Failure as failure:
            if failure.details.pop("directory", None):
                self._clean_up(job.directory, failure)
            raise
        if not self._task.check_mode:
            transfer.check_result(result, job.directory)
        return result

    def _module_runner(self, job: Job) -> t.Callable[[Result], Result]:
        owner = self._options["owner"] or transfer.login_user(self._connection, self._low_level_execute_command)
        values = {**self._options, "directory": job.parent, "owner": owner, "dest": None, "dataset": None}
        values = {name: value for name, value in values.items() if value is not None}

        def run_module(poll: Result) -> Result:
            result = self.run_on_vm(MODULE, {**values, "vm_job": poll}, self._task_vars)
            # ansible_user may be the name for a gateway, such as alice@operations@web1.
            if owner and not self._options["owner"] and transfer.is_unknown_owner(result):
                user = transfer.user_of_connection(self._low_level_execute_command)
                if user != values["owner"]:
                    values["owner"] = user
                    result = self.run_on_vm(MODULE, {**values, "vm_job": poll}, self._task_vars)
            return result

        return run_module

    def _download(self, dest: Path, request: Result, created: Result) -> Result:
        """Download, verify and store the bundle, and remove it from the VM in any case."""
        result = {key: value for key, value in created.items() if key not in ("path", "directory")}
        result.update(request=request, reused=False)
        try:
            stored = self._store(dest, request, created, result)
        except Failure as failure:
            failure.details = {**result, **failure.details}
            self._clean_up(created["directory"], failure)
            raise
        except BaseException:
            transfer.remove(self._low_level_execute_command, created["directory"])
            raise
        self._finish(dest, stored, result)
        return result

    def _store(self, dest: Path, request: Result, created: Result, result: Result) -> record.Record:
        size = created["size"]
        store.require_size(created["path"], size, self._options["maximum_size"])
        with store.IncomingFile(dest, created["name"], size, self._options["minimum_free_dest"]) as incoming:
            self._progress.phase(f"download: {human(size)}")
            start, show = time.monotonic(), self._progress.download(size)
            watch = Watch(incoming.partial, size, self._options["stall_timeout"], show)
            transfer.download(self._connection, created["path"], watch)
            seconds = round(time.monotonic() - start, 3)
            self._progress.phase(f"verify: {human(size)} downloaded, {human(size / max(seconds, 0.001))}/s")
            incoming.verify(created["sha256"])
            result.update(changed=not incoming.is_stored(created["sha256"]), download_seconds=seconds)
            file = {key: result[key] for key in record.METADATA if key in result}
            stored = record.Record(request, created["directory"], file)
            # Before the file: a bundle without a record could not be reused.
            record.write(dest, stored)
            if result["changed"]:
                incoming.rename()
        result["dest"] = str(incoming.final)
        return stored

    def _finish(self, dest: Path, stored: record.Record, result: Result) -> None:
        """Remove the bundle from the VM, and record that this was done."""
        if leftover := transfer.remove(self._low_level_execute_command, str(stored.directory)):
            raise Failure([leftover], **{**result, "leftover": stored.directory})
        # If this fails, the next run merely repeats the cleanup.
        with contextlib.suppress(Failure):
            record.write(dest, stored._replace(directory=None))

    def _clean_up(self, directory: str, failure: Failure) -> None:
        """Remove the directory from the VM after a failure, and add the error where that fails."""
        if leftover := transfer.remove(self._low_level_execute_command, directory):
            failure.errors.append(leftover)
            failure.details["leftover"] = directory
