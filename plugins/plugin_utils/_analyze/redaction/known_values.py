# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names, hosts, ids and addresses that fields of any record contain, in the forms that a text may have of them."""

from __future__ import annotations

import dataclasses
import enum
import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.records.variants import Record
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction import addresses
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import (
    FIELDS,
    KEPT_SETTINGS,
    Kind,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.normal import (
    folded,
    normal,
    visible,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.words import WORDS

LIMIT = 250_000
"""Different values that are held in memory."""

_PRECEDENCE = (Kind.USER, Kind.HOST, Kind.GROUP, Kind.KEY, Kind.ID, Kind.DOMAIN, Kind.ADDRESS)
_NAMES = tuple((name, field.kind) for name, field in FIELDS.items() if field.kind)
_SHORT = 4
"""Characters of the shortest value that is looked for inside of words."""
_ALL_WORDS = "\n".join(WORDS)
# What the syntax of ids and keys tells: they need not be remembered, however many there are.
_BY_SYNTAX = {
    Kind.ID: re.compile(r"[0-9]+|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"),
    Kind.KEY: re.compile(r"[A-Za-z]{2,10}_[A-Za-z0-9]{16,}"),
}
_ELEMENTS = 200
_ELEMENT = re.compile(r"\b[a-z]{3,20}\Z")
_SECRET = re.compile(r"(?=\S*[0-9])(?=\S*[^\W\d_])\S{8,}")
_HOST = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:[^@/\s]*@)?(\[[^\]]*\]|[^/:\s?#]+|[0-9a-f:]+)(?::\d+)?(?:[/?#].*)?", re.IGNORECASE
)


class Mode(enum.Enum):
    """Where in a text a form of a value is replaced."""

    ANYWHERE = "also inside of a word"
    WORD = "as a whole word"
    CONTEXT = "as a whole word, behind a word that says that a name follows"


class Form(t.NamedTuple):
    """A form of a value."""

    mode: Mode
    kind: Kind | None
    """None is a secret, which is masked."""
    value: str
    """The value whose token replaces it."""


@dataclasses.dataclass
class Collected:
    """The values of fields, by kind, and the secrets among old and new values of settings."""

    values: dict[Kind, set[str]] = dataclasses.field(default_factory=lambda: {kind: set() for kind in Kind})
    secrets: set[str] = dataclasses.field(default_factory=set)
    elements: set[str] = dataclasses.field(default_factory=set)
    """Names of elements, some at least: the ids behind them are replaced."""

    def __post_init__(self) -> None:
        # Members of an enumeration are slow keys.
        self._fields = [(name, self.values[kind], _BY_SYNTAX.get(kind)) for name, kind in _NAMES]

    def add(self, record: Record) -> None:
        """Add the values of a record."""
        for name, known, syntax in self._fields:
            value = record.get(name)
            if value.__class__ is str:
                if value not in known:
                    _add(value, known, syntax)
            elif value is not None and not isinstance(value, bool):
                for text in _texts(value):
                    _add(text, known, syntax)
        if "element" in record and len(self.elements) < _ELEMENTS:
            self.elements.update(_ELEMENT.findall(str(record["element"]).lower()))
        if "setting" in record and str(record["setting"]).upper() not in KEPT_SETTINGS:
            for name in ("old_value", "new_value"):
                self.secrets.update(text for text in _texts(record.get(name)) if _SECRET.fullmatch(text))

    def update(self, other: Collected) -> None:
        """Add the values of other records. Raise a ``Failure`` if these are too many."""
        for kind, values in other.values.items():
            self.values[kind] |= values
        self.secrets |= other.secrets
        self.elements |= other.elements
        if sum(map(len, self.values.values())) + len(self.secrets) > LIMIT:
            cause = f"have more than {LIMIT:,} different names, addresses and ids"
            raise failure("check", "The logs", cause, "Collect the logs of a shorter time, or of fewer VMs")


class KnownValues:
    """Known values: which kind each is of, and its forms."""

    def __init__(self, collected: Collected) -> None:
        self._kinds: dict[str, Kind] = {}
        self.forms: dict[str, Form] = {}
        """By the folded text."""
        self.values: list[tuple[Kind, str]] = []
        by_kind = {kind: sorted(collected.values[kind]) for kind in _PRECEDENCE}
        by_kind[Kind.HOST] = sorted({host_of(value) or value for value in by_kind[Kind.HOST]})
        for kind, values in by_kind.items():
            self._add_all(kind, values)
        derived = [(kind, part, value) for kind, value in self.values for part in _parts(kind, value)]
        owners: dict[str, set[str]] = {}
        for dummy, part, value in derived:
            owners.setdefault(normal(part), set()).add(value)
        for kind, part, value in derived:
            self._add_forms(kind, part, value if len(owners[normal(part)]) == 1 else part)
        self._add_all(Kind.DOMAIN, sorted({domain for kind, value in self.values for domain in _domains(kind, value)}))
        for secret in sorted(collected.secrets):
            self._add_form(secret, Form(Mode.ANYWHERE, None, secret))

    def kind_of(self, value: str, kind: Kind) -> Kind:
        """Return the kind with which a value's token begins: that of the first field, by precedence, which has it."""
        return self._kinds.get(normal(value), kind)

    def is_known(self, value: str) -> bool:
        """Return whether a value is one of a field."""
        return normal(value) in self._kinds

    def _add_all(self, kind: Kind, values: t.Iterable[str]) -> None:
        for value in values:
            if normal(value) not in self._kinds:
                self._kinds[normal(value)] = kind
                self.values.append((kind, value))
                self._add_forms(kind, value, value)

    def _add_forms(self, kind: Kind, text: str, value: str) -> None:
        mode = mode_of(kind, normal(text))
        if mode:
            self._add_form(text, Form(mode, kind, value))

    def _add_form(self, text: str, form: Form) -> None:
        for each in (folded(visible(text)), normal(text), folded(visible(text).upper())):
            self.forms.setdefault(each, form)


def _add(value: str, known: set[str], syntax: re.Pattern[str] | None) -> None:
    if value.strip() and not (syntax and syntax.fullmatch(value)):
        known.add(value)


def mode_of(kind: Kind, text: str) -> Mode | None:
    """Return where in a text this known value, in its normal form, is replaced; None is nowhere."""
    # Numbers are found by their syntax.
    if text.isdigit() or not any(map(str.isalnum, text)):
        return None
    if text in WORDS:
        return Mode.CONTEXT if kind is Kind.USER else None
    if len(text) < _SHORT or kind is Kind.ADDRESS or text in _ALL_WORDS:
        return Mode.WORD
    return Mode.ANYWHERE


def host_of(text: str) -> str | None:
    """Return the host in a name, a name with a port, or a URL; None if there is none."""
    match = _HOST.fullmatch(text.strip())
    return match[1].strip("[]").rstrip(".") or None if match else None


def _parts(kind: Kind, value: str) -> t.Iterator[str]:
    """Yield the parts of a value that name the same: an account without its domain, a host without its."""
    if kind is Kind.USER:
        if "\\" in value:
            yield value.rpartition("\\")[2]
        if "@" in value:
            yield value.rpartition("@")[0]
    elif kind is Kind.HOST and "." in value and not addresses.parsed(value):
        yield value.partition(".")[0]
    elif kind is Kind.ADDRESS:
        address = addresses.parsed(value)
        if address and address.version == 4:
            for separator in "-_":
                yield str(address).replace(".", separator)


def _domains(kind: Kind, value: str) -> t.Iterator[str]:
    """Yield the domain of a host or of an account, if it has at least two labels."""
    domain = ""
    if kind is Kind.USER:
        domain = value.rpartition("@")[2] if "@" in value else ""
    elif kind is Kind.HOST and not addresses.parsed(value):
        domain = value.partition(".")[2]
    if "." in domain.strip("."):
        yield domain.strip(".")


def _texts(value: t.Any) -> t.Iterator[str]:
    """Yield all texts and numbers in a value of JSON, as texts."""
    if isinstance(value, dict):
        for each in value.items():
            yield from _texts(list(each))
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)
