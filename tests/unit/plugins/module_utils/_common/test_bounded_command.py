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


def no_trouble():
    return None


@pytest.fixture
def run(tmp_path):
    """Run a Python program under the bounds of a test."""

    def run_program(program, timeout=20.0, trouble=no_trouble, grace=0.3):
        with open(str(tmp_path / "stdout"), "wb") as stdout, open(str(tmp_path / "stderr"), "wb") as stderr:
            argv = [sys.executable, "-c", program]
            return bounded_command.run(
                argv, stdout, stderr, str(tmp_path), dict(os.environ, MARK="here"), timeout, trouble, grace
            )

    return run_program


def has_ended(pid):
    """Whether a process is gone, or waits for somebody to ask after it."""
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


def test_the_status_comes_back(run):
    assert run("pass") == 0
    assert run("raise SystemExit(7)") == 7
    assert run("import os; os.abort()") == -signal.SIGABRT


def test_output_goes_to_files_and_input_is_empty(run, tmp_path):
    assert run("import sys; print(len(sys.stdin.read())); print('bad', file=sys.stderr)") == 0
    assert (tmp_path / "stdout").read_text() == "0\n"
    assert (tmp_path / "stderr").read_text() == "bad\n"


def test_it_runs_where_and_with_what_it_was_told(run, tmp_path):
    run("import os; open('made', 'w').write(os.environ['MARK'])")
    assert (tmp_path / "made").read_text() == "here"


def test_it_has_a_session_of_its_own(run, tmp_path):
    run("import os; print(os.getsid(0) == os.getpid())")
    assert (tmp_path / "stdout").read_text() == "True\n"


def test_a_program_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        bounded_command.run(["/no/such"], None, None, str(tmp_path), {}, 1, no_trouble)


class TestTimeOut:
    def test_a_program_is_asked_to_end(self, run, tmp_path):
        polite = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *a: sys.exit(print('bye'))); time.sleep(300)"
        start = time.monotonic()
        with pytest.raises(bounded_command.Ended, match=r"longer than 1 seconds"):
            run(polite, timeout=1, grace=120)
        assert time.monotonic() - start < 60
        assert (tmp_path / "stdout").read_text() == "bye\n"

    def test_a_stubborn_program_and_its_stubborn_child_are_made_to_end(self, run, tmp_path):
        child = f"[sys.executable, '-c', {STUBBORN + 'time.sleep(300)'!r}]"
        program = f"{STUBBORN}import os, subprocess, sys; c = subprocess.Popen({child}); print(os.getpid(), c.pid, flush=True); time.sleep(300)"
        with pytest.raises(bounded_command.Ended):
            run(program, timeout=1)
        pids = [int(word) for word in (tmp_path / "stdout").read_text().split()]
        assert len(pids) == 2
        assert all(ends_soon(pid) for pid in pids)


def test_a_child_that_stays_behind_is_ended_after_a_success_too(run, tmp_path):
    program = (
        "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)']).pid)"
    )
    assert run(program) == 0
    assert ends_soon(int((tmp_path / "stdout").read_text()))


def test_trouble_ends_it_at_once(run):
    answers = iter([None, None, "the disk is full"])
    start = time.monotonic()
    with pytest.raises(bounded_command.Ended, match="the disk is full"):
        run("import time; time.sleep(300)", trouble=lambda: next(answers))
    assert time.monotonic() - start < 30


def test_a_group_of_another_user_cannot_be_ended_and_is_not_waited_for(run, monkeypatch):
    def refuse(*dummy):
        raise PermissionError

    started = []
    original = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *args, **kwargs: started.append(original(*args, **kwargs)) or started[0]
    )
    monkeypatch.setattr(os, "killpg", refuse)
    with pytest.raises(bounded_command.Ended, match="another user"):
        run("import time; time.sleep(300)", timeout=0.2)
    started[0].kill()
    started[0].wait()


@pytest.mark.parametrize(
    ("before", "stopping"),
    [(signal.SIG_DFL, {signal.SIGTERM, signal.SIGINT}), (signal.SIG_IGN, set())],
    ids=["default", "ignored"],
)
def test_what_is_ignored_does_not_stop_it_and_neither_does_a_hangup(monkeypatch, before, stopping):
    heard = {}
    monkeypatch.setattr(signal, "getsignal", lambda dummy: before)
    monkeypatch.setattr(signal, "signal", heard.setdefault)
    bounded_command.stop_on_signals()
    assert set(heard) == stopping | {signal.SIGCHLD}


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_command_and_lets_the_caller_clean_up(tmp_path, name):
    program = f"""
import os, signal, sys
sys.path[:0] = {sys.path!r}
signal.signal(signal.{name}, signal.SIG_DFL)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command as command
command.stop_on_signals()
try:
    with open("out", "wb") as out:
        script = "import os; print(os.getpid(), flush=True); import time; time.sleep(300)"
        command.run([sys.executable, "-c", script], out, out, ".", dict(os.environ), 60, lambda: None)
except command.Interrupted as error:
    print("cleaned up after", error)
"""
    process = subprocess.Popen([sys.executable, "-c", program], cwd=str(tmp_path), stdout=subprocess.PIPE)
    out = tmp_path / "out"
    deadline = time.monotonic() + 60
    while not (out.exists() and out.read_text().endswith("\n")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(getattr(signal, name))
    said = process.communicate(timeout=60)[0].decode()
    assert f"cleaned up after this run was told to stop ({name})" in said
    assert ends_soon(int(out.read_text()))
