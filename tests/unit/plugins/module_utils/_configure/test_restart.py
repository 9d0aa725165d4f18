# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import signal
from types import SimpleNamespace

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import restart as restart_module
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.restart import restart


@pytest.fixture
def run(tmp_path):
    """Run a shell script as the product's command."""

    def run(script, **options):
        program = tmp_path / "cs"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)
        (tmp_path / "config").write_text("PASSWORD=blue-whale\n")
        defaults = {"command": [str(program)], "timeout": 60, "config_path": str(tmp_path / "config")}
        return restart(dict(defaults, **options), str(tmp_path))

    return run


def failed(run, script, **options):
    with pytest.raises(Failure) as raised:
        run(script, **options)
    result = raised.value.as_result()
    (error,) = result["errors"]
    assert error["phase"] == "run"
    return dict(result, **error)


def test_the_command_gets_the_argument_restart(run, tmp_path):
    result = run('[ "$*" = "-x restart" ] && [ "$PWD" = / ]', command=[str(tmp_path / "cs"), "-x"])
    assert result["rc"] == 0


def test_the_time_of_the_start_and_the_duration_are_returned(run, tmp_path, monkeypatch):
    now = [1000.0, 1002.34567]

    def clock():
        # The second time is that of the end of the command.
        assert (tmp_path / "ran").exists() is (len(now) == 1)
        return now.pop(0)

    monkeypatch.setattr(restart_module, "time", SimpleNamespace(time=lambda: 5.25, monotonic=clock))
    result = run("touch {}".format(tmp_path / "ran"))
    assert (result["start"], result["seconds"]) == (5.25, 2.346)


def test_a_failure_has_status_and_last_line_without_secrets(run, tmp_path):
    result = failed(run, "echo one; echo 'no blue-whale here.' >&2; exit 3")
    assert result["subject"] == str(tmp_path / "cs") + " restart"
    assert result["cause"] == "exited with status 3; its last error line is: no *** here"
    assert result["remedy"] == "Run `{} restart` manually on the VM to see the reason".format(tmp_path / "cs")
    assert result["rc"] == 3
    assert {"start", "seconds"} <= set(result)


def test_output_that_is_long_or_no_text_is_no_failure(run):
    assert run("head -c 3000000 /dev/urandom")["rc"] == 0


def test_only_the_end_of_the_output_is_shown(run):
    result = failed(run, "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo '\\377 last'; exit 1")
    assert result["cause"] == "exited with status 1; its last error line is: \ufffd last"


def test_a_command_that_takes_too_long_is_terminated(run, monkeypatch):
    monkeypatch.setattr(bounded_command, "GRACE", 0.1)
    result = failed(run, "sleep 300", timeout=1)
    assert (result["rc"], result["cause"]) == (None, "was terminated after 1 seconds")
    assert result["remedy"] == "Set a longer timeout (role variable aqtive_guard_logging_restart_timeout)"


def test_zero_is_no_time_limit(run):
    assert run("sleep 0.2", timeout=0)["rc"] == 0


def test_a_command_that_cannot_be_started(run):
    result = failed(run, "", command=["/nowhere/cs"])
    assert (result["subject"], result["rc"]) == ("/nowhere/cs restart", None)
    assert result["cause"] == "cannot be started: No such file or directory"
    assert result["remedy"] == "Check the command and its permissions"


def test_services_that_the_command_has_started_survive_it(run, tmp_path):
    run("sleep 300 & echo $! > {}".format(tmp_path / "pid"))
    pid = int((tmp_path / "pid").read_text())
    os.kill(pid, 0)
    os.kill(pid, signal.SIGKILL)


def test_no_file_is_left(run, tmp_path):
    run("echo blue-whale")
    assert sorted(os.listdir(str(tmp_path))) == ["config", "cs"]


def test_nobody_else_can_read_the_output(run, tmp_path):
    run("exec 3>&1; stat -Lc %a /proc/self/fd/3 > {}".format(tmp_path / "mode"))
    assert (tmp_path / "mode").read_text().strip() == "600"
