# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start a job on a VM, and poll for its result until it is there, even if the connection is lost meanwhile."""

from __future__ import annotations

import contextlib
import re
import secrets
import string
import time
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import PREFIX
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import on_one_line
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.progress import Progress
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.sizes import human
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.vm_action import exception_text

Result = dict[str, t.Any]

_NEVER_CONNECTED = re.compile("ssh: connect to host|Could not resolve|Permission denied|Host key verification failed")

# Seconds that a VM waits for its bundle before it answers that there is none yet.
_FIRST_WAIT = 3.0
_LONGEST_WAIT = 30.0
_LONGEST_PAUSE = 10.0
# Seconds for the whole job: the command's timeout, as long again to read its bundle, and a margin to reconnect.
_READING = 2
_MARGIN = 300.0


class Job(t.NamedTuple):
    """The creation of one bundle on a VM. It continues there when the connection is lost."""

    parent: str
    name: str

    @classmethod
    def create(cls, parent: str) -> Job:
        # The controller chooses the name, so that it can poll even if the first answer is lost.
        return cls(parent, "".join(secrets.choice(string.ascii_lowercase + string.digits) for dummy in range(8)))

    @classmethod
    def of_directory(cls, directory: str) -> Job:
        parent, dummy, name = directory.rpartition(f"/{PREFIX}")
        return cls(parent or "/", name)

    @property
    def directory(self) -> str:
        """The job's private directory on the VM."""
        return f"{self.parent.rstrip('/')}/{PREFIX}{self.name}"


class Clock:
    """The difference between a VM's clock and the controller's, from the best of several measurements."""

    def __init__(self) -> None:
        self.difference: dict[str, float] | None = None

    def measure(self, sent: float, on_vm: t.Any, returned: float) -> bool:
        """Evaluate the two times between which the VM worked on a poll; return False if they are none."""
        if not isinstance(on_vm, list) or len(on_vm) != 2:
            return False
        received, answered = on_vm
        offset = (received - sent + answered - returned) / 2
        uncertainty = abs((returned - sent) - (answered - received)) / 2
        # The first poll, which has to connect, is usually the least certain.
        if self.difference is None or uncertainty < self.difference["uncertainty"]:
            self.difference = {"offset": round(offset, 3), "uncertainty": round(uncertainty, 3)}
        return True


class Poller:
    """Poll a VM for the result of a job, by a function that runs the module there."""

    def __init__(
        self,
        job: Job,
        timeout: int,
        keep: bool,
        progress: Progress,
        clock: Clock,
        run_module: t.Callable[[Result], Result],
        reset_connection: t.Callable[[], None],
    ) -> None:
        self._job = job
        self._keep = keep
        self._progress = progress
        self._clock = clock
        self._run_module = run_module
        self._reset_connection = reset_connection
        # The VM enforces the timeout, but may not be trusted with it.
        self._deadline = time.monotonic() + _READING * timeout + _MARGIN
        self._is_started = False
        self._lost_polls = 0
        self._wait = _FIRST_WAIT

    def result(self) -> Result:
        """Return the module's result, or raise a ``Failure`` if the job failed or the VM does not answer any more.

        Raise an ``AnsibleError`` if the VM never answered.
        """
        result = self._poll()
        if result.get("failed"):
            raise _job_failure(result)
        return {**result, "clock": self._clock.difference} if self._clock.difference else result

    def _poll(self) -> Result:
        while True:
            try:
                sent, begin, wait = time.time(), time.monotonic(), self._wait
                result = self._run_module(self._question())
                answered = self._clock.measure(sent, result.pop("clock", None), time.time())
            except AnsibleError as exception:
                if not self._may_retry(exception):
                    raise
                self._reconnect(exception_text(exception))
                continue
            if result.get("pending"):
                self._note_progress(result.get("bytes_written"))
                self._require_time_left()
                # A VM that answers before the wait is over would be polled without a pause.
                if (pause := wait - (time.monotonic() - begin)) > 0:
                    time.sleep(pause)
            elif self._is_started and result.get("failed") and not answered:
                # The module has run there before, so this is temporary, such as a lack of memory.
                self._lost_polls += 1
                self._reconnect(on_one_line(str(result.get("msg"))))
            else:
                return result

    def _question(self) -> Result:
        # The waits grow: only a quick bundle has to be returned quickly.
        wait, self._wait = self._wait, min(self._wait * 2, _LONGEST_WAIT)
        return {"name": self._job.name, "start": not self._is_started, "wait": wait, "keep": self._keep}

    def _note_progress(self, bytes_written: t.Any) -> None:
        self._is_started = True
        self._lost_polls = 0
        if isinstance(bytes_written, int):
            self._progress.step(f"run: {human(bytes_written)} written")

    def _require_time_left(self) -> None:
        if time.monotonic() >= self._deadline:
            cause = "has not ended long after its timeout, although the VM answers"
            remedy = "Check the VM's load and whether it can be trusted; raise the timeout for a large bundle"
            raise failure("run", "the job on the VM", cause, remedy, directory=self._job.directory)

    def _may_retry(self, exception: AnsibleError) -> bool:
        """Return whether to poll again: always after an answer, else once if the VM was reached."""
        self._lost_polls += 1
        if self._is_started:
            return True
        was_lost = isinstance(exception, AnsibleConnectionFailure) and not _NEVER_CONNECTED.search(str(exception))
        return was_lost and self._lost_polls == 1

    def _reconnect(self, reason: str) -> None:
        if time.monotonic() >= self._deadline:
            cause = f"was lost, and was not restored before the deadline: {reason}"
            remedy = "Check that the VM is up; a later run removes what this one left there"
            raise failure("run", "connection", cause, remedy, unreachable=True, leftover=self._job.directory)
        self._progress.step("run: the connection was lost, reconnecting")
        with contextlib.suppress(Exception):
            self._reset_connection()
        time.sleep(min(0.5 * 2**self._lost_polls, _LONGEST_PAUSE))
        self._wait = _FIRST_WAIT


@contextlib.contextmanager
def connection_failures(become_remedy: str | None) -> t.Iterator[None]:
    """Convert errors of the connection and of ``become`` to a ``Failure`` of the phase prepare."""
    try:
        yield
    except AnsibleConnectionFailure as exception:
        remedy = (
            "Check that the VM is up and its connection works; a later run removes what an interrupted one left there"
        )
        cause = f"failed: {exception_text(exception)}"
        raise failure("prepare", "connection", cause, remedy, unreachable=True) from exception
    except AnsibleError as exception:
        cause = f"could not run on the VM: {exception_text(exception)}"
        remedy = become_remedy or "Run the playbook with -vvv to see the details"
        raise failure("prepare", "log_bundle", cause, remedy) from exception


def _job_failure(result: Result) -> Failure:
    """Return the ``Failure`` in a failed result of the module, or of an attempt to run it."""
    details = {key: value for key, value in result.items() if key not in ("failed", "changed", "msg", "errors")}
    return Failure(result["errors"], **details)
