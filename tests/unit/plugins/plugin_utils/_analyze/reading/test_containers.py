# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import bz2
import functools
import gzip
import io
import lzma
import os
import random
import tarfile
import zipfile
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading import source as source_module
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.containers import texts
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.lines import split
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.source import Files
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.damage import RULES, DamageLog

LINES = [b"line %d of a text\n" % number for number in range(5000)]
TEXT = b"".join(LINES)


def tar(*files, kind="w", **options):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=kind, **options) as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


class Pipe(io.BytesIO):
    """What cannot seek gets data descriptors in a zip archive."""

    def seekable(self):
        return False

    def seek(self, *dummy):
        raise io.UnsupportedOperation

    def tell(self):
        raise io.UnsupportedOperation


def zipped(*files, method=zipfile.ZIP_DEFLATED, stream=None, **options):
    stream = stream or io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in files:
            with archive.open(name, "w", **options) as member:
                member.write(data)
    return stream.getvalue()


def read(data, tmp_path, name="bundle"):
    path = tmp_path / name
    path.write_bytes(data)
    files = Files(DamageLog())
    contents = {}
    for source, stream in texts(path, name, files):
        contents[files.names[source.number]] = b"".join(line for block in split(stream) for line in block.lines)
    return contents, [(files.names[each.file], each.line, each.rule) for each in files.damage.listed]


COMPRESS = {
    "gzip": gzip.compress,
    "gzip with all header fields": lambda data: (
        b"\x1f\x8b\x08\x1e\0\0\0\0\0\3\3\0abcname\0comment\0hc" + gzip.compress(data, mtime=0)[10:]
    ),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "zstd in small frames": lambda data: b"".join(
        zstandard.ZstdCompressor().compress(data[i : i + 999]) for i in range(0, len(data), 999)
    ),
    "two gzip members": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]),
    "two bzip2 streams": lambda data: bz2.compress(data[:1000]) + bz2.compress(data[1000:]),
    "two xz streams with padding": lambda data: lzma.compress(data[:1000]) + b"\0" * 8 + lzma.compress(data[1000:]),
    "gzip with padding": lambda data: gzip.compress(data) + b"\0" * 100_000,
}


@pytest.mark.parametrize("method", COMPRESS)
def test_compressed_text_is_read(method, tmp_path):
    assert read(COMPRESS[method](TEXT), tmp_path) == ({"bundle": TEXT}, [])


@pytest.mark.parametrize("data", [TEXT, TEXT[:100], b"x", b"PK\n", b"\x1f\x8b\n"])
def test_plain_text_is_read(data, tmp_path):
    assert read(data, tmp_path) == ({"bundle": data if data.endswith(b"\n") else data + b"\n"}, [])


def test_empty_file_has_no_text(tmp_path):
    assert read(b"", tmp_path) == ({}, [])


def test_concatenated_streams_are_read_wherever_they_meet(tmp_path):
    chance = random.Random(1)
    for size in range(65500, 65560, 7):
        first = gzip.compress(chance.randbytes(size).replace(b"\n", b"x") + b"\n", 0)
        assert read(first + gzip.compress(b"end\n"), tmp_path)[0]["bundle"].endswith(b"\nend\n")


ARCHIVES = {
    "ustar": lambda *files: tar(*files, format=tarfile.USTAR_FORMAT),
    "pax": lambda *files: tar(*files, format=tarfile.PAX_FORMAT),
    "gnu": lambda *files: tar(*files, format=tarfile.GNU_FORMAT),
    "zip": zipped,
    "stored zip": lambda *files: zipped(*files, method=zipfile.ZIP_STORED),
    "bzip2 zip": lambda *files: zipped(*files, method=zipfile.ZIP_BZIP2),
    "zip64": lambda *files: zipped(*files, force_zip64=True),
    "zip with descriptors": lambda *files: zipped(*files, stream=Pipe()),
    "zip64 with descriptors": lambda *files: zipped(*files, stream=Pipe(), force_zip64=True),
}
FILES = [("var/log/a.log", TEXT), ("empty", b""), ("b.log", b"b\n"), ("c.log.gz", gzip.compress(TEXT))]
EXPECTED = {"bundle/var/log/a.log": TEXT, "bundle/b.log": b"b\n", "bundle/c.log.gz": TEXT}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_every_file_of_an_archive_is_read(kind, tmp_path):
    assert read(ARCHIVES[kind](*FILES), tmp_path) == (EXPECTED, [])


@pytest.mark.parametrize("method", COMPRESS)
def test_compressed_archive_of_compressed_files_is_read(method, tmp_path):
    assert read(COMPRESS[method](tar(*FILES)), tmp_path) == (EXPECTED, [])


@pytest.mark.parametrize("kind", ["pax", "gnu"])
def test_long_name_is_read(kind, tmp_path):
    assert list(read(ARCHIVES[kind](("x" * 200, b"x\n"), ("y", b"y\n")), tmp_path)[0]) == [
        "bundle/" + "x" * 200,
        "bundle/y",
    ]


def test_size_in_an_extended_header_counts(tmp_path):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("a")
        info.size, info.pax_headers = len(TEXT), {"size": str(len(TEXT)), "comment": "x"}
        archive.addfile(info, io.BytesIO(TEXT))
    assert read(stream.getvalue(), tmp_path) == ({"bundle/a": TEXT}, [])


@pytest.mark.parametrize(
    "records", [b"x", b"0 \n", b"99 path=a\n", b"9" * 5000 + b" path=a\n", b" path=a\n", b"-5 path=a\n"]
)
def test_damaged_extended_header_hides_no_file(records, tmp_path):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(records)
    data = info.tobuf() + records + b"\0" * (-len(records) % 512) + tar(("a", b"a\n"))
    assert read(data, tmp_path) == ({"bundle/a": b"a\n"}, [("bundle", 0, "archive_damaged")])


def test_size_that_is_no_number_hides_no_other_file(tmp_path):
    records = b"5013 size=" + b"9" * 5002 + b"\n"
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(records)
    data = info.tobuf() + records + b"\0" * (-len(records) % 512) + tar(("a", b""), ("b", b"b\n"))
    assert read(data, tmp_path)[0] == {"bundle/b": b"b\n"}


def test_size_of_a_file_is_not_that_of_the_header_in_front_of_it(tmp_path):
    size = b"13 size=1000\n"
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(size)
    name = tarfile.TarInfo("x")
    name.type, name.size = tarfile.GNUTYPE_LONGNAME, 4
    member = tarfile.TarInfo("short")
    data = info.tobuf() + size + b"\0" * (512 - len(size)) + name.tobuf() + b"long" + b"\0" * 508
    data += member.tobuf() + TEXT[:1000] + b"\0" * 24 + b"\0" * 1024
    contents, damage = read(data, tmp_path)
    assert damage == [] and contents == {"bundle/long": TEXT[:1000] + b"\n"}


def test_containers_may_be_nested_three_deep(tmp_path):
    data = zipped(("a.tar.gz", gzip.compress(tar(("b.gz", gzip.compress(TEXT))))))
    assert read(data, tmp_path) == ({"bundle/a.tar.gz/b.gz": TEXT}, [])
    assert read(gzip.compress(data), tmp_path) == ({}, [("bundle/a.tar.gz/b.gz", 0, "nested_archives")])


def test_file_behind_one_that_is_nested_too_deep_is_read(tmp_path):
    deep = gzip.compress(gzip.compress(gzip.compress(TEXT)))
    contents, damage = read(zipped(("deep", deep), ("b", b"b\n")), tmp_path)
    assert contents == {"bundle/b": b"b\n"}
    assert damage == [("bundle/deep", 0, "nested_archives")]


@functools.cache
def random_text():
    chance = random.Random(1)
    return b"".join(b"%d\n" % chance.getrandbits(256) for number in range(20_000))


@functools.cache
def compressed_random_text(method):
    return COMPRESS[method](random_text())


@pytest.mark.parametrize("method", ["gzip", "bzip2", "xz", "zstd"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_truncated_file_is_read_up_to_its_end(method, part, tmp_path):
    text, data = random_text(), compressed_random_text(method)
    contents, damage = read(data[: int(len(data) * part)], tmp_path)
    assert damage == [("bundle", 0, "truncated")]
    got = contents.get("bundle", b"\n")
    assert text.startswith(got[:-1])
    assert len(got) > len(text) * part - 1_000_000


def test_truncated_gzip_loses_no_line_that_can_be_decompressed(tmp_path):
    data = gzip.compress(TEXT)[:-9]
    assert zlib.decompressobj(31).decompress(data)[-20:] in read(data, tmp_path)[0]["bundle"]


def test_wrong_checksum_of_gzip_costs_no_line(tmp_path):
    data = bytearray(gzip.compress(TEXT))
    data[-6] ^= 1
    assert read(bytes(data), tmp_path) == ({"bundle": TEXT}, [("bundle", 0, "checksum")])


@pytest.mark.parametrize("kind", ["zip", "stored zip", "zip with descriptors"])
def test_wrong_checksum_in_a_zip_archive_costs_no_line(kind, tmp_path):
    data = bytearray(ARCHIVES[kind](("a", TEXT), ("b", TEXT)))
    crc = zlib.crc32(TEXT).to_bytes(4, "little")
    data[data.index(crc)] ^= 1
    contents, damage = read(bytes(data), tmp_path)
    assert contents == {"bundle/a": TEXT, "bundle/b": TEXT}
    assert damage == [("bundle/a", 0, "checksum")]


def test_bytes_behind_the_end_are_reported(tmp_path):
    assert read(gzip.compress(TEXT) + b"garbage", tmp_path) == ({"bundle": TEXT}, [("bundle", 0, "trailing_bytes")])
    contents, damage = read(tar(("a", TEXT)) + b"garbage" * 100, tmp_path)
    assert (contents, damage) == ({"bundle/a": TEXT}, [("bundle", 0, "trailing_bytes")])


def test_corrupt_member_does_not_hide_the_next_one(tmp_path):
    packed = bytearray(gzip.compress(TEXT))
    packed[20:400] = b"\xff" * 380
    contents, damage = read(tar(("a.gz", bytes(packed)), ("b.gz", gzip.compress(TEXT))), tmp_path)
    assert contents["bundle/b.gz"] == TEXT
    assert [each[0] for each in damage] == ["bundle/a.gz"]


def test_truncated_tar_names_the_file_that_is_cut(tmp_path):
    contents, damage = read(tar(("a", TEXT), ("b", TEXT))[: len(TEXT) + 5000], tmp_path)
    assert contents["bundle/a"] == TEXT
    assert TEXT.startswith(contents["bundle/b"][:-1])
    assert damage == [("bundle/b", 0, "truncated"), ("bundle", 0, "truncated")]


def test_tar_without_its_end_is_truncated(tmp_path):
    contents, damage = read(tar(("a", b"a\n"))[:1024], tmp_path)
    assert (contents, damage) == ({"bundle/a": b"a\n"}, [("bundle", 0, "truncated")])


def test_tar_is_read_behind_a_damaged_header(tmp_path):
    data = bytearray(tar(("a", TEXT), ("b", TEXT), ("c", TEXT)))
    second = 512 + len(TEXT) + -len(TEXT) % 512
    data[second + 130] ^= 1
    contents, damage = read(bytes(data), tmp_path)
    assert contents == {"bundle/a": TEXT, "bundle/c": TEXT}
    assert damage == [("bundle", 0, "archive_damaged")]


def test_appended_tar_archives_are_read(tmp_path):
    contents, damage = read(tar(("a", b"a\n")) + tar(("b", b"b\n")), tmp_path)
    assert (contents, damage) == ({"bundle/a": b"a\n", "bundle/b": b"b\n"}, [])


def test_truncated_zip_is_read_without_its_directory(tmp_path):
    data = zipped(("a", TEXT), ("b", TEXT))
    contents, damage = read(data[: len(data) // 2], tmp_path)
    assert contents["bundle/a"] == TEXT
    assert ("bundle/b", 0, "truncated") in damage


def test_links_and_devices_are_not_followed(tmp_path):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE):
            info = tarfile.TarInfo("a")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("../../../b")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"b\n"))
    before = set(os.listdir(tmp_path.parent))
    assert read(stream.getvalue(), tmp_path) == ({"bundle/../../../b": b"b\n"}, [("bundle", 0, "link")])
    assert set(os.listdir(tmp_path.parent)) == before


@pytest.mark.parametrize("make", ["link", "fifo", "directory", "nothing"])
def test_what_is_not_a_regular_file_is_reported(make, tmp_path):
    path = tmp_path / "bundle"
    {
        "link": lambda: path.symlink_to("/etc/passwd"),
        "fifo": lambda: os.mkfifo(path),
        "directory": path.mkdir,
        "nothing": lambda: None,
    }[make]()
    files = Files(DamageLog())
    assert list(texts(path, "bundle", files)) == []
    assert [each.rule for each in files.damage.listed] == ["file_unreadable"]


def test_encrypted_and_unsupported_members_are_reported(tmp_path):
    data = bytearray(zipped(("a", TEXT), ("b", TEXT), ("c", b"c\n")))
    data[6] |= 1
    second = data.index(b"PK\3\4", 10)
    data[second + 8] = 98
    contents, damage = read(bytes(data), tmp_path)
    assert contents == {"bundle/c": b"c\n"}
    assert damage == [("bundle/a", 0, "encrypted"), ("bundle/b", 0, "compression_unsupported")]


@pytest.mark.parametrize("method", ["gzip", "bzip2", "xz", "zstd"])
def test_decompression_bomb_ends(method, tmp_path, monkeypatch):
    monkeypatch.setattr(source_module, "_EXPANSION_MINIMUM", 1 << 20)
    monkeypatch.setattr(source_module, "RATIO_LIMIT", 10)
    contents, damage = read(COMPRESS[method](b"x" * (8 << 20)), tmp_path)
    assert damage == [("bundle", 0, "expands_too_much")]
    assert len(contents.get("bundle", b"")) <= (1 << 20) + (64 << 10)


def test_members_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(source_module, "MEMBER_LIMIT", 10)
    contents, damage = read(tar(*[(str(number), b"x\n") for number in range(20)]), tmp_path)
    assert len(contents) == 9
    assert damage == [("bundle", 0, "too_many_members")]


@pytest.mark.parametrize("size", [2 << 20, 8**11 - 1])
@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_huge_extended_header_is_not_read(size, kind, tmp_path):
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, size
    contents, damage = read(info.tobuf() + b"x" * (3 << 20), tmp_path)
    assert (contents, damage) == ({}, [("bundle", 0, "archive_damaged")])


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [*COMPRESS.values(), *[lambda data, make=make: make(("a", data), ("b", data)) for make in ARCHIVES.values()]]
    ),
    st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=4)), max_size=4),
    st.integers(0, 6000),
)
def test_any_damage_is_reported_and_never_a_crash(tmp_path_factory, make, changes, end):
    data = bytearray(make(TEXT[:3000]))
    whole = bytes(data)
    for place, change in changes:
        data[place : place + len(change)] = change
    dummy, damage = read(bytes(data[:end]), tmp_path_factory.mktemp("damaged"))
    assert all(rule in RULES for dummy, dummy, rule in damage)
    if data[:end] == whole:
        assert not damage


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=600),
    st.sampled_from([b"", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"PK\3\4"]),
)
def test_any_bytes_are_read_without_a_crash(tmp_path_factory, data, magic):
    read(magic + data, tmp_path_factory.mktemp("any"))
