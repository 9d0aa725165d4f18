# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a VM's configuration file, and replace it atomically."""

import contextlib
import errno
import os
import signal
import stat
import tempfile
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import (
    Error,
    Failure,
    error,
    failure,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import on_one_line
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.trusted_path import (
    resolve,
    root_and_this_user,
    untrusted_writer,
    user_name,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.extended_attributes import (
    read_attributes,
    write_attributes,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.pending_change import (
    PendingChange,
    backup_name,
)

SIZE_LIMIT = 1024 * 1024
"""Bytes."""

_RESTORED = ".aqtive_guard-old"
_PATH_REMEDY = (
    "Check that this is an AQtive Guard VM, and set the path (role variable aqtive_guard_logging_config_path)"
)
_READ_ERRORS = {
    errno.ENOENT: ("does not exist", _PATH_REMEDY),
    errno.ENOTDIR: ("does not exist", _PATH_REMEDY),
    errno.EACCES: ("is not readable by the user that Ansible becomes", "Set become to true"),
    errno.EPERM: ("is not readable by the user that Ansible becomes", "Set become to true"),
    errno.ELOOP: ("is a symbolic link that leads back to itself", "Correct the link"),
}
_WRITE_REMEDIES = {
    errno.EBUSY: "Mount its directory instead of the file itself, or set unsafe_writes to true",
    errno.EPERM: "Remove the immutable attribute with chattr -i, and check the permissions of its directory",
    errno.EACCES: "Set become to true, and check the permissions of its directory",
    errno.EROFS: "Remount the file system read-write",
    errno.ENOSPC: "Free disk space on the file system",
    errno.EDQUOT: "Free disk space, or raise the quota of the user",
}


class File(t.NamedTuple):
    path: str  # without symbolic links
    content: t.Optional[bytes]  # None if the file does not exist or cannot be read
    identity: t.Optional[t.Tuple[int, int]]  # device and inode
    errors: t.List[Error]


def load(path: str, create: bool = False) -> File:
    """Read the file that a path leads to. Whatever prevents that is an error of the result.

    ``create`` says whether the file may be missing.
    """
    real = os.path.realpath(path)
    try:
        # Opening a device or a FIFO has side effects, so the type is checked before and after.
        problem = _unsuitable(os.stat(real))
        if problem is None:
            with open(os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
                status = os.fstat(opened.fileno())
                content = opened.read(SIZE_LIMIT + 1)
            problem = _unsuitable(status) or size_problem(len(content))
            if problem is None:
                return File(real, content, (status.st_dev, status.st_ino), [])
    except OSError as raised:
        if raised.errno == errno.ENOENT and create:
            if os.path.isdir(os.path.dirname(real)):
                return File(real, None, None, [])
            problem = "is in a directory that does not exist", "Create the directory first"
        else:
            default = f"cannot be read ({raised.strerror})", "Check the path and the permissions"
            problem = _READ_ERRORS.get(raised.errno or 0, default)
    return File(real, None, None, [error("read", path, *problem)])


def load_to_change(path: str, create: bool = False) -> File:
    """Read a file that is to be changed, as ``load`` does, unless ``untrusted_error`` returns an error."""
    refused = untrusted_error(path)
    return load(path, create) if refused is None else File(os.path.realpath(path), None, None, [refused])


def untrusted_error(path: str) -> t.Optional[Error]:
    """Return the error of a file that untrusted users can replace, or beside which they can create files."""
    trusted = root_and_this_user()
    found = resolve(path, trusted)
    untrusted = found.untrusted or untrusted_writer(os.path.dirname(found.path), trusted)
    return error("read", path, untrusted.cause, untrusted.remedy) if untrusted else None


def replacement_errors(path: str) -> t.Iterator[Error]:
    """Yield the reasons why a replacement of the file would differ from it in more than its content."""
    status = os.stat(path)
    if os.geteuid() != 0:
        cause = None
        if status.st_uid != os.geteuid():
            cause = f"belongs to {user_name(status.st_uid)}, whom only root can make the owner of the new file"
        elif status.st_gid not in {os.getegid(), *os.getgroups()}:
            cause = f"belongs to the gid {status.st_gid}, which only root can give to the new file"
        if cause:
            yield error("validate", path, cause, "Set become to true")
    if status.st_nlink > 1:
        # An error, not a warning: whatever uses another name would keep the old settings, and nothing would report that.
        cause = f"has {status.st_nlink} names (hard links), of which the change would reach only this one"
        remedy = "Find the others with find -samefile, and remove them or replace them by symbolic links"
        yield error("validate", path, cause, remedy)


def _unsuitable(status: os.stat_result) -> t.Optional[t.Tuple[str, str]]:
    if stat.S_ISDIR(status.st_mode):
        return "is a directory", "Set the path to the configuration file"
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file", "Set the path to the product's configuration file"
    return size_problem(status.st_size)


def size_problem(size: int) -> t.Optional[t.Tuple[str, str]]:
    """Return cause and remedy if a file of this many bytes is too large."""
    if size <= SIZE_LIMIT:
        return None
    return f"is larger than {SIZE_LIMIT} bytes", "Set the path to the product's configuration file"


def replace(module: t.Any, file: File, content: bytes, pending: PendingChange) -> t.Optional[str]:
    """Replace the file atomically and return the path of its backup, if any.

    A file that has changed since it was read is not replaced. After a failure nothing is left that this run has created,
    except a backup that the file needs. ``module`` is the ``AnsibleModule``: its methods keep owner, mode and context.
    Extended attributes that cannot be preserved are warned of.
    """
    attributes = None if file.content is None else read_attributes(file.path)
    backup = backup_name(file.path) if module.params["backup"] and file.content is not None else None
    moving = False
    with _signals_blocked(), tempfile.NamedTemporaryFile(dir=module.tmpdir, delete=False) as temporary:
        created = [temporary.name]
        try:
            with _fail_json_raises(module):
                temporary.write(content)
                temporary.flush()
                os.fsync(temporary.fileno())
                temporary.close()
                if backup is not None:
                    copy(module, file.path, backup, created)
                if load(file.path, create=file.content is None) != file:
                    cause = "was changed by another process, so it was not replaced"
                    raise failure("write", file.path, cause, "Run the task again")
                if backup is not None:
                    pending.begin(backup)
                if attributes is not None:
                    # Before the file is in place, where that is possible: its mode alone may permit more.
                    write_attributes(temporary.name, attributes)
                moving = True
                module.atomic_move(temporary.name, file.path, unsafe_writes=module.params["unsafe_writes"])
        except BaseException as raised:
            # A file that was replaced or half written all the same needs its backup.
            if moving and load(file.path).content != file.content:
                created = [temporary.name]
            else:
                pending.cancel()
            remove(*created)
            if isinstance(raised, (OSError, _ModuleFailed)):
                raise write_failure(file.path, raised) from raised
            raise
        lost = [] if attributes is None else write_attributes(file.path, attributes)
    if lost:
        module.warn(f"{file.path} was replaced without its extended attributes {', '.join(lost)}. Set them again.")
    return backup


def copy(module: t.Any, source: str, target: str, created: t.List[str]) -> None:
    """Copy a file with owner, mode, context and attributes to a path that must not exist; append it to ``created``."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    created.append(target)
    module.preserved_copy(source, target)
    _sync(target)


def _sync(path: str) -> None:
    """Make a file or the names in a directory survive a crash of the VM."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def restore(module: t.Any, path: str, backup: str) -> None:
    """Replace the file atomically by a copy of its backup, with the backup's owner, mode, context and attributes."""
    created = []  # type: t.List[str]
    with _signals_blocked():
        try:
            with _fail_json_raises(module):
                remove_leftover(path)
                copy(module, backup, path + _RESTORED, created)
                os.rename(path + _RESTORED, path)
                _sync(os.path.dirname(path))
        except BaseException as raised:
            remove(*created)
            if isinstance(raised, (OSError, _ModuleFailed)):
                raise write_failure(path, raised) from raised
            raise


def remove_leftover(path: str) -> None:
    """Remove what a killed run has left of the file that it was restoring. It is one at most: its name is always the same."""
    remove(path + _RESTORED)


def remove(*paths: str) -> None:
    """Remove the files that exist."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


class _ModuleFailed(Exception):
    """A method of ``AnsibleModule`` has called ``fail_json``, or raised an exception that is no ``OSError``."""


@contextlib.contextmanager
def _fail_json_raises(module: t.Any) -> t.Iterator[None]:
    """Raise ``_ModuleFailed`` however a method of the module fails, so that its caller can clean up."""

    def fail_json(msg: str, **_details: t.Any) -> None:
        raise _ModuleFailed(msg)

    original, module.fail_json = module.fail_json, fail_json
    try:
        yield
    except (OSError, Failure, _ModuleFailed):
        raise
    except Exception as raised:
        raise _ModuleFailed(str(raised)) from raised
    finally:
        module.fail_json = original


def write_failure(path: str, raised: BaseException, action: str = "replaced") -> Failure:
    """Return the failure for an exception, with the operating system's error behind it."""
    cause = raised  # type: t.Optional[BaseException]
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    if cause is None or not cause.errno:
        return failure("write", path, f"could not be {action} ({on_one_line(str(raised))})", "Check the permissions")
    reason = f"could not be {action} ({cause.strerror}, {errno.errorcode.get(cause.errno, cause.errno)})"
    remedy = _WRITE_REMEDIES.get(cause.errno, "Check permissions and free disk space")
    return failure("write", path, reason, remedy)


@contextlib.contextmanager
def _signals_blocked() -> t.Iterator[None]:
    """Delay the signals of a lost connection, which would leave a partial copy of the file."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
