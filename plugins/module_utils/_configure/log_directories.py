# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create and adjust the directories of the log files that settings name.

They are reached by file descriptors: the user who may own them could replace a directory by a link at any time.
"""

import grp
import os
import posixpath
import pwd
import stat
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import (
    Error,
    Failure,
    error,
    failure,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.trusted_path import (
    Untrusted,
    resolve,
    root_and_this_user,
    untrusted_directory,
    user_name,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    KEYS,
    PATH,
    Settings,
)

NEW_MODE = 0o750
"""The mode of a new directory for which no other one is wanted."""

_OTHER_DIRECTORY = "or set another log file"
# Does not need permission to read the directory.
_PASS = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

Attributes = t.Dict[str, str]


def log_directories(settings: Settings, root: str) -> t.List[str]:
    """Return the directories below ``root``, each once."""
    files = [settings[key.name] for key in KEYS if key.kind == PATH and key.name in settings]
    return list(dict.fromkeys(root + posixpath.dirname(file) for file in files))


class LogDirectories:
    """The directories, as they are and as the ``directory_*`` parameters of the ``AnsibleModule`` want them to be.

    ``missing`` and ``outdated`` list the paths that did not exist, and those and the ones with other attributes, at the
    time of this object's creation; ``errors`` has every reason why they must not or cannot be changed.
    """

    def __init__(self, module: t.Any, paths: t.Sequence[str]) -> None:
        self._module = module
        self._trusted = root_and_this_user()
        self.errors: t.List[Error] = []
        self._uid = self._lookup("owner", "user", lambda name: pwd.getpwnam(name).pw_uid)
        self._gid = self._lookup("group", "group", lambda name: grp.getgrnam(name).gr_gid)
        # Read once: a user of the VM may remove or replace a directory at any time.
        self._found = {path: _directory_status(path) for path in paths}
        self.missing = [path for path, status in self._found.items() if status is None]
        self.outdated = []  # type: t.List[str]
        try:
            self._wanted(os.stat("/"))
            self.outdated = [
                path for path, status in self._found.items() if status is None or self._is_outdated(status)
            ]
        except ValueError:
            cause = f"is {shortened(repr(self._mode))}, but must be a mode such as 0750 or u=rwx,g=rx,o="
            self.errors.append(error("validate", "directory_mode", cause, "Correct the mode"))
        self.diff = [self._difference(path) for path in self.outdated]
        for path in [] if self.errors else self.outdated:
            try:
                self._visit(path, change=False)
            except Failure as refused:
                self.errors += refused.errors

    def change(self) -> None:
        """Create and adjust the directories that are outdated, or raise ``Failure``."""
        for path in self.outdated:
            self._visit(path, change=True)

    @property
    def _mode(self) -> t.Any:
        return self._module.params["directory_mode"]

    def _lookup(self, option: str, kind: str, find: t.Callable[[str], int]) -> t.Optional[int]:
        name = self._module.params["directory_" + option]
        if name is None or name.isdigit():
            return name if name is None else int(name)
        try:
            return find(name)
        except KeyError:
            cause = f"is {shortened(repr(name))}, but this VM has no such {kind}"
            self.errors.append(
                error(
                    "validate",
                    f"directory_{option}",
                    cause,
                    f"Set it (role variable aqtive_guard_logging_directory_{option}) to an existing {kind}",
                )
            )
            return None

    def _wanted(self, status: os.stat_result) -> t.Tuple[int, int, int]:
        """Return owner, group and mode that a directory should have. Raise ``ValueError`` where the mode is none."""
        mode = self._mode
        if mode is None:
            mode = stat.S_IMODE(status.st_mode)
        elif not isinstance(mode, int):
            try:
                mode = int(str(mode), 8)
            except ValueError:
                mode = self._module._symbolic_mode_to_octal(status, str(mode))
        if mode != stat.S_IMODE(mode):
            raise ValueError(mode)
        uid = status.st_uid if self._uid is None else self._uid
        return uid, status.st_gid if self._gid is None else self._gid, mode

    def _is_outdated(self, status: os.stat_result) -> bool:
        return self._wanted(status) != (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))

    def _difference(self, path: str) -> t.Dict[str, t.Any]:
        status = self._found[path]
        if status is None:
            before, after = {"state": "absent"}, {"state": "directory"}
        else:
            before = _attributes(status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))
            after = _attributes(*self._wanted(status))
        return {"before_header": path, "before": before, "after_header": path, "after": after}

    def _visit(self, path: str, change: bool) -> None:
        try:
            self._descend(path, change)
        except OSError as raised:
            cause = f"cannot be created or changed ({raised.strerror})"
            remedy = "Check its path and file system, and set become to true"
            raise failure("write" if change else "validate", path, cause, remedy) from raised

    def _descend(self, path: str, change: bool) -> None:
        """Walk to a directory and change it, or only check that this is possible. Raise ``Failure`` where it is not safe."""
        owners = self._trusted if self._uid is None else self._trusted | {self._uid}
        real, untrusted = resolve(path, self._trusted, self._uid)
        # Others may own the directory itself: it is reached through directories that they cannot change.
        if untrusted and (untrusted.path != real or os.path.islink(real)):
            raise _refusal(path, untrusted)
        here, movable_by = "/", None  # type: t.Tuple[str, t.Optional[int]]
        descriptor = os.open(here, _PASS)
        is_new = False
        try:
            for name in filter(None, real.split("/")):
                status = os.fstat(descriptor)
                untrusted = untrusted_directory(here, status, owners)
                if untrusted:
                    raise _refusal(path, untrusted)
                movable_by = movable_by if status.st_uid in self._trusted else status.st_uid
                here = os.path.join(here, name)
                is_new = not _exists(name, descriptor)
                if is_new and not change:
                    return
                if is_new:
                    os.mkdir(name, 0o700, dir_fd=descriptor)
                child = os.open(name, _PASS, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = child
                if is_new:
                    self._adjust(descriptor, path, here, movable_by, change, is_new)
            if not is_new:
                self._adjust(descriptor, path, here, movable_by, change, is_new)
        finally:
            os.close(descriptor)

    def _adjust(
        self, passing: int, path: str, here: str, movable_by: t.Optional[int], change: bool, is_new: bool
    ) -> None:
        """Give the directory of a descriptor its attributes."""
        descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=passing)
        try:
            status = os.fstat(descriptor)
            if movable_by is not None and status.st_uid != self._uid and os.listdir(descriptor):
                why = f"belongs to {user_name(status.st_uid)} and is not empty"
                remedy = f"Check whose files are in {here}, and run chown {self._uid} {here} if it is right to give them away"
                raise _refusal(path, Untrusted(here, user_name(movable_by), why, remedy))
            if not change:
                return
            if is_new:
                os.fchmod(descriptor, NEW_MODE)
                status = os.fstat(descriptor)
            uid, gid, mode = self._wanted(status)
            if (uid, gid) != (status.st_uid, status.st_gid):
                os.fchown(descriptor, uid, gid)
            os.fchmod(descriptor, mode)
            if is_new and self._module.selinux_enabled():
                context = self._module.selinux_default_context(here)
                # Not the path itself, in which links would be followed.
                self._module.set_context_if_different(f"/proc/self/fd/{descriptor}/.", context, False)
        finally:
            os.close(descriptor)


def _attributes(uid: int, gid: int, mode: int) -> Attributes:
    return {"owner": str(uid), "group": str(gid), "mode": f"{mode:04o}"}


def _directory_status(path: str) -> t.Optional[os.stat_result]:
    """Return the status of a directory, or None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status if stat.S_ISDIR(status.st_mode) else None


def _exists(name: str, directory: int) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _refusal(path: str, untrusted: Untrusted) -> Failure:
    return failure("validate", path, untrusted.cause, f"{untrusted.remedy}, {_OTHER_DIRECTORY}")
