# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where bundles rest on the controller: private directories, files that get their name only when they are whole."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import stat
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.bundle import BundleError, refusal

RECORD = ".bundle.json"
"""The file beside a bundle that tells of it."""

JOB = ".job.json"
"""The file that tells which bundle a VM makes, as long as it does."""

_CHUNK = 1 << 20
_MIB = 1 << 20


def unsafe_component(name: str) -> str | None:
    """Why a name must not become a part of a path, or None where it may."""
    if name in ("", ".", ".."):
        return "is empty or means another directory"
    if "/" in name:
        return "has a slash"
    if name.startswith("-"):
        return "begins with a dash"
    if not name.isprintable():
        return "has control characters"
    return None


def refusals(dest: str, host: str | None = None) -> list[dict[str, t.Any]]:
    """What is wrong with a destination, and with the VM that it is for, to be told before anything is done."""
    found = []
    if host is not None and (reason := unsafe_component(host)):
        rule = f"a name that is safe for a directory, but it {reason}"
        found.append(refusal("inventory_hostname", host, rule, "rename the VM in the inventory"))
    parts = [part for part in dest.split("/") if part]
    reasons = [f"{part!r} {reason}" for part in parts if (reason := unsafe_component(part))]
    if not dest.startswith("/") or not parts:
        reasons.append("it is not below /")
    if reasons:
        rule = f"an absolute path whose parts are safe names, but {', '.join(reasons)}"
        found.append(refusal("dest", dest, rule, "give a directory such as /srv/aqtive-guard-logs"))
    return found


def make_home(path: Path) -> None:
    """Make a directory that nobody else can read, or accept one that nobody else can write to."""
    with _trouble_in("store", path):
        for each in reversed([path, *path.parents]):
            # Other VMs' tasks make the same parents at the same time.
            with contextlib.suppress(FileExistsError):
                if not os.path.lexists(each):
                    each.mkdir(mode=0o700)
        status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise BundleError("store", f"{path} is there, and is no directory", "Move it away, or give another dest")
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise BundleError(
            "store",
            f"others could change files in {path} (owner uid {status.st_uid}, mode {stat.S_IMODE(status.st_mode):04o})",
            "Give a dest of your own, such as a directory below it, or change its owner and mode",
        )


@contextlib.contextmanager
def held(home: Path) -> t.Iterator[None]:
    """Make the directory, and have it for this run alone: another one would go on with the same bundle, and remove it."""
    with contextlib.ExitStack() as opened:
        while True:
            make_home(home)
            with _trouble_in("store", home), contextlib.suppress(FileNotFoundError):
                descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                opened.callback(os.close, descriptor)
                _lock(descriptor, home)
                # The run that had it before may have removed it meanwhile.
                if os.path.samestat(os.fstat(descriptor), home.lstat()):
                    break
        yield


def require_room(path: Path, size: int, reserve: int) -> None:
    """Raise an error unless a file of this size fits where the path is or will be, with this many MiB to spare."""
    while not path.exists() and path != path.parent:
        path = path.parent
    with _trouble_in("store", path):
        status = os.statvfs(path)
    free = status.f_bavail * status.f_frsize
    if free < size + reserve * _MIB:
        wanted = [f"the bundle has {size}"] if size else []
        wanted += [f"{reserve} MiB must stay free (minimum_free_dest)"] if reserve else []
        raise BundleError(
            "store",
            f"{path} has {free} bytes free on the controller, but {' and '.join(wanted)}",
            "Make room, or give another dest" + (" or a smaller minimum_free_dest" if reserve else ""),
        )


def stored(home: Path, asked: dict[str, t.Any]) -> dict[str, t.Any] | None:
    """What was told of the bundle that lies here, asked for alike and with the same digest; None where none does."""
    record = read_record(home)
    if record is None:
        return None
    path, told = home / record["name"], record["told"]
    different = [option for option, value in asked.items() if record["asked"].get(option) != value]
    if different:
        options = " and ".join(
            f"{option} {record['asked'].get(option)!r} (now {asked[option]!r})" for option in different
        )
        raise BundleError(
            "refuse",
            f"{path} was collected with {options}",
            "Nothing was run. Give the options it was collected with, or another dest or run id",
        )
    with _trouble_in("verify", path), _open_plain(path) as stream:
        found = _digest(stream)
    if found != (told["size"], told["sha256"]):
        raise BundleError(
            "verify",
            f"{path} has {found[0]} bytes with SHA-256 {found[1]}, but was collected with {told['size']} bytes and "
            f"{told['sha256']}: it was changed since",
            "Nothing was asked of the VM. Move the file away to collect it again",
        )
    return {**told, "dest": str(path)}


def read_record(home: Path) -> dict[str, t.Any] | None:
    """The record of a bundle that lies here, with ``name``, ``asked``, ``told`` and ``left_on_vm``; None where none does."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        with _open_plain(home / RECORD) as stream:
            record = json.load(stream)
        sound = unsafe_component(record["name"]) is None and stat.S_ISREG((home / record["name"]).lstat().st_mode)
        if sound and {"size", "sha256"} <= set(record["told"]) and isinstance(record["asked"], dict):
            return dict(record)
    return None


def write_record(
    home: Path, name: str, asked: dict[str, t.Any], told: dict[str, t.Any], left_on_vm: str | None
) -> None:
    """Keep beside a bundle what was asked for and what the VM told, and what there still is to be removed there."""
    record = {"name": name, "asked": asked, "told": told, "left_on_vm": left_on_vm}
    write_private(home / RECORD, f"{json.dumps(record, indent=2)}\n".encode("ascii"))


def remember_job(home: Path, name: str, asked: dict[str, t.Any], directory: str) -> None:
    """Keep which bundle a VM has begun to make for this home, until that is over."""
    write_private(home / JOB, json.dumps({"name": name, "asked": asked, "directory": directory}).encode("ascii"))


def remembered_job(home: Path, asked: dict[str, t.Any], directory: str) -> str | None:
    """The name of the bundle that a VM has begun to make for a run that was cut off, if this is what is asked for."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError), _open_plain(home / JOB) as stream:
        job = json.load(stream)
        if job["asked"] == asked and job["directory"] == directory and re.fullmatch("[a-z0-9]{8}", job["name"]):
            return str(job["name"])
    return None


def forget_job(home: Path) -> None:
    """The VM has nothing for this home any more."""
    with contextlib.suppress(OSError):
        (home / JOB).unlink()


class Incoming:
    """A file that is being received, in a home that is held: private, and without its name until it has been verified.

    As a context manager it removes whatever has not been stored when the block is left.
    """

    def __init__(self, home: Path, name: str, size: int, reserve: int = 0) -> None:
        self.final = home / name
        self.partial = home / f".{name}.partial"
        # A dead run may have left one, which takes room.
        self._discard()
        require_room(home, size, reserve)
        with _trouble_in("store", self.partial):
            os.close(os.open(self.partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def __enter__(self) -> Incoming:
        return self

    def __exit__(self, *exception: object) -> None:
        self._discard()

    def verify(self, size: int, sha256: str) -> None:
        """Compare what was received with what was sent, and make it last."""
        with _trouble_in("verify", self.partial), _open_plain(self.partial) as stream:
            os.fchmod(stream.fileno(), 0o600)
            found = _digest(stream)
            os.fsync(stream.fileno())
        if found != (size, sha256):
            raise BundleError(
                "verify",
                f"{found[0]} bytes with SHA-256 {found[1]} arrived, but {size} bytes with {sha256} were sent",
                "Nothing was kept. Collect again; if it happens again, look at the network and the disks",
            )

    def store(self, size: int, sha256: str, record: t.Callable[[], None] = lambda: None) -> bool:
        """Give the file its name, and say whether that changed anything. A different file is never replaced.

        The record comes first: alone it means nothing, while a file without one could never be taken over.
        """
        with _trouble_in("store", self.final):
            if not os.path.lexists(self.final):
                record()
                self.partial.rename(self.final)
                _sync_directory(self.final.parent)
                return True
            same = False
            with contextlib.suppress(OSError), _open_plain(self.final) as stream:
                same = _digest(stream) == (size, sha256)
            if same:
                record()
                return False
        raise BundleError(
            "store", f"{self.final} is there already, and is different", "Give another dest or run id, or move it away"
        )

    def _discard(self) -> None:
        with contextlib.suppress(OSError):
            self.partial.unlink()


def write_private(path: Path, data: bytes) -> None:
    """Write a small file that nobody else can read, whole or not at all."""
    with _trouble_in("store", path):
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(descriptor)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        _sync_directory(path.parent)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        cause, remedy = f"another run is writing {path}", "Wait for it to end, or give another dest"
        raise BundleError("store", cause, remedy) from error


def _open_plain(path: Path) -> t.BinaryIO:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no plain file", str(path))
    return os.fdopen(descriptor, "rb")


def _digest(stream: t.BinaryIO) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _trouble_in(phase: str, path: Path) -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        cause = f"{error.filename or path}: {error.strerror}"
        raise BundleError(phase, cause, "Look at this directory and its file system on the controller") from error
