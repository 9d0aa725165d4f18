# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of a log with a name or a secret in it, in all the ways in which redacted copies have been seen to leak some."""

from __future__ import annotations

import base64
import json
import random
import typing as t
import unicodedata
import urllib.parse
import uuid

LEFT_OUT = ("key that occurs twice", "line that is no record")
"""Kinds of lines that need not be in a result."""
COUNT = 20
"""Values of each kind."""
_FIRST = ["andré", "jürgen", "søren", "łukasz", "zoë", "björk"]
_LAST = ["müller", "ångström", "straße", "petrović", "garcía", "nowak"]
_WORDS = ["export", "test", "report", "backup", "scan"]


class Planted(t.NamedTuple):
    """A line, and what must not be left of it: nothing if the line only makes names known."""

    kind: str
    line: str
    value: str = ""


class Names(t.NamedTuple):
    """Names and secrets that only one line has, apart from the fields that make them known."""

    user: str
    account: str
    short: str
    word: str
    host: str
    address: str
    secret: str
    other: str


def planted() -> t.Iterator[Planted]:
    """Yield the lines. The fields with the names come last."""
    source = random.Random(20261129)
    names = [_names(source, index) for index in range(COUNT)]
    for each in names:
        for kind, text, value in _texts(each):
            yield Planted(kind, _line(source, message=text), value)
        for kind, fields, value in _fields(each):
            yield Planted(kind, _line(source, **fields), value)
        line = _line(source, user_name=each.user)
        yield Planted(LEFT_OUT[0], f'{line[:-1]}, "user_name": "bob"}}', each.user)
        yield Planted(LEFT_OUT[1], f"not json password={each.secret}", each.secret)
    for each in names:
        for user in (each.user, f"CORP\\{each.account}", each.short, each.word):
            yield Planted("", _line(source, user_name=user, hostname=each.host))
        yield Planted(
            "", _line(source, log_type="audit", action="login_attempt", access_granted=True, client_ip=each.address)
        )


def _names(source: random.Random, index: int) -> Names:
    return Names(
        user=f"{source.choice(_FIRST)}.{source.choice(_LAST)}{index}",
        account=f"mcgrath{index}",
        short=f"q{index % 10}",
        word=_WORDS[index % len(_WORDS)],
        host=f"guard-db{index:02}.site{index}.example",
        address=f"10.{source.randint(1, 250)}.{source.randint(1, 250)}.{index + 1}",
        other=f"alicia{chr(ord('a') + index)}",
        secret=f"hunter{source.getrandbits(40):010x}",
    )


def _texts(each: Names) -> t.Iterator[tuple[str, str, str]]:
    user, address = each.user, each.address
    dashed = address.replace(".", "-")
    mapped = "::ffff:{:02x}{:02x}:{:02x}{:02x}".format(*map(int, address.split(".")))
    yield "user in a text", f"login of {user} failed", user
    yield "in another case", f"login of {user.upper()} failed", user.upper()
    yield "in another Unicode form", f"login of {unicodedata.normalize('NFD', user)} failed", user
    yield "in percent-encoding", f"GET /users/{urllib.parse.quote(user)}", user
    yield "in percent-encoding twice", f"GET /users/{urllib.parse.quote(urllib.parse.quote(user))}", user
    yield "in escapes of JSON", f"payload {json.dumps({'who': user})}", user
    yield "in base64", f"Authorization: Basic {base64.b64encode(f'{user}:x'.encode()).decode()}", user
    yield "account without its domain", f"login of {each.account} failed", each.account
    yield "short name", f"user {each.short} denied", f"user {each.short} denied"
    yield "name that is a word", f"user {each.word} denied", f"user {each.word} denied"
    yield "host", f"no route to {each.host}:443", each.host
    yield "host without its domain", f"no route to {each.host.partition('.')[0]}", each.host.partition(".")[0]
    yield "address", f"connection from {address} refused", address
    yield "address in a name", f"connection from ip-{dashed} refused", dashed
    yield "address in IPv6", f"connection from {mapped} refused", mapped
    yield "password", f"bind with password={each.secret}", each.secret
    yield "secret in JSON in a text", f'sent {{\\"api_key\\":\\"{each.secret}\\"}}', each.secret
    yield "credentials in a URL", f"postgresql://guard:{each.secret}@db7/cs", each.secret
    yield "parameter of a URL", f"GET /x?token={each.secret}&page=2", each.secret
    yield "private key", f"-----BEGIN PRIVATE KEY-----\\n{each.secret}\\n-----END PRIVATE KEY-----", each.secret
    yield "second half of a private key", f"{each.secret}\n-----END PRIVATE KEY-----", each.secret
    yield "option of a command", f"cs sync --client-secret {each.secret}", each.secret
    yield "home directory", f"cannot open /home/{each.secret}/.netrc", each.secret
    yield "name that no field has", f"the key of {each.other} is lost", each.other
    yield "secret without any sign of one", f"the door opens with {each.other}", each.other
    yield "e-mail address", f"mail to {each.secret}@else.example failed", each.secret


def _fields(each: Names) -> t.Iterator[tuple[str, dict[str, t.Any], str]]:
    yield "field user_name", {"user_name": each.user}, each.user
    yield "field hostname", {"hostname": each.host}, each.host
    audit = {"log_type": "audit", "access_granted": False, "access_denied_reason": "no", "client_ip": each.address}
    yield "field client_ip", {**audit, "action": "login_attempt"}, each.address
    yield "field api_key", {**audit, "action": "api_request", "api_key": f"agk_{each.secret}"}, each.secret
    setting = {"setting": "smtp_password", "old_value": each.secret, "new_value": None}
    yield "field old_value", {**audit, "action": "setting_change", **setting}, each.secret
    yield "name of a field", {f"{each.user}@corp": 1}, each.user
    yield "unknown field", {"release_note": f"for {each.user}"}, each.user
    yield "list instead of a name", {"user_name": [each.user]}, each.user


def _line(source: random.Random, **fields: t.Any) -> str:
    record = {
        "id": str(uuid.UUID(int=source.getrandbits(128), version=4)),
        "created_at": "2026-10-26T12:00:00Z",
        "hostname": "guard-web00",
        "level": "info",
        "log_type": "application",
        "pid": 1000,
        "message": "",
    }
    return json.dumps({**record, **fields}, ensure_ascii=False)
