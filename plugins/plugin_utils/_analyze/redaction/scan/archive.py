# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scan a finished archive as its recipient would read it, and refuse it if there is anything in it that must not be."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import tarfile
import typing as t
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.known_values import Collected
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan import grammar, pages
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.blocks import (
    Blocks,
    Place,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.records import Hit
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.texts import TextScan

with contextlib.suppress(ImportError):  # see libraries.py
    from isal import igzip

_MEMBER = re.compile(
    rf"aqtive-guard-support/(?P<name>records/(?:merged|{grammar.TOKEN.pattern})\.jsonl\.gz|findings\.json|report\.html|manifest\.json|SHA256SUMS)"
)
_GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_CHECKSUMS = "SHA256SUMS"
_MERGED = "records/merged.jsonl.gz"
_BUFFER = 128 << 10
_LISTED = 10


class Scan:
    """Knows what must not be in an archive."""

    def __init__(self, known: Collected) -> None:
        self._texts = TextScan(known)

    def require_clean(self, archive: Path, workers: int) -> None:
        """Raise a ``Failure`` that says where something was found, but not what, if anything was."""
        try:
            places = self._find(archive, workers)
        except (OSError, EOFError, tarfile.TarError, ValueError, BrokenProcessPool) as problem:
            cause = f"could not be scanned: {type(problem).__name__}"
            raise failure(
                "check", "The archive", cause, "Check the free disk space and memory, and create it again"
            ) from problem
        if places:
            shown = "; ".join(f"{file}, line {hit.line}, {hit.field}: {hit.what}" for file, hit in places[:_LISTED])
            more = f"; and {len(places) - _LISTED} more" if len(places) > _LISTED else ""
            cause = f"was not created, because the scan has found what must not be in it: {shown}{more}"
            remedy = (
                "Look at these places in merged.jsonl.gz of the analysis, and report this as a defect of the collection"
            )
            raise failure("check", "The archive", cause, remedy)

    def _find(self, archive: Path, workers: int) -> list[Place]:
        """Return what is in an archive.

        The merged log needs no scan of its own if it has the same lines as the logs of the VMs, which are scanned.
        """
        places, sums = self._read(archive, workers, unscanned=_MERGED)
        if places or sums[_MERGED] == sum(sums.values()) - sums[_MERGED]:
            return places
        return self._read(archive, workers, unscanned=None)[0]

    def _read(self, archive: Path, workers: int, unscanned: str | None) -> tuple[list[Place], t.Mapping[str, int]]:
        places = [(archive.name, Hit(0, "name", what)) for what in [self._texts.first(archive.name)] if what]
        checksums: dict[str, str] = {}
        stated = ""
        with Blocks(self._texts, workers) as blocks, archive.open("rb") as compressed:
            _require_header(compressed)
            with igzip.open(compressed) as stream, tarfile.open(fileobj=stream, mode="r|") as members:
                for member in members:
                    digesting = _Digesting(members.extractfile(member))
                    content = io.BufferedReader(digesting, _BUFFER)
                    name = _name(member)
                    if name.endswith(".jsonl.gz"):
                        _require_header(content)
                        places += blocks.read(name, igzip.open(content), is_scanned=name != unscanned)
                    elif name == _CHECKSUMS:
                        stated = content.read().decode()
                        continue
                    else:
                        places += [(name, hit) for hit in self._of_text(name, content.read().decode())]
                    checksums[name] = digesting.digest.hexdigest()
            places += blocks.rest()
        if stated != "".join(f"{digest}  {name}\n" for name, digest in sorted(checksums.items())):
            places.append((_CHECKSUMS, Hit(0, "checksums", "text other than the checksums of the files")))
        return places, blocks.sums

    def _of_text(self, name: str, text: str) -> list[Hit]:
        texts = pages.of_html(text) if name.endswith(".html") else pages.of_json(text)
        return [Hit(index, "text", what) for index, what in self._texts.find(texts)]


def _name(member: tarfile.TarInfo) -> str:
    """Return the name of a member below the archive's folder. Raise ``ValueError`` if its header says anything else."""
    match = _MEMBER.fullmatch(member.name)
    says_more = member.uname or member.gname or member.uid or member.gid or member.mtime or member.pax_headers
    if not match or says_more or not member.isreg() or member.mode != 0o600:
        raise ValueError("a header of the archive says more than it should")
    return match["name"]


def _require_header(stream: io.BufferedReader[t.Any]) -> None:
    """Raise ``ValueError`` unless a gzip file begins with a header without name and time."""
    if not stream.peek(len(_GZIP_HEADER)).startswith(_GZIP_HEADER):
        raise ValueError("a header of gzip says more than it should")


class _Digesting(io.RawIOBase):
    """Reads a member of a tar stream, and calculates its checksum."""

    def __init__(self, stream: t.IO[bytes] | None) -> None:
        if stream is None:
            raise ValueError("a member of the archive is no file")
        self._stream = stream
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        data = self._stream.read(len(buffer))
        self.digest.update(data)
        buffer[: len(data)] = data
        return len(data)
