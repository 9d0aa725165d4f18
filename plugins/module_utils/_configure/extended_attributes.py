# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Preserve the extended attributes of a file that is replaced, its access control list among them.

Not every ansible-core preserves them, and none does where the temporary directory is on another file system.
"""

import os
import typing as t

ACCESS_CONTROL_LIST = "system.posix_acl_access"
# The kernel computes these from the content.
_OF_CONTENT = ("security.ima", "security.evm")

Attributes = t.Dict[str, bytes]


def read_attributes(path: str) -> Attributes:
    """Return the extended attributes that this user can read."""
    found = {}
    for name in _names(path):
        try:
            found[name] = os.getxattr(path, name)
        except OSError:
            # Removed by another process, or hidden from this user.
            continue
    return found


def write_attributes(path: str, wanted: Attributes) -> t.List[str]:
    """Give a file these extended attributes and no other access control list; return the names of those that it lacks."""
    present = read_attributes(path)
    for name, value in wanted.items():
        if present.get(name) != value:
            _attempt(os.setxattr, path, name, value)
    if ACCESS_CONTROL_LIST in present and ACCESS_CONTROL_LIST not in wanted:
        # Inherited from the default list of a directory.
        _attempt(os.removexattr, path, ACCESS_CONTROL_LIST)
    present = read_attributes(path)
    expected = dict({ACCESS_CONTROL_LIST: None}, **wanted)  # type: t.Dict[str, t.Optional[bytes]]
    return sorted(name for name, value in expected.items() if present.get(name) != value)


def _names(path: str) -> t.List[str]:
    try:
        return [name for name in os.listxattr(path) if name not in _OF_CONTENT]
    except OSError:
        # The file system has none.
        return []


def _attempt(change: t.Callable[..., None], *arguments: t.Any) -> None:
    try:
        change(*arguments)
    except OSError:
        # The caller compares the result.
        return
