# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the operating system become failures of the phase in which they arise."""

import contextlib
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, failure


@contextlib.contextmanager
def phase(name: str, **details: t.Any) -> t.Iterator[None]:
    """Turn an ``OSError`` into a ``Failure`` of this phase, and add these details to any failure."""
    try:
        yield
    except Failure as error:
        error.details = dict(details, **error.details)
        raise
    except OSError as error:
        subject = str(error.filename or "the operating system")
        remedy = "Check this path and its file system on the VM"
        raise failure(name, subject, f"caused the error '{error.strerror}'", remedy, **details) from error
