# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns of secrets, addresses, ids and names that no field contains."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import Kind

TOKEN = re.compile(rf"(?:{'|'.join(kind.value for kind in Kind)})-[0-9a-f]{{20}}(?![0-9a-f])|addr-[0-9a-f.:]*[0-9a-f]")
"""A token, or what looks like one."""

# A character comes first, and then what must not be before it: so the search skips all others quickly.
UUID = re.compile(r"[0-9a-fA-F](?<![0-9a-fA-F].)[0-9a-fA-F]{7}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F])")
NUMBER = re.compile(r"[0-9](?<![\w.:-].)[0-9]*(?![\w:-]|\.[0-9])")
SEPARATE = re.compile(
    r"([0-9](?<![^ \t\n/=(\[.].)(?<!//.)(?<![^A-Za-z]\..)[0-9]{0,8})"
    r"(?=[ \t\n/)\]?#]|&[A-Za-z_]+=|[,;:](?:[ \t\n]|\Z)|\.(?:[ \t\nA-Za-z]|\Z)|\Z)"
)
"""A number that is no part of an address, of a time, of a word, or of something encoded, apart from base64."""
SEGMENT = re.compile(r"(?<=/)[0-9]{4,}(?=[/?#;]|$)")
"""A number in a path."""
IPV4 = re.compile(r"[0-9](?<![0-9.].)[0-9]{0,2}\.(?:[0-9]{1,3}\.){2}[0-9]{1,3}(?![0-9]|\.[0-9])")
IPV6 = re.compile(
    r"(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{0,40}:[0-9A-Fa-f:]{0,40}(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3})?(?![\w:]|\.[0-9])"
)
DASHED = re.compile(r"(?<![0-9A-Za-z])ip-(?P<value>(?:[0-9]{1,3}-){3}[0-9]{1,3})(?![0-9A-Za-z]|-[0-9])", re.IGNORECASE)
"""An address in the name of a host. One without the prefix is known by a field, or a number of something else."""
MAC = re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])")
EMAIL = re.compile(r"[\w.+%-]{1,64}@\w[\w-]{0,62}(?:\.[\w-]{1,63})+")
ACCOUNT = re.compile(r"(?<![\w\\:.])[A-Z][A-Z0-9-]{1,14}\\(?P<value>[\w.$-]{2,})")
"""A Windows account. Its domain is in capitals, unlike most folders."""
HOME = re.compile(r"(?:(?:/|^|(?<=[\s\"'(=:,]))(?:home|Users)/|\\Users\\)(?P<value>[^/\\\s:;,\"'<>|*?)]+)")
URL_HOST = re.compile(r"://(?:[^\s/@\"'<>]*@)?(?P<value>\[[0-9A-Fa-f:.]+\]|[\w.-]*\w)")
TOP = "com|net|org|edu|gov|io|eu|de|fr|uk|ch|at|nl|jp|corp|local|lan|internal|intranet|localdomain|example|invalid"
HOST = re.compile(rf"(?<![\w./@-])(?:[\w-]+\.)+(?:{TOP})(?![\w-]|\.\w|\()", re.IGNORECASE)
API_KEY = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z]{2,10}_){1,3}(?=[A-Za-z0-9]*[0-9][A-Za-z0-9]*[0-9])[A-Za-z0-9]{16,}")
RUN = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
"""What may be a secret without any sign of what it is."""

_SAME = re.compile(r"[A-Z]+|[a-z]+|[0-9]+")
_TURNS = 0.45

NAME_CONTEXT = re.compile(
    r"(?:^|[^a-z0-9])(?:users?|user[ _-]?names?|user[ _-]?id|uid|logins?|accounts?|owner|principal|member|author)"
    r"[\"']?\s{0,2}(?:[:=#/]\s?)?[\"'(\[]?$"
)
"""What is before a name, even if the name is a word."""
ID_NAMES = ("id", "uid", "user", "endpoint", "element")
"""Words before the number of something, besides the names of elements."""


def id_context(names: t.Iterable[str]) -> re.Pattern[str]:
    """Return what is before an id that is a number."""
    choice = "|".join(sorted(map(re.escape, {*names, *ID_NAMES}), key=len, reverse=True))
    return re.compile(rf"(?:^|[^a-z0-9])(?:{choice})s?(?:[ _-]?id)?[\"']?\s{{0,2}}(?:[:=#/]\s?)?[\"'(\[]?$")


def is_secret(run: str) -> bool:
    """Return whether a long run looks random: it has capitals, small letters and digits, several of these or often in turn."""
    digits = sum(map(str.isdigit, run))
    if not digits or not any(map(str.isupper, run)) or not any(map(str.islower, run)) or TOKEN.search(run):
        return False
    return digits > 2 or len(_SAME.findall(run)) > _TURNS * len(run)


_NAMES = (
    r"(?:passw(?:or)?ds?|passphrase|pwd|secret|token|credentials?|(?:api|private|access|account|encryption)[ _-]?key|apikey"
    r"|authorization|j?session[_-]?id|signature|connection[_ -]?string|dsn|auth|sig)"
)
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_PROSE = (
    r"(?!(?:not|too|in|on|by|at|required|expired|invalid|wrong|incorrect|missing|empty|set|the|an?|no|being|never|only|now|still|already"
    r"|about|needed|reset|changed|correct|valid|stored|weak|ok|accepted|rejected|refused|denied|disabled|enabled|used|checked)\b)"
)


class Secret(t.NamedTuple):
    """A pattern, and a text in small letters without which it cannot match."""

    keyword: str
    pattern: re.Pattern[str]


SECRETS: t.Final = {
    "PEM block": Secret(
        "-----begin", re.compile(r"(?P<value>-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z))", re.DOTALL)
    ),
    "end of a PEM block": Secret(
        "-----end", re.compile(r"\A(?P<value>(?:(?!-----BEGIN).)*?-----END [A-Z0-9 ]+-----)", re.DOTALL)
    ),
    "credentials of a URL": Secret("@", re.compile(r"(?<=://)(?P<value>[^\s\"'<>]{0,1000})@(?=[\w\[.-])")),
    "cookie": Secret("cookie", re.compile(r"(?i)\bcookie[\"']?\s*:\s*(?P<value>[^\r\n]+)")),
    "authorization": Secret(
        "",
        re.compile(
            r"(?i)\b(?:basic|bearer|digest|negotiate|ntlm)\s+(?P<value>(?=\S*(?:[0-9=]|(?-i:[a-z][A-Z])))[\w+/=.~-]{6,})"
        ),
    ),
    "assignment": Secret(
        "",
        re.compile(
            rf"(?i)(?<![a-z0-9])[\w.-]{{0,40}}?{_NAMES}[\w.-]{{0,20}}[\"']?\s{{0,3}}(?:=>|[:=])\s{{0,3}}"
            rf"(?:(?:basic|bearer|digest|token)\s+)?(?P<value>{_QUOTED}|[^\s,;&\"'<>{{}}()\[\]]+)"
        ),
    ),
    "password in a sentence": Secret(
        "",
        re.compile(
            rf"(?i)\b(?:password|passwd|passphrase|pwd|secret|token|api[ _-]?key)\s+(?:(?:is|was)\s+{_PROSE}(?P<value>\S+)"
            rf"|(?P<quoted>{_QUOTED}|(?=\S*[0-9])\S{{4,}}))"
        ),
    ),
    "option of a command": Secret(
        "--", re.compile(rf"(?i)--[\w-]*(?:{_NAMES}|key)[\w-]*[ =]+(?P<value>{_QUOTED}|[^\s-]\S*)")
    ),
    "parameter": Secret(
        "=", re.compile(r"[?&][\w.\[\]-]+=(?!(?:[0-9]{1,4}|true|false)(?:[&#\s\"']|$))(?P<value>[^&#\s\"']+)")
    ),
    "web token": Secret("eyj", re.compile(r"(?P<value>\beyJ[\w-]{6,2000}\.[\w-]+(?:\.[\w-]*)?)")),
    "key of a service": Secret(
        "",
        re.compile(
            r"(?P<value>\b(?:A[KS]IA[0-9A-Z]{12,}|AIza[\w-]{30,}|(?:glpat|xox[abeprs]|npm|pypi|dop)[-_][\w-]{10,}))"
        ),
    ),
}
"""Secrets. Of a match, the group ``value`` is masked."""

TRIGGERS: t.Final = (
    *("passw", "passphrase", "pwd", "secret", "token", "credential", "apikey", "authorization", "signature", "dsn"),
    *(f"{name}{separator}key" for name in ("api", "private", "access", "account", "encryption") for separator in " _-"),
    *("sessionid", "session_id", "session-id", "connection string", "connectionstring", "connection_string"),
    *("connection-string", "cookie", "auth=", "auth:", "sig=", "sig:", 'auth"', 'sig"', "auth'", "sig'"),
    *("bearer", "basic", "digest", "negotiate", "ntlm", "://", "@", "-----begin ", "-----end ", "--", "?", "&", "eyj"),
    *("akia", "asia", "aiza", "glpat", "xox", "npm", "pypi", "dop_", "dop-"),
)
"""Without one of these, in small letters, a text has none of these secrets."""
