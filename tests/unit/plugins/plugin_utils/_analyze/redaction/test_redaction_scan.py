# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction import tar
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import FIELDS
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.known_values import Collected
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan import grammar, pages
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.archive import Scan
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.records import RecordScan
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.texts import TextScan
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.page import render
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.redaction.redaction_fleets import (
    ENCODINGS,
    KNOWN,
    RECORD,
    VALUES,
    free_text,
    redactor,
)
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.report.report_fleets import (
    calm,
    empty,
    large,
    many,
    planted,
)

COLLECTED = Collected()
for _record in KNOWN:
    COLLECTED.add(_record)
TEXTS = TextScan(COLLECTED)
TOKEN = "host-0123456789abcdef0123"


def hits(**fields):
    line = json.dumps({**redactor(*KNOWN).redact(RECORD), **fields}).encode()
    return [(hit.line, hit.field) for hit in RecordScan(TEXTS).find([line], 7)]


def test_every_field_has_a_grammar_and_nothing_else_has():
    groups = (grammar.PATTERNS, grammar.WORDS, grammar.TEXTS, grammar.NUMBERS, grammar.BOOLEANS, grammar.VALUES)
    names = [name for group in groups for name in group]
    assert sorted(names) == sorted(FIELDS)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("value", VALUES)
def test_known_values_are_found_in_every_encoding(value, encoding):
    assert TEXTS.first(f"login of {ENCODINGS[encoding](value)} failed")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "by mcgrath",
            "on guard-web00",
            "at corp.example",
            "user ab",
            "id 4711",
            "at 10.1.2.3",
            "2a00:babe::303",
            "s3cr3t-of-old",
        ),
        *("-----BEGIN RSA PRIVATE KEY-----", "-----END PRIVATE KEY-----", "://a:b@c", "bob@else.example"),
        *(
            "eyJhbGciOiJIUzI1NiJ9.eyJz",
            "password=x12",
            "token: abc",
            "api_key = 'abc'",
            "Basic YWJjZGVm1",
            "Bearer abc.1234",
        ),
        *(
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_" + "a1" * 18,
            "glpat-" + "a" * 20,
            "xoxb-0123456789",
            "sk_live_0123456789abcdef",
        ),
        *("/home/bob", "to 10.9.9.9", "/x?q=abc", "%2Fx%3Fq%3Dabc"),
    ],
)
def test_what_must_not_be_in_a_text_is_found(text):
    assert TEXTS.first(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "export failed",
            "user 7",
            TOKEN,
            f"on {TOKEN}:443",
            "addr-10.1.2.3",
            "addr-fd00::1",
            "password=***",
            "/x?q=***&page=2",
        ),
        *(
            "127.0.0.1",
            "0.0.0.0",
            "255.255.255.0",
            "1.2.3",
            "x.1.2.3.4",
            "100% of 5 && done",
            "https://***@" + TOKEN + "/x",
        ),
        *("\\n\\t", "", "token expired", "/x?id=id-<id>"),
    ],
)
def test_what_is_redacted_is_not_found(text):
    assert TEXTS.first(text) == ""


def test_a_text_that_is_encoded_too_often_is_found():
    assert TEXTS.first("%" + "25" * 20 + "41") == "text that is encoded too often"


@pytest.mark.parametrize("text", ["4711-10-25", "10:4711", "14,4711", "4711.5", "x4711"])
def test_the_id_of_a_user_is_not_found_in_a_date_or_a_larger_number(text):
    assert TEXTS.first(text) == ""
    assert TEXTS.first(f"{text} by 4711.") == "known user"


SHAPED = [*KNOWN, {"computer_group": "Rack 47"}, {"user_id": 54321}, {"user_id": 0}]


def shaped():
    collected = Collected()
    for record in SHAPED:
        collected.add(record)
    return TextScan(collected)


@pytest.mark.parametrize(
    ("clean", "other"),
    [
        ("job 12345 done", "job 54321 done"),
        ("in Rack 12", "in Rack 47"),
        ("in Rack 12", "in Rack 4711"),
        ("page=12", "page=10.9.9.9"),
        ("secret=12 abc", "secret=123 abc"),
        ("secret=12 abc", "secret=\x1f\x1f abc"),
        (f"job 12345 of {TOKEN}", "job 54321 of mcgrath"),
        ("12345 ", "12345&#50;1"),
    ],
)
def test_what_differs_in_more_than_tokens_and_unknown_numbers_is_searched_again(clean, other):
    texts = shaped()
    assert texts.find([clean]) == []
    assert texts.find([clean, other])[0][0] == 1 if texts.first(other) else texts.find([clean, other]) == []
    assert bool(texts.find([other])) == bool(texts.first(other))


def test_texts_that_differ_in_tokens_and_unknown_numbers_are_searched_once(monkeypatch):
    texts = shaped()
    assert texts.find([f"job 12345 of {TOKEN}"]) == []
    monkeypatch.setattr(texts, "first", None)
    assert texts.find(["job 99999 of user-99999aaaaabbbbbccccc"]) == []


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["12", "47", "4711", "54321", "99999", *"/=([ ])&;:,.?-@%", "Rack", "user", TOKEN, "mcgrath"]
            )
        ),
        min_size=2,
    )
)
def test_texts_of_any_parts_are_searched_as_if_each_were_the_first(parts):
    texts = shaped()
    for each in ["".join(part) for part in parts]:
        assert bool(texts.find([each])) == bool(texts.first(each))


@pytest.mark.parametrize("first", ["Basic ***", f"bearer {TOKEN}", "the password", "the secret:"])
@pytest.mark.parametrize("second", ["projects/83254", "= abcd", ": abcd", "abcd=="])
def test_nothing_is_found_across_the_end_of_a_text(first, second, monkeypatch):
    texts, searched = shaped(), []
    original = texts.first
    monkeypatch.setattr(texts, "first", lambda text: searched.append(text) or original(text))
    assert texts.find([first, second]) == []
    assert len(searched) == 1


def test_the_texts_are_numbered_in_which_something_is_found():
    assert TEXTS.find(["fine", "by mcgrath", "andré.müller", "fine too"]) == [(1, "known user"), (2, "known user")]
    assert TEXTS.find([]) == []


@pytest.mark.parametrize("name", FIELDS)
def test_a_name_is_found_in_every_field(name):
    assert hits(**{name: "andré.müller"}) == [(7, name)]


@pytest.mark.parametrize("name", FIELDS)
def test_a_list_is_found_in_every_field(name):
    assert hits(**{name: ["x"]}) == [(7, name)]


@pytest.mark.parametrize("name", FIELDS)
def test_a_mask_and_no_value_are_fine_in_every_field(name):
    assert hits(**{name: "***"}) == hits(**{name: None}) == []


@pytest.mark.parametrize("name", ["release_note", "mcgrath", "Alice@example", "käse"])
def test_unknown_fields_must_be_masked_and_have_plain_names(name):
    assert hits(**{name: "x"}) == [(7, "unknown field")]
    assert hits(**{name: "***"}) == ([] if name == "release_note" else [(7, "unknown field")])
    assert hits(**{name: None}) == hits(**{name: "***"})


@pytest.mark.parametrize(
    ("name", "value"), [("pid", True), ("access_granted", 1), ("old_value", 5), ("created_at", "2026")]
)
def test_values_of_another_type_are_found(name, value):
    assert hits(**{name: value}) == [(7, name)]


def test_values_of_logging_keys_are_texts():
    assert hits(setting="LOG_FILE", old_value="/var/log/cs.log", new_value=5) == []
    assert hits(setting="LOG_FILE", old_value="/home/bob/x") == [(7, "old_value")]
    assert hits(setting="SMTP_USER", old_value="cs") == [(7, "old_value")]


@pytest.mark.parametrize("line", [b"no json", b"[]", b'"text"'])
def test_a_line_that_is_no_record_is_found(line):
    assert [hit.field for hit in RecordScan(TEXTS).find([line], 1)] == ["line"]


@given(st.sampled_from(VALUES), st.sampled_from(list(ENCODINGS)), st.text(max_size=20), st.text(max_size=20))
def test_what_the_redaction_returns_is_clean(value, encoding, before, after):
    assert TEXTS.first(free_text().redact(f"{before} {ENCODINGS[encoding](value)} {after}")) == ""


def test_texts_of_a_page_are_those_that_are_shown_or_read_aloud():
    page = '<style>a{x:y}</style><p class="chart" id="exceptions-12">one &lt;b&gt;</p><svg aria-label="two"><path d="M1"/></svg><!-- three -->'
    assert pages.of_html(page) == ["one <b>", "two", " three "]
    assert pages.of_json('{"a": ["b", {"c": 1}]}') == ["a", "b", "c"]


@pytest.mark.parametrize(
    "part", ["a", "://", "eyJ-", ":", "1", "a.", "pwd=", "&amp;", "ab_", "@a", "ab", "é.", "?a=", "basic "]
)
def test_long_texts_of_one_part_are_scanned_in_linear_time(part):
    began = time.process_time()
    TEXTS.first(part * (20_000 // len(part)) + "@ .corp.example g")
    # A quadratic search would take much longer.
    assert time.process_time() - began < 4


def attributes(page):
    found = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.extend((name, value) for name, value in attrs if value)

    Parser().feed(page)
    return found


@pytest.mark.parametrize("fleet", [planted, calm, empty, many, large])
def test_only_texts_are_read_of_the_attributes_of_a_report(fleet):
    """What is only for the layout would be taken for the name of a user who is called so."""
    others = {name for name, value in attributes(render(*fleet())) if not pages.is_layout(value)}
    assert others <= {"data-label", "aria-label", "title"}


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("class", "mcgrath"),
        ("class", "text mcgrath"),
        ("id", "failed_requests-mcgrath-1"),
        ("href", "#guard-web00"),
        ("href", "https://guard-web00.corp.example/"),
        ("d", "M0 0V10 mcgrath"),
        ("fill", "url(#mcgrath)"),
        ("content", "default-src 'none'; mcgrath"),
        ("x", "10.1.2.3"),
        ("data-label", "by mcgrath"),
    ],
)
def test_names_are_found_in_every_attribute_of_a_page(attribute, value, tmp_path):
    write(tmp_path / "x.tar.gz", files(report_dot_html=f'<p {attribute}="{value}"></p>'.encode()))
    assert "report.html" in cause(tmp_path / "x.tar.gz")


def test_an_attribute_that_people_read_is_never_for_the_layout():
    assert pages.of_html('<p class="grid-7" title="grid-7" data-label="10-20"></p>') == ["grid-7", "10-20"]


def write(path, files, **header):
    """Write an archive as the product does, or with other headers."""
    for name, data in files.items():
        (path.parent / name.replace("/", "-")).write_bytes(data)
    tar.write(path, {name: path.parent / name.replace("/", "-") for name in files})
    if header:
        changed = io.BytesIO()
        with tarfile.open(path) as old, tarfile.open(fileobj=changed, mode="w") as new:
            for member in old:
                content = old.extractfile(member)
                for name, value in header.items():
                    setattr(member, name, value)
                new.addfile(member, content)
        path.write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + gzip.compress(changed.getvalue(), mtime=0)[10:])


def compressed(*lines):
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + gzip.compress(b"".join(lines), mtime=0)[10:]


def files(**changes):
    import hashlib

    record = json.dumps(redactor(*KNOWN).redact(RECORD)).encode() + b"\n"
    found = {
        "findings.json": b"{}",
        "manifest.json": b"{}",
        "report.html": b"<p>fine</p>",
        "records/merged.jsonl.gz": compressed(record),
        f"records/{TOKEN}.jsonl.gz": compressed(record),
        **{name.replace("__", "/").replace("_dot_", "."): data for name, data in changes.items()},
    }
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(found.items()))
    return {"SHA256SUMS": sums.encode(), **found}


def cause(path):
    with pytest.raises(Failure) as failed:
        Scan(COLLECTED).require_clean(path, 2)
    return failed.value.errors[0]["cause"]


def test_a_clean_archive_is_accepted(tmp_path):
    write(tmp_path / "x.tar.gz", files())
    Scan(COLLECTED).require_clean(tmp_path / "x.tar.gz", 2)


@pytest.mark.parametrize(
    ("name", "data", "place"),
    [
        ("findings_dot_json", b'{"mcgrath": 1}', "findings.json"),
        ("manifest_dot_json", b'["andr\\u00e9.m\\u00fcller"]', "manifest.json"),
        ("report_dot_html", b"<p title='mcgr&#97;th'></p>", "report.html"),
        (
            "records__merged_dot_jsonl_dot_gz",
            compressed(b'{"message":"by mcgrath"}\n'),
            "records/merged.jsonl.gz, line 1, message",
        ),
        (
            "records__merged_dot_jsonl_dot_gz",
            compressed(b"{}\n", b"no record"),
            "records/merged.jsonl.gz, line 2, line",
        ),
    ],
)
def test_the_place_is_named_and_not_the_value(name, data, place, tmp_path):
    write(tmp_path / "x.tar.gz", files(**{name: data}))
    found = cause(tmp_path / "x.tar.gz")
    assert place in found
    assert not re.search("mcgr|ndr", found)


def test_the_merged_log_is_scanned_if_it_has_other_lines_than_the_vms(tmp_path, monkeypatch):
    scanned = []
    original = Scan._read

    def read(self, archive, workers, unscanned):
        scanned.append(unscanned)
        return original(self, archive, workers, unscanned)

    monkeypatch.setattr(Scan, "_read", read)
    write(tmp_path / "x.tar.gz", files())
    Scan(COLLECTED).require_clean(tmp_path / "x.tar.gz", 2)
    assert scanned == ["records/merged.jsonl.gz"]
    write(tmp_path / "x.tar.gz", files(records__merged_dot_jsonl_dot_gz=compressed(b'{"pid":1}\n')))
    Scan(COLLECTED).require_clean(tmp_path / "x.tar.gz", 2)
    assert scanned[1:] == ["records/merged.jsonl.gz", None]


@pytest.mark.parametrize(
    "header", [{"uname": "root"}, {"gname": "x"}, {"uid": 1}, {"gid": 1}, {"mtime": 5}, {"mode": 0o644}]
)
def test_headers_of_the_archive_that_say_more_are_refused(header, tmp_path):
    write(tmp_path / "x.tar.gz", files(), **header)
    assert "could not be scanned" in cause(tmp_path / "x.tar.gz")


@pytest.mark.parametrize("name", ["records/web1.jsonl.gz", "notes.txt", "records/merged.jsonl"])
def test_other_files_are_refused(name, tmp_path):
    write(tmp_path / "x.tar.gz", {**files(), name: compressed(b"{}\n")})
    assert "could not be scanned" in cause(tmp_path / "x.tar.gz")


def test_names_and_times_in_headers_of_gzip_are_refused(tmp_path):
    data = io.BytesIO()
    with gzip.GzipFile("mcgrath.log", "wb", fileobj=data) as stream:
        stream.write(b"{}\n")
    write(tmp_path / "x.tar.gz", files(records__merged_dot_jsonl_dot_gz=data.getvalue()))
    assert "could not be scanned" in cause(tmp_path / "x.tar.gz")


def test_a_name_in_the_name_of_the_archive_is_found(tmp_path):
    write(tmp_path / "for-mcgrath.tar.gz", files())
    assert "name" in cause(tmp_path / "for-mcgrath.tar.gz")


def test_checksums_of_other_files_are_found(tmp_path):
    write(tmp_path / "x.tar.gz", {**files(), "SHA256SUMS": b"mcgrath"})
    assert "SHA256SUMS" in cause(tmp_path / "x.tar.gz")


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_an_archive_that_is_truncated_or_damaged_is_refused(share, tmp_path):
    path = tmp_path / "x.tar.gz"
    write(path, files())
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert "could not be scanned" in cause(path)
