# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installing, starting, refusing, restarting and removing an embedded VM, with real processes."""

import contextlib
import http.client
import json
import os
import socket
import stat
import subprocess
import sys
import time

import pytest
from aqtive_guard_simulator import control
from aqtive_guard_simulator.settings import from_data, load


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        return file.read().split(b"\n")[:-1]


def is_alive(pid):
    """A zombie is not: it has no command line. (The services that these tests install are their own children.)"""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return bool(file.read())
    except OSError:
        return False


def wait_for(condition):
    end = time.time() + 60
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def vm(installed_vm):
    """A VM with this configuration whose services run, whatever the test before has left."""
    if lines(installed_vm.layout.config) != [b"LOG_LEVEL=debug", b"LOG_LEVEL_AUDIT=debug"]:
        control.stop(load(installed_vm.layout.settings))
        installed_vm.configure("LOG_LEVEL=debug", "LOG_LEVEL_AUDIT=debug")
    assert installed_vm.apply()[0] == 0
    return installed_vm


def test_services_log_to_the_file_that_replaces_the_journal(vm):
    pids = {control.pid_of(vm.layout, name) for name in ("web", "worker")}

    def records():
        return [json.loads(line.decode("utf-8")) for line in lines(vm.layout.journal)]

    assert wait_for(lambda: len(records()) > 20 and pids <= {record["pid"] for record in records()})
    assert {record["hostname"] for record in records()} == {"vm1"}


def test_a_restart_starts_new_processes_with_the_new_sinks(vm):
    before = {control.pid_of(vm.layout, name) for name in ("web", "worker")}
    logs = "/var/log/cryptosense-analyzer/"
    vm.configure("LOG_LEVEL=warning", f"LOG_FILE={logs}a.log", f"LOG_FILE_AUDIT={logs}b.log", "LOG_LEVEL_AUDIT=error")
    assert vm.cs("restart")[0] == 0
    assert before.isdisjoint({control.pid_of(vm.layout, name) for name in ("web", "worker")})
    files = [os.path.join(vm.layout.logs, name) for name in ("a.log", "b.log")]
    assert wait_for(lambda: all(len(lines(path)) > 10 for path in files))
    general, audit = ([json.loads(line.decode("utf-8")) for line in lines(path)] for path in files)
    assert {record["log_type"] for record in audit} == {"audit"}
    assert {record["level"] for record in audit} <= {"error", "critical"}
    assert "audit" not in {record["log_type"] for record in general}
    assert {record["level"] for record in general} <= {"warning", "error", "critical"}


def test_an_invalid_configuration_stops_the_services_and_every_violation_is_reported(vm):
    vm.configure("DATABASE_URL=planted-secret", "LOG_LEVEL=verbose", "LOG_ROTATE_MAX=0", "LOG_ROTATE_DAILY=true")
    status, output, errors = vm.cs("restart")
    assert (status, output) == (1, b"")
    for part in ("web.service", "worker.service", "'verbose'", "LOG_ROTATE_MAX='0'", "requires LOG_FILE"):
        assert part in errors
    assert "planted" not in errors
    assert "Traceback" not in errors
    status, output, _errors = vm.simulator("status")
    assert (status, output.count(b"inactive")) == (3, 2)


def test_a_service_in_the_foreground_reports_an_invalid_configuration_on_stderr(vm):
    vm.configure("LOG_LEVEL=debug", "LOG_FILE=/no/such/folder/a.log")
    status, _output, errors = vm.simulator("serve", "--service", "web")
    assert status == 1
    assert "/no/such/folder/a.log: No such file or directory" in errors


def test_a_missing_configuration_is_an_error(vm):
    os.unlink(vm.layout.config)
    assert vm.cs("restart")[0] == 1
    assert "config: No such file" in vm.cs("logs", "bundle")[2]


def test_refuse_restart_fails_every_start(vm):
    vm.set(misbehaviour="refuse_restart")
    status, _output, errors = vm.cs("restart")
    assert status == 1
    assert "refuse_restart" in errors
    assert vm.simulator("status")[0] == 3


def test_refuse_change_fails_with_other_logging_settings_until_the_old_ones_are_restored(vm):
    vm.set(misbehaviour="refuse_change")
    vm.configure("LOG_LEVEL=error")
    assert vm.cs("restart")[0] == 1
    vm.configure("# other comment", "LOG_LEVEL=debug", "LOG_LEVEL_AUDIT=debug", "OTHER=1")
    assert vm.cs("restart")[0] == 0


def test_stop_and_start(vm):
    assert vm.simulator("stop")[0] == 0
    assert vm.simulator("status")[0] == 3
    assert vm.simulator("start")[0] == 0
    pids = {control.pid_of(vm.layout, name) for name in ("web", "worker")}
    assert vm.simulator("start")[0] == 0
    assert pids == {control.pid_of(vm.layout, name) for name in ("web", "worker")}


@pytest.fixture
def port(vm):
    """Of the VM's web service, which listens on it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    vm.set(web_port=number)
    assert vm.cs("restart") == (0, b"", "")
    return number


def ask(port, method="GET", path="/health", **keywords):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, **keywords)
        response = connection.getresponse()
        return response.status, json.loads(response.read().decode("utf-8"))


def test_the_web_service_returns_its_host_name_and_process_id(vm, port):
    me = {"hostname": "vm1", "pid": control.pid_of(vm.layout, "web")}
    assert ask(port) == (200, me)
    assert ask(port, path="/other") == (404, me)
    assert ask(port, "POST", "/traces", body=b"trace" * 100000) == (200, me)


def test_a_stopped_web_service_closes_uploads_and_its_port(vm, port):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as upload:
        upload.sendall(b"POST /traces HTTP/1.0\r\nContent-Length: 2\r\n\r\n1")
        ask(port)
        assert vm.simulator("stop")[0] == 0
        assert upload.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        ask(port)


ENDING = """
import ctypes, socket, threading, time
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
threading.Thread(target=time.sleep, args=(300,)).start()
ctypes.CDLL(None).pthread_exit(None)
"""


def test_a_process_without_a_command_line_that_still_has_its_port_open_has_not_ended():
    with subprocess.Popen([sys.executable, "-c", ENDING], stdout=subprocess.PIPE) as process:
        number = int(process.stdout.readline())
        try:
            assert wait_for(lambda: not is_alive(process.pid))
            socket.create_connection(("127.0.0.1", number)).close()
            assert not control.has_ended(process.pid)
        finally:
            process.kill()
        assert wait_for(lambda: control.has_ended(process.pid))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", number))
    assert control.has_ended(process.pid)


def test_a_port_in_use_is_an_error(vm, port):
    assert vm.simulator("stop")[0] == 0
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen(1)
        status, _output, errors = vm.cs("restart")
    assert status == 1
    assert f"cannot listen on port {port}: Address already in use" in errors


def test_a_pid_file_with_the_pid_of_another_process_is_ignored(vm):
    assert vm.simulator("stop")[0] == 0
    with open(vm.layout.pid_file("web"), "w") as file:
        file.write(str(os.getpid()))
    assert control.pid_of(vm.layout, "web") is None
    assert vm.cs("restart")[0] == 0  # and this process is still there to tell


def test_installing_again_changes_nothing(vm):
    before = {name: control.pid_of(vm.layout, name) for name in ("web", "worker")}
    assert vm.apply() == (0, [])
    assert vm.apply(check=True) == (0, [])
    assert before == {name: control.pid_of(vm.layout, name) for name in ("web", "worker")}


def test_misbehaviour_is_set_without_a_restart_and_other_settings_with_one(vm):
    before = control.pid_of(vm.layout, "web")
    assert vm.apply(misbehaviour="refuse_restart") == (0, [vm.layout.settings])
    assert control.pid_of(vm.layout, "web") == before
    assert vm.apply(check=True, rate=20)[1][0] == vm.layout.settings
    assert control.pid_of(vm.layout, "web") == before
    assert vm.apply(rate=20)[0] == 0
    assert control.pid_of(vm.layout, "web") != before
    vm.apply()


def test_the_configuration_is_written_only_where_there_is_none(vm):
    vm.apply(config="LOG_LEVEL=critical\n")
    assert lines(vm.layout.config) == [b"LOG_LEVEL=debug", b"LOG_LEVEL_AUDIT=debug"]
    os.unlink(vm.layout.config)
    assert vm.apply(config="LOG_LEVEL=critical\n") == (0, [vm.layout.config])
    assert lines(vm.layout.config) == [b"LOG_LEVEL=critical"]
    assert stat.S_IMODE(os.stat(vm.layout.config).st_mode) == 0o600


def test_removal_leaves_no_file(vm, tmp_path):
    other = type(vm)(str(tmp_path / "vm2"))
    assert len(other.apply(check=True)[1]) > 10
    assert os.listdir(str(tmp_path)) == []
    other.apply()
    pid = control.pid_of(other.layout, "web")
    assert other.apply(state="absent", check=True)[1]
    assert control.pid_of(other.layout, "web") == pid
    assert other.apply(state="absent")[1]
    assert os.listdir(str(tmp_path)) == []
    assert not is_alive(pid)
    assert other.apply(state="absent") == (0, [])


def test_the_real_products_command_is_never_replaced(vm, tmp_path):
    other = type(vm)(str(tmp_path))
    os.mkdir(other.path("bin"))
    with open(other.layout.cs, "w") as file:
        file.write("#!/bin/sh\n")
    status, errors = other.apply()
    assert status == 1
    assert "real product" in errors
    assert other.apply(state="absent") == (0, [])
    assert os.listdir(str(tmp_path)) == ["bin"]


def test_all_invalid_settings_are_reported_at_once(vm, tmp_path):
    status, errors = type(vm)(str(tmp_path)).apply(
        rate=-1, web_port=65536, services=["webb"], misbehaviour="odd", systemd="yes"
    )
    assert status == 1
    assert [part in errors for part in ("rate=-1", "web_port=65536", "webb", "odd", "true or false")] == [True] * 5


@pytest.mark.parametrize("root", ["/", "/srv/guard"])
def test_units_are_where_systemd_looks_for_them_whatever_the_root(make_settings, root):
    settings = from_data(make_settings(root, systemd=True))
    assert list(settings.unit_files.values()) == [
        "/etc/systemd/system/cryptosense-analyzer-web.service",
        "/etc/systemd/system/cryptosense-analyzer-worker.service",
    ]
    assert settings.layout.cs == os.path.join(root, "bin/cs")


def test_an_embedded_vm_has_no_units(make_settings):
    assert from_data(make_settings("/srv/guard")).unit_files == {}
