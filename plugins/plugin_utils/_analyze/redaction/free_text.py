# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redact free text: known values in whatever form and encoding, and what its syntax identifies."""

from __future__ import annotations

import contextlib
import copy
import re
import typing as t
from collections import Counter

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction import (
    addresses,
    decoding,
    syntax,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import MASK, Kind
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.known_values import (
    Form,
    KnownValues,
    Mode,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.normal import folded
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.spans import (
    Span,
    merged,
    replaced,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.token_table import TokenTable
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.tokens import Tokens

with contextlib.suppress(ImportError):  # see libraries.py
    import ahocorasick_rs

_CONTEXT_LENGTH = 24
_LABEL = re.compile(r"[\w.-]*\Z")
_NESTED = 3
_HOST_LENGTH = 253
_SHORT = 3
_SECRET = "secret"  # noqa: S105 (no password)

Kept = t.Container[str]
"""Ids that stay as they are, in small letters."""


class FreeText:
    """Redacts texts, and counts what was replaced by its kind."""

    def __init__(self, known: KnownValues, tokens: Tokens, elements: t.Iterable[str] = ()) -> None:
        self._known, self._tokens = known, tokens
        self._forms: list[Form | None] = [*known.forms.values(), *(None for dummy in syntax.TRIGGERS)]
        self._automaton = ahocorasick_rs.AhoCorasick([*known.forms, *syntax.TRIGGERS])
        self._id_context = syntax.id_context(elements)
        # In a text, what is behind a value may make a number in it a separate one, such as `5` in `5&user` before `=`.
        self._number_parts = {
            number
            for form in known.forms
            for end in ("", "=", "a=")
            for number in syntax.SEPARATE.findall(form + end)
            if form != number
        }
        self._table: TokenTable | None = None
        self.counts: Counter[str] = Counter()

    def with_table(self, table: TokenTable | None) -> FreeText:
        """Return the same with counts of its own, that adds its tokens to a table, if there is one."""
        other = copy.copy(self)
        other._table, other.counts = table, Counter()
        return other

    def redact(self, text: str, kept: Kept = ()) -> str:
        """Return a text without what it must not contain. If that is in encoded form, the result is decoded."""
        result = self._layer(text, kept, frozenset())
        if decoding.is_encoded(result):
            decoded = decoding.decoded(result)
            if decoded is None:
                self.counts[_SECRET] += 1
                return MASK
            if decoded != result:
                again = self._layer(decoded, kept, frozenset(syntax.TOKEN.findall(result)))
                result = again if again != decoded else result
        return result

    def token(self, kind: Kind, value: str) -> str:
        """Return the token of a value."""
        return self._added(self._tokens.token(self._known.kind_of(value, kind), value), value)

    def is_known_number(self, number: str) -> bool:
        """Return whether a number is a known value, or begins or ends with one that is a part of a known value."""
        if self._known.is_known(number):
            return True
        parts = self._number_parts
        return bool(parts) and any(number[:end] in parts or number[-end:] in parts for end in range(1, len(number) + 1))

    def address(self, text: str) -> str | None:
        """Return the token of an address, or the address if it says nothing; None if it is none."""
        address = addresses.parsed(text)
        if address is None:
            return None
        return text if addresses.is_harmless(address) else self._added(self._tokens.address(address), str(address))

    def _added(self, token: str, value: str) -> str:
        if self._table:
            self._table.add(token, value)
        return token

    def _layer(self, text: str, kept: Kept, issued: t.Container[str], depth: int = 0) -> str:
        lower = folded(text)
        known, has_trigger = self._known_spans(text, lower)
        spans = [*known, *self._syntax_spans(text, lower, kept)]
        if has_trigger:
            spans += _secrets(text, lower)
        if depth < _NESTED:
            spans += self._base64_spans(text, kept, depth)
        if "-" in text:
            tokens = list(syntax.TOKEN.finditer(text))
            own = [match.span() for match in tokens if match[0] in issued]
            spans = [each for each in spans if not any(start <= each.start and each.end <= end for start, end in own)]
            # What only looks like a token.
            spans += [Span(*each.span(), self.token(Kind.ID, each[0])) for each in tokens if each[0] not in issued]
        if not spans:
            return text
        spans = merged(spans)
        if not depth:
            self.counts.update(_label(each.replacement) for each in spans)
        return replaced(text, spans)

    def _known_spans(self, text: str, lower: str) -> tuple[list[Span], bool]:
        """Return the known values in a text, and whether it may have secrets."""
        signs = list(self._signs(lower))
        spans = [self._known_span(text, start, end, form) for form, start, end in signs if form]
        return spans, len(spans) < len(signs)

    def _signs(self, lower: str) -> t.Iterator[tuple[Form | None, int, int]]:
        """Yield the known values in a text, and the signs of something else, which have no form."""
        for pattern, start, end in self._automaton.find_matches_as_indexes(lower, overlapping=True):
            form = self._forms[pattern]
            if form is None or form.mode is Mode.ANYWHERE or _is_name(lower, start, end, form.mode):
                yield form, start, end

    def _known_span(self, text: str, start: int, end: int, form: Form) -> Span:
        if form.kind is None:
            return Span(start, end, MASK)
        if (
            form.kind is Kind.DOMAIN
            and (match := _LABEL.search(text, max(0, start - _HOST_LENGTH), start))
            and match[0].rstrip(".")
        ):
            # A host of a known domain.
            return Span(match.start(), end, self.token(Kind.HOST, text[match.start() : end]))
        if form.kind is Kind.ADDRESS:
            return Span(start, end, self.address(form.value) or self.token(form.kind, form.value))
        return Span(start, end, self.token(form.kind, form.value))

    def _syntax_spans(self, text: str, lower: str, kept: Kept) -> t.Iterator[Span]:
        for match in syntax.RUN.finditer(text):
            if syntax.is_secret(match[0]):
                yield Span(*match.span(), MASK)
        if text.count("-") > 2:
            yield from self._dashed(text, kept)
        if "." in text:
            yield from self._addresses(text, syntax.IPV4)
            for match in syntax.HOST.finditer(text):
                yield Span(*match.span(), self.token(Kind.HOST, match[0]))
        if text.count(":") > 1:
            yield from self._addresses(text, syntax.IPV6)
            yield from self._machines(text)
        for match in syntax.NUMBER.finditer(text):
            if self._is_id(lower, match):
                yield Span(*match.span(), self.token(Kind.ID, match[0]))
        if "_" in text:
            for match in syntax.API_KEY.finditer(text):
                yield Span(*match.span(), self.token(Kind.KEY, match[0]))
        if "@" in text:
            for match in syntax.EMAIL.finditer(text):
                yield Span(*match.span(), self.token(Kind.EMAIL, match[0]))
        if "/" in text or "\\" in text:
            yield from self._names(text)

    def _is_id(self, lower: str, match: re.Match[str]) -> bool:
        """Return whether a number is an id: that of a user, or one behind the name of something. Short ones have to be both."""
        is_user = self._known.kind_of(match[0], Kind.ID) is Kind.USER
        if len(match[0]) > _SHORT and is_user:
            return True
        if len(match[0]) <= _SHORT and not is_user:
            return False
        return bool(self._id_context.search(lower[max(0, match.start() - _CONTEXT_LENGTH) : match.start()]))

    def _dashed(self, text: str, kept: Kept) -> t.Iterator[Span]:
        for match in syntax.UUID.finditer(text):
            if match[0].lower() not in kept:
                yield Span(*match.span(), self.token(Kind.ID, match[0]))
        for match in syntax.DASHED.finditer(text):
            if token := self.address(match["value"].replace("-", ".")):
                yield Span(*match.span(), token)
        yield from self._machines(text)

    def _machines(self, text: str) -> t.Iterator[Span]:
        for match in syntax.MAC.finditer(text):
            yield Span(*match.span(), self.token(Kind.ADDRESS, match[0].replace("-", ":")))

    def _names(self, text: str) -> t.Iterator[Span]:
        for pattern, kind in ((syntax.ACCOUNT, Kind.USER), (syntax.HOME, Kind.USER), (syntax.URL_HOST, Kind.HOST)):
            for match in pattern.finditer(text):
                start, end = match.span("value") if kind is Kind.HOST or pattern is syntax.HOME else match.span()
                value = text[start:end]
                address = self.address(value)
                if address != value and value.lower() != "localhost":
                    yield Span(start, end, address or self.token(kind, value))

    def _addresses(self, text: str, pattern: re.Pattern[str]) -> t.Iterator[Span]:
        for match in pattern.finditer(text):
            token = self.address(match[0])
            if token and token != match[0]:
                yield Span(*match.span(), token)

    def _base64_spans(self, text: str, kept: Kept, depth: int) -> t.Iterator[Span]:
        for start, end, content in decoding.base64_runs(text):
            decoded = decoding.decoded(content)
            if decoded is None or self._layer(decoded, kept, frozenset(), depth + 1) != decoded:
                yield Span(start, end, MASK)


def _secrets(text: str, lower: str) -> t.Iterator[Span]:
    for secret in syntax.SECRETS.values():
        for match in secret.pattern.finditer(text) if secret.keyword in lower else ():
            start, end = match.span("value")
            if start < 0:
                start, end = match.span("quoted")
            if text[start : start + 1] in ("'", '"') and text[start] == text[end - 1]:
                start, end = start + 1, end - 1
            if start < end:
                yield Span(start, end, MASK)


def _label(replacement: str) -> str:
    return _SECRET if replacement == MASK else replacement.partition("-")[0]


def _is_name(text: str, start: int, end: int, mode: Mode) -> bool:
    """Return whether a part of a text is no part of a longer word, and is behind what is before a name, if it has to be."""
    if text[start - 1 : start].isalnum() or text[end : end + 1].isalnum():
        return False
    before = text[max(0, start - _CONTEXT_LENGTH) : start]
    return mode is Mode.WORD or bool(syntax.NAME_CONTEXT.search(before))
