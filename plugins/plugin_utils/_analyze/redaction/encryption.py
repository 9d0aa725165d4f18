# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypt an archive with age, for the keys of its recipients."""

from __future__ import annotations

import contextlib
import os
import typing as t
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import on_one_line, shortened

with contextlib.suppress(ImportError):  # see libraries.py
    import pyrage

SUFFIX = ".age"


def recipients(keys: t.Iterable[str]) -> list[t.Any]:
    """Return the recipients of ``age1...`` and ``ssh-...`` keys, or raise a ``Failure``."""
    found = []
    for key in map(str.strip, keys):
        recipient = pyrage.ssh.Recipient if key.startswith("ssh-") else pyrage.x25519.Recipient
        try:
            found.append(recipient.from_str(key))
        except pyrage.RecipientError as error:
            subject, cause = (
                f"The recipient {shortened(key, 80)}",
                f"is not a public key of age or SSH: {on_one_line(str(error))}",
            )
            raise failure(
                "validate", subject, cause, "Give the key that the recipient has published, such as age1..."
            ) from error
    return found


def encrypt(path: Path, encrypted: Path, to: t.Sequence[t.Any]) -> None:
    """Write a new private file, or raise a ``Failure``."""
    descriptor = os.open(encrypted, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as output, path.open("rb") as data:
        try:
            pyrage.encrypt_io(data, output, to)
        except (pyrage.EncryptError, ValueError, OSError) as error:
            cause = f"could not be encrypted: {on_one_line(str(error))}"
            raise failure("store", "The archive", cause, "Check the free disk space, and the recipients") from error
