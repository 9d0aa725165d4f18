# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pending change: the configuration file was changed, but the product has not been restarted with it successfully."""

import os
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error


class PendingChange:
    """A symbolic link on the VM to the backup of the last file that the product is known to run with."""

    def __init__(self, link: t.Optional[str]) -> None:
        self.link = link
        self._previous_target = None  # type: t.Optional[str]
        self._created = False

    @property
    def exists(self) -> bool:
        return self.link is not None and os.path.islink(self.link)

    @property
    def rollback_file(self) -> t.Optional[str]:
        """The file that the link leads to, or None if there is none."""
        if self.link is None or not self.exists:
            return None
        target = os.path.join(os.path.dirname(self.link), os.readlink(self.link))
        return target if os.path.isfile(target) else None

    def errors(self, backup: bool, creates_file: bool) -> t.Iterator[Error]:
        """Yield the reasons why the link cannot be created."""
        if self.link is None:
            return
        subject = f"pending_link {self.link}"
        if not backup:
            yield error("validate", subject, "leads to the backup, but no backup is requested", "Set backup to true")
        if creates_file:
            remedy = "Leave pending_link out, or create the file first"
            yield error("validate", subject, "leads to the backup, but there is no old file", remedy)
        if os.path.lexists(self.link) and not self.exists:
            yield error("validate", subject, "exists, but is not a symbolic link", "Choose an unused path")
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

    def _point_to(self, target: str) -> None:
        temporary = f"{self.link}.{os.getpid()}"
        os.symlink(target, temporary)
        try:
            os.replace(temporary, str(self.link))
        except OSError:
            os.unlink(temporary)
            raise
