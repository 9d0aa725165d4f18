# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Download a bundle through the connection plugin of a task, and remove it from the VM."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shlex
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import (
    Error,
    Failure,
    error,
    failure,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import on_one_line, shortened
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import bounded_transfer
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.answer import REQUIRED
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.bounded_transfer import (
    TransferAborted,
    Watch,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.vm_action import exception_text

Execute = t.Callable[..., dict[str, t.Any]]
"""Runs a command on the VM and returns ``rc``, ``stdout`` and ``stderr``."""

_SSH = ("ssh", "ansible.builtin.ssh")
# Names of local accounts and of directory services, such as CORP\alice and alice@example.com.
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+\\-]{0,254}\$?")
_KEEP_ALIVE = "-o ServerAliveInterval=15 -o ServerAliveCountMax=4"
# Since OpenSSH 9, scp uses SFTP unless it gets -O.
_WITHOUT_SFTP = (
    "Where the VM has SFTP switched off, set ansible_ssh_transfer_method=scp and ansible_scp_extra_args=-O for it"
)
_NO_SPACE = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT))


def keep_alive(connection: ConnectionBase) -> None:
    """Let ssh detect a dead connection, unless the user has configured that."""
    if connection.transport not in _SSH:
        return
    arguments = [_option(connection, f"ssh_{kind}args") or "" for kind in ("", "common_", "extra_")]
    if not any("serveraliveinterval" in each.lower() for each in arguments):
        connection.set_option("ssh_extra_args", f"{arguments[-1]} {_KEEP_ALIVE}".strip())


def login_user(connection: ConnectionBase, execute: Execute) -> str | None:
    """Return the user who downloads the bundle, or None where it is the one who runs the command."""
    if not connection.become:
        return None
    # The local connection works as the user who runs Ansible, whatever the inventory says.
    if connection.transport != "local" and (user := _option(connection, "remote_user")):
        return str(user)
    return user_of_connection(execute)


def user_of_connection(execute: Execute) -> str:
    """Return the user as whom the connection works on the VM, who may have another name in the inventory."""
    answer = execute("id -un", sudoable=False)
    # A shell may print a greeting before it.
    user = answer["stdout"].strip().rpartition("\n")[2].strip()
    if answer["rc"] != 0 or not _USER.fullmatch(user):
        raise failure("prepare", "id -un", "does not print the login user of this VM", "Set owner to the login user")
    return user


def is_unknown_owner(result: t.Mapping[str, t.Any]) -> bool:
    """Return whether the module failed because the VM has no user of the owner's name."""
    return any((each["phase"], each["subject"]) == ("prepare", "owner") for each in result.get("errors", []))


def check_result(result: dict[str, t.Any], directory: str) -> None:
    """Raise a ``Failure`` unless the module's answer describes a bundle in the job's directory."""
    expected = {"directory": directory, "path": f"{directory}/{result.get('name')}"}
    causes = [f"{field} is missing" for field in REQUIRED if field not in result]
    causes += [
        f"{field} is {shortened(repr(result.get(field)))}, but must be {path}"
        for field, path in expected.items()
        if result.get(field) != path
    ]
    if causes:
        remedy = "Nothing was downloaded. Check the VM's Python and this module there"
        raise Failure([error("verify", "log_bundle", f"returned an invalid result: {each}", remedy) for each in causes])


def download(connection: ConnectionBase, source: str, watch: Watch) -> None:
    """Download a file as the login user, or raise a ``Failure``."""
    cause: Exception | None = None
    for method in _methods(connection):
        try:
            if method:
                connection.set_option("ssh_transfer_method", method)
            bounded_transfer.fetch(connection, source, watch)
        except TransferAborted as aborted:
            remedy = (
                "Nothing was stored. Check the network and the VM, and whether it can be trusted; then collect again"
            )
            raise failure("download", source, str(aborted), remedy) from aborted
        except Exception as exception:  # connection plugins let exceptions of their libraries pass
            cause = exception
        else:
            return
    text = exception_text(t.cast(Exception, cause))
    unreachable = {"unreachable": True} if isinstance(cause, AnsibleConnectionFailure) else {}
    remedy = "Check that the VM is up" if unreachable else "Check that the login user can reach the directory"
    remedy += " and that the VM offers SFTP or SCP, then collect again"
    if connection.transport in _SSH:
        remedy += f". {_WITHOUT_SFTP}"
    if any(each in text for each in _NO_SPACE):
        # The bundles of other VMs were downloaded at the same time.
        remedy = "Free disk space, or choose another dest, then collect again"
    raise failure("download", source, f"could not be downloaded: {text}", remedy, **unreachable) from cause


def remove(execute: Execute, directory: str) -> Error | None:
    """Remove a directory from the VM; return the error where that fails."""
    try:
        answer = execute(f"rm -rf -- {shlex.quote(directory)}")
    except AnsibleError as exception:
        reason = exception_text(exception)
    else:
        if answer["rc"] == 0:
            return None
        reason = on_one_line(answer["stderr"])
    cause = f"could not be removed from the VM: {reason}"
    return error("cleanup", directory, cause, "Remove it manually, or let a later run remove it")


def _methods(connection: ConnectionBase) -> list[str | None]:
    """Return the transfer methods to set one after the other; None leaves the choice to the connection.

    The last choice of the ssh connection is to pipe the file through memory. That is only done if the user chose it.
    """
    # Cores before 2.17 have an older option besides; other connections have neither.
    chosen = _option(connection, "ssh_transfer_method") or _option(connection, "scp_if_ssh")
    return ["sftp", "scp"] if chosen == "smart" else [None]


def _option(connection: ConnectionBase, name: str) -> t.Any:
    with contextlib.suppress(AttributeError, KeyError):
        return connection.get_option(name)
    return None
