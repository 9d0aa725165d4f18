# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import health
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.health import Health

SINCE = 1795530118.25
WEB = "cryptosense-analyzer-web.service"
UNITS = [{"Id": WEB, "LoadState": "loaded", "ActiveState": "active"}]
DOWN = error("health", "unit a", "is failed", "Start it")


def options(**changed):
    return dict(
        {
            "preflight": False,
            "command": [],
            "units": [],
            "files": [],
            "journal": False,
            "since": None,
            "health_command": [],
            "health_url": None,
            "validate_certs": True,
            "timeout": 0,
            "interval": 0,
            "settle": 0,
        },
        **changed,
    )


class Commands:
    """Runs no command, but returns these results by the command's name, and keeps what was run."""

    def __init__(self, **results):
        self.results = results
        self.runs = []

    def __call__(self, command):
        self.runs.append(command)
        result = self.results[os.path.basename(command[0])]
        if isinstance(result, OSError):
            raise result
        return result


def systemctl(state="active", name=WEB):
    return 0, "Id={0}\nLoadState=loaded\nActiveState={1}\nUnitFileState=enabled\n".format(name, state), ""


def missing():
    return FileNotFoundError(2, "No such file or directory")


def texts(errors):
    return ["{subject} {cause}".format(**each) for each in errors]


class Clock:
    """A clock that advances only by sleeping."""

    def __init__(self):
        self.now = 1000.0

    def time(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def wait(answers, timeout=10, interval=1, settle=2):
    """Wait for a VM whose checks have these errors, in this order; the last answer is repeated."""
    clock = Clock()
    left = list(answers)

    def check():
        return Health(left.pop(0) if len(left) > 1 else left[0], UNITS)

    found, waited = health.wait(check, timeout, interval, settle, clock=clock.time, sleep=clock.sleep)
    assert found.units == UNITS
    return found.errors, waited


class TestWait:
    def test_a_healthy_vm_is_checked_until_it_has_settled(self):
        assert wait([[]]) == ([], 2.0)

    def test_a_slow_start_is_waited_for(self):
        assert wait([[DOWN], [DOWN], []]) == ([], 4.0)

    def test_a_service_that_fails_after_its_start_is_not_healthy(self):
        assert wait([[], [DOWN]]) == ([DOWN], 10.0)

    def test_an_error_restarts_the_settling(self):
        assert wait([[], [DOWN], []]) == ([], 4.0)

    def test_without_a_timeout_the_vm_is_checked_once(self):
        assert wait([[DOWN], []], timeout=0, interval=0, settle=0) == ([DOWN], 0.0)
        assert wait([[], [DOWN]], timeout=0, interval=0, settle=0) == ([], 0.0)

    def test_a_vm_that_is_healthy_too_late_to_settle_is_an_error(self):
        errors, waited = wait([[DOWN]] * 10 + [[]])
        assert waited == 10
        assert errors == [
            {
                "phase": "health",
                "subject": "AQtive Guard",
                "cause": "had been healthy for less than 2 s when the timeout of 10 s expired",
                "remedy": "Increase the timeout (role variable aqtive_guard_logging_health_timeout)",
            }
        ]

    def test_the_interval_passes_between_two_checks(self):
        assert wait([[DOWN], []], interval=3, settle=0) == ([], 3.0)


class TestStartOfRecords:
    @pytest.mark.parametrize(
        ("since", "text"), [(-1.5, "-1.5"), (float("nan"), "nan"), (float("inf"), "inf"), (1e11, "1e+11")]
    )
    def test_a_number_that_is_no_time_is_an_error(self, since, text):
        with pytest.raises(Failure) as raised:
            health.start_of_records(options(since=since))
        assert raised.value.errors == [
            {
                "phase": "validate",
                "subject": "since",
                "cause": "is {0}, but must be a number of seconds since 1970-01-01 00:00:00 UTC".format(text),
                "remedy": "Set it to the time of the restart, such as `start` in the result of"
                " community.aqtive_guard.product_restart",
            }
        ]

    @pytest.mark.parametrize("needed", [{"files": ["/log"]}, {"journal": True}])
    def test_it_is_required_by_files_and_journal(self, needed):
        with pytest.raises(Failure) as raised:
            health.start_of_records(options(**needed))
        assert texts(raised.value.errors) == ["since is not set, but is required by files and journal"]

    def test_the_epoch_and_a_time_before_the_limit_are_accepted(self):
        assert [health.start_of_records(options(since=since)) for since in (0, 1e11 - 1)] == [0, 1e11 - 1]

    def test_it_is_not_required_otherwise(self):
        assert health.start_of_records(options()) == 0.0

    def test_a_time_is_used_with_files(self):
        assert health.start_of_records(options(since=SINCE, files=["/log"])) == SINCE


class TestFileError:
    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "log"
        path.write_text("{}\n")
        os.utime(str(path), (1000, 1000))
        return str(path)

    @pytest.mark.parametrize("since", [0, 999.5, 1000])
    def test_a_file_with_a_record_since_then_is_no_error(self, path, since):
        assert health.file_error(path, since) is None

    def test_a_file_whose_records_are_older_is_an_error(self, path):
        assert health.file_error(path, 1000.5) == {
            "phase": "health",
            "subject": path,
            "cause": "has received no record since the restart",
            "remedy": "Check that AQtive Guard writes its log to this file",
        }

    def test_an_empty_file_is_an_error(self, tmp_path):
        (tmp_path / "log").write_text("")
        remedy = "Check that AQtive Guard writes its log to this file"
        assert health.file_error(str(tmp_path / "log"), 0) == error("health", str(tmp_path / "log"), "is empty", remedy)

    def test_a_missing_file_is_an_error(self, tmp_path):
        assert health.file_error(str(tmp_path / "log"), 0) == {
            "phase": "health",
            "subject": str(tmp_path / "log"),
            "cause": "cannot be read: No such file or directory",
            "remedy": "Check that AQtive Guard is able to create it",
        }


class TestFindUnits:
    def test_units_are_requested_from_systemd(self):
        run = Commands(systemctl=systemctl())
        assert [unit["Id"] for unit in health.find_units("health", run, ["a*", "-b"])] == [WEB]
        properties = "--property=Id,LoadState,ActiveState,SubState,Result,UnitFileState"
        assert run.runs == [["systemctl", "show", properties, "--", "a*", "-b"]]

    def test_without_names_systemd_is_not_needed(self):
        assert health.find_units("health", Commands(), []) == []

    @pytest.mark.parametrize(
        ("result", "cause"),
        [
            (missing(), "cannot be run: No such file or directory"),
            ((1, "", "Failed to connect\n to bus.\n"), "exited with status 1: Failed to connect to bus"),
        ],
    )
    def test_systemd_that_does_not_answer_is_a_failure(self, result, cause):
        with pytest.raises(Failure) as raised:
            health.find_units("check", Commands(systemctl=result), ["a"])
        assert raised.value.errors == [
            {
                "phase": "check",
                "subject": "systemctl show",
                "cause": cause,
                "remedy": "Check systemd on the VM, or set units (role variable aqtive_guard_logging_units) to [] where"
                " there is none",
            }
        ]


class TestCommandErrors:
    @pytest.mark.parametrize("command", [[], ["sh"], ["/bin/sh", "/nowhere/cs"]])
    def test_an_executable_command_is_no_error(self, command):
        assert health.command_errors("check", command) == []

    def test_a_file_that_is_not_executable_is_an_error(self, tmp_path):
        path = str(tmp_path / "cs")
        (tmp_path / "cs").write_text("")
        assert health.command_errors("check", [path, "sh"]) == [
            {
                "phase": "check",
                "subject": path,
                "cause": "is not an executable command on this VM",
                "remedy": (
                    "Check that this is an AQtive Guard VM, or set the path (role variable aqtive_guard_logging_command)"
                ),
            }
        ]


class TestJournalErrors:
    def test_a_record_of_any_unit_is_no_error(self):
        run = Commands(journalctl=(0, "{}\n", ""))
        assert health.journal_errors(run, ["a.service", "b.service"], 1.5) == []
        assert run.runs == [
            [
                "journalctl",
                "--quiet",
                "--no-pager",
                "--lines=1",
                "--output=cat",
                "--since=@1.500000",
                "_SYSTEMD_UNIT=a.service",
                "_SYSTEMD_UNIT=b.service",
            ]
        ]

    @pytest.mark.parametrize(
        ("result", "cause"),
        [
            ((0, "\n", ""), "has received no record since the restart"),
            (missing(), "cannot be read: journalctl cannot be run: No such file or directory"),
        ],
    )
    def test_no_record_is_an_error(self, result, cause):
        assert health.journal_errors(Commands(journalctl=result), ["a.service", "b.service"], 0) == [
            {
                "phase": "health",
                "subject": "The journal of a.service, b.service",
                "cause": cause,
                "remedy": "Run `journalctl -u a.service -n 50` on the VM",
            }
        ]


class TestHealthCommandErrors:
    def test_status_0_is_no_error(self):
        run = Commands(test=(0, "", ""))
        assert health.health_command_errors(run, ["test", "-e", "/a"]) == []
        assert run.runs == [["test", "-e", "/a"]]

    @pytest.mark.parametrize(
        ("result", "cause"),
        [((3, "secret", "secret"), "exited with status 3"), (missing(), "cannot be run: No such file or directory")],
    )
    def test_a_failed_command_is_an_error_without_its_output(self, result, cause):
        assert health.health_command_errors(Commands(test=result), ["test", "-e"]) == [
            {
                "phase": "health",
                "subject": "Health command test",
                "cause": cause,
                "remedy": "Run it manually on the VM to see why",
            }
        ]


class TestUrlErrors:
    @pytest.fixture
    def requests(self, monkeypatch):
        requests = []

        class Response:
            def close(self):
                requests.append("closed")

        def open_url(url, **arguments):
            requests.append((url, arguments))
            return Response()

        monkeypatch.setattr(health, "open_url", open_url)
        return requests

    @pytest.mark.parametrize("validate_certs", [True, False])
    def test_a_response_is_no_error(self, requests, validate_certs):
        assert health.url_errors("https://vm/", validate_certs) == []
        assert requests == [("https://vm/", {"validate_certs": validate_certs, "timeout": 10}), "closed"]

    def test_no_response_is_an_error(self, monkeypatch):
        def open_url(url, **arguments):
            raise OSError("Connection\nrefused.")

        monkeypatch.setattr(health, "open_url", open_url)
        assert health.url_errors("https://vm/", True) == [
            {
                "phase": "health",
                "subject": "Health URL https://vm/",
                "cause": "did not respond successfully: Connection refused",
                "remedy": "Request it on the VM to see why",
            }
        ]


class TestPreflight:
    def check(self, run, **changed):
        return health.check_health(options(preflight=True, **changed), run)

    @pytest.mark.parametrize("state", ["active", "failed"])
    def test_units_may_have_any_state(self, state):
        result = self.check(Commands(systemctl=systemctl(state)), units=[WEB], command=["sh"])
        assert result == {"units": {WEB: state}, "waited": 0.0}

    def test_health_is_not_checked(self):
        result = self.check(Commands(), files=["/nowhere"], health_command=["false"], journal=True, timeout=600)
        assert result["units"] == {}

    def test_all_errors_are_reported_at_once(self):
        with pytest.raises(Failure) as raised:
            self.check(Commands(systemctl=systemctl()), units=["typo.service"], command=["/nowhere/cs"])
        assert texts(raised.value.errors) == [
            "/nowhere/cs is not an executable command on this VM",
            "unit typo.service does not exist",
        ]
        assert [each["phase"] for each in raised.value.errors] == ["check", "check"]
        assert raised.value.details == {"units": {WEB: "active"}, "waited": 0.0}


class TestCheckHealth:
    def test_a_healthy_vm(self, tmp_path):
        (tmp_path / "log").write_text("{}\n")
        run = Commands(systemctl=systemctl(), journalctl=(0, "{}", ""), true=(0, "", ""))
        checks = {"units": [WEB], "files": [str(tmp_path / "log")], "journal": True, "health_command": ["true"]}
        result = health.check_health(options(since=1577836800.5, command=["sh"], **checks), run)
        assert result == {"units": {WEB: "active"}, "waited": 0.0}
        assert [command[0] for command in run.runs] == ["systemctl", "journalctl", "true"]
        (journalctl,) = [command for command in run.runs if command[0] == "journalctl"]
        assert "_SYSTEMD_UNIT={0}".format(WEB) in journalctl
        assert "--since=@1577836800.500000" in journalctl

    def test_all_errors_are_reported_at_once(self, monkeypatch, tmp_path):
        (tmp_path / "log").write_text("{}\n")
        run = Commands(systemctl=systemctl("failed"), journalctl=(0, "", ""), false=(1, "", ""))
        monkeypatch.setattr(health, "url_errors", lambda url, validate_certs: [error("health", url, "failed", "Retry")])
        checks = {
            "command": ["/nowhere/cs"],
            "units": [WEB, "typo.service"],
            "files": ["/nowhere/1", str(tmp_path / "log"), "/nowhere/2"],
            "journal": True,
            "health_command": ["false"],
            "health_url": "https://vm/",
        }
        with pytest.raises(Failure) as raised:
            health.check_health(options(since=1577836800.5, **checks), run)
        assert texts(raised.value.errors) == [
            "/nowhere/cs is not an executable command on this VM",
            "unit typo.service does not exist",
            "unit {0} is failed (None, result None), but must be active".format(WEB),
            "/nowhere/1 cannot be read: No such file or directory",
            "/nowhere/2 cannot be read: No such file or directory",
            "The journal of {0} has received no record since the restart".format(WEB),
            "Health command false exited with status 1",
            "https://vm/ failed",
        ]
        assert {each["phase"] for each in raised.value.errors} == {"health"}
        assert raised.value.details == {"units": {WEB: "failed"}, "waited": 0.0}

    def test_systemd_that_does_not_answer_is_an_error_of_the_health_check(self):
        with pytest.raises(Failure) as raised:
            health.check_health(options(units=["a"]), Commands(systemctl=missing()))
        assert raised.value.errors[0]["phase"] == "health"

    def test_the_journal_is_not_read_without_units(self):
        assert health.check_health(options(journal=True, since=SINCE), Commands())["units"] == {}

    def test_a_unit_without_a_state_is_unknown(self):
        run = Commands(systemctl=(0, "Id=a.service\nLoadState=loaded\n", ""))
        assert health.check_health(options(preflight=True, units=["a*"]), run)["units"] == {"a.service": "unknown"}

    def test_options_for_waiting_are_used_and_the_time_is_rounded(self, monkeypatch):
        def wait(check, timeout, interval, settle):
            assert (timeout, interval, settle) == (120, 1.5, 2.5)
            return check(), 3.14

        monkeypatch.setattr(health, "wait", wait)
        assert health.check_health(options(timeout=120, interval=1.5, settle=2.5), Commands())["waited"] == 3.1
