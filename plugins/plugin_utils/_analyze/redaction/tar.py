# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write an archive that is the same for the same files: no owners, no times, no permissions but those of the owner."""

from __future__ import annotations

import contextlib
import tarfile
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.fleet import GzipWriter

FOLDER = "aqtive-guard-support"
"""The folder in the archive that contains everything."""


def write(path: Path, files: t.Mapping[str, Path]) -> None:
    """Write a new private ``tar.gz`` of files, by their names in the archive, in the order of the names."""
    with contextlib.closing(GzipWriter(path)) as compressed:
        # A stream of tar is only written to.
        stream = t.cast(t.BinaryIO, compressed)
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.USTAR_FORMAT) as archive:
            for name, file in sorted(files.items()):
                member = tarfile.TarInfo(f"{FOLDER}/{name}")
                member.size = file.stat().st_size
                member.mode = 0o600
                with file.open("rb") as content:
                    archive.addfile(member, content)
