# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The texts in files that are no records: HTML without its markup, JSON with its keys."""

from __future__ import annotations

import json
import typing as t
from html.parser import HTMLParser

LAYOUT: t.Final = frozenset(
    [
        "aria-labelledby",
        "border",
        "charset",
        "class",
        "content",
        "d",
        "fill",
        "font-family",
        "font-size",
        "font-weight",
        "height",
        "href",
        "http-equiv",
        "id",
        "lang",
        "name",
        "patterntransform",
        "patternunits",
        "preserveaspectratio",
        "role",
        "scope",
        "stroke",
        "stroke-width",
        "tabindex",
        "text-anchor",
        "transform",
        "viewbox",
        "width",
        "x",
        "y",
    ]
)
"""Attributes without text of a log."""


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_style = tag == "style"
        self.texts += [value for name, value in attrs if value and name not in LAYOUT]

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._is_style:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.texts.append(data)


def of_html(text: str) -> list[str]:
    """Return the texts of a page, and of the attributes that are not for its layout."""
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
