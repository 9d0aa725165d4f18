# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The normal form of a text, in which equal names are equal whatever their case and their Unicode form."""

from __future__ import annotations

import re
import unicodedata

_IGNORED = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)
"""Characters that are not seen: format characters, and selectors of a variant."""


def visible(text: str) -> str:
    """Return a text in NFKC, without characters that are not seen."""
    return text if text.isascii() else unicodedata.normalize("NFKC", _IGNORED.sub("", text))


def normal(text: str) -> str:
    """Return the normal form of a text."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", visible(text).casefold())


def folded(text: str) -> str:
    """Return a text in lower case, character by character, so that positions in it are those in the text."""
    lower = text.lower()
    if not text.isascii():
        if len(lower) != len(text):
            lower = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
        lower = lower.replace("ς", "σ")
    return lower
