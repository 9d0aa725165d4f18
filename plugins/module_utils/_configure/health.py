# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Health checks of AQtive Guard on a VM: active units, log files and journal with new records, a command and a URL."""

import os
import re
import shutil
import time
import typing as t
from urllib.parse import unquote

from ansible.module_utils.urls import open_url

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import (
    Error,
    Failure,
    error,
    failure,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import on_one_line, shortened
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.units import (
    PROPERTIES,
    Unit,
    existence_errors,
    parse_units,
    state_errors,
)

Run = t.Callable[[t.List[str]], t.Tuple[int, str, str]]
"""Runs a command and returns its exit status, stdout and stderr. Raises OSError where it cannot be run."""

Options = t.Mapping[str, t.Any]
"""The module's options."""

URL_TIMEOUT = 10  # seconds
LATEST_TIME = 1e11  # seconds since the epoch, which systemd can still read


_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?\Z")


class Health(t.NamedTuple):
    errors: t.List[Error]
    units: t.List[Unit]


def check_health(options: Options, run: Run) -> t.Dict[str, t.Any]:
    """Return the module's result once the VM is healthy, or once the preflight check has passed. Raise Failure otherwise."""
    if options["preflight"]:
        health, waited = preflight(options, run), 0.0
    else:
        since = start_of_records(options)
        health, waited = wait(
            lambda: current_health(options, run, since), options["timeout"], options["interval"], options["settle"]
        )
    states = {unit["Id"]: unit.get("ActiveState", "unknown") for unit in health.units}
    if health.errors:
        raise Failure(health.errors, units=states, waited=round(waited, 1))
    return {"units": states, "waited": round(waited, 1)}


def preflight(options: Options, run: Run) -> Health:
    """Check that the VM can be changed: the command is executable and the units exist, whatever their state."""
    errors = command_errors("check", options["command"])
    try:
        units = find_units("check", run, options["units"])
    except Failure as failed:
        raise Failure(errors + failed.errors) from failed
    return Health(errors + existence_errors("check", units, options["units"]), units)


def current_health(options: Options, run: Run, since: float) -> Health:
    """Run every check once."""
    names = options["units"]
    units = find_units("health", run, names)
    errors = command_errors("health", options["command"])
    errors += existence_errors("health", units, names) + state_errors("health", units, names)
    errors += [found for found in (file_error(path, since) for path in options["files"]) if found]
    if options["journal"] and units:
        errors += journal_errors(run, [unit["Id"] for unit in units], since)
    if options["health_command"]:
        errors += health_command_errors(run, options["health_command"])
    if options["health_url"]:
        errors += url_errors(options["health_url"], options["validate_certs"])
    return Health(errors, units)


def start_of_records(options: Options) -> float:
    """Return the time since which records count, in seconds since the epoch. Raise Failure for an invalid ``since``."""
    since = options["since"]  # type: t.Optional[float]
    if since is not None and 0 <= since < LATEST_TIME:  # NaN is not
        return since
    if since is None and not (options["files"] or options["journal"]):
        return 0.0
    cause = "is not set, but is required by files and journal"
    if since is not None:
        cause = "is {0:g}, but must be a number of seconds since 1970-01-01 00:00:00 UTC".format(since)
    remedy = (
        "Set it to the time of the restart, such as `start` in the result of community.aqtive_guard.product_restart"
    )
    raise failure("validate", "since", cause, remedy)


def wait(
    check: t.Callable[[], Health],
    timeout: float,
    interval: float,
    settle: float,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> t.Tuple[Health, float]:
    """Check until there have been no errors for ``settle`` seconds, or until ``timeout`` seconds are over.

    Returns the last health, and the seconds waited.
    """
    start = clock()
    healthy_since = None  # type: t.Optional[float]
    while True:
        health = check()
        now = clock()
        if health.errors:
            healthy_since = None
        elif healthy_since is None:
            healthy_since = now
        if healthy_since is not None and now - healthy_since >= settle:
            return health, now - start
        if now - start >= timeout:
            return (health if health.errors else Health([_unsettled(timeout, settle)], health.units)), now - start
        sleep(interval)


def _unsettled(timeout: float, settle: float) -> Error:
    cause = "had been healthy for less than {0} s when the timeout of {1} s expired".format(settle, timeout)
    remedy = "Increase the timeout (role variable aqtive_guard_logging_health_timeout)"
    return error("health", "AQtive Guard", cause, remedy)


def find_units(phase: str, run: Run, names: t.List[str]) -> t.List[Unit]:
    """Return the units with these names or patterns. Raise Failure where systemd does not answer."""
    if not names:
        return []
    try:
        status, output, errors = run(["systemctl", "show", "--property=" + ",".join(PROPERTIES), "--", *names])
    except OSError as raised:
        cause = "cannot be run: {0}".format(os.strerror(raised.errno or 0))
    else:
        if status == 0:
            return parse_units(output)
        cause = "exited with status {0}: {1}".format(status, shortened(on_one_line(errors)))
    remedy = (
        "Check systemd on the VM, or set units (role variable aqtive_guard_logging_units) to [] where there is none"
    )
    raise failure(phase, "systemctl show", cause, remedy)


def command_errors(phase: str, command: t.List[str]) -> t.List[Error]:
    """Return an error where the product's command is not executable."""
    if not command or shutil.which(command[0]):
        return []
    remedy = "Check that this is an AQtive Guard VM, or set the path (role variable aqtive_guard_logging_command)"
    return [error(phase, command[0], "is not an executable command on this VM", remedy)]


def file_error(path: str, since: float) -> t.Optional[Error]:
    """Return the error of a log file without a record since this time."""
    try:
        status = os.stat(path)
    except OSError as raised:
        cause = "cannot be read: {0}".format(os.strerror(raised.errno or 0))
        return error("health", path, cause, "Check that AQtive Guard is able to create it")
    remedy = "Check that AQtive Guard writes its log to this file"
    if status.st_size == 0:
        return error("health", path, "is empty", remedy)
    if status.st_mtime < since:
        return error("health", path, "has received no record since the restart", remedy)
    return None


def journal_errors(run: Run, units: t.List[str], since: float) -> t.List[Error]:
    """Return an error where none of the units has logged a record since this time."""
    command = ["journalctl", "--quiet", "--no-pager", "--lines=1", "--output=cat", "--since=@{0:.6f}".format(since)]
    # Not --unit, which also matches systemd's own messages, such as that it has started the unit.
    command += ["_SYSTEMD_UNIT=" + unit for unit in units]
    try:
        if run(command)[1].strip():
            return []
        cause = "has received no record since the restart"
    except OSError as raised:
        cause = "cannot be read: journalctl cannot be run: {0}".format(os.strerror(raised.errno or 0))
    remedy = "Run `journalctl -u {0} -n 50` on the VM".format(units[0])
    return [error("health", "The journal of {0}".format(", ".join(units)), cause, remedy)]


def health_command_errors(run: Run, command: t.List[str]) -> t.List[Error]:
    """Return an error where the command fails. Its output is not shown, since it may contain secrets."""
    try:
        status = run(command)[0]
        if status == 0:
            return []
        cause = "exited with status {0}".format(status)
    except OSError as raised:
        # Not its strerror, to which Python 3.6 appends the path.
        cause = "cannot be run: {0}".format(os.strerror(raised.errno or 0))
    return [error("health", "Health command {0}".format(command[0]), cause, "Run it manually on the VM to see why")]


def url_errors(url: str, validate_certs: bool) -> t.List[Error]:
    """Return an error where the URL does not respond to the VM, or responds with a status of 400 or above."""
    try:
        open_url(url, validate_certs=validate_certs, timeout=URL_TIMEOUT).close()
    except Exception as raised:  # urllib, ssl and socket each raise their own
        public, private = split_url(url)
        # In another notation it may repeat what is private: only errors of connection and response are known not to.
        text = on_one_line(str(raised)) if isinstance(raised, OSError) else type(raised).__name__
        if any(part in text or unquote(part) in text for part in re.split(r"[/?#&=:@\s]+", private) if part):
            text = type(raised).__name__
        cause = "did not respond successfully: {0}".format(shortened(text))
        return [error("health", "Health URL {0}".format(public), cause, "Request it on the VM to see why")]
    return []


def split_url(url: str) -> t.Tuple[str, str]:
    """Return scheme, host, port and path of a URL, and the rest: user information, query and fragment may be secrets."""
    scheme, _separator, rest = url.partition("://")
    authority, path, private = re.match(r"([^/?#]*)([^?#]*)(.*)\Z", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    information, _at, host = authority.rpartition("@")
    # Behind the host, an @ may belong to a password with a slash in it.
    if "@" in path + private or not re.match(r"[A-Za-z][\w+.-]*\Z", scheme) or not _HOST.match(host):
        return "(not shown)", url
    return "{0}://{1}{2}".format(scheme, host, path), "{0}/{1}".format(information, private)
