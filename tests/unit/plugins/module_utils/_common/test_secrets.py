# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import base64
import html
import json
import os
import re
import shlex
import time
from urllib.parse import quote, quote_plus

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.secrets import Masker
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import config_file, logging_keys

NOTHING_KNOWN = Masker(b"")


def mask(config, text):
    return Masker(config.encode("utf-8", "surrogateescape")).mask(text)


class TestValues:
    @pytest.mark.parametrize(
        "line",
        [
            "KEY=blue-whale",
            "KEY = blue-whale",
            "  export KEY=blue-whale",
            "KEY='blue-whale'",
            'KEY="blue-whale"',
            "KEY='blue-whale'; export KEY",
            'KEY="blue-whale"; export KEY',
            "KEY=blue-whale # comment",
            "KEY=blue-whale\r",
            "KEY=blue-whale\\",
            "# KEY=blue-whale",
            "\ufeffKEY=blue-whale",
            "KEY=blue\\-whale",
            "KEY=blue'-'whale",
            "KEY='blue-whale",
            "LOG_LEVEL=blue-whale",
            "LOG_FILE=blue-whale",
            "blue-whale",
            "KEY=1\rOTHER=blue-whale",
            "LOG_FILE=/a\rOTHER=blue-whale",
            "LOG_FILE=/a,OTHER=blue-whale",
        ],
    )
    def test_a_value_is_masked_however_it_is_written(self, line):
        assert mask(f"A=1\n{line}\nB=2\n", "rejected blue-whale here") == "rejected *** here"

    @pytest.mark.parametrize("line", ["KEY=abc", "KEY=true", "LOG_LEVEL=error", "LOG_FILE=/var/log/a", "KEY="])
    def test_what_is_no_secret_stays(self, line):
        text = "error: abc is true, see /var/log/a"
        assert mask(line + "\n", text) == text

    @pytest.mark.parametrize("name", ["LOG_FILE", "LOG_FILE_AUDIT"])
    def test_the_log_files_of_the_table_are_shown(self, name):
        assert logging_keys.BY_NAME[name].kind == logging_keys.PATH
        assert mask(f"{name}=/var/log/a", "cannot open /var/log/a") == "cannot open /var/log/a"

    @pytest.mark.parametrize("quotes", ['"{}"', "'{}'", "{}"])
    @pytest.mark.parametrize("newline", ["\n", "\\n", "\\\n", "\r\n"])
    def test_each_line_of_a_long_value_is_masked(self, quotes, newline):
        value = newline.join(["-----BEGIN KEY", "bluewhale==", "LOG_LEVEL=greywhale", "-----END"])
        text = mask("KEY=" + quotes.format(value) + "\n", "bluewhale== greywhale BEGIN")
        assert text == "*** *** BEGIN"

    @pytest.mark.parametrize(
        ("value", "secrets"),
        [
            ("postgres://guard:blue-whale@db:5432/guard", ["blue-whale", "guard"]),
            ("postgres://guard:blue@/whale@db/guard", ["blue@/whale"]),
            ("redis://:blue-whale@one,redis://:grey-whale@two", ["blue-whale", "grey-whale"]),
            ("postgres://guard:blue,whale@db/guard", ["blue,whale"]),
            ("redis://:blue:whale@one,redis://:grey:whale@two", ["blue:whale", "grey:whale"]),
            ("redis://one,redis://guard:grey:whale@two", ["grey:whale", "guard"]),
            ("postgres://guard:blue%40whale@db/guard", ["blue%40whale", "blue@whale"]),
            ("https://db/?token=blue-whale&user=grey-whale", ["blue-whale", "grey-whale"]),
            ("host=db.example.com user=grey-whale password='blue whale'", ["blue whale", "grey-whale"]),
            ("host=db.example.com password=Xblue-whaleX", ["Xblue-whaleX"]),
            ('{"user": "grey-whale", "password": "blue-whale"}', ["blue-whale", "grey-whale"]),
        ],
    )
    def test_parts_that_programs_show_alone_are_masked_but_not_the_host(self, value, secrets):
        masker = Masker(f"KEY={value}\n".encode())
        for secret in secrets:
            assert masker.mask(f"no {secret} at db.example.com") == "no *** at db.example.com"
        assert masker.mask(value) == "***"

    @pytest.mark.parametrize(
        "write",
        [
            lambda value: quote(value, safe=""),
            lambda value: quote(value, safe="").lower(),
            quote,
            quote_plus,
            html.escape,
            shlex.quote,
            json.dumps,
            lambda value: json.dumps(value, ensure_ascii=False),
            repr,
            lambda value: value.encode().hex(),
            lambda value: html.escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
            lambda value: re.sub("[^\\w+/ ~?\u00e4]", lambda match: f"&#{ord(match.group())};", value),
            lambda value: base64.b64encode(value.encode()).decode(),
            lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
        ],
    )
    def test_a_value_is_masked_in_other_notations(self, write):
        value = "blue+/ <wh\u00e4le>\"&'?~"
        shown = mask("KEY=" + value, f"rejected: {write(value)}")
        assert shown.strip("\"'=").replace('"', "").replace("'", "").rstrip("=") == "rejected: ***"

    def test_what_follows_the_path_of_a_log_file_is_masked(self):
        assert mask("LOG_FILE=/var/log/a.log\nKEY=blue-whale\n", "/var/log/a.log blue-whale") == "/var/log/a.log ***"

    @pytest.mark.parametrize("word", ["true", "False", "none", "null", "debug", "info", "warning", "error", "critical"])
    def test_words_of_messages_stay_readable(self, word):
        assert mask(f"KEY={word}\n", f"{word}: rejected") == f"{word}: rejected"

    @pytest.mark.parametrize("line", ["KEY=blue", "KEY='blue'", "x=\nblue", "KEY=a%62cd"])
    def test_the_shortest_masked_value_has_four_characters(self, line):
        text = "(blue) (abcd)"
        assert mask(line + "\n", text) == ("(blue) (***)" if "%" in line else "(***) (abcd)")

    def test_the_longest_form_is_masked_first(self):
        assert mask("A=whale\nB=whale-blue\n", "whale-blue") == "***"


class TestPatterns:
    """Secrets that are not in the file."""

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nafter", "***\nafter"),
            ("before\n-----BEGIN RSA PRIVATE KEY-----\nMIIE", "before\n***"),
            ("password: 'blue whale' rejected", "password: *** rejected"),
            ('password="blue whale" rejected', "password=*** rejected"),
        ],
    )
    def test_are_masked_as_a_whole(self, text, shown):
        assert NOTHING_KNOWN.mask(text) == shown


class TestFile:
    def test_a_file_is_read(self, tmp_path):
        (tmp_path / "config").write_bytes(b"KEY=blue-whale\xff\n")
        assert Masker.from_file(str(tmp_path / "config")).mask("blue-whale\ufffd") == "***"

    def test_no_more_than_the_limit_is_read(self, tmp_path):
        (tmp_path / "config").write_bytes(b"KEY=" + b"x" * config_file.SIZE_LIMIT + b"\nKEY=blue-whale\n")
        assert Masker.from_file(str(tmp_path / "config")).mask("blue-whale") == "blue-whale"

    def test_a_file_that_cannot_be_read_has_no_values(self, tmp_path):
        os.mkfifo(str(tmp_path / "fifo"))
        for name in ("fifo", "missing", "."):
            assert Masker.from_file(str(tmp_path / name)).mask("rejected") == "rejected"

    @pytest.mark.parametrize("unit", [b"KEY=\n", b"x", b"://", b"a:", b"\"'", b"K=://@,", b"\\", b"'\n", b"a=b "])
    def test_a_hostile_file_takes_no_time(self, unit):
        began = time.process_time()
        Masker(unit * (20000 // len(unit)))
        assert time.process_time() - began < 5


class TestWhatLooksLikeASecret:
    @pytest.mark.parametrize(
        "text",
        [
            "cannot connect to postgresql://guard:{}@db/guard",
            "cannot connect to postgresql://guard:{}/x@db/guard",
            "cannot connect as guard:{}@db",
            "REDIS_URL={}",
            "STORAGE_SECRET_KEY = {}",
            "password: {}",
            'password: "{} x"',
            '{{"api_token": "{}"}}',
            "password is {}",
            "the password '{}' was rejected",
            "password {} was rejected",
            "credentials (guard, {})".replace("(guard, ", "("),
            "PGPASSWORD {}",
            "Authorization: Bearer {}",
            "Authorization: Basic {}",
            "sent bearer {}",
            "X-Api-Key: {}",
            "access key => {}",
            "psql --password {}",
            "https://db/?sig={}",
            "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
        ],
    )
    def test_is_masked(self, text):
        masked = NOTHING_KNOWN.mask(text.format("hunter2"))
        assert "hunter2" not in masked
        assert "***" in masked

    @pytest.mark.parametrize("token", ["AKIAIOSFODNN7EXAMPLE", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_"])
    def test_well_known_tokens_are_masked(self, token):
        assert NOTHING_KNOWN.mask(f"rejected {token} here") == "rejected *** here"

    @pytest.mark.parametrize(
        "text",
        [
            "password authentication failed for user guard",
            "cannot connect to db.example.com:5432",
            "2026-11-24 14:05:00 error: the journal cannot be read",
            "cannot open /var/log/cryptosense-analyzer/a.log: No space left on device",
            "https://db.example.com:8443/health answered 503",
            "the token has expired",
            "unit cryptosense-analyzer-web@1.service failed",
        ],
    )
    def test_other_messages_stay(self, text):
        assert NOTHING_KNOWN.mask(text) == text

    @pytest.mark.parametrize(
        "unit", ["x", "://", "a:", "secret", "secret ", "\"'", "-----BEGIN KEY-----", "--p", "bearer "]
    )
    def test_hostile_text_takes_no_time(self, unit):
        began = time.process_time()
        NOTHING_KNOWN.mask(unit * (16384 // len(unit)))
        assert time.process_time() - began < 5
