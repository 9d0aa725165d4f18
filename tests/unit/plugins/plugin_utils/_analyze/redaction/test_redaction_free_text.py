# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.redaction.redaction_fleets import (
    ENCODINGS,
    VALUES,
    free_text,
)

TEXT = free_text()
USER = TEXT.redact("andré.müller")
TOKEN = re.compile(r"(user|host|domain|addr|group|key|id|email)-[0-9a-f.:]+")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("value", VALUES)
def test_known_values_are_replaced_in_every_encoding(value, encoding):
    encoded = ENCODINGS[encoding](value)
    found = TEXT.redact(f"login of {encoded} failed")
    assert encoded not in found
    assert found.startswith("login of ") and found.endswith(" failed")
    assert TOKEN.search(found) or "***" in found


@pytest.mark.parametrize(
    "form",
    [
        "Andr\u00e9.M\u00fcller",
        "andre\u0301.mu\u0308ller",
        "ANDRÉ.MÜLLER",
        "andr%C3%A9.m%C3%BCller",
        "andr%25C3%25A9.m%25C3%25BCller",
    ],
)
def test_all_forms_of_a_name_have_the_same_token(form):
    assert TEXT.redact(form) == USER


@pytest.mark.parametrize(
    ("text", "hidden", "shown"),
    [
        ("login of mcgrath", "mcgrath", "login of user-"),
        ("on guard-web00:", "guard", "on host-"),
        ("at ldap.corp.example:636", "ldap", "at host-"),
        ("the domain corp.example", "corp", "the domain domain-"),
        ("user ab denied", " ab ", "user user-"),
        ("user export failed", "export", "user user-"),
        ("/users/export/keys", "export", "/users/user-"),
        ("user 7 denied", " 7 ", "user user-"),
        ("id 4711", "4711", "id user-"),
        ("report 77428 removed", "77428", "report id-"),
        ("ip-10-1-2-3", "10-1-2-3", "addr-10."),
        ("IP-10-1-2-9", "10-1-2-9", "addr-10."),
        ("::ffff:10.1.2.3 denied", "10.1.2.3", "addr-10."),
        ("::ffff:a01:203 denied", "a01:203", "addr-10."),
        ("[2A00:BABE:0::303]:9300", "303]", "[addr-"),
        ("10.1.2.99, 8.8.8.8", "8.8.8", "addr-10."),
        ("12:34:56:78:9a:bc", "78:9a", "addr-"),
        ("mail to carol@else.example", "carol", "mail to email-"),
        ("by OTHER\\dave", "dave", "by user-"),
        ("/home/dave/x.log", "dave", "/home/user-"),
        ("C:\\Users\\dave\\x.log", "dave", "C:\\Users\\user-"),
        ("https://jira.example.com/browse/X-1", "jira", "https://host-"),
        ("of host7.lan", "host7", "of host-"),
        ("agk_0123456789abcdef0123456789abcdef01234567", "0123", "key-"),
        ("record 5f0c9a4e-0000-4000-8000-00000000000a", "5f0c9a4e", "record id-"),
        ("Authorization: Basic YW5kcsOpOmh1bnRlcjI=", "YW5k", "Authorization: Basic ***"),
        ('{\\"api_key\\":\\"ak_1\\"}', "ak_1", '{"api_key":"***"}'),
        ("postgresql://g:p%40ss@db7/cs", "ss@db7", "postgresql://***@host-"),
        ("-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----\\ndone", "MIIE", "***"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "MIIE", "***"),
        ("MIIE\n-----END PRIVATE KEY----- done", "MIIE", "*** done"),
        ("password=hunter2", "hunter2", "password=***"),
        ("password is swordfish", "swordfish", "password is ***"),
        ("PGPASSWORD: 'two words' used", "two words", "PGPASSWORD: '***' used"),
        ("--client-secret hunter2", "hunter2", "--client-secret ***"),
        ("/x?token=abc&page=2", "abc", "/x?token=***&page=2"),
        ("/x?q=anything", "anything", "/x?q=***"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.abc", "eyJ", "***"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIA", "***"),
        ("glpat-0123456789abcdefghij", "glpat", "***"),
        ("Cookie: a=b; sid=1", "sid", "Cookie: ***"),
        ("x wJalrXUtnFEMI/K7MDENG/bPxRfiCY y", "bPx", "x *** y"),
        ("smtp with s3cr3t-of-old", "s3cr3t", "smtp with ***"),
    ],
)
def test_what_must_not_be_in_a_text_is_replaced(text, hidden, shown):
    found = TEXT.redact(text)
    assert hidden not in found
    assert found.startswith(shown)


@pytest.mark.parametrize(
    "text",
    [
        "export failed",
        "Analysis 83254 finished in 12345 ms at 14:05:00",
        "access_granted is false for element report",
        "password is not valid",
        "token expired",
        'File "/opt/cryptosense/analyzer/web/views.py", line 212, in dispatch',
        "java.net.ConnectException: Connection refused (Connection refused)",
        "psycopg2.OperationalError: server closed the connection unexpectedly",
        "listening on 127.0.0.1:8443 and ::1",
        "Überprüfung der Tabelle 財務部 fehlgeschlagen",
        "100% of 5 && done \\ C:\\temp",
        "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "",
    ],
)
def test_what_support_needs_is_kept(text):
    assert TEXT.redact(text) == text


def test_ids_of_the_record_itself_are_kept():
    own = "5f0c9a4e-0000-4000-8000-00000000000a"
    assert TEXT.redact(f"request {own.upper()} failed", (own,)) == f"request {own.upper()} failed"


def test_what_looks_like_a_token_is_replaced():
    assert "0123456789abcdef0123" not in TEXT.redact("key-0123456789abcdef0123")
    assert "0123456789abcdef0123" not in TEXT.redact("caf%C3%A9 alice@corp.example key-0123456789abcdef0123")


def test_a_text_that_is_encoded_too_often_is_masked():
    text = "é"
    for dummy in range(12):
        text = text.replace("%", "%25") if "%" in text else "%C3%A9"
    assert TEXT.redact(text) == "***"


def test_an_account_that_several_users_have_has_a_token_of_its_own():
    text = free_text({"user_name": "A\\carol"}, {"user_name": "B\\carol"})
    tokens = {text.redact(name) for name in ("A\\carol", "B\\carol", "carol")}
    assert len(tokens) == 3


def test_the_id_of_a_user_is_no_part_of_a_date():
    text = free_text({"user_id": 2026}, {"user_id": 14})
    assert text.redact("2026-10-25 14:05:00, 14 of 3") == "2026-10-25 14:05:00, 14 of 3"
    assert text.redact("by 2026.").startswith("by user-")


def test_names_inside_of_common_words_are_replaced_as_whole_words_alone():
    text = free_text({"user_name": "stat"})
    assert text.redact("status") == "status"
    assert text.redact("by stat.").startswith("by user-")


def test_the_longest_of_several_values_is_replaced():
    text = free_text({"hostname": "host1"}, {"hostname": "host12"})
    assert text.redact("host12") == text.redact("HOST12")
    assert text.redact("host12") != f"{text.redact('host1')}2"


def test_a_value_across_a_secret_is_removed_as_well():
    assert TEXT.redact("password=xandré.müller!") == "password=***"


def test_replacements_are_counted_by_kind():
    text = free_text()
    text.redact("mcgrath from 10.1.2.3, password=x")
    assert text.counts == {"user": 1, "addr": 1, "secret": 1}


@given(st.sampled_from(VALUES), st.sampled_from(list(ENCODINGS)), st.text(max_size=20), st.text(max_size=20))
def test_a_known_value_in_any_text_is_replaced(value, encoding, before, after):
    encoded = ENCODINGS[encoding](value)
    found = TEXT.redact(f"{before} {encoded} {after}")
    assert encoded not in found


@given(st.text(max_size=60))
def test_redacting_twice_changes_nothing_more_in_texts_without_tokens(text):
    once = TEXT.redact(text)
    if "-" not in once:
        assert TEXT.redact(once) == once


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "://",
        "eyJ-",
        ":",
        "1",
        "a.",
        "-----BEGIN A-----",
        "pwd=",
        "%25",
        "&amp;",
        "ab_",
        "@a",
        "\\\\u005c",
        "ab",
        "é.",
        "/home/",
    ],
)
def test_long_texts_of_one_part_are_redacted_in_linear_time(part):
    began = time.process_time()
    TEXT.redact(part * (20_000 // len(part)) + "@ .corp.example g")
    # A quadratic search would take much longer.
    assert time.process_time() - began < 4
