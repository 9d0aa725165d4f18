# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.lines import LINE_LIMIT, Block
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records import damage as damage_module
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records import reader as reader_module
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.created_at import to_nanoseconds
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.damage import RULES, Damage
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.parsing import Unreadable, parse
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.reader import RecordReader

RECORD = {
    "id": "2f1ad3a4-58fc-4783-951d-0e17f2152837",
    "created_at": "2026-10-25T14:05:00.123456Z",
    "hostname": "vm1",
    "level": "info",
    "log_type": "application",
    "pid": 100,
    "message": "Line separator\u2028 inside <script>",
}
TIME = to_nanoseconds(str(RECORD["created_at"]))


def encode(**changes):
    return json.dumps({**RECORD, **changes}, ensure_ascii=False).encode() + b"\n"


def read(*lines, file=3):
    reader = RecordReader()
    entries, ids = reader.read(file, Block(range(1, len(lines) + 1), list(lines)))
    return reader, entries, ids


def levels(reader, variant):
    return {level: number for level, number in reader.counts.levels[variant].items() if number}


def test_entry_has_time_file_line_and_the_original_line():
    dummy, entries, ids = read(b"\n", encode())
    assert entries == [b"%d\x1f00003\x1f000000002\x1f%b" % (TIME, encode())]
    assert ids == [RECORD["id"]]


TANIUM = {**RECORD, "log_type": "tanium"}


@pytest.mark.parametrize(
    ("record", "variant"),
    [
        (RECORD, "application"),
        (TANIUM, "tanium"),
        ({**TANIUM, "target": "tanium.example.com", "path": "/api", "status_code": 200}, "tanium_api_request"),
    ],
)
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_ordinary_record_is_not_parsed_twice(record, variant, separators, monkeypatch):
    monkeypatch.setattr(RecordReader, "_read_carefully", None)
    monkeypatch.setattr(reader_module, "has_unique_keys", None)
    reader, entries, dummy = read(json.dumps(record, separators=separators).encode() + b"\n")
    assert (len(entries), levels(reader, variant)) == (1, {"info": 1})


@pytest.mark.parametrize("space", [" ", "\t", "\r"])
def test_key_that_occurs_twice_is_found_whatever_is_before_its_colon(space):
    line = json.dumps(RECORD)[:-1] + f',"level"{space}:"error"' + "}\n"
    reader, entries, dummy = read(line.encode())
    assert (entries, [each.rule for each in reader.damage.listed]) == ([], ["duplicate_key"])


def test_early_time_is_padded():
    dummy, entries, dummy = read(encode(created_at="1970-01-01T00:00:00.000000001Z"))
    assert entries[0].startswith(b"0000000000000000001\x1f")


def test_blank_lines_are_no_damage():
    reader, entries, dummy = read(b"\n", b" \t\n", b"\r\n", encode())
    assert len(entries) == 1
    assert not reader.damage.totals


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b'{"id": "cut', "invalid_json"),
        (b"{}}", "invalid_json"),
        (b"text", "invalid_json"),
        (b'{"message": "a\tb"}', "invalid_json"),
        (b"{'id': 1}", "invalid_json"),
        (b"[1]", "not_an_object"),
        (b"[]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"17", "not_an_object"),
        (b"null", "not_an_object"),
        (b'["log_type"]', "not_an_object"),
        (b'{"message": "\xff"}', "invalid_utf8"),
        (b'{"message": "\xed\xa0\x80"}', "invalid_utf8"),
        (b"\xef\xbb\xbf" + encode(), "byte_order_mark"),
        (b"\0\0\0" + encode(), "nul_byte"),
        (encode().replace(b"<script>", b"\0"), "nul_byte"),
        (encode().replace(b"<script>", b"\\ud800"), "lone_surrogate"),
        (encode().replace(b"<script>", b"\\udc00\\ud800"), "lone_surrogate"),
        (encode().replace(b"100", b"1e400"), "number_out_of_range"),
        (encode().replace(b"100", b"-1e400"), "number_out_of_range"),
        (encode().replace(b"100", b"1" * 400), "number_out_of_range"),
        (encode().replace(b"100", b"1" * 5000), "number_out_of_range"),
        (encode().replace(b"100", b"NaN"), "not_a_number"),
        (encode().replace(b"100", b"-Infinity"), "not_a_number"),
        (encode().replace(b'"pid"', b'"level"'), "duplicate_key"),
        (encode().replace(b'"pid"', b'"\\u006cevel"'), "duplicate_key"),
        (encode().replace(b'"pid":', b'"level" :'), "duplicate_key"),
        (encode().replace(b'"pid": 100', b'"pid": 100, "pid": 100'), "duplicate_key"),
        (encode().replace(b'"pid": 100', b'"pid": {"a": 1, "a": 2}'), "duplicate_key"),
        (encode().replace(b'"pid": 100', b'"pid":100,"a\\\\":1,"pid" :2'), "duplicate_key"),
        (b"[" * 100_000, "nested_too_deep"),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, "nested_too_deep"),
        (b"x" * (LINE_LIMIT + 1), "line_too_long"),
        (b'{"level": "info"}', "created_at_missing"),
        (encode(created_at=None), "created_at_unreadable"),
        (encode(created_at=1793000000), "created_at_unreadable"),
        (encode(created_at="yesterday"), "created_at_unreadable"),
        (encode(created_at="2026-02-30T00:00:00.000000Z"), "created_at_unreadable"),
        (encode(created_at="0000-01-01T00:00:00.000000Z"), "created_at_unreadable"),
        (encode(created_at="1969-12-31T23:59:59.999999Z"), "created_at_out_of_range"),
        (encode(created_at="9999-12-31T23:59:59.999999Z"), "created_at_out_of_range"),
    ],
)
def test_unreadable_line_is_reported_by_its_rule_and_hides_no_other(line, rule):
    reader, entries, ids = read(encode(), line.rstrip(b"\n") + b"\n", encode())
    assert reader.damage.listed == [Damage(3, 2, rule)]
    assert reader.damage.totals == {rule: 1}
    assert rule in RULES
    assert len(entries) == len(ids) == 2
    assert levels(reader, "application") == {"info": 2}


@pytest.mark.parametrize(
    "line",
    [
        encode(message='"": {"pid": 1, "pid": 2}'),
        encode(message=":starts with a colon"),
        encode(message="Erreur : a\\"),
        encode().replace(b'":', b'" :'),
        encode().replace(b'":', b'"\t:'),
        encode().replace(b": ", b":"),
        b"  " + encode(),
        encode(created_at="2026-10-25 14:05:00.123456" + "+00:00"),
    ],
)
def test_readable_record_is_ordinary_however_it_is_written(line):
    reader, entries, dummy = read(line)
    assert entries[0].endswith(line)
    assert levels(reader, "application") == {"info": 1}
    assert not reader.damage.totals and not reader.counts.invalid


def test_carriage_return_before_the_line_feed_is_dropped():
    assert read(encode().replace(b"\n", b"\r\n"))[1] == read(encode())[1]


@pytest.mark.parametrize(
    "created_at", ["2026-10-25T16:05:00.123456+02:00", "2026-10-25T14:05:00,123456Z", "2026-10-25t14:05:00.123456z"]
)
def test_time_in_a_form_that_is_not_the_vendors_is_readable_but_a_violation(created_at):
    reader, entries, dummy = read(encode(created_at=created_at))
    assert entries[0].startswith(b"%d\x1f" % TIME)
    assert reader.counts.violations == {("application", "/created_at", "pattern"): 1}


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**30])
@pytest.mark.parametrize("template", ["%d", "[%d]", '{"a": %d}'])
def test_integer_beyond_64_bits_is_a_violation(number, template):
    reader, entries, dummy = read(encode(extra=1).replace(b'"extra": 1', b'"extra": ' + (template % number).encode()))
    assert len(entries) == 1
    assert reader.counts.violations == {("application", "/", "64-bit integers"): 1}
    assert reader.counts.examples == {("application", "/", "64-bit integers"): (3, 1)}


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
@pytest.mark.parametrize("field", ["user_id", "element_id", "old_value", "new_value"])
@pytest.mark.parametrize("template", ["%d", "[[%d]]"])
def test_integer_beyond_64_bits_in_a_known_field_is_a_violation(field, number, template):
    fields = {
        "log_type": "audit",
        "action": "setting_change",
        "access_granted": True,
        "client_ip": "::1",
        "setting": "x",
    }
    line = encode(**{**fields, "old_value": 0, "new_value": 0, field: "HERE"})
    reader, entries, dummy = read(line.replace(b'"HERE"', (template % number).encode()))
    assert len(entries) == 1
    assert reader.counts.violations["setting_change", "/", "64-bit integers"] == 1


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63), 1e300, 0.5])
def test_number_of_64_bits_is_no_violation(number):
    reader, dummy, dummy = read(encode(extra=number))
    assert not reader.counts.invalid


def test_invalid_records_are_kept_and_counted():
    reader, entries, ids = read(encode(level="fatal"), encode(level=["x"], id=7), encode(log_type="metrics"))
    assert len(entries) == 3
    assert ids == [RECORD["id"]] * 2
    assert reader.counts.invalid == 3
    assert levels(reader, "application") == {"unrecognized": 2}
    assert levels(reader, "baseline") == {"info": 1}
    assert reader.counts.violations["application", "/level", "enum"] == 2
    assert reader.counts.examples["application", "/id", "type"] == (3, 2)


def test_unknown_fields_are_counted_and_bounded():
    reader, entries, dummy = read(*(encode(**{f"field {number}": 1, "x" * 300: 2}) for number in range(2000)))
    assert len(entries) == 2000
    assert not reader.counts.invalid
    assert reader.counts.unknown_fields["x" * 100] == 2000
    assert reader.counts.unknown_fields["(other)"] == 2000 - 999
    assert len(reader.counts.unknown_fields) == 1001


def test_listed_damage_is_bounded_but_counted(monkeypatch):
    monkeypatch.setattr(damage_module, "LISTED", 10)
    reader, dummy, dummy = read(*[b"x\n"] * 25)
    assert [damage.line for damage in reader.damage.listed] == list(range(1, 11))
    assert reader.damage.totals == {"invalid_json": 25}


def test_counts_of_duplicates_are_subtracted():
    reader, dummy, dummy = read(encode(), encode(), encode(level="fatal", extra=1))
    other, dummy, dummy = read(encode(), encode(level="fatal", extra=1))
    reader.counts.subtract(other.counts)
    assert levels(reader, "application") == {"info": 1}
    assert not reader.counts.invalid and not reader.counts.violations and not reader.counts.unknown_fields


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from([*RECORD, "action", "target", "extra", "a\\", ":"]), JSON_VALUES),
    st.booleans(),
    st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]),
)
def test_no_readable_record_is_lost(changes, is_ascii, separators):
    changes.pop("created_at", None)
    line = json.dumps({**RECORD, **changes}, ensure_ascii=is_ascii, separators=separators).encode() + b"\n"
    reader, entries, dummy = read(line)
    assert [entry.split(b"\x1f", 3)[3] for entry in entries] == [line]
    assert not reader.damage.totals


PAIRS = st.lists(
    st.tuples(st.sampled_from(["a", "b", '":', "a\\", ""]), st.sampled_from([1, "x", '":', ":", "\\"])), max_size=5
)


@given(PAIRS, st.sampled_from([":", ": ", " :", "\t:"]))
def test_every_duplicate_key_is_found(pairs, colon):
    text = ",".join(f"{json.dumps(key)}{colon}{json.dumps(value)}" for key, value in [*RECORD.items(), *pairs])
    reader, entries, dummy = read(f"{{{text}}}\n".encode())
    has_duplicates = len(dict(pairs)) < len(pairs)
    assert reader.damage.totals == ({"duplicate_key": 1} if has_duplicates else {})
    assert len(entries) == (not has_duplicates)


@given(st.lists(st.binary(max_size=40).map(lambda data: data.replace(b"\n", b"") + b"\n"), max_size=5))
@example([b"\x1f\n"])
def test_any_bytes_are_records_or_damage_but_never_a_crash(lines):
    reader, entries, dummy = read(*lines, encode())
    assert len(entries) + sum(reader.damage.totals.values()) == 1 + sum(bool(line.strip()) for line in lines)
    assert all(entry.count(b"\x1f") >= 3 for entry in entries)


@given(st.binary(max_size=30))
def test_parse_raises_nothing_else(data):
    with contextlib.suppress(Unreadable):
        assert isinstance(parse(data).record, dict)
