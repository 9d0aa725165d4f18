# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, error
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import transfer
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.bounded_transfer import (
    TransferAborted,
    Watch,
)

SOURCE, TARGET = "/var/tmp/x/logs", Path("/srv/.logs.partial")
LOST = AnsibleConnectionFailure("lost")


class Connection:
    def __init__(self, transport="ssh", become=True, **options):
        self.transport = transport
        self.become = become
        self.options = options
        self.errors: list[Exception] = []
        self.methods: list[str | None] = []

    def get_option(self, name):
        return self.options[name]

    def set_option(self, name, value):
        self.options[name] = value

    def close(self):
        pass

    def fetch_file(self, source, target):
        assert (source, target) == (SOURCE, str(TARGET))
        self.methods.append(self.options.get("ssh_transfer_method"))
        if self.errors:
            raise self.errors.pop(0)


def watch():
    return Watch(TARGET, 1000, 60, lambda arrived: None)


class Execute:
    def __init__(self, rc=0, stdout="", stderr="", exception=None):
        self.commands: list[tuple[str, bool]] = []
        self._result = {"rc": rc, "stdout": stdout, "stderr": stderr}
        self._exception = exception

    def __call__(self, command, sudoable=True):
        self.commands.append((command, sudoable))
        if self._exception:
            raise self._exception
        return self._result


class TestKeepAlive:
    @pytest.mark.parametrize("transport", ["ssh", "ansible.builtin.ssh"])
    def test_ssh_detects_a_dead_connection(self, transport):
        connection = Connection(transport, ssh_args="", ssh_common_args=None, ssh_extra_args="-4")
        transfer.keep_alive(connection)
        assert connection.options["ssh_extra_args"] == "-4 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"

    def test_arguments_begin_without_a_space(self):
        connection = Connection(ssh_args=None, ssh_common_args=None, ssh_extra_args=None)
        transfer.keep_alive(connection)
        assert connection.options["ssh_extra_args"].startswith("-o ServerAliveInterval")

    @pytest.mark.parametrize("option", ["ssh_args", "ssh_common_args", "ssh_extra_args"])
    @pytest.mark.parametrize("value", ["-o ServerAliveInterval=5", "-oserveraliveinterval=5"])
    def test_a_setting_of_the_user_is_kept(self, option, value):
        connection = Connection(**{"ssh_args": "", "ssh_common_args": "", "ssh_extra_args": "", option: value})
        before = dict(connection.options)
        transfer.keep_alive(connection)
        assert connection.options == before

    def test_other_connections_have_no_such_option(self):
        connection = Connection("local")
        transfer.keep_alive(connection)
        assert connection.options == {}


class TestLoginUser:
    def test_is_configured_for_the_connection(self):
        execute = Execute()
        assert transfer.login_user(Connection(remote_user="deploy"), execute) == "deploy"
        assert execute.commands == []

    @pytest.mark.parametrize(("transport", "user"), [("ssh", None), ("local", "somebody")])
    def test_is_queried_from_the_vm_without_become_where_it_is_not_configured(self, transport, user):
        execute = Execute(stdout="login\n")
        assert transfer.login_user(Connection(transport, remote_user=user), execute) == "login"
        assert execute.commands == [("id -un", False)]

    @pytest.mark.parametrize("user", ["alice", "CORP\\alice", "a.b-c_d@example.com", "vm01$", "1000"])
    def test_is_the_last_line_that_the_vm_prints(self, user):
        assert transfer.login_user(Connection(remote_user=None), Execute(stdout=f"Welcome!\r\n{user}\r\n")) == user

    @pytest.mark.parametrize(
        "execute",
        [
            Execute(rc=1, stdout="x"),
            *(
                Execute(stdout=text)
                for text in (" \n", "alice; id", "a b", "-x", "$x", "/root", "{{ x }}", "\xe9", "a" * 256)
            ),
        ],
    )
    def test_is_an_error_where_it_is_unknown(self, execute):
        with pytest.raises(Failure) as caught:
            transfer.login_user(Connection(), execute)
        assert caught.value.errors == [
            error("prepare", "id -un", "does not print the login user of this VM", "Set owner to the login user")
        ]

    def test_is_not_needed_without_become(self):
        assert transfer.login_user(Connection(become=None, remote_user="deploy"), Execute()) is None

    @pytest.mark.parametrize(
        ("phase", "subject", "is_unknown"),
        [("prepare", "owner", True), ("validate", "owner", False), ("prepare", "/var/tmp", False)],
    )
    def test_is_unknown_to_the_vm_by_an_error_of_the_owner(self, phase, subject, is_unknown):
        errors = [error("prepare", "x", "y", "z"), error(phase, subject, "y", "z")]
        assert transfer.is_unknown_owner({"failed": True, "errors": errors}) is is_unknown
        assert not transfer.is_unknown_owner({"changed": True})


class TestResult:
    DIRECTORY = "/var/tmp/aqtive_guard_log_bundle.abcd1234"
    GOOD = {
        "directory": DIRECTORY,
        "name": "aqtive-guard-logs.log.gz",
        "path": f"{DIRECTORY}/aqtive-guard-logs.log.gz",
        "size": 0,
        "sha256": "0123456789abcdef" * 4,
        "format": "gzip",
        "empty": False,
    }

    def test_a_valid_result_is_accepted(self):
        transfer.check_result(self.GOOD, self.DIRECTORY)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("directory", "/"),
            ("directory", "/var/tmp"),
            ("directory", f"{DIRECTORY}/../../../etc"),
            ("directory", "/tmp/aqtive_guard_log_bundle.abcd1234"),
            ("directory", None),
            ("path", "/etc/shadow"),
            ("path", None),
        ],
    )
    def test_a_path_outside_of_the_jobs_directory_is_named(self, field, value):
        with pytest.raises(Failure) as caught:
            transfer.check_result({**self.GOOD, field: value}, self.DIRECTORY)
        (only,) = caught.value.errors
        assert (only["phase"], only["subject"]) == ("verify", "log_bundle")
        assert only["remedy"] == "Nothing was downloaded. Check the VM's Python and this module there"
        assert only["cause"].startswith(f"returned an invalid result: {field} is {value!r}, but must be ")

    @pytest.mark.parametrize("field", ["name", "size", "sha256", "format", "empty"])
    def test_a_missing_field_is_named(self, field):
        result = {key: value for key, value in self.GOOD.items() if key != field}
        with pytest.raises(Failure, match=f"returned an invalid result: {field} is missing"):
            transfer.check_result(result, self.DIRECTORY)

    def test_all_invalid_fields_are_reported(self):
        with pytest.raises(Failure) as caught:
            transfer.check_result({}, self.DIRECTORY)
        assert len(caught.value.errors) == 7


class TestDownload:
    def test_scp_follows_sftp_and_nothing_follows_scp(self):
        connection = Connection(ssh_transfer_method="smart")
        connection.errors = [AnsibleError("no sftp")]
        transfer.download(connection, SOURCE, watch())
        assert connection.methods == ["sftp", "scp"]

        connection = Connection(ssh_transfer_method="smart")
        connection.errors = [AnsibleError("no sftp"), AnsibleError("no scp.")]
        with pytest.raises(
            Failure, match="/var/tmp/x/logs could not be downloaded: no scp. Check that the login user can"
        ):
            transfer.download(connection, SOURCE, watch())
        assert connection.methods == ["sftp", "scp"]

    def test_core_2_16_has_an_older_option_besides(self):
        connection = Connection(ssh_transfer_method=None, scp_if_ssh="smart")
        transfer.download(connection, SOURCE, watch())
        assert connection.methods == ["sftp"]

    @pytest.mark.parametrize("chosen", ["piped", "scp", "sftp"])
    def test_a_choice_of_the_user_is_kept(self, chosen):
        connection = Connection(ssh_transfer_method=chosen)
        transfer.download(connection, SOURCE, watch())
        assert connection.methods == [chosen]

    def test_other_connections_have_no_methods(self):
        connection = Connection("local")
        transfer.download(connection, SOURCE, watch())
        assert (connection.methods, connection.options) == ([None], {})

    @pytest.mark.parametrize(
        ("transport", "exception", "is_named"),
        [
            ("ssh", AnsibleError("scp: Connection closed"), True),
            ("ansible.builtin.ssh", LOST, True),
            ("ssh", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), False),
            ("local", AnsibleError("lost"), False),
        ],
    )
    def test_the_remedy_over_ssh_says_how_to_do_without_sftp(self, transport, exception, is_named):
        connection = Connection(transport, ssh_transfer_method="smart")
        connection.errors = [exception] * 2
        with pytest.raises(Failure) as caught:
            transfer.download(connection, SOURCE, watch())
        remedy = caught.value.errors[0]["remedy"]
        without_sftp = (
            ". Where the VM has SFTP switched off,"
            " set ansible_ssh_transfer_method=scp and ansible_scp_extra_args=-O for it"
        )
        assert remedy.endswith(without_sftp) is is_named

    @pytest.mark.parametrize(
        ("exception", "remedy", "details"),
        [
            (LOST, "Check that the VM is up and that the VM offers SFTP or SCP", {"unreachable": True}),
            (EOFError(), "Check that the login user can reach the directory and that the VM offers SFTP or SCP", {}),
            (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "Free disk space, or choose another dest", {}),
            (AnsibleError(f"scp: {os.strerror(errno.EDQUOT)}"), "Free disk space, or choose another dest", {}),
        ],
    )
    def test_the_remedy_fits_the_cause(self, exception, remedy, details):
        connection = Connection("local")
        connection.errors = [exception]
        with pytest.raises(Failure) as caught:
            transfer.download(connection, SOURCE, watch())
        (only,) = caught.value.errors
        assert (only["phase"], only["subject"]) == ("download", SOURCE)
        assert only["remedy"] == f"{remedy}, then collect again"
        assert caught.value.details == details

    def test_a_transfer_that_is_aborted_is_not_tried_with_another_method(self, monkeypatch):
        def fetch(connection, source, watch):
            connection.fetch_file(source, str(TARGET))
            raise TransferAborted("is larger than the 5 bytes that the VM announced")

        monkeypatch.setattr(transfer.bounded_transfer, "fetch", fetch)
        connection = Connection(ssh_transfer_method="smart")
        with pytest.raises(Failure) as caught:
            transfer.download(connection, SOURCE, watch())
        assert connection.methods == ["sftp"]
        assert caught.value.errors == [
            error(
                "download",
                SOURCE,
                "is larger than the 5 bytes that the VM announced",
                "Nothing was stored. Check the network and the VM, and whether it can be trusted; then collect again",
            )
        ]


class TestRemoval:
    def test_a_directory_is_removed_with_the_privileges_that_created_it(self):
        execute = Execute()
        assert transfer.remove(execute, "/a b") is None
        assert execute.commands == [("rm -rf -- '/a b'", True)]

    @pytest.mark.parametrize(
        "execute", [Execute(rc=1, stderr="rm: not\npermitted\n"), Execute(exception=AnsibleError("rm: not permitted"))]
    )
    def test_a_failure_is_returned_as_an_error(self, execute):
        cause = "could not be removed from the VM: rm: not permitted"
        remedy = "Remove it manually, or let a later run remove it"
        assert transfer.remove(execute, "/x") == error("cleanup", "/x", cause, remedy)
