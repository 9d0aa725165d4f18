# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mask secrets in the output of the product's command: the values in its configuration file, and what looks like one."""

import base64
import contextlib
import html
import json
import os
import re
import shlex
import stat
import typing as t
from urllib.parse import quote, quote_plus, unquote

MASK = "***"
SIZE_LIMIT = 1024 * 1024
"""Bytes of the configuration file that are read."""

_MINIMUM = 4
"""Characters of the shortest value that is masked. Shorter ones are in every other word."""
# Not secrets, but words of the messages that are to stay readable.
_WORDS = frozenset(["true", "false", "none", "null", "debug", "info", "warning", "error", "critical"])
_LOG_FILE = re.compile(r"\s*(?:export\s+)?LOG_FILE(?:_AUDIT)?\s*=\s*[\"']?/[^\s,=\"']*[\"']?\s*\Z")
_ASSIGNMENT = re.compile(r"[\s#;\ufeff]*(?:export\s+)?[A-Za-z_][\w.-]*\s*=(?P<value>.*)", re.DOTALL)
_COMMENT = re.compile(r"\s+[#;]")

_USER_INFORMATION = re.compile(r"://([^\s\"']{0,1000})@")
_QUERY = re.compile(r"[?&][\w.-]+=([^&#\s\"']+)")
_PAIR = re.compile(r"(?<![\w.-])([\w.-]+)[\"']?\s*[=:]\s*(\"[^\"]*\"|'[^']*'|[^\s,;&\"'{}]+)")
_HARMLESS_NAME = re.compile(r"(?i)(?:host\w*|port|db\w*|database|sslmode)\Z")

_KEYWORD = (
    r"(?<![\w.-])[\w.-]{0,40}(?:secret|passw|pwd|passphrase|token|credential|signature|cookie|(?:api|access|private|account)[ _-]?key"
    r"|_key|database_url|redis|dsn|authorization|bearer|\bsig|\bauth)[\w.-]{0,40}"
)
_QUOTED = r"\"[^\"]*\"|'[^']*'"
# The second net: what looks like a secret wherever it comes from.
_PATTERNS = (
    (re.compile(r"-----BEGIN [^-]*KEY-----.*?(?:-----END [^-]*KEY-----|\Z)", re.DOTALL), MASK),
    (re.compile(r"(://)\S*@"), rf"\1{MASK}@"),
    (re.compile(r"(?<![^\s:/@\"'=(])[^\s:/@\"'=(]{1,100}:[^\s/@]{1,200}@(?=\w)"), f"{MASK}@"),
    (re.compile(r"(?i)\b((?:basic|bearer|digest)\s+)(?=\S*[\d=._-])\S+"), rf"\1{MASK}"),
    (
        re.compile(rf"(?i)({_KEYWORD}[\"']?\s*(?:=>|[=:]|\b(?:is|was)\b)\s*)(?:(?:basic|bearer)\s+)?(?:{_QUOTED}|\S+)"),
        rf"\1{MASK}",
    ),
    (re.compile(rf"(?i)({_KEYWORD}\s+)(?:{_QUOTED}|[\[(<][^\s\])>]+[\])>]|(?=\S*\d)\S+)"), rf"\1{MASK}"),
    (re.compile(rf"(?i)((?:--|\s-)(?:p|{_KEYWORD})[ =])\S+"), rf"\1{MASK}"),
    (re.compile(r"\b(?:A[KS]IA[0-9A-Z]{12,}|eyJ[\w-]+\.[\w-]+\.?[\w-]*)"), MASK),
)


class Masker:
    """Replaces the values of a configuration file, and what looks like a secret, in text that is to be shown."""

    def __init__(self, content: bytes) -> None:
        forms = {form for value in _values(content.decode("utf-8", "replace")) for form in _forms(value)}
        # The longest first: it may contain others.
        self._forms = sorted(forms, key=lambda form: (-len(form), form))

    @classmethod
    def from_file(cls, path: str) -> "Masker":
        """Return the masker for a configuration file; where that cannot be read, it knows only what looks like a secret."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:
                return cls(file.read(SIZE_LIMIT) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b"")
        except OSError:
            return cls(b"")

    def mask(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, MASK)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text


def _values(content: str) -> t.Iterator[str]:
    """Yield every value, and every line of a value of several lines, with quotes and without."""
    for line in content.split("\n"):
        if _LOG_FILE.match(line):
            continue
        assignment = _ASSIGNMENT.match(line)
        # A line of a longer value may look like an assignment as well, such as the last one of base64.
        texts = [line.lstrip("#; \t")] if not assignment or len(assignment.group("value").strip()) < _MINIMUM else []
        texts += line.partition("=")[2:]
        for text in texts:
            for part in {text, *re.split(r"\r|\\r|\\n", text)}:
                yield from _readings(part.strip().rstrip("\\").strip())


def _readings(text: str) -> t.Iterator[str]:
    """Yield what readers of the file may take for the value, and the parts of it that programs show alone."""
    readings = {text, _COMMENT.split(text)[0], text.strip("\"'"), re.sub(r"\\(.)", r"\1", text.strip("\"'"))}
    quoted = re.match(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'", text)
    if quoted:
        readings.add(quoted.group(1) or quoted.group(2) or "")
    if re.search(r"[\"'\\]", text):
        with contextlib.suppress(ValueError):  # a quote that is not closed
            readings.update(shlex.split(text, comments=True))
    for reading in sorted(readings):
        yield reading
        yield from _parts(reading)


def _parts(value: str) -> t.Iterator[str]:
    """Yield user and password of URLs, and the values of pairs, such as those of a query or of a connection string."""
    for match in _USER_INFORMATION.finditer(value):
        information = match.group(1)
        yield information
        yield from information.split(":", 1)
        # Of several URLs in one value.
        for each in re.split(r"[,;|]|@[^/]*//", information):
            yield from each.partition("//")[2].split(":", 1) if "//" in each else each.split(":", 1)
    yield from _QUERY.findall(value)
    for name, text in _PAIR.findall(value) if "://" not in value else ():
        if not _HARMLESS_NAME.match(name):
            yield text.strip("\"'")


def _forms(value: str) -> t.Set[str]:
    """Return the value as programs may write it: in a URL, in JSON, in Python, in HTML and XML, for a shell, in base64, in hexadecimal digits."""
    found = set()  # type: t.Set[str]
    for text in (value, unquote(value)):
        if len(text) < _MINIMUM or text.lower() in _WORDS:
            continue
        encoded = text.encode("utf-8")
        urls = {quote(text, safe=""), quote(text), quote_plus(text)}
        entities = html.escape(text)
        found |= {text, entities, entities.replace("&quot;", "&#34;").replace("&#x27;", "&#39;")}
        found |= {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
        found |= {encoded.hex(), re.sub("[<>&\"']", lambda match: f"&#{ord(match.group())};", text)}
        found |= {repr(text)[1:-1], shlex.quote(text).strip("'"), *urls}
        found |= {re.sub("%[0-9A-F]{2}", lambda match: match.group().lower(), url) for url in urls}
        found |= {encode(encoded).decode().rstrip("=") for encode in (base64.b64encode, base64.urlsafe_b64encode)}
    return found
