# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import hashlib
import itertools
import os
import pwd
import resource
import stat
import sys
import time

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import bundle, output, preflight
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import ARGUMENT_SPEC
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import (
    LEFTOVER_AGE,
    PrivateDirectory,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.workspace import Workspace
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, failure

LOGS = b'{"level": "info"}\n' * 3
ME = pwd.getpwuid(os.geteuid()).pw_name
SLEEP = "; import time; time.sleep(300)"
PRELUDE = """
import os, sys
out = sys.argv[sys.argv.index('--out-file') + 1]
L = b'{"level": "info"}\\n' * 3
def write(path, data=L):
    with open(path, 'wb') as stream:
        stream.write(data)
"""


@pytest.fixture
def vm(tmp_path):
    """Create bundles in a directory of their own, with a Python program as the command."""
    directory = tmp_path / "var"
    directory.mkdir()

    class Vm:
        directory = str(tmp_path / "var")
        numbers = itertools.count()

        def options(self, program, **more):
            values = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}
            values.update(command=[sys.executable, "-c", PRELUDE + program], directory=self.directory, minimum_free=0)
            return dict(values, **more)

        def create(self, program, **more):
            options = self.options(program, **more)
            private, self.leftovers = bundle.prepare(options, f"test{next(self.numbers):04}")
            with private:
                return bundle.create(options, private)

        def fail(self, program, **more):
            with pytest.raises(Failure) as caught:
                self.create(program, **more)
            assert os.listdir(self.directory) == [], "a failure leaves nothing on the VM"
            result = caught.value.as_result()
            (error,) = result["errors"]
            return dict(result, **error)

    return Vm()


class TestMetadata:
    def test_of_a_bundle(self, vm):
        result = vm.create("write(out)")
        with open(result["path"], "rb") as stream:
            assert stream.read() == LOGS
        assert result["size"] == len(LOGS)
        assert result["sha256"] == hashlib.sha256(LOGS).hexdigest()
        assert (result["format"], result["name"], result["rc"]) == ("text", "aqtive-guard-logs.log", 0)
        assert result["path"] == os.path.join(result["directory"], result["name"])
        assert (result["ignored_files"], result["empty"]) == ([], False)
        assert result["start"] <= result["end"]
        assert result["start"].endswith("Z") and len(result["start"]) == len("2026-01-01T00:00:00.000Z")
        assert 0 < result["bundle_seconds"] < 30
        assert result["command"][3:] == ["logs", "bundle", "--compress", "--out-file", result["command"][-1]]
        assert os.path.dirname(result["command"][-1]) == os.path.join(result["directory"], "work")

    def test_filters(self, vm):
        assert vm.create("write(out)", log_levels=["INFO"])["excluded_by_filters"] == {
            "log_types": [],
            "log_levels": ["DEBUG", "WARNING", "ERROR", "CRITICAL"],
        }

    def test_only_the_bundle_remains_and_is_private(self, vm):
        result = vm.create("os.umask(0); write(out); write('other'); print('secret', file=sys.stderr)")
        assert os.listdir(result["directory"]) == [result["name"]]
        assert stat.S_IMODE(os.stat(result["directory"]).st_mode) == 0o700
        assert stat.S_IMODE(os.stat(result["path"]).st_mode) == 0o600
        assert result["ignored_files"] == ["other"]

    def test_at_most_ten_ignored_files_are_named(self, vm):
        result = vm.create("write(out); [write('x%02d' % n) for n in range(12)]")
        assert result["ignored_files"] == [f"x{number:02}" for number in range(10)]

    @pytest.mark.parametrize(
        ("program", "name", "form", "original_name"),
        [
            ("import gzip; write(out, gzip.compress(L))", "aqtive-guard-logs.log.gz", "gzip", "aqtive-guard-logs.log"),
            (
                "import gzip; write(out + '.gz', gzip.compress(L))",
                "aqtive-guard-logs.log.gz",
                "gzip",
                "aqtive-guard-logs.log.gz",
            ),
            (
                "import zipfile as z; z = z.ZipFile('b.bin', 'w'); z.writestr('l', L); z.close()",
                "aqtive-guard-logs.zip",
                "zip",
                "b.bin",
            ),
            (
                "import tarfile; t = tarfile.open('b', 'w:gz'); t.add(os.__file__); t.close()",
                "aqtive-guard-logs.tar.gz",
                "tar.gz",
                "b",
            ),
            ("sys.stdout.buffer.write(L)", "aqtive-guard-logs.log", "text", "console"),
            ("write('odd\\x1b')", "aqtive-guard-logs.log", "text", "odd\\x1b"),
            ("write(out); write('b')", "aqtive-guard-logs.log", "text", "aqtive-guard-logs.log"),
            ("write('b'); os.mkdir('d'); os.symlink('b', 'latest')", "aqtive-guard-logs.log", "text", "b"),
        ],
    )
    def test_of_what_the_command_may_leave(self, vm, program, name, form, original_name):
        result = vm.create(program)
        assert (result["name"], result["format"], result["original_name"]) == (name, form, original_name)
        assert result["name"] in output.NAMES

    def test_digest_of_a_file_larger_than_one_chunk(self, vm):
        data = b"x" * (output._CHUNK + 100000)
        result = vm.create(f"write(out, b'x' * {len(data)})")
        assert (result["size"], result["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())

    def test_large_bundle_is_not_kept_in_memory(self, vm):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        result = vm.create("import subprocess; subprocess.check_call(['truncate', '-s', '300M', out])")
        assert result["size"] == 300 << 20
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 << 10


class TestOutputWithoutABundle:
    @pytest.mark.parametrize(
        ("program", "cause"),
        [
            ("pass", "exited with status 0, but wrote no file and no output"),
            ("write(out, b'')", "exited with status 0, but its bundle is empty"),
            ("import gzip; write(out, gzip.compress(b''))", "exited with status 0, but its bundle is empty"),
            ("import gzip; write(out, gzip.compress(L)[:-1])", "exited with status 0, but its gzip file is truncated"),
            (
                "import tarfile; t = tarfile.open('b', 'w:gz'); t.add('/dev/null'); t.close()",
                "exited with status 0, but its bundle is empty",
            ),
            (
                "import zipfile; z = zipfile.ZipFile('b', 'w'); z.writestr('logs', b''); z.close()",
                "exited with status 0, but its bundle is empty",
            ),
            ("os.symlink('/etc/passwd', out)", "'aqtive-guard-logs.log' (a symbolic link)"),
            ("os.symlink('/etc/passwd', out); print('written')", "'aqtive-guard-logs.log' (a symbolic link)"),
            ("os.mkfifo(out)", "'aqtive-guard-logs.log' (a named pipe)"),
            ("os.mkdir(out)", "'aqtive-guard-logs.log' (a directory)"),
            ("import socket; socket.socket(socket.AF_UNIX).bind('s')", "'s' (a device or socket)"),
            ("write(out); os.link(out, 'b')", "'aqtive-guard-logs.log' (a file with 2 names)"),
            ("write('a\\x1b[2J'); write('b')", "'a\\x1b[2J' (a file), 'b' (a file)"),
            ("[write('x%02d' % n) for n in range(30)]", "'x09' (a file), and 20 more"),
        ],
    )
    def test_is_a_failure(self, vm, program, cause):
        result = vm.fail(program)
        assert (result["phase"], result["subject"]) == ("identify", "the command")
        assert result["cause"].startswith("exited with status 0, but ")
        assert result["cause"] == cause if cause.startswith("exited") else cause in result["cause"]
        if "gzip" in cause:
            remedy = "Run the command manually on the VM, and check the free disk space where it writes"
        elif "(a" in cause:
            assert "no single regular file among its output is the bundle: '" in result["cause"]
            remedy = "Run the command manually on the VM to see what it writes"
        else:
            remedy = "Run the command manually on the VM, and check where this VM logs to (LOG_FILE, or the journal)"
        assert result["remedy"] == remedy
        assert result["rc"] == 0

    def test_ten_entries_are_all_listed(self, vm):
        cause = vm.fail("[write('x%02d' % n) for n in range(10)]")["cause"]
        assert cause.count("(a file)") == 10
        assert "more" not in cause

    @pytest.mark.parametrize(
        "narrowing", [{"date_from": "2026-01-01"}, {"log_types": ["AUDIT"]}, {"log_levels": ["ERROR"]}]
    )
    @pytest.mark.parametrize("program", ["write(out, b'')", "import gzip; write(out, gzip.compress(b''))"])
    def test_empty_bundle_of_a_narrowed_request_is_valid(self, vm, program, narrowing):
        assert vm.create(program, **narrowing)["empty"] is True

    def test_bundle_of_a_narrowed_request_may_have_content(self, vm):
        assert vm.create("write(out)", log_types=["AUDIT"])["empty"] is False

    def test_damaged_bundle_of_a_narrowed_request_is_a_failure(self, vm):
        program = "import gzip; write(out, gzip.compress(L)[:-1])"
        assert vm.fail(program, log_types=["AUDIT"])["phase"] == "identify"

    def test_link_that_replaces_the_chosen_file_is_not_followed(self, vm, tmp_path, monkeypatch):
        secret = tmp_path / "secret"
        secret.write_text("x")
        choose = output.choose

        def choose_and_replace(workspace):
            source = choose(workspace)
            os.unlink(source)
            os.symlink(str(secret), source)
            return source

        monkeypatch.setattr(output, "choose", choose_and_replace)
        result = vm.fail("write(out)")
        assert (result["phase"], os.path.basename(result["subject"])) == ("identify", output.OUT_FILE)
        assert secret.read_text() == "x"


class TestLimits:
    @pytest.mark.parametrize("target", ["out", "'other.gz'", "'/dev/stdout'"])
    def test_file_that_grows_too_large_terminates_the_command(self, vm, target):
        result = vm.fail(f"write({target}, b'x' * (2 << 20)){SLEEP}", maximum_size=1)
        cause = "was terminated because the bundle has 2.0 MiB or more, but maximum_size is 1 MiB"
        assert (result["phase"], result["cause"]) == ("run", cause)

    def test_bundle_that_is_too_large_is_not_identified(self, vm, monkeypatch):
        monkeypatch.setattr(Workspace, "bytes_written", lambda self: 0)
        result = vm.fail("write(out, b'x' * ((1 << 20) + 1))", maximum_size=1)
        assert (result["phase"], result["subject"]) == ("identify", "the bundle")
        assert result["cause"] == "has 1.0 MiB or more, but maximum_size is 1 MiB"
        assert result["remedy"] == "Narrow the dates, or set a larger maximum_size"
        assert vm.create("write(out, b'x' * (1 << 20))", maximum_size=1)["size"] == 1 << 20

    def test_files_that_the_command_removes_are_ignored(self, vm):
        vm.create("[(write('x'), os.unlink('x')) for n in range(2000)]; write(out)", maximum_size=1)


class TestFailure:
    def test_interruption(self, vm, monkeypatch):
        def interrupt(options):
            if os.listdir(vm.directory):
                raise bounded_command.Interrupted("was stopped by SIGTERM")

        monkeypatch.setattr(preflight, "space_shortage", interrupt)
        result = vm.fail("write(out)" + SLEEP)
        assert result["msg"] == "the creation of the bundle was stopped by SIGTERM. Run it again."
        assert os.path.dirname(result["directory"]) == vm.directory

    def test_leaves_the_directory_empty(self, vm):
        options = vm.options("write(out); write('b'); sys.exit(3)")
        private, dummy = bundle.prepare(options, "abcd1234")
        with pytest.raises(Failure) as caught:
            bundle.create(options, private)
        assert caught.value.details["directory"] == private.path
        assert os.listdir(private.path) == []

    def test_is_reported_even_if_the_directory_is_gone(self, vm):
        options = vm.options("")
        private, dummy = bundle.prepare(options, "abcd1234")
        os.rmdir(private.path)
        with pytest.raises(Failure) as caught:
            bundle.create(options, private)
        assert (caught.value.errors[0]["phase"], caught.value.details) == ("prepare", {"directory": private.path})

    def test_in_the_phase_run_without_a_command_to_blame(self, vm, monkeypatch):
        calls = iter([None, None])

        def fail_after_the_command(options):
            if next(calls, "failed"):
                raise OSError(5, "Input/output error", "/disk")

        monkeypatch.setattr(preflight, "space_shortage", fail_after_the_command)
        monkeypatch.setattr(bounded_command, "run", lambda *dummy, **more: preflight.space_shortage({}) or 1)
        result = vm.fail("")
        assert (result["phase"], result["subject"]) == ("run", "/disk")

    def test_to_grant_access(self, vm, monkeypatch):
        def no_access(*dummy):
            raise failure("grant", "the bundle", "cannot be given to 'x'", "Install acl")

        monkeypatch.setattr(PrivateDirectory, "grant", no_access)
        result = vm.fail("write(out)", owner=ME)
        assert (result["phase"], result["rc"]) == ("grant", 0)


def test_owner_is_granted_access(vm, monkeypatch):
    granted = []
    monkeypatch.setattr(PrivateDirectory, "grant", lambda self, *grant: granted.append(grant))
    vm.create("write(out)")
    assert granted == []
    result = vm.create("write(out)", owner=ME)
    assert granted == [(result["name"], ME)]


class TestLeftovers:
    def leave(self, vm):
        with PrivateDirectory(vm.directory, "leftover") as private:
            pass
        past = time.time() - LEFTOVER_AGE - 10
        os.utime(private.path, (past, past))
        return private.path

    def test_of_an_earlier_run_are_removed(self, vm):
        path = self.leave(vm)
        vm.create("write(out)")
        assert vm.leftovers == [path]

    @pytest.mark.parametrize(("owner", "owners"), [(None, {7}), ("login", {7, 42})])
    def test_of_this_user_and_of_the_owner_are_removed(self, vm, monkeypatch, owner, owners):
        searched = []
        account = pwd.struct_passwd(("login", "x", 42, 42, "", "/", "/bin/sh"))
        monkeypatch.setattr(preflight, "check", lambda options: None)
        monkeypatch.setattr(bundle, "find_user", {"login": account}.__getitem__)
        monkeypatch.setattr(bundle, "remove_leftovers", lambda *arguments: searched.append(arguments) or ["x"])
        monkeypatch.setattr(os, "geteuid", lambda: 7)
        private, leftovers = bundle.prepare(vm.options("", owner=owner), "abcd1234")
        private.unlock()
        assert searched == [(vm.directory, owners)]
        assert leftovers == ["x"]

    def test_cannot_be_listed(self, vm, monkeypatch):
        def fail(*dummy):
            raise OSError(5, "Input/output error", vm.directory)

        monkeypatch.setattr(bundle, "remove_leftovers", fail)
        result = vm.fail("")
        assert (result["phase"], result["subject"]) == ("prepare", vm.directory)
