# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One bundle of logs: which options are good, how the vendor's command is run, and what it left.

The vendor's command writes where ``--out-file`` says, or with an ending of its own, or under a name of its own, or to
the console. Each of these is taken; nothing is believed of a file but its content.
"""

import contextlib
import datetime
import hashlib
import itertools
import os
import re
import shutil
import stat
import time
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import file_format
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import (
    SYSTEM_PATH,
    HandOverError,
    PrivateDirectory,
    find_user,
    remove_leftovers,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command

ARGUMENT_SPEC = {
    "date_from": {"type": "str"},
    "date_to": {"type": "str"},
    "log_types": {"type": "list", "elements": "str", "default": []},
    "log_levels": {"type": "list", "elements": "str", "default": []},
    "compress": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 3600},
    "command": {"type": "list", "elements": "str", "default": ["cs"]},
    "directory": {"type": "str", "default": "/var/tmp"},  # noqa: S108  (a private directory is made there)
    "minimum_free": {"type": "int", "default": 512},
    "maximum_size": {"type": "int", "default": 0},
    "minimum_free_dest": {"type": "int", "default": 512},
    "bandwidth": {"type": "int", "default": 0},
    "progress": {"type": "bool", "default": True},
    "owner": {"type": "str"},
    "config_path": {"type": "path", "default": "/etc/cryptosense-analyzer/config"},
    "dest": {"type": "path"},
}  # type: Dict[str, Dict[str, Any]]

FILTERS = {
    "log_types": ("AUDIT", "ANALYSIS", "APPLICATION"),
    "log_levels": ("DEBUG", "INFO", "WARNING", "ERROR"),
}
"""The values that the vendor's filters know."""

RECORDS = {
    "log_types": ("AUDIT", "WEB", "APPLICATION", "ANALYSIS", "TANIUM"),
    "log_levels": ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
}
"""The values that occur in the vendor's records. No filter brings those that ``FILTERS`` lacks."""

BASE_NAME = "aqtive-guard-logs"
"""A bundle's name, before the ending that tells its format."""

LEFTOVER_MARGIN = 3600
"""Seconds on top of the time-out after which a directory that nobody holds was left by a dead run."""

TAIL_SIZE = 2048
"""How many bytes of the command's errors come back."""

_OUT_FILE = BASE_NAME + file_format.ENDINGS["text"]
_CHUNK = 1 << 20
_LISTED = 10
_LIMITS = (
    ("minimum_free", "MiB", "give 0 to keep nothing free"),
    ("maximum_size", "MiB", "give 0 for no limit"),
    ("minimum_free_dest", "MiB", "give 0 to keep nothing free"),
    ("bandwidth", "Kbit/s", "give 0 for no limit"),
)
# With one of these, a bundle of nothing is an answer: no record matches. Without, it is a fault.
_NARROWING = ("date_from", "date_to", "log_types", "log_levels")
_LINE_SIZE = 300
_MIB = 1 << 20
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?")
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._/+@-]*")
_NARROW_REMEDY = "Narrow the dates, or give it more time or room (timeout, directory, minimum_free, maximum_size)"
_SPACE_REMEDY = "Make room, or give another directory or a smaller minimum_free"
_EMPTY_REMEDY = "Run the command on the VM by hand, and look where this VM logs to (LOG_FILE, or the journal)"
_FAULT_REMEDY = "Nothing was kept. Run the command on the VM by hand to see why, and look at the disks where it writes"
_SECRETS = (
    (re.compile(r"(://)[^\s/@]+@"), r"\1***@"),
    (re.compile(r"(?i)(\w*(?:secret|passw|passphrase|token|_key|database_url|redis)\w*[\"']?\s*[=:]\s*)\S+"), r"\1***"),
)


class BundleError(Exception):
    """Why there is no bundle: in which phase, what happened, what helps."""

    def __init__(self, phase: str, cause: str, remedy: str, **details: Any) -> None:
        super().__init__(f"{phase}: {cause}. {remedy}.")
        self.phase = phase
        self.details = details

    def as_result(self) -> Dict[str, Any]:
        """The keys of a failed result."""
        return dict(self.details, msg=str(self), phase=self.phase)


def refusal(option: str, value: Any, rule: str, remedy: str) -> Dict[str, Any]:
    """One thing that is wrong with a set of options."""
    return {"option": option, "value": value, "rule": rule, "remedy": remedy}


def refusals(options: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Everything that is wrong with a set of options: each with option, value, rule and remedy."""
    found = _date_refusals(options)
    for option, known in FILTERS.items():
        for value in options[option]:
            if value not in known:
                rule = "one of {}, exactly as written here".format(", ".join(known))
                remedy = f"leave {option} out to get every record"
                found.append(refusal(option, value, rule, remedy))
    if options["timeout"] < 1:
        found.append(refusal("timeout", options["timeout"], "a number of seconds, at least 1", "give a longer time"))
    for option, unit, remedy in _LIMITS:
        if options[option] < 0:
            found.append(refusal(option, options[option], f"a number of {unit}, not below 0", remedy))
    command = options["command"]
    if not command or any(not word or "\0" in word for word in command) or ("/" in command[0] and command[0][0] != "/"):
        rule = "a command and its arguments, none of them empty, the command a name or an absolute path"
        found.append(refusal("command", command, rule, "give a list such as ['cs'] or ['/opt/bin/cs']"))
    directory = options["directory"]
    if not _PLAIN_PATH.fullmatch(directory) or ".." in directory.split("/"):
        rule = "an absolute path of ASCII letters, digits and . _ + @ -, without '..'"
        found.append(refusal("directory", directory, rule, "give a plain path such as /var/tmp"))
    return found


def refuse(errors: List[Dict[str, Any]]) -> None:
    """Raise one error that names everything that is wrong."""
    if errors:
        causes = ("{option} is {value!r}, but must be {rule}: {remedy}".format(**error) for error in errors)
        raise BundleError("refuse", "; ".join(causes), "Nothing was run", errors=errors)


def cannot_bring(options: Dict[str, Any]) -> Dict[str, List[str]]:
    """The types and levels of records that a bundle with these filters cannot hold."""
    return {
        option: [value for value in known if options[option] and value not in options[option]]
        for option, known in RECORDS.items()
    }


def asked_for(options: Dict[str, Any]) -> Dict[str, Any]:
    """The part of a set of options that decides what is in a bundle, so that two sets can be compared."""
    asked = {option: options[option] or None for option in ("date_from", "date_to")}  # type: Dict[str, Any]
    asked.update({option: sorted(set(options[option])) for option in FILTERS})
    return dict(asked, compress=options["compress"], command=list(options["command"]))


def command_line(options: Dict[str, Any], out_file: str) -> List[str]:
    """The vendor's command with its arguments."""
    argv = [*list(options["command"]), "logs", "bundle"]
    for flag, option in (("--date-from", "date_from"), ("--date-to", "date_to")):
        if options[option]:
            argv += [flag, options[option]]
    for flag, option in (("--log-type", "log_types"), ("--log-level", "log_levels")):
        if options[option]:
            argv += [flag, ",".join(options[option])]
    argv += ["--out-file", out_file]
    return [*argv, "--compress"] if options["compress"] else argv


def prepare(options: Dict[str, Any]) -> None:
    """Raise an error unless the command is there, the directory can be used and has room."""
    command = options["command"][0]
    if _find_command(command) is None:
        raise BundleError(
            "prepare",
            f"there is no command {command!r} that {_own_name()} may run",
            "Is this VM an AQtive Guard VM? If so, name the command's path, or use become",
        )
    directory = options["directory"]
    if not os.path.isdir(directory) or not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise BundleError(
            "prepare",
            f"{directory} is not a directory that {_own_name()} may write to",
            "Give another directory, or use become",
        )
    shortage = _shortage(options)
    if shortage:
        raise BundleError("prepare", shortage, _SPACE_REMEDY)
    if options["owner"] and find_user(options["owner"]) is None:
        raise BundleError("prepare", "this VM has no user {!r}".format(options["owner"]), "Let owner be the login user")


def begin(options: Dict[str, Any], name: str) -> Tuple[PrivateDirectory, List[str]]:
    """A private directory for a bundle, and what dead runs had left, which was removed; an error if none can be made."""
    prepare(options)
    with trouble_in("prepare"):
        leftovers = remove_leftovers(options["directory"], _owners(options), options["timeout"] + LEFTOVER_MARGIN)
        return PrivateDirectory(options["directory"], name), leftovers


def make(options: Dict[str, Any], private: PrivateDirectory) -> Dict[str, Any]:
    """Make a bundle in a private directory and describe it. After an error nothing of it is left."""
    try:
        try:
            return _make(options, private)
        except bounded_command.Interrupted as error:
            raise BundleError("run", str(error), "Nothing was kept. Run it again") from error
    except BundleError as error:
        with contextlib.suppress(OSError):
            private.keep_only(None)
        error.details["directory"] = private.path
        raise


def _make(options: Dict[str, Any], private: PrivateDirectory) -> Dict[str, Any]:
    with trouble_in("prepare"):
        work = _Work(private.path)
    run = _run(options, work)
    with trouble_in("identify", **run):
        source = _choose(work)
        excess = _excess(options, os.lstat(source).st_size)
        if excess:
            raise BundleError("identify", excess, "Nothing travelled. Narrow the dates, or give a larger maximum_size")
        taken = _take(work, source)
        if taken["empty"] and not any(options[narrowing] for narrowing in _NARROWING):
            raise BundleError("identify", "the command ended well, but its bundle is empty", _EMPTY_REMEDY)
        private.keep_only(taken["name"])
    with trouble_in("hand over", **run):
        _hand_over(private, taken["name"], options["owner"])
    location = {"path": os.path.join(private.path, taken["name"]), "directory": private.path}
    return dict(run, cannot_bring=cannot_bring(options), **location, **taken)


def made_so_far(directory: str) -> int:
    """How many bytes the command has written that may become the bundle."""
    return _largest(os.path.join(directory, _WORK), os.path.join(directory, _STDOUT))


_WORK = "work"
_STDOUT = "stdout"


class _Work:
    """Where the command works and where its output goes, all below the private directory."""

    def __init__(self, private: str) -> None:
        self.private = private
        self.directory = os.path.join(private, _WORK)
        self.temporary = os.path.join(private, "temporary")
        self.stdout = os.path.join(private, _STDOUT)
        self.stderr = os.path.join(private, "stderr")
        os.mkdir(self.directory, 0o700)
        os.mkdir(self.temporary, 0o700)


@contextlib.contextmanager
def trouble_in(phase: str, **details: Any) -> Iterator[None]:
    """Turn what the system refuses into an error of this phase, and give any error these details."""
    try:
        yield
    except BundleError as error:
        error.details = dict(details, **error.details)
        raise
    except OSError as error:
        cause = "{}: {}".format(error.filename or "the system refused", error.strerror)
        remedy = "Nothing was kept. Look at this directory and its file system on the VM"
        raise BundleError(phase, cause, remedy, **details) from error


def _run(options: Dict[str, Any], work: _Work) -> Dict[str, Any]:
    """Run the command; raise an error unless it ended well."""
    argv = command_line(options, os.path.join(work.directory, _OUT_FILE))
    by_hand = "Run `{} logs bundle` on the VM by hand to see why".format(" ".join(options["command"]))
    start, clock = _now(), time.monotonic()
    status = None
    cause = remedy = ""
    with trouble_in("run"), open(work.stdout, "wb") as stdout, open(work.stderr, "wb") as stderr:
        try:
            status = bounded_command.run(
                [_find_command(argv[0]) or argv[0], *argv[1:]],
                stdout=stdout,
                stderr=stderr,
                cwd=work.directory,
                # What the command keeps for itself is private as well, and goes with the rest.
                env=dict(os.environ, TMPDIR=work.temporary),
                timeout=options["timeout"],
                trouble=lambda: _trouble(options, work),
            )
        except bounded_command.Ended as ended:
            cause = f"the command was ended: {ended}"
            remedy = _NARROW_REMEDY
        except OSError as error:
            cause, remedy = f"the command cannot be started: {error.strerror}", by_hand
        if status:
            cause, remedy = f"the command {_ending(status)}", by_hand
            # It may have filled the disk before anybody looked.
            trouble = _trouble(options, work)
            if trouble:
                cause, remedy = f"{cause}, and {trouble}", _NARROW_REMEDY
    run = {
        "command": argv,
        "rc": status,
        "start": start,
        "end": _now(),
        "duration": round(time.monotonic() - clock, 3),
    }
    if cause:
        tail = ""
        # The directory may be the reason why the command had to be ended: it is gone.
        with contextlib.suppress(OSError):
            tail = _tail(work.stderr)
        if tail:
            cause += "; its last error is: " + tail.splitlines()[-1][:_LINE_SIZE]
        raise BundleError("run", cause, remedy, stderr_tail=tail, **run)
    return run


def _choose(work: _Work) -> str:
    """Which of the things that the command left is the bundle."""
    left = _left_in(work.directory)
    files = [name for name, status in left.items() if stat.S_ISREG(status.st_mode) and status.st_nlink == 1]
    if _OUT_FILE in files:
        return os.path.join(work.directory, _OUT_FILE)
    if len(files) == 1:
        return os.path.join(work.directory, files[0])
    if not left and os.path.getsize(work.stdout):
        return work.stdout
    if not left:
        raise BundleError("identify", "the command ended well, but left no file and wrote nothing", _EMPTY_REMEDY)
    raise BundleError(
        "identify",
        f"nothing that the command left can only be the bundle: {_listed(left)}",
        "What is taken is one plain file with a single name. Run the command on the VM by hand to see what it does",
    )


def _take(work: _Work, source: str) -> Dict[str, Any]:
    """Identify the bundle by content, and give it the name that it will travel with."""
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        head = stream.read(file_format.HEAD_SIZE)
        form = file_format.identify(head)
        check = file_format.GzipCheck() if form in ("gzip", "tar.gz") else None
        digest, size = hashlib.sha256(), 0
        for chunk in itertools.chain([head], iter(lambda: stream.read(_CHUNK), b"")):
            digest.update(chunk)
            size += len(chunk)
            if check:
                check.feed(chunk)
        os.fchmod(descriptor, 0o600)
    fault = check.fault() if check else None
    if fault:
        raise BundleError("identify", f"the command ended well, but the gzip file that it left {fault}", _FAULT_REMEDY)
    name = BASE_NAME + file_format.ENDINGS[form]
    os.rename(source, os.path.join(work.private, name))
    return {
        "name": name,
        "size": size,
        "sha256": digest.hexdigest(),
        "format": form,
        "empty": file_format.is_empty(head),
        "left_as": "console" if source == work.stdout else _printable(os.path.basename(source)),
        "not_taken": [_printable(other) for other in _left_in(work.directory)][:_LISTED],
    }


def _hand_over(private: PrivateDirectory, name: str, owner: Optional[str]) -> None:
    try:
        if owner:
            private.hand_over(name, owner)
    except HandOverError as error:
        raise BundleError(
            "hand over",
            f"the bundle cannot be given to {owner!r}: {error}",
            "Let become_user be root or the login user, or install the package acl on the VM",
        ) from error


def _shortage(options: Dict[str, Any]) -> Optional[str]:
    """Why there is too little room, or None."""
    status = os.statvfs(options["directory"])
    free = status.f_bavail * status.f_frsize // _MIB
    if free >= options["minimum_free"]:
        return None
    return "{} has {} MiB free, but {} MiB must stay free (minimum_free)".format(
        options["directory"], free, options["minimum_free"]
    )


def _excess(options: Dict[str, Any], size: int) -> Optional[str]:
    """Why a file is too large to become a bundle, or None."""
    limit = options["maximum_size"]
    if not limit or size <= limit * _MIB:
        return None
    return f"the bundle has {size / _MIB:.1f} MiB or more, but may have {limit} MiB (maximum_size)"


def _largest(directory: str, stdout: str) -> int:
    """The size of the largest file that may become the bundle."""
    paths = [stdout]
    # The command may remove what it has just made, and who waits for it may remove everything.
    with contextlib.suppress(FileNotFoundError):
        paths += [os.path.join(directory, name) for name in os.listdir(directory)]
    largest = 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            largest = max(largest, os.lstat(path).st_size)
    return largest


def _trouble(options: Dict[str, Any], work: _Work) -> Optional[str]:
    """Why the command has to be ended, or None."""
    if not os.path.isdir(work.private):
        return "its directory was removed, so nobody waits for the bundle any more"
    return _shortage(options) or _excess(options, _largest(work.directory, work.stdout))


def _date_refusals(options: Dict[str, Any]) -> List[Dict[str, Any]]:
    found = []
    moments = []
    for option in ("date_from", "date_to"):
        text = options[option]
        if not text:
            continue
        try:
            # Whether a last day alone includes that day is the product's to say, so it gets the benefit of the doubt.
            moments.append(_moment(text, "23:59:59" if option == "date_to" else "00:00:00"))
        except ValueError:
            rule = "a date that exists, in UTC, as YYYY-MM-DD or YYYY-MM-DD HH:MM:SS"
            found.append(refusal(option, text, rule, "write it as '2026-01-31' or '2026-01-31 23:59:59'"))
    if len(moments) == 2 and moments[0] > moments[1]:
        rule = "no later than date_to, which is {!r}".format(options["date_to"])
        found.append(refusal("date_from", options["date_from"], rule, "exchange the two, or write the times"))
    return found


def _moment(text: str, time_of_day: str) -> datetime.datetime:
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return datetime.datetime.strptime(text if " " in text else f"{text} {time_of_day}", "%Y-%m-%d %H:%M:%S")


def _find_command(name: str) -> Optional[str]:
    return shutil.which(name, path=os.environ.get("PATH", os.defpath) + os.pathsep + SYSTEM_PATH)


def _owners(options: Dict[str, Any]) -> Set[int]:
    """Whose directories runs like this one leave: its own user's, and those of the user who is given the bundles."""
    account = find_user(options["owner"]) if options["owner"] else None
    return {os.geteuid()} | ({account.pw_uid} if account else set())


def _own_name() -> str:
    return f"uid {os.geteuid()}"


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _ending(status: int) -> str:
    return f"ended with status {status}" if status > 0 else f"was killed by signal {-status}"


def _tail(path: str) -> str:
    """The end of a file as harmless text, without what looks like a password."""
    with open(path, "rb") as stream:
        skipped = stream.seek(max(0, os.path.getsize(path) - TAIL_SIZE))
        data = stream.read(TAIL_SIZE)
    if skipped:
        # Half a line may be half a password, which nothing recognises.
        data = data.partition(b"\n")[2]
    text = data.decode("utf-8", "replace").strip()
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return "\n".join(_printable(line) for line in text.splitlines())


def _printable(text: str) -> str:
    """Text whose control characters and stray bytes are escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _left_in(directory: str) -> Dict[str, os.stat_result]:
    """What lies in a directory, by name, links not followed."""
    with os.scandir(directory) as entries:
        return {entry.name: entry.stat(follow_symlinks=False) for entry in sorted(entries, key=lambda each: each.name)}


def _listed(left: Dict[str, os.stat_result]) -> str:
    named = [f"{name!r} ({_kind(status)})" for name, status in left.items()]
    more = [f"and {len(named) - _LISTED} more"] if len(named) > _LISTED else []
    return ", ".join(named[:_LISTED] + more)


def _kind(status: os.stat_result) -> str:
    mode = status.st_mode
    if stat.S_ISREG(mode):
        return f"a file with {status.st_nlink} names" if status.st_nlink > 1 else "a file"
    kinds = ((stat.S_ISLNK, "a symbolic link"), (stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a named pipe"))
    return next((name for test, name in kinds if test(mode)), "a device or socket")
