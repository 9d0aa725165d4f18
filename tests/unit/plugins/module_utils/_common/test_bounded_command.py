# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "


@pytest.fixture
def run(tmp_path):
    """Run a Python program as a bounded command."""

    def run_program(program, timeout=60.0, abort_reason=lambda: None, grace=0.3):
        with open(str(tmp_path / "stdout"), "wb") as stdout, open(str(tmp_path / "stderr"), "wb") as stderr:
            argv = [sys.executable, "-c", program]
            return bounded_command.run(
                argv, stdout, stderr, str(tmp_path), dict(os.environ, MARK="here"), timeout, abort_reason, grace
            )

    return run_program


@pytest.fixture
def clock(clock_of):
    return clock_of(bounded_command)


def has_ended(pid):
    """Return whether a process has exited, reaped or not."""
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def ends_soon(pid):
    deadline = time.monotonic() + 60
    while not has_ended(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return has_ended(pid)


def test_exit_status_is_returned(run):
    assert run("pass") == 0
    assert run("raise SystemExit(7)") == 7
    assert run("import os; os.abort()") == -signal.SIGABRT


def test_output_is_written_to_files_and_input_is_empty(run, tmp_path):
    assert run("import sys; print(len(sys.stdin.read())); print('bad', file=sys.stderr)") == 0
    assert (tmp_path / "stdout").read_text() == "0\n"
    assert (tmp_path / "stderr").read_text() == "bad\n"


def test_working_directory_and_environment(run, tmp_path):
    run("import os; open('created', 'w').write(os.environ['MARK'])")
    assert (tmp_path / "created").read_text() == "here"


def test_command_has_a_session_of_its_own(run, tmp_path):
    run("import os; print(os.getsid(0) == os.getpid())")
    assert (tmp_path / "stdout").read_text() == "True\n"


def test_command_that_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError):
        bounded_command.run(["/no/such"], None, None, str(tmp_path), {}, 1)


class TestTimeout:
    def test_sends_sigterm_first(self, run, tmp_path):
        polite = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *a: sys.exit(print('bye'))); time.sleep(300)"
        with pytest.raises(bounded_command.Terminated) as caught:
            run(polite, timeout=1, grace=600)
        assert str(caught.value) == "was terminated after 1 seconds"
        assert (tmp_path / "stdout").read_text() == "bye\n"

    def test_kills_a_command_and_its_child_that_ignore_sigterm(self, run, tmp_path):
        child = f"[sys.executable, '-c', {STUBBORN + 'time.sleep(300)'!r}]"
        program = f"{STUBBORN}import os, subprocess, sys; c = subprocess.Popen({child}); print(os.getpid(), c.pid, flush=True); time.sleep(300)"
        with pytest.raises(bounded_command.Terminated):
            run(program, timeout=1)
        pids = [int(word) for word in (tmp_path / "stdout").read_text().split()]
        assert len(pids) == 2
        assert all(ends_soon(pid) for pid in pids)


def test_child_that_outlives_the_command_is_killed_after_a_success_too(run, tmp_path):
    program = (
        "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)']).pid)"
    )
    assert run(program) == 0
    assert ends_soon(int((tmp_path / "stdout").read_text()))


def test_abort_reason_terminates_the_command(run):
    answers = iter([None, None, "the disk is full"])
    with pytest.raises(bounded_command.Terminated) as caught:
        run("import time; time.sleep(300)", abort_reason=lambda: next(answers))
    assert str(caught.value) == "was terminated because the disk is full"


def test_command_is_looked_at_twenty_times_a_second(run, clock):
    answers = iter([None, None, "the disk is full"])
    with pytest.raises(bounded_command.Terminated):
        run("import time; time.sleep(300)", abort_reason=lambda: next(answers), grace=0)
    assert clock.pauses == [0.05, 0.05]


def test_command_is_terminated_and_killed_when_its_time_and_grace_are_over(run, clock):
    with pytest.raises(bounded_command.Terminated, match="^was terminated after 0 seconds$"):
        run("import time; time.sleep(300)", timeout=0, grace=0)
    assert clock.pauses == []


def test_grace_has_a_default(run, monkeypatch):
    monkeypatch.setattr(bounded_command, "GRACE", 0)
    with pytest.raises(bounded_command.Terminated):
        run(f"{STUBBORN} time.sleep(300)", timeout=0.2, grace=None)


def test_error_while_the_command_runs_terminates_it(run, tmp_path):
    def abort_reason():
        output = (tmp_path / "stdout").read_text()
        return output.endswith("\n") and int("no number")

    with pytest.raises(ValueError):
        run("import os, time; print(os.getpid(), flush=True); time.sleep(300)", abort_reason=abort_reason)
    assert ends_soon(int((tmp_path / "stdout").read_text()))


def deny(*dummy):
    raise PermissionError


def test_command_of_another_user_that_has_exited_is_not_an_error(run, monkeypatch):
    monkeypatch.setattr(os, "killpg", deny)
    assert run("raise SystemExit(7)") == 7


def test_command_of_another_user_that_exits_after_sigterm_is_awaited(run, monkeypatch):
    signals = []

    def signal_once(pid, number):
        signals.append(number)
        os.kill(pid, signal.SIGTERM)
        raise PermissionError

    monkeypatch.setattr(os, "killpg", signal_once)
    with pytest.raises(bounded_command.Terminated, match="after 0.2 seconds"):
        run("import time; time.sleep(300)", timeout=0.2, grace=600)
    assert signals == [signal.SIGTERM, signal.SIGKILL]


def test_command_of_another_user_that_is_still_running_is_awaited_no_longer_than_the_grace(run, monkeypatch, clock):
    started = []
    original = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *args, **kwargs: started.append(original(*args, **kwargs)) or started[0]
    )
    monkeypatch.setattr(os, "killpg", deny)
    with pytest.raises(
        bounded_command.Terminated, match="runs as another user, could not be terminated and is still running$"
    ):
        run("import time; time.sleep(300)", timeout=0, grace=0.1)
    assert clock.pauses == [0.05, 0.05]
    started[0].kill()
    started[0].wait()


@pytest.mark.parametrize(
    ("before", "stopping"),
    [(signal.SIG_DFL, {signal.SIGTERM, signal.SIGINT}), (signal.SIG_IGN, set())],
    ids=["default", "ignored"],
)
def test_ignored_signals_and_sighup_keep_their_effect(monkeypatch, before, stopping):
    handlers = {}
    monkeypatch.setattr(signal, "getsignal", lambda dummy: before)
    monkeypatch.setattr(signal, "signal", handlers.setdefault)
    bounded_command.stop_on_signals()
    assert set(handlers) == stopping | {signal.SIGCHLD}
    assert handlers[signal.SIGCHLD] is signal.SIG_DFL


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signal_terminates_the_command_and_the_caller_can_clean_up(tmp_path, name):
    program = f"""
import os, signal, sys
sys.path[:0] = {sys.path!r}
signal.signal(signal.{name}, signal.SIG_DFL)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command as command
command.stop_on_signals()
try:
    with open("out", "wb") as out:
        script = "import os; print(os.getpid(), flush=True); import time; time.sleep(300)"
        command.run([sys.executable, "-c", script], out, out, ".", dict(os.environ), 60)
except command.Interrupted as error:
    print("clean-up: command", error)
    print([signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == [signal.SIG_IGN] * 2)
"""
    process = subprocess.Popen([sys.executable, "-c", program], cwd=str(tmp_path), stdout=subprocess.PIPE)
    out = tmp_path / "out"
    deadline = time.monotonic() + 60
    while not (out.exists() and out.read_text().endswith("\n")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(getattr(signal, name))
    output = process.communicate(timeout=60)[0].decode()
    assert output == f"clean-up: command was stopped by {name}\nTrue\n"
    assert ends_soon(int(out.read_text()))
