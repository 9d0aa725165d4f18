# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mask secrets in the answers of a report, which is sent to others. The data set has them as they were logged."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.secrets import Masker

Row = dict[str, t.Any]

HIDDEN = "(hidden)"
TEXT_LIMIT = 1000
"""Characters that are kept of a text; a report shows fewer."""

_SECRET = re.compile(r"(?i)passw|passphrase|secret|token|credential|private|(?:^|[_\W])(?:pwd|key|dsn)(?:$|[_\W])")
_KEY_SHOWN = 8
_VALUES = ("old_value", "new_value")
_TEXTS = ("signature", "exception", "sample", "text", "path", "error", "reason", *_VALUES)
_MASKER = Masker(b"")


def masked(row: Row) -> Row:
    """Return the row of an answer without API keys, values of settings that are secrets, and what looks like a secret in a text."""
    is_secret = _SECRET.search(str(row.get("setting")))
    return {name: _masked(name, value, bool(is_secret)) for name, value in row.items()}


def _masked(name: str, value: t.Any, is_secret: bool) -> t.Any:
    if not isinstance(value, str):
        return value
    if name == "api_key":
        return _start(value)
    if name in _VALUES and is_secret:
        return HIDDEN
    return _MASKER.mask(value[:TEXT_LIMIT]) if name in _TEXTS else value


def _start(key: str) -> str:
    """Return the start of an API key: a rejected key may be a valid one with a typing error."""
    return key if len(key) <= _KEY_SHOWN else f"{key[:_KEY_SHOWN]}… ({len(key)} characters)"
