# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.journal import Journal
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.reading.lines import LINE_LIMIT, Block

RECORD = b'{"id": "1", "message": "text"}'


def unwrap(*lines):
    damage = {}
    journal = Journal()
    blocks = [Block(range(n + 1, n + 4), list(lines[n : n + 3])) for n in range(0, len(lines), 3)]
    blocks = [Block(list(block.numbers)[: len(block.lines)], block.lines) for block in blocks]
    got = list(journal.unwrap(iter(blocks), damage.__setitem__))
    pairs = [pair for block in got for pair in zip(block.numbers, block.lines, strict=True)]
    return dict(pairs), damage, journal


def entry(message=RECORD, **fields):
    if isinstance(message, bytes):
        message = message.decode()
    fields = {"__REALTIME_TIMESTAMP": "1793000000000000", "_PID": "100", "SYSLOG_IDENTIFIER": "cs-web", **fields}
    return json.dumps({"__CURSOR": "s=1", **fields, "MESSAGE": message}).encode() + b"\n"


def short(message=RECORD, pid=100, sender="cs-web"):
    return f"Oct 25 14:05:00 vm1 {sender}[{pid}]: ".encode() + message + b"\n"


@pytest.mark.parametrize(
    "lines", [[], [b"\n"], [RECORD + b"\n", b"x\n"], [b"text\n"], [RECORD + b"\n", entry().replace(b"__", b"")]]
)
def test_other_text_is_left_as_it_is(lines):
    assert unwrap(*lines)[:2] == (dict(enumerate(lines, 1)), {})


@pytest.mark.parametrize("make", [entry, short])
def test_records_are_unwrapped(make):
    notes = [b"-- Logs begin at Sun 2026-10-25. --\n", b"\n"] if make is short else [b"\n"]
    got, damage, journal = unwrap(*notes, make(), make(b"Started AQtive Guard."), make())
    first = len(notes) + 1
    assert got == {first: RECORD + b"\n", first + 2: RECORD + b"\n"}
    assert damage == {}
    assert journal.others == 1


def test_short_export_without_a_process_id_is_unwrapped():
    assert unwrap(b"Oct  5 14:05:00.123456 vm1 cs-web: " + RECORD + b"\n")[0] == {1: RECORD + b"\n"}


def test_message_as_a_list_of_numbers_is_unwrapped():
    assert unwrap(entry(list(RECORD)))[0] == {1: RECORD + b"\n"}


@pytest.mark.parametrize("message", [None, 5, 10**12, {}, [256], [-1], [True, None], ["a"], [1.5]])
def test_missing_message_is_reported(message):
    assert unwrap(entry(), entry(message), entry())[:2] == (
        {1: RECORD + b"\n", 3: RECORD + b"\n"},
        {2: "journal_message_missing"},
    )


def test_entry_without_a_message_is_reported():
    assert unwrap(entry(), b'{"__CURSOR": "x"}\n')[1] == {2: "journal_message_missing"}


@pytest.mark.parametrize("blob", [b"[123B blob data]", b"[4.5K blob data]", b"[1M blob data]"])
def test_message_that_was_replaced_by_its_size_is_reported(blob):
    assert unwrap(short(), short(blob))[1] == {2: "journal_message_unprintable"}


@pytest.mark.parametrize(
    ("line", "rule"),
    [(b"{cut\n", "invalid_json"), (b"[1]\n", "not_an_object"), (b"{" * (LINE_LIMIT + 1) + b"\n", "line_too_long")],
)
def test_damaged_line_of_an_export_is_reported(line, rule):
    assert unwrap(entry(), line, entry())[:2] == ({1: RECORD + b"\n", 3: RECORD + b"\n"}, {2: rule})


def test_further_line_of_a_short_message_is_reported():
    assert unwrap(short(), b"    continued\n")[1] == {2: "invalid_json"}


def test_split_message_is_joined_although_others_are_between():
    parts = [RECORD[:10], RECORD[10:20], RECORD[20:]]
    got, damage, dummy = unwrap(
        entry(parts[0], _LINE_BREAK="line-max"),
        entry(_PID="200"),
        entry(parts[1], _LINE_BREAK="line-max"),
        entry(parts[2]),
        entry(parts[0], _LINE_BREAK="line-max", _STREAM_ID="a"),
        entry(parts[0], _LINE_BREAK="line-max", _STREAM_ID="b"),
        entry(parts[1] + parts[2], _STREAM_ID="b"),
        entry(parts[1] + parts[2], _STREAM_ID="a"),
    )
    assert list(got.values()) == [RECORD + b"\n"] * 4
    assert damage == {}


def test_split_message_of_a_short_export_is_joined():
    message = b'{"message": "%b"}' % (b"x" * 100_000)
    parts = [message[: 48 << 10], message[48 << 10 : 96 << 10], message[96 << 10 :]]
    got, damage, dummy = unwrap(short(parts[0]), short(pid=200), short(parts[1]), short(parts[2]), short())
    assert list(got.values()) == [RECORD + b"\n", message + b"\n", RECORD + b"\n"]
    assert damage == {}


def test_message_without_its_last_part_is_reported():
    got, damage, dummy = unwrap(entry(), entry(RECORD[:10], _LINE_BREAK="line-max"))
    assert got == {1: RECORD + b"\n"}
    assert damage == {2: "journal_message_incomplete"}


def test_unfinished_messages_are_bounded():
    lines = [entry(RECORD[:10], _LINE_BREAK="line-max", _PID=str(number)) for number in range(20)]
    assert unwrap(*lines)[1] == dict.fromkeys(range(1, 21), "journal_message_incomplete")


def test_message_that_never_ends_is_bounded():
    part = entry(b"{" * (1 << 20), _LINE_BREAK="line-max")
    got, dummy, dummy = unwrap(*[part] * 12)
    assert all(len(line) > LINE_LIMIT for line in got.values())
    assert len(got) == 2


@pytest.mark.parametrize(
    "make",
    [lambda text: entry(text, SYSLOG_IDENTIFIER="systemd-journald"), lambda text: short(text, 1, "systemd-journald")],
)
def test_lost_messages_are_counted(make):
    text = b"Suppressed 4527 messages from cryptosense-analyzer-web.service"
    dummy, damage, journal = unwrap(make(text), make(text))
    assert (journal.lost, damage) == (9054, {})


def test_what_others_say_about_lost_messages_is_not_counted():
    assert unwrap(entry(b"Suppressed 5 messages from me"))[2].lost == 0


def test_message_of_several_lines_becomes_one_line():
    assert unwrap(entry(b'{\n"id": 1}'))[0] == {1: b'{ "id": 1}\n'}


ANY_LINE = st.binary(max_size=20).map(lambda data: data.replace(b"\n", b"") + b"\n")
EXPORTED = st.sampled_from([entry(), short(), b"{}\n", entry(b"{", _LINE_BREAK="line-max"), b"\n"])


@given(st.lists(EXPORTED | ANY_LINE, max_size=8))
def test_any_export_is_read_without_a_crash(lines):
    got, damage, dummy = unwrap(*lines)
    assert set(got) | set(damage) <= set(range(1, len(lines) + 1))
