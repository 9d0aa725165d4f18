# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import file_format

LOGS = b'{"level": "info", "log_type": "audit"}\n' * 2000


def tar(mode, form=tarfile.PAX_FORMAT, name="logs.json", contents=(LOGS,)):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as archive:
        for content in contents:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def zipped(**contents):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class Pipe(io.BytesIO):
    """A writer to a pipe cannot seek back to put a member's size before its content."""

    def seekable(self):
        return False

    def seek(self, *position):
        raise io.UnsupportedOperation

    tell = seek


def zipped_into_a_pipe(content):
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("logs.json", content)
    return pipe.getvalue()


# The header that must follow a long name is not one.
DAMAGED_LONG_NAME = tar("w", tarfile.GNU_FORMAT, "x" * 200, contents=[b""])[:1024] + b"x" * 512 + bytes(1024)

SAMPLES = {
    "records": ("text", LOGS),
    "one letter": ("text", b"x"),
    "stray bytes": ("text", b"\xff\xfe caf\xe9\n"),
    "text as long as a tar header": ("text", b"a" * 512),
    "gzip": ("gzip", gzip.compress(LOGS)),
    "gzip of one byte": ("gzip", gzip.compress(b"x")),
    "truncated gzip": ("gzip", gzip.compress(LOGS)[:20]),
    "gzip with a damaged body": ("gzip", gzip.compress(LOGS)[:10] + b"\xff" * 100),
    "ustar": ("tar", tar("w", tarfile.USTAR_FORMAT)),
    "gnu tar": ("tar", tar("w", tarfile.GNU_FORMAT, "x" * 200)),
    "pax tar": ("tar", tar("w", tarfile.PAX_FORMAT, "é" * 200)),
    "tar of a file whose name is one letter": ("tar", tar("w", name="x")),
    "tar.gz": ("tar.gz", tar("w:gz")),
    "truncated tar.gz": ("tar.gz", tar("w:gz")[:-40]),
    "tar that is truncated in its second header": ("tar", tar("w", contents=[b"", b"x"])[:700]),
    "tar that is truncated after its first header": ("tar", tar("w", contents=[b""])[:512]),
    "tar that is truncated in a long name": ("tar", tar("w", tarfile.GNU_FORMAT, "x" * 200, contents=[b""])[:600]),
    "tar with a damaged second header": ("tar", tar("w", contents=[b""])[:512] + b"x" * 512 + bytes(1024)),
    "tar with a damaged long name": ("tar", DAMAGED_LONG_NAME),
    "tar with bytes behind its end": ("tar", tar("w", contents=[b""]) + b"x"),
    "tar of an empty file and another": ("tar", tar("w", contents=[b"", b"x"])),
    "tar.gz of an empty file and another": ("tar.gz", tar("w:gz", contents=[b"", b"x"])),
    "zip": ("zip", zipped(logs=LOGS)),
    "zip of an empty file and another": ("zip", zipped(empty=b"", other=b"x")),
    "zip into a pipe": ("zip", zipped_into_a_pipe(LOGS)),
    "truncated zip": ("zip", zipped(empty=b"", logs=b"")[:-1]),
    "bzip2": ("bzip2", bz2.compress(LOGS)),
    "xz": ("xz", lzma.compress(LOGS)),
    "zstd": ("zstd", b"\x28\xb5\x2f\xfd\x04\x00\x09\x00\x00x"),
    "zeros": ("unknown", b"\x00" * 1024),
    "a program": ("unknown", b"\x7fELF\x02\x01\x01\x00"),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_format_is_identified_by_content(sample):
    expected, content = SAMPLES[sample]
    assert file_format.identify(content[: file_format.HEAD_SIZE]) == expected
    assert expected in file_format.ENDINGS


EMPTY = {
    "file": ("text", b""),
    "gzip": ("gzip", gzip.compress(b"")),
    "zip": ("zip", zipped()),
    "zip of empty files": ("zip", zipped(web=b"", worker=b"")),
    "zip of an empty file into a pipe": ("zip", zipped_into_a_pipe(b"")),
    "tar of an empty file": ("tar", tar("w", contents=[b""])),
    "tar.gz of empty files": ("tar.gz", tar("w:gz", contents=[b"", b""])),
    "gnu tar.gz of an empty file": ("tar.gz", tar("w:gz", tarfile.GNU_FORMAT, "x" * 200, contents=[b""])),
    "pax tar.gz of an empty file": ("tar.gz", tar("w:gz", tarfile.PAX_FORMAT, "é" * 200, contents=[b""])),
}


@pytest.mark.parametrize("sample", EMPTY)
def test_empty_files_and_archives_of_empty_files_are_empty(sample):
    form, content = EMPTY[sample]
    assert file_format.identify(content) == form
    assert file_format.is_empty(content) is True


@pytest.mark.parametrize("sample", SAMPLES)
def test_everything_else_is_not_empty(sample):
    assert file_format.is_empty(SAMPLES[sample][1][: file_format.HEAD_SIZE]) is False


@pytest.mark.parametrize("archive", ["tar", "zip"])
def test_archive_longer_than_the_head_is_not_empty(archive):
    many = [b""] * 1000 + [LOGS]
    content = tar("w", contents=many) if archive == "tar" else zipped(**{str(n): each for n, each in enumerate(many)})
    assert len(content) > file_format.HEAD_SIZE
    assert not file_format.is_empty(content[: file_format.HEAD_SIZE])


def test_gzip_member_after_an_empty_one_is_not_empty():
    assert not file_format.is_empty(gzip.compress(b"") + gzip.compress(LOGS))


@pytest.mark.parametrize(("size", "empty"), [(65536 - 512, True), (65536, False)])
def test_size_up_to_which_an_archive_can_be_empty(size, empty):
    archive = tar("w", contents=[b""])
    assert file_format.is_empty(archive.ljust(size, b"\0")) is empty


@pytest.mark.parametrize("size", [file_format.HEAD_SIZE, file_format.HEAD_SIZE + 512])
def test_gzip_of_an_archive_longer_than_the_head(size):
    content = gzip.compress(tar("w", contents=[b""]).ljust(size, b"\0"))
    assert file_format.is_empty(content) is (size == file_format.HEAD_SIZE)


def test_identification_decompresses_one_block():
    bomb = gzip.compress(b"\x00" * 50000000)
    assert len(file_format._start_of_gzip(bomb)) == 512


def test_endings_are_distinct_and_those_of_common_tools():
    endings = list(file_format.ENDINGS.values())
    assert len(set(endings)) == len(endings)
    assert endings == [
        *(".log.gz", ".tar.gz", ".tar", ".zip", ".log.bz2", ".log.xz", ".log.zst", ".log", ".bin"),
    ]


@given(st.binary(min_size=1, max_size=2048))
def test_any_bytes_have_a_format(head):
    assert file_format.identify(head) in file_format.ENDINGS


@given(st.text(min_size=1).map(str.encode).filter(lambda data: b"\x00" not in data))
def test_text_without_nul_is_not_a_tar_archive(data):
    assert file_format.identify(data) not in ("tar", "unknown")
