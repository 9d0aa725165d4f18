# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The identity of a machine, without its machine ID, which is confidential."""

import hashlib
import re
import typing as t

PATH = "/etc/machine-id"

_PREFIX = b"community.aqtive_guard:"
_MACHINE_ID = re.compile(rb"[0-9a-f]{32}\n?")


def digest() -> t.Optional[str]:
    """Return the SHA-256 digest of the machine ID behind a prefix of this collection, or None where there is no ID."""
    try:
        with open(PATH, "rb") as stream:
            content = stream.read(64)
    except OSError:
        return None
    if not _MACHINE_ID.fullmatch(content):
        return None
    return hashlib.sha256(_PREFIX + content.strip()).hexdigest()
