# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the texts in a file, whatever it is compressed with and nested in: by content, never by name."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading import tar_archive, zip_archive
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.decompression import Concatenated
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.decompressors import method
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.source import (
    Budget,
    Damaged,
    Files,
    Source,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.streams import FileStream, Stream
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import open_regular_file

DEPTH_LIMIT = 3
"""Containers that may be nested in each other. A compressed tar archive is one."""

Text = tuple[Source, Stream]
_HEAD = 512


def texts(path: Path, name: str, files: Files) -> t.Iterator[Text]:
    """Yield every text in a file, each to be read before the next one. Damage is reported, and ends no more than it must."""
    try:
        stream = open_regular_file(path)
    except OSError:
        files.add(name, Budget(0)).report("file_unreadable")
        return
    with stream:
        source = files.add(name, Budget.of(os.fstat(stream.fileno()).st_size))
        yield from _texts(FileStream(stream, source.report), source, 0, False)


def _texts(stream: Stream, source: Source, depth: int, is_decompressed: bool) -> t.Iterator[Text]:
    """Yield the texts in a stream that is nested in so many containers."""
    head = stream.peek(_HEAD)
    decompressor = method(head)
    is_tar = tar_archive.is_header(head[:_HEAD])
    is_container = decompressor or is_tar or head.startswith(zip_archive.MAGIC)
    if is_container and depth >= DEPTH_LIMIT and not (is_tar and is_decompressed):
        source.report("nested_archives")
    elif decompressor:
        yield from _texts(Concatenated(stream, decompressor, source), source, depth + 1, True)
    elif is_container:
        members = tar_archive.members(stream, source) if is_tar else zip_archive.members(stream, source)
        try:
            for member, content in members:
                yield from _texts(content, member, depth if is_tar and is_decompressed else depth + 1, False)
        except Damaged as damaged:
            source.report(damaged.rule)
    elif head:
        yield source, stream
