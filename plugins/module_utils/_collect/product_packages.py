# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The product's version, as the RPM database of a VM has it."""

import os
import re
import subprocess
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import SYSTEM_PATH
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command

PACKAGES = ("cryptosense-analyzer-web", "cryptosense-analyzer-worker")

_QUERY = ("rpm", "-q", "--queryformat", r"%{NAME} %{VERSION}-%{RELEASE}\n", *PACKAGES)
_LINE = re.compile(r"({}) ([\w.+~^-]{{1,100}})".format("|".join(PACKAGES)), re.ASCII)
_TIMEOUT = 5
_OUTPUT_LIMIT = 4096


def installed() -> t.Dict[str, str]:
    """Return ``{package: version-release}``, without packages that are not installed; empty on any problem."""
    try:
        output = _output()
    except (OSError, bounded_command.Terminated):
        return {}
    matches = (_LINE.fullmatch(line) for line in output.splitlines())
    return {match.group(1): match.group(2) for match in matches if match}


def _output() -> str:
    """Return what rpm prints; where that exceeds a pipe's buffer, rpm blocks until the time limit."""
    reader, writer = os.pipe()
    try:
        os.set_blocking(reader, False)
        environment = dict(os.environ, PATH=SYSTEM_PATH, LC_ALL="C")
        bounded_command.run(_QUERY, writer, subprocess.DEVNULL, "/", environment, _TIMEOUT, grace=0)
        return os.read(reader, _OUTPUT_LIMIT).decode("ascii", "replace")
    finally:
        os.close(reader)
        os.close(writer)
