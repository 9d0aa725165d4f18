# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import bz2
import gzip
import importlib.util
import io
import lzma
import random
import sys
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import file_format, integrity

LOGS = b'{"level": "info", "log_type": "audit"}\n' * 2000
RANDOM = bytes((number * 7919 >> 3) & 255 for number in range(200_000))
PACKED = gzip.compress(RANDOM)


def defect_of(data, step=1000, file_type="gzip"):
    check = integrity.check_of(file_type)
    for start in range(0, len(data), step):
        check.feed(data[start : start + step])
    return check.defect(io.BytesIO(data))


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
        pytest.param(gzip.compress(bytes(20_000_000)), id="high ratio"),
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
    assert len(LOGS) * 50 > integrity._MAXIMUM_RATIO * len(packed)
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
    bomb = gzip.compress(bytes(30_000_000)) * 10
    check = integrity.check_of("gzip")
    tracemalloc.start()
    check.feed(bomb)
    assert check.defect(io.BytesIO()) is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


COMPRESS = {"gzip": gzip.compress, "tar.gz": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


def zipped(*contents, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for number, content in enumerate(contents):
            archive.writestr(str(number), content)
    return buffer.getvalue()


@pytest.mark.parametrize("file_type", sorted(COMPRESS))
class TestStreams:
    @pytest.mark.parametrize("step", [7, 1 << 20])
    def test_complete(self, file_type, step):
        packed = COMPRESS[file_type](RANDOM)
        for complete in (packed, packed * 3, packed + bytes(8), packed + bytes(8) + packed, packed + b"garbage"):
            assert defect_of(complete, step, file_type) is None

    @pytest.mark.parametrize("missing", [1, 6, 10_000])
    @pytest.mark.parametrize("members", [1, 2])
    def test_truncated(self, file_type, missing, members):
        packed = COMPRESS[file_type](RANDOM) * members
        assert defect_of(packed[:-missing], file_type=file_type) == "is truncated"

    def test_flipped_bits(self, file_type):
        packed = bytearray(COMPRESS[file_type](RANDOM))
        packed[len(packed) // 2] ^= 255
        packed[len(packed) // 2 + 1] ^= 255
        assert defect_of(bytes(packed), file_type=file_type) in ("is damaged", "is truncated")

    def test_what_follows_the_output_of_one_step_is_read(self, file_type):
        content = random.Random(1).getrandbits(8 << 20).to_bytes(1 << 20, "big")
        packed = COMPRESS[file_type](content + bytes(3 << 20))
        assert defect_of(packed, len(packed), file_type) is None
        assert defect_of(packed[:-1], len(packed), file_type) == "is truncated"

    def test_a_bomb_is_not_decompressed(self, file_type):
        bomb = COMPRESS[file_type](bytes(20_000_000))
        check = integrity.check_of(file_type)
        check.feed(bomb[:-1])
        assert check._decompressed < 10_000_000
        assert check.defect(io.BytesIO()) is None


def test_xz_file_that_needs_much_memory_is_not_judged():
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 512 << 20}]
    check = integrity.check_of("xz")
    # A decompressor with that much memory would find that it is truncated.
    check.feed(lzma.compress(b"x", filters=filters)[:-1])
    assert check.defect(io.BytesIO()) is None


class TestZip:
    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_complete(self, method):
        assert defect_of(zipped(LOGS, b"", RANDOM, method=method), file_type="zip") is None
        assert defect_of(zipped(method=method), file_type="zip") is None

    @pytest.mark.parametrize("missing", [1, 30, 10_000])
    def test_truncated(self, missing):
        assert defect_of(zipped(RANDOM)[:-missing], file_type="zip") == "is truncated"

    @pytest.mark.parametrize("number", [0, 1])
    def test_flipped_bits_in_any_member(self, number):
        contents = [LOGS, LOGS]
        packed = zipped(*contents, method=zipfile.ZIP_STORED)
        position = packed.index(LOGS) if number == 0 else packed.rindex(LOGS)
        damaged = bytearray(packed)
        damaged[position + 100] ^= 1
        assert defect_of(bytes(damaged), file_type="zip") == "is damaged"

    def test_encrypted_members_are_not_judged(self):
        packed = bytearray(zipped(LOGS))
        for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            packed[packed.index(header) + flags] |= 1
        assert defect_of(bytes(packed), file_type="zip") is None

    @pytest.mark.parametrize(("size", "defect"), [((1 << 20) - 1, "is damaged"), (1 << 20, None)])
    def test_members_behind_one_mebibyte_of_a_small_file_are_not_judged(self, size, defect):
        packed = bytearray(zipped(bytes(size), LOGS))
        packed[packed.rindex(b"PK\x01\x02") + 16] ^= 1  # the checksum of the second member
        assert defect_of(bytes(packed), file_type="zip") == defect

    def test_a_bomb_is_not_decompressed(self, monkeypatch):
        packed = zipped(bytes(20_000_000), bytes(20_000_000))
        read = []
        original = zipfile.ZipExtFile.read
        monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, size: read.append(size) or original(self, size))
        assert defect_of(packed, len(packed), "zip") is None
        assert sum(read) <= integrity._MAXIMUM_RATIO * len(packed) + (2 << 20)


@pytest.mark.parametrize("file_type", sorted(file_format.ENDINGS))
@given(data=st.binary(max_size=100))
def test_any_bytes_can_be_checked(file_type, data):
    assert defect_of(data, 10, file_type) in (None, "is damaged", "is truncated")


@pytest.mark.parametrize("file_type", ["text", "tar", "zstd", "unknown"])
def test_formats_without_a_check(file_type):
    assert defect_of(LOGS[:-1], file_type=file_type) is None


def test_python_without_bz2_and_lzma_checks_the_other_formats(monkeypatch):
    monkeypatch.setitem(sys.modules, "lzma", None)
    specification = importlib.util.spec_from_file_location("without_lzma", integrity.__file__)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    assert not module.HAS_BZ2_AND_LZMA
    for file_type in ("bzip2", "xz"):
        assert module.check_of(file_type).__class__ is module.Check
    check = module.check_of("gzip")
    check.feed(PACKED[:-1])
    assert check.defect(io.BytesIO()) == "is truncated"
