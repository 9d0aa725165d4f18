# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that differ in tokens and in numbers alone: of those with the same shape, one is scanned."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan import grammar

_TOKEN = "\x1e"  # noqa: S105 (no password)
_NUMBER = re.compile(r"([0-9](?<![^ \n=(\[].)[0-9]{0,4})(?=[ \n)\]]|[,;:.] |[,;:.]?\Z)")
"""A number that does not become part of anything else when the text around it is decoded."""
_SLOT = "\x1f"


class Shapes:
    """Returns the shapes of texts. Numbers that are, or are in, one of the values that a text must not contain, are a part of its shape."""

    def __init__(self, values: t.Iterable[str]) -> None:
        self._values, self._parts = set(), set()
        for value in values:
            if value.isdigit():
                self._values.add(value)
            else:
                self._parts.update(_NUMBER.findall(value))

    def of(self, text: str) -> str:
        """Return the shape of a text."""
        if _SLOT in text:
            return f"{_SLOT}{_TOKEN}{text}"
        pieces = _NUMBER.split(grammar.TOKEN.sub(_TOKEN, text) if "-" in text else text)
        for index in range(1, len(pieces), 2):
            number = pieces[index]
            if number not in self._values and not self._is_part(number):
                pieces[index] = _SLOT * len(number)
        return "".join(pieces)

    def _is_part(self, number: str) -> bool:
        """Return whether a number begins or ends with a number that one of the values begins, ends with or contains."""
        parts = self._parts
        return bool(parts) and any(number[:end] in parts or number[-end:] in parts for end in range(1, len(number) + 1))
