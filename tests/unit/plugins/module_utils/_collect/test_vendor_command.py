# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import datetime
import os
import shutil
import sys
import time
from types import SimpleNamespace

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import preflight, vendor_command
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import ARGUMENT_SPEC
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.workspace import Workspace
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure

SLEEP = "; import time; time.sleep(300)"
LIMIT_REMEDY = "Narrow the dates, or raise the limits (timeout, directory, minimum_free, maximum_size)"


@pytest.fixture
def command(tmp_path):
    """Run a Python program as the vendor's command."""
    private = tmp_path / "private"
    private.mkdir()
    workspace = Workspace(str(private))
    workspace.create()

    class Command:
        directory = workspace.directory
        stdout = workspace.stdout

        @staticmethod
        def run(program, **more):
            options = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}
            options.update(command=[sys.executable, "-c", "import os, sys; " + program])
            options.update(directory=str(tmp_path), minimum_free=0)
            return vendor_command.run(dict(options, **more), workspace)

        def fail(self, program, **more):
            with pytest.raises(Failure) as caught:
                self.run(program, **more)
            result = caught.value.as_result()
            (error,) = result["errors"]
            assert error["phase"] == "run"
            assert sorted(set(result) - {"failed", "changed", "msg", "errors"}) == [
                *("bundle_seconds", "command", "end", "rc", "start", "stderr_tail")
            ]
            return dict(result, **error)

    return Command()


def test_environment_is_private(command):
    command.run("print(repr([os.getcwd(), os.environ['TMPDIR'], oct(os.stat('.').st_mode)]))")
    temporary = os.path.join(os.path.dirname(command.directory), "temporary")
    with open(command.stdout) as stream:
        assert stream.read() == repr([command.directory, temporary, "0o40700"]) + "\n"


def test_success_has_details(command, monkeypatch):
    times = iter([1000.0, 1002.34567])
    monkeypatch.setattr(vendor_command, "time", SimpleNamespace(monotonic=lambda: next(times)))
    result = command.run("pass", command=[shutil.which("true")])
    assert (result["rc"], result["bundle_seconds"]) == (0, 2.346)
    assert result["command"][:3] == [shutil.which("true"), "logs", "bundle"]
    for key in ("start", "end"):
        moment = datetime.datetime.strptime(result[key], "%Y-%m-%dT%H:%M:%S.%fZ")
        assert abs(moment.replace(tzinfo=datetime.timezone.utc).timestamp() - time.time()) < 300


def test_failure_has_status_and_last_error_line(command):
    result = command.fail("print('one\\ntwo \\x1b[2J.', file=sys.stderr); sys.exit(3)")
    assert result["rc"] == 3
    assert result["cause"] == "exited with status 3; its last error line is: two \\x1b[2J"
    assert result["remedy"].startswith("Run `")
    assert result["remedy"].endswith("` manually on the VM to see the reason")
    assert result["stderr_tail"] == "one\ntwo \\x1b[2J."


def test_failure_without_error_output(command):
    result = command.fail("sys.exit(1)")
    assert (result["cause"], result["stderr_tail"]) == ("exited with status 1", "")


def test_subject_is_the_command(command):
    result = command.fail("", command=[shutil.which("false")])
    assert result["subject"] == f"{shutil.which('false')} logs bundle"


def test_killed_command(command):
    result = command.fail("os.kill(os.getpid(), 9)")
    assert (result["cause"], result["rc"]) == ("was killed by signal 9", -9)


@pytest.mark.parametrize(
    "line",
    [
        "cannot connect to postgresql://guard:hunter2@db/guard",
        "REDIS_URL=hunter2",
        "STORAGE_SECRET_KEY = hunter2",
        "password: hunter2",
        '{"api_token": "hunter2"}',
    ],
)
def test_passwords_are_masked(command, line):
    # The command is part of the message as well: this one contains the line backwards.
    result = command.fail(f"print({line[::-1]!r}[::-1], file=sys.stderr); sys.exit(1)")
    assert "hunter2" not in str(result)
    assert "***" in result["stderr_tail"]


@pytest.mark.parametrize(
    ("written", "tail"),
    [
        ("'x' * 5000 + '\\nlast'", "last"),
        ("'x' * 5000", ""),
        ("'x' * 2047", "x" * 2047),
        ("'y\\n' + 'x' * 2046", "x" * 2046),
    ],
    ids=["long line before the last", "one long line", "exactly the limit", "one byte more than the limit"],
)
def test_tail_is_short_and_begins_with_a_whole_line(command, written, tail):
    assert command.fail(f"print({written}, file=sys.stderr); sys.exit(1)")["stderr_tail"] == tail


def test_timeout(command, monkeypatch):
    monkeypatch.setattr(bounded_command, "GRACE", 0.1)
    result = command.fail("print('slow', file=sys.stderr, flush=True)" + SLEEP, timeout=1)
    assert (result["rc"], result["cause"]) == (
        None,
        "was terminated after 1 seconds; its last error line is: slow",
    )
    assert result["remedy"] == LIMIT_REMEDY
    assert result["bundle_seconds"] >= 1


def test_full_disk_terminates_the_command(command, monkeypatch):
    answers = iter([None, None])
    monkeypatch.setattr(preflight, "space_shortage", lambda options: next(answers, ("/d", "is full")))
    assert command.fail("pass" + SLEEP)["cause"] == "was terminated because /d is full"


@pytest.mark.parametrize(("shortage", "remedy"), [(("/d", "is full"), LIMIT_REMEDY), (None, "Run")])
def test_command_that_fails_because_of_a_full_disk(command, monkeypatch, shortage, remedy):
    run = bounded_command.run

    def run_and_fill(*arguments, **more):
        status = run(*arguments, **more)
        monkeypatch.setattr(preflight, "space_shortage", lambda options: shortage)
        return status

    monkeypatch.setattr(bounded_command, "run", run_and_fill)
    result = command.fail("print('no space', file=sys.stderr); sys.exit(1)")
    reason = ", and /d is full" if shortage else ""
    assert result["cause"] == f"exited with status 1{reason}; its last error line is: no space"
    assert result["remedy"].startswith(remedy)


def test_removed_directory_terminates_the_command(command):
    result = command.fail("d = os.path.dirname(os.getcwd()); os.rename(d, d + '.removed')" + SLEEP)
    assert result["cause"] == "was terminated because its directory was removed"
    assert result["stderr_tail"] == ""


def test_command_that_cannot_be_started(command, tmp_path):
    program = tmp_path / "cs"
    program.write_bytes(b"\x7fELF")
    program.chmod(0o755)
    result = command.fail("", command=[str(program)])
    assert (result["cause"], result["rc"]) == ("cannot be started: Exec format error", None)
    assert result["remedy"] == f"Run `{program} logs bundle` manually on the VM to see the reason"


def test_command_that_is_not_found(command, monkeypatch):
    runs, run = [], bounded_command.run
    monkeypatch.setattr(bounded_command, "run", lambda argv, **more: runs.append(argv) or run(argv, **more))
    cause = command.fail("", command=["no-such-command"])["cause"]
    assert cause.startswith("cannot be started: No such file or directory")
    assert [argv[:3] for argv in runs] == [["no-such-command", "logs", "bundle"]]
