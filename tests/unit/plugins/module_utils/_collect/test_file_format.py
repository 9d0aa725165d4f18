# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc
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
    """A program that writes into a pipe cannot go back to tell a member's size before its content."""

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


SAMPLES = {
    "records": ("text", LOGS),
    "one letter": ("text", b"x"),
    "stray bytes": ("text", b"\xff\xfe caf\xe9\n"),
    "text as long as a tar header": ("text", b"a" * 512),
    "gzip": ("gzip", gzip.compress(LOGS)),
    "gzip of next to nothing": ("gzip", gzip.compress(b"x")),
    "gzip cut short": ("gzip", gzip.compress(LOGS)[:20]),
    "gzip with a broken body": ("gzip", gzip.compress(LOGS)[:10] + b"\xff" * 100),
    "ustar": ("tar", tar("w", tarfile.USTAR_FORMAT)),
    "gnu tar": ("tar", tar("w", tarfile.GNU_FORMAT, "x" * 200)),
    "pax tar": ("tar", tar("w", tarfile.PAX_FORMAT, "é" * 200)),
    "tar.gz": ("tar.gz", tar("w:gz")),
    "tar.gz cut short": ("tar.gz", tar("w:gz")[:-40]),
    "tar of an empty file and another": ("tar", tar("w", contents=[b"", b"x"])),
    "tar.gz of an empty file and another": ("tar.gz", tar("w:gz", contents=[b"", b"x"])),
    "zip": ("zip", zipped(logs=LOGS)),
    "zip of an empty file and another": ("zip", zipped(empty=b"", other=b"x")),
    "zip into a pipe": ("zip", zipped_into_a_pipe(LOGS)),
    "zip cut short": ("zip", zipped(empty=b"", logs=b"")[:-1]),
    "bzip2": ("bzip2", bz2.compress(LOGS)),
    "xz": ("xz", lzma.compress(LOGS)),
    "zstd": ("zstd", b"\x28\xb5\x2f\xfd\x04\x00\x09\x00\x00x"),
    "noughts": ("unknown", b"\x00" * 1024),
    "a program": ("unknown", b"\x7fELF\x02\x01\x01\x00"),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_format_is_told_by_content(sample):
    expected, content = SAMPLES[sample]
    assert file_format.identify(content[: file_format.HEAD_SIZE]) == expected


NOTHING = {
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


@pytest.mark.parametrize("sample", NOTHING)
def test_nothing_is_nothing_compressed_or_not(sample):
    form, content = NOTHING[sample]
    assert file_format.identify(content) == form
    assert file_format.is_empty(content)


@pytest.mark.parametrize("sample", SAMPLES)
def test_everything_else_is_something(sample):
    assert not file_format.is_empty(SAMPLES[sample][1][: file_format.HEAD_SIZE])


@pytest.mark.parametrize("archive", ["tar", "zip"])
def test_what_follows_many_empty_files_is_something(archive):
    many = [b""] * 1000 + [LOGS]
    content = tar("w", contents=many) if archive == "tar" else zipped(**{str(n): each for n, each in enumerate(many)})
    assert len(content) > file_format.HEAD_SIZE
    assert not file_format.is_empty(content[: file_format.HEAD_SIZE])


def test_members_after_an_empty_one_are_something():
    assert not file_format.is_empty(gzip.compress(b"") + gzip.compress(LOGS))


def test_no_more_is_decompressed_than_a_header():
    bomb = gzip.compress(b"\x00" * 50000000)
    assert len(file_format._start_of_gzip(bomb)) == 512


RANDOM = bytes((number * 7919 >> 3) & 255 for number in range(200_000))
PACKED = gzip.compress(RANDOM)


def fault_of(data, step=1000):
    check = file_format.GzipCheck()
    for start in range(0, len(data), step):
        check.feed(data[start : start + step])
    return check.fault()


@pytest.mark.parametrize("step", [7, 1000, 1 << 20])
@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(PACKED, id="one member"),
        pytest.param(gzip.compress(b""), id="nothing"),
        pytest.param(PACKED + gzip.compress(b"") + PACKED, id="members"),
        pytest.param(PACKED + b"\x00" * 5000, id="padded"),
        pytest.param(PACKED + b"not of it", id="followed by something else"),
        pytest.param(gzip.compress(bytes(50_000_000)), id="blown up"),
    ],
)
def test_a_whole_gzip_file_has_no_fault(whole, step):
    assert fault_of(whole, step) is None


@pytest.mark.parametrize("kept", [10, len(PACKED) // 2, -8, -1, len(PACKED) + 12], ids=str)
def test_a_gzip_file_that_ends_too_early_is_cut_off(kept):
    assert fault_of((PACKED + PACKED)[len(PACKED) if kept < 0 else 0 :][:kept]) == "is cut off"


@pytest.mark.parametrize("place", [len(PACKED) // 2, -6, -2], ids=["in its data", "in its checksum", "in its length"])
def test_a_gzip_file_with_a_flipped_bit_is_damaged(place):
    data = bytearray(PACKED)
    data[place] ^= 16
    assert fault_of(bytes(data)) in ("is damaged", "is cut off")


def test_checking_blows_nothing_up():
    bomb = gzip.compress(bytes(100_000_000)) * 10
    check = file_format.GzipCheck()
    tracemalloc.start()
    check.feed(bomb)
    assert check.fault() is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_every_format_has_an_ending_of_its_own():
    assert len(set(file_format.ENDINGS.values())) == len(file_format.ENDINGS)


@given(st.binary(min_size=1, max_size=2048))
def test_whatever_the_bytes_there_is_an_answer(head):
    assert file_format.identify(head) in file_format.ENDINGS


@given(st.text(min_size=1).map(str.encode).filter(lambda data: b"\x00" not in data))
def test_text_without_nul_is_never_taken_for_a_tar_archive(data):
    assert file_format.identify(data) not in ("tar", "unknown")
