# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The libraries that analyzing needs beside ansible-core: which are missing, and how to install them.

A file that imports one suppresses ``ImportError``, so that the collection can be loaded, and documented, without them.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure

NAMES = ("ahocorasick_rs", "duckdb", "isal", "jsonschema_rs", "orjson", "pyrage", "zstandard")
_REQUIREMENTS = Path(__file__).parents[3] / "meta" / "ee-requirements.txt"


def require() -> None:
    """Raise a ``Failure`` that names the libraries which this Python cannot import, and the command that installs them."""
    missing = [name for name in NAMES if importlib.util.find_spec(name) is None]
    if missing:
        subject = f"The Python {'libraries' if len(missing) > 1 else 'library'} {', '.join(missing)}"
        cause = f"{'are' if len(missing) > 1 else 'is'} not installed for {sys.executable}, which runs ansible-core"
        raise failure("check", subject, cause, f"Run {sys.executable} -m pip install -r {_REQUIREMENTS}")
