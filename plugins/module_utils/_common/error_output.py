# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a command has ended, and the end of its output, which is shown only after its secrets are masked."""

import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.secrets import Masker
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import printable, shortened

TAIL_SIZE = 2048
"""How many characters of a command's output are reported."""
_READ_SIZE = 8 * TAIL_SIZE


def end_of_process(status: int) -> str:
    return f"exited with status {status}" if status > 0 else f"was killed by signal {-status}"


def with_last_line(cause: str, tail: str) -> str:
    """Return a cause, followed by the last line of the output if there is any."""
    return cause + "; its last error line is: " + shortened(tail.splitlines()[-1]).rstrip(".") if tail else cause


def masked_tail(stream: t.BinaryIO, masker: Masker) -> str:
    """Return the printable end of a file without secrets. It begins with a whole line: half a line may be half a secret."""
    start = max(0, stream.seek(0, 2) - _READ_SIZE)
    stream.seek(start)
    data = stream.read(_READ_SIZE)
    text = masker.mask((data.partition(b"\n")[2] if start else data).decode("utf-8", "replace"))
    if len(text) > TAIL_SIZE:
        text = text[-TAIL_SIZE:].partition("\n")[2]
    return "\n".join(printable(line) for line in text.strip().splitlines())
