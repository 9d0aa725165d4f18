# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pending change: the configuration file was changed, but the product has not been restarted with it successfully."""

import contextlib
import os
import re
import stat
import time
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.trusted_path import (
    root_and_this_user,
    untrusted_writer,
    user_name,
)


def backup_name(path: str) -> str:
    """Return the path of a new backup of a file: the one that AnsibleModule.backup_local would choose."""
    return f"{path}.{os.getpid()}.{time.strftime('%Y-%m-%d@%H:%M:%S')}~"


class PendingChange:
    """A symbolic link on the VM to the backup of the last file that the product is known to run with.

    ``path`` is the configuration file, without symbolic links.
    """

    def __init__(self, link: t.Optional[str], path: str) -> None:
        self.link = link
        self.path = path
        self._previous_target = None  # type: t.Optional[str]
        self._created = False

    @property
    def exists(self) -> bool:
        return self.link is not None and os.path.islink(self.link)

    @property
    def rollback_file(self) -> t.Optional[str]:
        """The backup that the link leads to, or None if there is none."""
        target = self._target()
        return target if target is not None and self.unsuitable(target) is None else None

    def errors(self) -> t.Iterator[Error]:
        """Yield the reasons why the link must not be followed."""
        if self.link is None:
            return
        subject = f"pending_link {self.link}"
        directory, trusted = os.path.dirname(self.link), root_and_this_user()
        # The directory of the file is judged together with the file.
        untrusted = untrusted_writer(directory, trusted) if directory != os.path.dirname(self.path) else None
        if untrusted:
            yield error("validate", subject, untrusted.cause, untrusted.remedy)
            return
        if os.path.lexists(self.link) and not self.exists:
            yield error("validate", subject, "exists, but is not a symbolic link", "Choose an unused path")
        elif self.exists and os.lstat(self.link).st_uid not in trusted:
            cause = f"was created by {user_name(os.lstat(self.link).st_uid)}"
            yield error("validate", subject, cause, "Remove the link")
        target = self._target()
        unsuitable = self.unsuitable(target) if target is not None else None
        if target is not None and unsuitable is not None:
            remedy = f"Check who has created the link, compare {target} with the file, and remove the link"
            yield error("validate", subject, f"leads to {target}, which {unsuitable}", remedy)

    def creation_errors(self, backup: bool, creates_file: bool) -> t.Iterator[Error]:
        """Yield the reasons why the link cannot be created."""
        if self.link is None:
            return
        subject = f"pending_link {self.link}"
        if not backup:
            yield error("validate", subject, "leads to the backup, but no backup is requested", "Set backup to true")
        if creates_file:
            remedy = "Leave pending_link out, or create the file first"
            yield error("validate", subject, "leads to the backup, but there is no old file", remedy)
        if not os.path.isdir(os.path.dirname(self.link)):
            remedy = "Choose a path in an existing directory"
            yield error("validate", subject, "is in a directory that does not exist", remedy)

    def begin(self, backup: str) -> None:
        """Create the link atomically, unless an earlier change is pending and its backup still exists."""
        if self.link is None or self.rollback_file is not None:
            return
        self._previous_target = os.readlink(self.link) if self.exists else None
        self._point_to(backup)
        self._created = True

    def cancel(self) -> None:
        """Restore what ``begin`` has found."""
        if not self._created or self.link is None:
            return
        if self._previous_target is None:
            os.unlink(self.link)
        else:
            self._point_to(self._previous_target)
        self._created = False

    def _target(self) -> t.Optional[str]:
        """Return what the link leads to, or None where that does not exist."""
        if self.link is None or not self.exists:
            return None
        target = os.path.join(os.path.dirname(self.link), os.readlink(self.link))
        return target if os.path.lexists(target) else None

    def unsuitable(self, target: str) -> t.Optional[str]:
        """Return why a target is no backup that ``replace`` has created, as a predicate of it."""
        pattern = re.escape(os.path.basename(self.path)) + r"\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~"
        directory, name = os.path.split(target)
        if directory != os.path.dirname(self.path) or not re.fullmatch(pattern, name):
            return f"is not a backup of {self.path}"
        status = os.lstat(target)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            return "is not a regular file with a single name"
        owners = set(root_and_this_user())
        # A backup has the owner of the file, which may be the product's user.
        with contextlib.suppress(OSError):
            owners.add(os.lstat(self.path).st_uid)
        return None if status.st_uid in owners else f"belongs to the uid {status.st_uid}"

    def _point_to(self, target: str) -> None:
        temporary = f"{self.link}.{os.getpid()}"
        os.symlink(target, temporary)
        try:
            os.replace(temporary, str(self.link))
        except OSError:
            os.unlink(temporary)
            raise
