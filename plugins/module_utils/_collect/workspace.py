# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files and directories of a running command, all inside one private directory."""

import contextlib
import os
import typing as t


class Workspace:
    """Where the vendor's command runs and where its output goes."""

    def __init__(self, private: str) -> None:
        self.private = private
        self.directory = os.path.join(private, "work")
        self.temporary = os.path.join(private, "temporary")
        self.stdout = os.path.join(private, "stdout")
        self.stderr = os.path.join(private, "stderr")

    def create(self) -> None:
        """Create the directories."""
        os.mkdir(self.directory, 0o700)
        os.mkdir(self.temporary, 0o700)

    def entries(self) -> t.Dict[str, os.stat_result]:
        """Return what the command left in its working directory, sorted by name; links are not followed."""
        with os.scandir(self.directory) as entries:
            return {
                entry.name: entry.stat(follow_symlinks=False) for entry in sorted(entries, key=lambda each: each.name)
            }

    def bytes_written(self) -> int:
        """Return the size of the largest file that may become the bundle."""
        paths = [self.stdout]
        # The command may remove its files, and a cancelled job has lost its directory.
        with contextlib.suppress(FileNotFoundError):
            paths += [os.path.join(self.directory, name) for name in os.listdir(self.directory)]
        largest = 0
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                largest = max(largest, os.lstat(path).st_size)
        return largest
