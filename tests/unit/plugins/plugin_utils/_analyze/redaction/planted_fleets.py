# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs with secrets and names at every kind of place, and a scan for them that shares no code with the collection's."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import random
import re
import tarfile
import unicodedata
import urllib.parse
import uuid

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import pipeline
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.redaction.redaction_fleets import (
    ENCODINGS,
)

FIRST = ["andré", "jürgen", "søren", "łukasz", "mehmet", "aoife", "zoë", "ivan", "chloé", "björk"]
LAST = ["müller", "o'hara", "nowak", "yılmaz", "ångström", "dubois", "straße", "petrović", "garcía", "schmidt"]
PATTERNS = [
    "login of {} failed",
    "user={} denied",
    '{{"who": "{}"}}',
    "/users/{}/keys",
    "Traceback (most recent call last):\n  File \"x.py\", line 1\nKeyError: '{}'",
]


class Planted:
    """A fleet of three VMs. Texts mention values that only a later record of another VM has in a field."""

    def __init__(self, seed, encodings=tuple(ENCODINGS)):
        self.encodings = encodings
        source = self.source = random.Random(seed)
        self.users = sorted(
            {f"{source.choice(FIRST)}.{source.choice(LAST)}{source.randint(1, 99)}" for dummy in range(8)}
        )
        self.users.append(f"CORP{seed}\\kx{seed}mcgrath")
        self.short = f"q{seed % 10}"
        self.hosts = [f"guard-{source.choice(['web', 'worker'])}{number:02}.site{seed}.example" for number in range(3)]
        self.addresses = [f"10.{source.randint(1, 254)}.{source.randint(1, 254)}.{number}" for number in (7, 8)]
        self.addresses.append(f"2a00:babe::{source.randint(0x100, 0xFFF):x}")
        self.groups = [f"Gruppe Köln {seed}"]
        self.elements = [f"slot-zürich-{seed}", str(uuid.UUID(int=source.getrandbits(128), version=4))]
        self.keys = [f"agk_{source.getrandbits(160):040x}", f"ak-{seed}-{source.getrandbits(64):016x}"]
        self.settings = [f"s3cr3t-{source.getrandbits(64):x}"]
        self.secrets = [f"hunter{source.randint(1000, 9999)}{source.choice('abc')}" for dummy in range(9)]
        self.mails = [f"carol{seed}@else{seed}.com"]
        self.values = [
            *(*self.users, *self.hosts, *self.addresses, *self.groups, *self.elements, *self.keys, *self.settings),
            *(*self.secrets, *self.mails),
        ]
        """What must not be in an archive."""

    def records(self, vm):
        return [*self._texts(vm), *self._fields(vm)]

    def _record(self, vm, **fields):
        self.second = getattr(self, "second", 0) + 1
        return {
            "id": str(uuid.UUID(int=self.source.getrandbits(128), version=4)),
            "created_at": f"2026-10-{20 + vm}T{self.second // 3600 % 24:02}:{self.second // 60 % 60:02}:{self.second % 60:02}Z",
            "hostname": self.hosts[vm],
            "level": "error",
            "log_type": "application",
            "pid": 1,
            **fields,
        }

    def _texts(self, vm):
        for value in (*self.users, *self.hosts, *self.groups, self.elements[0], *self.settings):
            for name in self.encodings:
                text = self.source.choice(PATTERNS).format(ENCODINGS[name](value))
                yield self._record(vm, message=text)
        for value in (*self.addresses, *self.elements, *self.keys, *self.mails):
            yield self._record(vm, message=f"from {value}, denied")
        account, (user, *others) = self.users[-1].partition("\\")[2], self.users
        one, two, three, four, five, six, seven, eight, nine = self.secrets
        address = self.addresses[0]
        for text in (
            f"login of {account} failed",
            f"user {self.short} denied",
            f"on {self.hosts[0].partition('.')[0]}",
            f"ip-{address.replace('.', '-')} ::ffff:{address} [{self.addresses[2].upper()}]:9300",
            f"password={one}",
            f'{{\\"api_key\\":\\"{two}\\"}}',
            f"postgresql://g:{three}%40@db7/cs",
            f"-----BEGIN PRIVATE KEY-----\\n{four}\\n",
            f"{five}\n-----END PRIVATE KEY-----",
            f"Authorization: Basic {ENCODINGS['base64'](f'x:{six}')}",
            f"Bearer {seven}",
            f"/home/{others[0]}/.ssh/id",
            f"--client-secret {eight}",
        ):
            yield self._record(vm, message=text)
        yield self._record(
            vm, **{user: 1, "release_note": f"for {user}", "user_name": [others[0]], "level": f"for {user}"}
        )
        yield self._record(vm, log_type="web", method="GET", path=f"/x?q={nine}&page=2", status_code=404)

    def _fields(self, vm):
        if vm != 2:
            return
        for user in (*self.users, self.short):
            yield self._record(vm, user_name=user, message="known now")
        audit = {"log_type": "audit", "access_granted": False, "access_denied_reason": "no", "client_ip": "127.0.0.1"}
        for address in self.addresses:
            yield self._record(vm, **{**audit, "action": "login_attempt", "client_ip": address})
        for element in self.elements:
            yield self._record(vm, **audit, action="access", element="slot", element_id=element)
        for key in self.keys:
            yield self._record(vm, **audit, action="api_request", api_key=key)
        for value in self.settings:
            yield self._record(
                vm, **audit, action="setting_change", setting="smtp_password", old_value=None, new_value=value
            )
        yield self._record(vm, log_type="tanium", message="x", computer_group=self.groups[0], endpoint_id="5")

    def write(self, directory, keeps_records=False):
        """Write and analyze the logs."""
        for vm, name in enumerate(("web1", "web2", "worker1")):
            folder = directory / "logs" / name
            folder.mkdir(parents=True)
            lines = [json.dumps(record, ensure_ascii=vm == 1) for record in self.records(vm)]
            user = self.users[0]
            lines += [f"not json password={self.secrets[0]}", f'{{"user_name":"{user}","user_name":"bob"}}']
            (folder / f"{user}.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
        pipeline.analyze(
            pipeline.Request([directory / "logs"], directory / "results", directory / "dataset", None, 2, keeps_records)
        )


def contents(path):
    """Return all files in an archive, as text."""
    found = {}
    with tarfile.open(path) as archive:
        for member in archive:
            data = archive.extractfile(member).read()
            found[member.name] = (gzip.decompress(data) if member.name.endswith(".gz") else data).decode()
    return found


def leaked(path, planted):
    """Return the values that are in an archive in any encoding, with the file."""
    found = []
    for name, text in {**contents(path), "the archive": path.read_bytes().decode("latin-1")}.items():
        shown = name + text + _parsed(text) if name.endswith(".jsonl.gz") else name + text
        shown += "".join(map(_from_base64, set(re.findall(r"[A-Za-z0-9+/_-]{8,}={0,2}", shown))))
        for dummy in range(4):
            shown += urllib.parse.unquote(html.unescape(shown.encode().decode("utf-8"))) if dummy < 2 else ""
        shown = unicodedata.normalize("NFKC", re.sub("\u200b", "", shown)).casefold()
        for value in planted.values:
            plain = unicodedata.normalize("NFKC", value).casefold()
            encoded = [
                encode(value).casefold()
                for kind, encode in ENCODINGS.items()
                if kind not in ("plain", "upper", "lower")
            ]
            if any(form in shown for form in (plain, *encoded) if len(form) > 3):
                found.append((name, value))
    return found


def _from_base64(run):
    try:
        return base64.b64decode(run.rstrip("=") + "=" * (-len(run.rstrip("=")) % 4), altchars=b"-_").decode()
    except ValueError:
        return ""


def _parsed(text):
    output = io.StringIO()
    for line in text.splitlines():
        json.dump(json.loads(line), output, ensure_ascii=False)
    return output.getvalue()
