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
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import bundle, private_directory
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.bundle import BundleError
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command

LOGS = b'{"level": "info"}\n' * 3


def options(**given_options):
    """A full set of options, as AnsibleModule makes it."""
    return dict({name: spec.get("default") for name, spec in bundle.ARGUMENT_SPEC.items()}, **given_options)


def refused(**given_options):
    return [(error["option"], error["value"]) for error in bundle.refusals(options(**given_options))]


class TestRefusals:
    def test_the_defaults_are_good(self):
        assert refused() == []

    @pytest.mark.parametrize(
        "date", ["2026-01-31", "2026-01-31 23:59:59", "2024-02-29", "0001-01-01 00:00:00", "", None]
    )
    def test_good_dates(self, date):
        assert refused(date_from=date) == []
        assert refused(date_to=date) == []

    @pytest.mark.parametrize(
        "date",
        [
            "2026-02-30",
            "2025-02-29",
            "2026-13-01",
            "0000-01-01",
            "2026-1-1",
            "26-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01 24:00:00",
            "2026-01-01 00:00:60",
            "2026-01-01 00:00",
            "2026-01-01 00:00:00Z",
            "2026-01-01 ",
            " 2026-01-01",
            "2026-01-01\n",
            "٢٠٢٦-٠١-٠١",
            "yesterday",
        ],
    )
    def test_bad_dates(self, date):
        assert refused(date_from=date) == [("date_from", date)]
        assert refused(date_to=date) == [("date_to", date)]

    @pytest.mark.parametrize(
        ("first", "last", "good"),
        [
            ("2026-01-01", "2026-01-01", True),
            ("2026-01-01", "2026-01-01 00:00:00", True),
            ("2026-01-01", "2026-01-02", True),
            ("2026-01-02", "2026-01-01", False),
            ("2026-01-01 00:00:01", "2026-01-01", True),
            ("2026-01-01 23:59:59", "2026-01-01 23:59:58", False),
        ],
    )
    def test_the_order_of_dates(self, first, last, good):
        assert refused(date_from=first, date_to=last) == ([] if good else [("date_from", first)])

    @pytest.mark.parametrize("option", ["log_types", "log_levels"])
    def test_filters_know_what_the_vendor_says(self, option):
        assert refused(**{option: list(bundle.FILTERS[option])}) == []

    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("log_types", "WEB"),
            ("log_types", "TANIUM"),
            ("log_types", "audit"),
            ("log_levels", "CRITICAL"),
            ("log_levels", ""),
        ],
    )
    def test_filters_know_nothing_else(self, option, value):
        assert refused(**{option: [bundle.FILTERS[option][0], value]}) == [(option, value)]

    @pytest.mark.parametrize("command", [[], [""], ["cs", ""], ["bin/cs"], ["./cs"], ["c\0s"]])
    def test_bad_commands(self, command):
        assert refused(command=command) == [("command", command)]

    @pytest.mark.parametrize("command", [["cs"], ["/opt/bin/cs"], ["cs", "--config", "a b"]])
    def test_good_commands(self, command):
        assert refused(command=command) == []

    @pytest.mark.parametrize("directory", ["", "tmp", "~/x", "/a b", "/a/../b", "/a*", "/a[1]", "/a\n", "/é", "/$HOME"])
    def test_bad_directories(self, directory):
        assert refused(directory=directory) == [("directory", directory)]

    def test_numbers(self):
        limits = ("minimum_free", "maximum_size", "minimum_free_dest", "bandwidth")
        assert refused(timeout=1, **dict.fromkeys(limits, 0)) == []
        assert refused(timeout=0, **dict.fromkeys(limits, -1)) == [("timeout", 0), *((limit, -1) for limit in limits)]

    def test_everything_is_told_at_once_with_rule_and_remedy(self):
        wrong = options(date_from="x", date_to="y", log_types=["WEB"], log_levels=["FATAL"], timeout=-1, directory="z")
        with pytest.raises(BundleError) as caught:
            bundle.refuse(bundle.refusals(wrong))
        result = caught.value.as_result()
        assert [error["option"] for error in result["errors"]] == [
            "date_from",
            "date_to",
            "log_types",
            "log_levels",
            "timeout",
            "directory",
        ]
        assert result["phase"] == "refuse"
        for error in result["errors"]:
            assert repr(error["value"]) in result["msg"]
            assert error["rule"] in result["msg"]
            assert error["remedy"] in result["msg"]

    @given(st.text())
    def test_no_text_breaks_the_rules(self, text):
        bundle.refusals(options(date_from=text, date_to=text, log_types=[text], command=[text], directory=text))


class TestCommandLine:
    def test_without_filters(self):
        assert bundle.command_line(options(), "/x") == ["cs", "logs", "bundle", "--out-file", "/x", "--compress"]

    def test_with_all(self):
        wanted = options(
            command=["/opt/cs", "-v"],
            date_from="2026-01-01",
            date_to="2026-01-02 03:04:05",
            log_types=["AUDIT", "ANALYSIS"],
            log_levels=["ERROR"],
            compress=False,
        )
        assert bundle.command_line(wanted, "/x") == [
            *("/opt/cs", "-v", "logs", "bundle"),
            *("--date-from", "2026-01-01", "--date-to", "2026-01-02 03:04:05"),
            *("--log-type", "AUDIT,ANALYSIS", "--log-level", "ERROR"),
            *("--out-file", "/x"),
        ]


class TestCannotBring:
    def test_no_filter_brings_everything(self):
        assert bundle.cannot_bring(options()) == {"log_types": [], "log_levels": []}

    def test_every_type_that_can_be_asked_for_is_not_every_type(self):
        everything = options(log_types=list(bundle.FILTERS["log_types"]), log_levels=list(bundle.FILTERS["log_levels"]))
        assert bundle.cannot_bring(everything) == {"log_types": ["WEB", "TANIUM"], "log_levels": ["CRITICAL"]}

    def test_a_level_is_no_threshold(self):
        assert bundle.cannot_bring(options(log_levels=["WARNING"]))["log_levels"] == [
            "DEBUG",
            "INFO",
            "ERROR",
            "CRITICAL",
        ]


@pytest.fixture
def vm(tmp_path):
    """Make bundles in a place of their own, with a command that is a Python program; ``out`` is what it was told to write."""
    place = tmp_path / "var"
    place.mkdir()

    class Vm:
        directory = str(place)
        numbers = itertools.count()

        @staticmethod
        def options(program, **more):
            prelude = "import os, sys; out = sys.argv[sys.argv.index('--out-file') + 1]; L = b'{\"level\": \"info\"}\\n' * 3\n"
            prelude += "def write(path, data=L):\n  with open(path, 'wb') as stream: stream.write(data)\n"
            wanted = {"command": [sys.executable, "-c", prelude + program], "directory": str(place), "minimum_free": 0}
            return options(**dict(wanted, **more))

        def make(self, program, **more):
            wanted = self.options(program, **more)
            private, self.leftovers = bundle.begin(wanted, f"test{next(self.numbers):04}")
            with private:
                return bundle.make(wanted, private)

        def fail(self, program, **more):
            with pytest.raises(BundleError) as caught:
                self.make(program, **more)
            assert os.listdir(str(place)) == [], "a failure leaves nothing on the VM"
            return caught.value.as_result()

    return Vm()


class TestMake:
    def test_a_bundle_and_all_that_is_said_of_it(self, vm):
        made = vm.make("write(out)")
        with open(made["path"], "rb") as stream:
            content = stream.read()
        assert content == LOGS
        assert made["size"] == len(LOGS)
        assert made["sha256"] == hashlib.sha256(LOGS).hexdigest()
        assert (made["format"], made["name"], made["rc"]) == ("text", "aqtive-guard-logs.log", 0)
        assert made["path"] == os.path.join(made["directory"], made["name"])
        assert made["not_taken"] == []
        assert made["start"] <= made["end"]
        assert made["duration"] < 30

    def test_only_the_bundle_is_there_and_only_for_its_owner(self, vm):
        made = vm.make("os.umask(0); write(out); write('other'); print('secret', file=sys.stderr)")
        assert os.listdir(made["directory"]) == [made["name"]]
        assert stat.S_IMODE(os.stat(made["directory"]).st_mode) == 0o700
        assert stat.S_IMODE(os.stat(made["path"]).st_mode) == 0o600
        assert made["not_taken"] == ["other"]

    @pytest.mark.parametrize(
        ("program", "name", "form", "left_as"),
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
    def test_what_the_command_may_leave(self, vm, program, name, form, left_as):
        made = vm.make(program)
        assert (made["name"], made["format"], made["left_as"]) == (name, form, left_as)

    @pytest.mark.parametrize(
        ("program", "said"),
        [
            ("pass", "left no file and wrote nothing"),
            ("write(out, b'')", "bundle is empty"),
            ("import gzip; write(out, gzip.compress(b''))", "bundle is empty"),
            ("import gzip; write(out, gzip.compress(L)[:-1])", "gzip file that it left is cut off"),
            ("import tarfile; t = tarfile.open('b', 'w:gz'); t.add('/dev/null'); t.close()", "bundle is empty"),
            ("import zipfile; z = zipfile.ZipFile('b', 'w'); z.writestr('logs', b''); z.close()", "bundle is empty"),
            ("os.symlink('/etc/passwd', out)", "'aqtive-guard-logs.log' (a symbolic link)"),
            ("os.symlink('/etc/passwd', out); print('written')", "'aqtive-guard-logs.log' (a symbolic link)"),
            ("os.mkfifo(out)", "'aqtive-guard-logs.log' (a named pipe)"),
            ("os.mkdir(out)", "'aqtive-guard-logs.log' (a directory)"),
            ("write(out); os.link(out, 'b')", "'aqtive-guard-logs.log' (a file with 2 names)"),
            ("write('a\\x1b[2J'); write('b')", "'a\\x1b[2J' (a file), 'b' (a file)"),
            ("[write(str(n)) for n in range(30)]", "and 20 more"),
        ],
    )
    def test_what_is_not_taken(self, vm, program, said):
        result = vm.fail(program)
        assert result["phase"] == "identify"
        assert said in result["msg"]
        assert result["rc"] == 0

    @pytest.mark.parametrize(
        "narrowing", [{"date_from": "2026-01-01"}, {"log_types": ["AUDIT"]}, {"log_levels": ["ERROR"]}]
    )
    @pytest.mark.parametrize("program", ["write(out, b'')", "import gzip; write(out, gzip.compress(b''))"])
    def test_that_no_record_matches_is_an_answer(self, vm, program, narrowing):
        assert vm.make(program, **narrowing)["empty"]

    def test_a_bundle_with_records_says_so(self, vm):
        assert not vm.make("write(out)", log_types=["AUDIT"])["empty"]

    def test_a_link_that_takes_the_place_of_what_was_chosen_is_not_followed(self, vm, tmp_path, monkeypatch):
        secret = tmp_path / "secret"
        secret.write_text("x")
        choose = bundle._choose

        def choose_and_exchange(work):
            source = choose(work)
            os.unlink(source)
            os.symlink(str(secret), source)
            return source

        monkeypatch.setattr(bundle, "_choose", choose_and_exchange)
        assert vm.fail("write(out)")["phase"] == "identify"
        assert secret.read_text() == "x"

    def test_the_command_works_in_a_private_place(self, vm):
        made = vm.make("write(out, repr([os.getcwd(), os.environ['TMPDIR'], oct(os.stat('..').st_mode)]).encode())")
        with open(made["path"]) as stream:
            said = stream.read()
        assert said == repr([made["directory"] + "/work", made["directory"] + "/temporary", "0o40700"])

    def test_a_failure_is_told_with_status_and_last_error(self, vm):
        result = vm.fail("write(out); print('one\\ntwo \\x1b[2J', file=sys.stderr); sys.exit(3)")
        assert (result["phase"], result["rc"]) == ("run", 3)
        assert "ended with status 3; its last error is: two \\x1b[2J" in result["msg"]
        assert result["stderr_tail"] == "one\ntwo \\x1b[2J"

    def test_a_failure_leaves_the_directory_empty(self, vm):
        wanted = vm.options("write(out); write('b'); sys.exit(3)")
        private, dummy = bundle.begin(wanted, "abcd1234")
        with pytest.raises(BundleError) as caught:
            bundle.make(wanted, private)
        assert caught.value.details["directory"] == private.path
        assert os.listdir(private.path) == []

    def test_a_death_is_told(self, vm):
        assert "killed by signal 9" in vm.fail("os.kill(os.getpid(), 9)")["msg"]

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
    def test_what_looks_like_a_password_is_masked(self, vm, line):
        # The command stands in the message as well: this one holds the line backwards.
        result = vm.fail(f"print({line[::-1]!r}[::-1], file=sys.stderr); sys.exit(1)")
        assert "hunter2" not in str(result)
        assert "***" in result["stderr_tail"]

    def test_little_of_the_errors_comes_back_and_no_half_line(self, vm):
        result = vm.fail("print('password=' + 'x' * 5000 + '\\nlast', file=sys.stderr); sys.exit(1)")
        assert result["stderr_tail"] == "last"
        result = vm.fail("print('password=' + 'x' * 5000, file=sys.stderr); sys.exit(1)")
        assert result["stderr_tail"] == ""

    def test_a_command_that_takes_too_long(self, vm, monkeypatch):
        monkeypatch.setattr(bounded_command, "GRACE", 0.1)
        result = vm.fail("write(out); import time; time.sleep(60)", timeout=1)
        assert (result["phase"], result["rc"]) == ("run", None)
        assert "longer than 1 seconds" in result["msg"]

    def test_a_disk_that_fills(self, vm, monkeypatch):
        enough = iter([None, None])
        monkeypatch.setattr(bundle, "_shortage", lambda options: next(enough, "the disk is full"))
        result = vm.fail("write(out); import time; time.sleep(60)")
        assert (result["phase"], "the disk is full" in result["msg"]) == ("run", True)

    @pytest.mark.parametrize(("shortage", "remedy"), [("the disk is full", "Narrow"), (None, "by hand")])
    def test_a_command_that_fails_on_a_full_disk_before_anybody_looks(self, vm, monkeypatch, shortage, remedy):
        run = bounded_command.run

        def run_and_fill(*arguments, **named):
            status = run(*arguments, **named)
            monkeypatch.setattr(bundle, "_shortage", lambda options: shortage)
            return status

        monkeypatch.setattr(bounded_command, "run", run_and_fill)
        result = vm.fail("print('no space', file=sys.stderr); sys.exit(1)")
        because = f", and {shortage}" if shortage else ""
        assert f"ended with status 1{because}; its last error is: no space. " in result["msg"]
        assert remedy in result["msg"]

    @pytest.mark.parametrize("target", ["out", "'other.gz'", "'/dev/stdout'"])
    def test_a_file_that_grows_too_large_ends_the_command(self, vm, target):
        start = time.monotonic()
        result = vm.fail(f"write({target}, b'x' * (2 << 20)); import time; time.sleep(60)", maximum_size=1)
        assert time.monotonic() - start < 30
        assert result["phase"] == "run"
        assert "2.0 MiB or more, but may have 1 MiB (maximum_size)" in result["msg"]

    def test_a_bundle_that_is_too_large_does_not_travel(self, vm, monkeypatch):
        monkeypatch.setattr(bundle, "_largest", lambda *dummy: 0)
        result = vm.fail("write(out, b'x' * ((1 << 20) + 1))", maximum_size=1)
        assert (result["phase"], "(maximum_size)" in result["msg"]) == ("identify", True)
        assert vm.make("write(out, b'x' * (1 << 20))", maximum_size=1)["size"] == 1 << 20

    def test_what_the_command_removes_while_it_is_looked_at_is_no_trouble(self, vm):
        vm.make("[(write('x'), os.unlink('x')) for n in range(2000)]; write(out)", maximum_size=1)

    def test_an_interruption(self, vm, monkeypatch):
        def interrupt(options):
            if len(os.listdir(vm.directory)):
                raise bounded_command.Interrupted("this run was told to stop (SIGHUP)")

        monkeypatch.setattr(bundle, "_shortage", interrupt)
        assert "SIGHUP" in vm.fail("write(out); import time; time.sleep(60)")["msg"]

    def test_what_a_dead_run_left_goes(self, vm):
        with private_directory.PrivateDirectory(vm.directory, "dead") as dead:
            pass
        past = time.time() - 3600 - bundle.LEFTOVER_MARGIN - 10
        os.utime(dead.path, (past, past))
        vm.make("write(out)", timeout=3600)
        assert vm.leftovers == [dead.path]

    def test_a_command_whose_directory_is_removed_is_ended(self, vm):
        start = time.monotonic()
        program = "import time; d = os.path.dirname(os.getcwd()); os.rename(d, d + '.gone'); time.sleep(60)"
        with pytest.raises(BundleError, match="nobody waits for the bundle any more"):
            vm.make(program)
        assert time.monotonic() - start < 30

    def test_how_far_it_is(self, vm):
        made = vm.make("write(out, b'x' * 1000); write('small')")
        assert bundle.made_so_far(made["directory"]) == 0
        os.mkdir(os.path.join(made["directory"], "work"))
        with open(os.path.join(made["directory"], "work", "any.gz"), "wb") as stream:
            stream.write(b"x" * 1000)
        assert bundle.made_so_far(made["directory"]) == 1000

    def test_it_is_handed_over(self, vm):
        me = pwd.getpwuid(os.geteuid()).pw_name
        assert os.path.isfile(vm.make("write(out)", owner=me)["path"])

    def test_it_cannot_be_handed_over(self, vm, monkeypatch):
        def refuse(*dummy):
            raise private_directory.HandOverError("no setfacl")

        monkeypatch.setattr(private_directory.PrivateDirectory, "hand_over", refuse)
        result = vm.fail("write(out)", owner=pwd.getpwuid(os.geteuid()).pw_name)
        assert result["phase"] == "hand over"
        assert "no setfacl" in result["msg"]
        assert "acl" in result["msg"]

    def test_a_large_bundle_is_not_held_in_memory(self, vm):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        made = vm.make("import subprocess; subprocess.check_call(['truncate', '-s', '300M', out])")
        assert made["size"] == 300 << 20
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 << 10


class TestPrepare:
    @pytest.mark.parametrize("command", ["no-such-command", "/no/such/command", "/etc/passwd"])
    def test_a_command_that_cannot_be_run(self, vm, command):
        result = vm.fail("", command=[command])
        assert (result["phase"], repr(command) in result["msg"]) == ("prepare", True)

    def test_a_command_is_found_where_sudo_would_not_look(self, monkeypatch):
        monkeypatch.setenv("PATH", "/nowhere")
        assert bundle._find_command("sh") is not None

    @pytest.mark.parametrize("directory", ["/no/such", "/etc/passwd"])
    def test_a_directory_that_cannot_be_used(self, vm, directory):
        result = vm.fail("", directory=directory)
        assert (result["phase"], directory in result["msg"]) == ("prepare", True)

    def test_too_little_room(self, vm):
        result = vm.fail("", minimum_free=1 << 40)
        assert result["phase"] == "prepare"
        assert "MiB must stay free" in result["msg"]

    def test_an_owner_whom_the_vm_does_not_know(self, vm):
        assert "'no-such-user'" in vm.fail("", owner="no-such-user")["msg"]
