# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets and identities by their syntax, as data: the second net behind the known values. A text without tokens must match none."""

from __future__ import annotations

import re
import typing as t


class Rule(t.NamedTuple):
    """A pattern, and a text in small letters without which it cannot match."""

    keyword: str
    pattern: re.Pattern[str]


_SPACE = r"[^\S\x1e]"
"""White space, apart from what separates texts, and what stands for a token."""
_VALUE = rf"[\"']?{_SPACE}{{0,3}}(?:=>|[:=]){_SPACE}{{0,3}}[\"']?[^\s\"'\x1e\[\](){{}}<>,;&]{{3,}}"

RULES: t.Final = {
    "private key": Rule("-----begin", re.compile(r"-----BEGIN [A-Z0-9 ]*(?:KEY|CERTIFICATE)[A-Z ]*-----")),
    "end of a private key": Rule("-----end", re.compile(r"-----END [A-Z0-9 ]*KEY[A-Z ]*-----")),
    "credentials in a URL": Rule("://", re.compile(r"://[^\s/@\"'<>\x1e]+@")),
    "e-mail address": Rule("@", re.compile(r"[\w.+%-]{1,64}@\w[\w-]{0,62}\.[\w-]")),
    "JSON web token": Rule("eyj", re.compile(r"\beyJ[\w-]{6,2000}\.[\w-]")),
    "password": Rule("passw", re.compile(rf"(?i)passw(?:or)?d{_VALUE}")),
    "secret": Rule("secret", re.compile(rf"(?i)secret{_VALUE}")),
    "token": Rule("token", re.compile(rf"(?i)token{_VALUE}")),
    "API key": Rule("key", re.compile(rf"(?i)api[ _-]?key{_VALUE}")),
    "authorization": Rule("basic ", re.compile(rf"(?i)\bbasic{_SPACE}+(?=\S*[0-9=])[\w+/=-]{{6,}}")),
    "bearer token": Rule("bearer", re.compile(rf"(?i)\bbearer{_SPACE}+(?=\S*[0-9=])[\w+/=.~-]{{6,}}")),
    "key of AWS": Rule("ia", re.compile(r"\bA[KS]IA[0-9A-Z]{16}\b")),
    "key of Google": Rule("aiza", re.compile(r"\bAIza[\w-]{35}")),
    "token of GitHub": Rule("gh", re.compile(r"\bgh[opsur]_[A-Za-z0-9]{36}|\bgithub_pat_\w{22,}")),
    "token of GitLab": Rule("glpat-", re.compile(r"\bglpat-[\w-]{20}")),
    "token of Slack": Rule("xox", re.compile(r"\bxox[abeprs]-[\w-]{10,}")),
    "key of Stripe": Rule("_live_", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}")),
    "parameter of a URL": Rule(
        "=",
        re.compile(r"[?&][\w.\[\]-]+=(?!(?:[0-9]{1,4}|true|false|[a-z]{2,6}-<id>)(?:[&#\s\"'\x1e]|$))[^&#\s\"'\x1e<]+"),
    ),
    "home directory": Rule("/home/", re.compile(r"/home/\w")),
    "IPv4 address": Rule(
        ".",
        re.compile(
            r"[0-9](?<![\w.-].)[0-9]{0,2}(?<!127)(?<!255)(?!(?<=\b0)\.0\.0\.0)\.(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})\.){2}"
            r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})(?![\w-]|\.[0-9])"
        ),
    ),
}
"""By what they find."""
