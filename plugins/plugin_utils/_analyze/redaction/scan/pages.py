# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The texts in files that are no records: HTML without its markup, JSON with its keys."""

from __future__ import annotations

import json
import re
import typing as t
from html.parser import HTMLParser

_GEOMETRY = re.compile(r"(?:matrix\(|rotate\()?(?:[MVhz ]|-?[0-9]{1,5}(?:\.[0-9]{1,2})?(?![0-9.])%?)*\)?")
_COLOUR = re.compile(r"#[0-9a-f]{6}|url\(#hatch-[0-9]+\)")
_POLICY = re.compile(
    r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'; form-action 'none'|width=device-width, initial-scale=1"
)
_INDEX = re.compile(r"-[0-9]{1,5}(?![0-9])")
_NAMES: t.Final = frozenset(
    """
    bad base burst calm captioned cell change chart code col color-scheme columnheader contents dark
    denied_actions en error_signatures errors exceptions facts failed_requests findings good grid hatch hatch-ground
    http_errors img invalid_api_keys key-burst key-change key-critical key-debug key-error key-errors key-gap key-info
    key-other key-records key-warning label lanes-text lanes-title legend level-critical level-debug level-error
    level-info level-other level-warning levels levels-text levels-title light logins logins_by_vm memory_by_module
    middle more name none nothing number query records records_by_time row rowgroup rowheader sans-serif section
    setting_changes skip table tanium_errors text tick time title userspaceonuse utf viewport vms warn when worst
    content-security-policy
    """.split()  # noqa: SIM905 (a list would be a line a name)
)
"""Names that the report gives to its parts, without the numbers behind them."""
_TEXTS = frozenset(("alt", "aria-description", "aria-label", "data-label", "placeholder", "title", "value"))
"""Attributes whose values people read."""


def is_layout(value: str) -> bool:
    """Return whether the value of an attribute is for the layout of the page: no name in it is one of a log."""
    if _GEOMETRY.fullmatch(value) or _COLOUR.fullmatch(value) or _POLICY.fullmatch(value):
        return True
    return all(_INDEX.sub("", name.removeprefix("#")) in _NAMES for name in value.lower().split(" "))


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_style = tag == "style"
        self.texts += [value for name, value in attrs if value and (name in _TEXTS or not is_layout(value))]

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._is_style:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.texts.append(data)


def of_html(text: str) -> list[str]:
    """Return the texts of a page, and the values of attributes that are not for its layout."""
    parser = _Texts()
    parser.feed(text)
    parser.close()
    return parser.texts


def of_json(text: str) -> list[str]:
    """Return all texts in JSON, keys included."""
    return list(_texts(json.loads(text)))


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
