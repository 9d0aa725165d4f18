# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import bz2
import gzip
import io
import lzma
import random
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


RANDOM = bytes((number * 7919 >> 3) & 255 for number in range(200_000))
PACKED = gzip.compress(RANDOM)


def defect_of(data, step=1000):
    check = file_format.GzipCheck()
    for start in range(0, len(data), step):
        check.feed(data[start : start + step])
    return check.defect()


@pytest.mark.parametrize("step", [7, 1000, 1 << 20])
@pytest.mark.parametrize(
    "complete",
    [
        pytest.param(PACKED, id="one member"),
        pytest.param(gzip.compress(b""), id="empty"),
        pytest.param(PACKED + gzip.compress(b"") + PACKED, id="several members"),
        pytest.param(PACKED + b"\x00" * 5000, id="padded"),
        pytest.param(PACKED + b"garbage", id="followed by garbage"),
        pytest.param(PACKED + b"\x00garbage\x1f" + PACKED[:20], id="followed by padding and garbage"),
        pytest.param(gzip.compress(bytes(50_000_000)), id="high ratio"),
    ],
)
def test_complete_gzip_file(complete, step):
    assert defect_of(complete, step) is None


@pytest.mark.parametrize("kept", [10, len(PACKED) // 2, -8, -1, len(PACKED) + 12], ids=str)
def test_truncated_gzip_file(kept):
    assert defect_of((PACKED + PACKED)[len(PACKED) if kept < 0 else 0 :][:kept]) == "is truncated"


@pytest.mark.parametrize("place", [len(PACKED) // 2, -6, -2], ids=["in its data", "in its checksum", "in its length"])
def test_gzip_file_with_a_flipped_bit(place):
    data = bytearray(PACKED)
    data[place] ^= 16
    assert defect_of(bytes(data)) in ("is damaged", "is truncated")


def test_damaged_member_behind_a_good_one():
    damaged = bytearray(PACKED)
    damaged[-6] ^= 16
    assert defect_of(PACKED + bytes(damaged) + PACKED) == "is damaged"


def test_truncated_member_whose_first_byte_arrives_alone():
    assert defect_of(PACKED + PACKED[:-1], len(PACKED) + 1) == "is truncated"


def test_truncated_member_behind_padding():
    assert defect_of(PACKED + bytes(512) + PACKED[:-1]) == "is truncated"


def test_decompression_stops_at_a_high_ratio():
    packed = gzip.compress(LOGS * 50)
    assert len(LOGS) * 50 > file_format._MAXIMUM_RATIO * len(packed)
    assert defect_of(packed[:-1]) is None


@pytest.mark.parametrize(("ratio", "defect"), [(99.5, "is truncated"), (100.5, None)])
def test_file_is_checked_up_to_a_ratio_of_100(ratio, defect):
    incompressible = random.Random(1).getrandbits(8 * 20_000).to_bytes(20_000, "big")
    zeros = 2_000_000
    for dummy in range(10):
        content = incompressible + bytes(zeros)
        packed = gzip.compress(content)
        zeros = int(ratio * len(packed)) - 20_000
    assert int(ratio) * len(packed) < len(content) < (int(ratio) + 1) * (len(packed) - 1)
    assert defect_of(packed, len(packed)) is None
    assert defect_of(packed[:-1], len(packed)) == defect


def test_large_file_is_checked_to_its_end():
    packed = gzip.compress(random.Random(1).getrandbits(8 * (3 << 20)).to_bytes(3 << 20, "big"), 1)
    assert defect_of(packed, 1 << 20) is None
    assert defect_of(packed[:-1], 1 << 20) == "is truncated"


def test_output_that_is_pending_after_the_last_byte():
    content = random.Random(1).getrandbits(8 * 100_000).to_bytes(100_000, "big") + bytes(5 << 20)
    assert defect_of(gzip.compress(content), 1 << 20) is None
    assert defect_of(gzip.compress(content)[:-1], 1 << 20) == "is truncated"


def test_small_file_is_checked_whatever_its_ratio():
    packed = gzip.compress(bytes(1 << 20))
    assert defect_of(packed) is None
    assert defect_of(packed[:-1]) == "is truncated"
    assert defect_of(gzip.compress(bytes((1 << 20) + 1))[:-1]) is None


def test_checking_takes_little_memory():
    bomb = gzip.compress(bytes(100_000_000)) * 10
    check = file_format.GzipCheck()
    tracemalloc.start()
    check.feed(bomb)
    assert check.defect() is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


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
