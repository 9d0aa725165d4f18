# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`cs logs bundle` against an independent reading of the same history, over files and the journal's replacement."""

import glob
import gzip
import io
import itertools
import json
import os
import signal
import subprocess
import tarfile
import time
import zipfile

import pytest
from aqtive_guard_simulator import bundle, clock, history
from aqtive_guard_simulator import settings as settings_module
from hypothesis import given, settings
from hypothesis import strategies as st

END = clock.from_text("2026-11-24T09:36:00Z")
CONFIGS = {
    "journal": "LOG_LEVEL=debug\nLOG_LEVEL_AUDIT=debug\n",
    "one file": "LOG_LEVEL=info\nLOG_FILE=/var/log/a.log\n",
    "one rotating file": "LOG_LEVEL=debug\nLOG_FILE=/var/log/a.log\nLOG_ROTATE_DAILY=true\n",
    "two rotating files": (
        "LOG_LEVEL=warning\nLOG_FILE=/var/log/a.log\nLOG_ROTATE_DAILY=true\nLOG_ROTATE_MAX=3\n"
        "LOG_LEVEL_AUDIT=debug\nLOG_FILE_AUDIT=/var/log/b.log\nLOG_ROTATE_DAILY_AUDIT=true\n"
    ),
    "audit in a file, the rest in the journal": "LOG_LEVEL=info\nLOG_FILE_AUDIT=/var/log/b.log\n",
    "the rest in a file, audit in the same": "LOG_LEVEL=info\nLOG_FILE=/var/log/b.log\nLOG_FILE_AUDIT=/var/log/b.log\n",
}


@pytest.fixture(scope="module", params=sorted(CONFIGS))
def machine(request, tmp_path_factory, make_settings):
    """Settings of a VM with a history of six days, and all its records as they lie in its files."""
    root = str(tmp_path_factory.mktemp("vm"))
    chosen = settings_module.from_data(make_settings(root))
    for folder in (os.path.dirname(chosen.layout.config), chosen.layout.state, os.path.join(root, "var/log")):
        os.makedirs(folder)
    with open(chosen.layout.config, "w") as file:
        file.write(CONFIGS[request.param])
    history.write(chosen, 6, 900, END)
    lines = []
    for path in glob.glob(os.path.join(root, "var/log/*")) + glob.glob(chosen.layout.journal):
        with open(path, "rb") as file:
            lines += file.readlines()
    return chosen, lines


# The records lie 576 seconds apart, some at midnight: most limits are the very moment of a record, or the second before.
DATES = st.one_of(
    st.none(),
    st.integers(17, 25).map("2026-11-{}".format),
    st.tuples(st.integers(-5, 905), st.integers(-1, 1)).map(
        lambda at: clock.to_text(END - (at[0] * 576 + at[1]) * clock.SECOND)[:19].replace("T", " ")
    ),
)


def sets(values):
    return st.one_of(st.none(), st.lists(st.sampled_from(values), min_size=1, unique=True))


@settings(max_examples=40, deadline=None)
@given(date_from=DATES, date_to=DATES, types=sets(bundle.LOG_TYPES), levels=sets(bundle.LOG_LEVELS))
def test_a_bundle_contains_exactly_the_records_that_match_the_filters(machine, date_from, date_to, types, levels):
    chosen, lines = machine

    def wanted(record):
        text = record["created_at"].replace("T", " ")
        return (
            (date_from is None or text >= date_from)
            and (date_to is None or text[: len(date_to)] <= date_to)
            and (types is None or record["log_type"].upper() in types)
            and (levels is None or record["level"].upper() in levels)
        )

    query = bundle.Query(
        None if date_from is None else clock.from_option(date_from)[0],
        None if date_to is None else sum(clock.from_option(date_to)),
        None if types is None else frozenset(name.lower() for name in types),
        None if levels is None else frozenset(name.lower() for name in levels),
    )
    got = list(bundle.select(chosen, query))
    assert sorted(got) == sorted(line for line in lines if wanted(json.loads(line.decode("utf-8"))))
    times = [json.loads(line.decode("utf-8"))["created_at"] for line in got]
    assert times == sorted(times)


def test_a_history_has_the_requested_number_of_records_minus_those_removed_by_retention(machine):
    chosen, lines = machine
    with open(chosen.layout.config) as file:
        limited = "LOG_ROTATE_MAX" in file.read()
    assert len(lines) == 900 or (limited and len(lines) < 900)
    for path in glob.glob(os.path.join(chosen.root, "var/log/*")):
        with open(path, "rb") as file:
            days = {json.loads(line.decode("utf-8"))["created_at"][:10] for line in file}
        if glob.glob(path.split(".log")[0] + ".log.*"):
            assert len(days) == 1


def test_equal_arguments_write_equal_histories(tmp_path, make_settings):
    chosen = settings_module.from_data(make_settings(tmp_path))
    first, second, third = (
        [entry.line for entry in history.generate(chosen, lambda log_type, level: True, 2, 300, end)]
        for end in (END, END, END + 1)
    )
    assert first == second
    assert first != third


def test_records_are_sorted_in_bounded_memory(monkeypatch):
    monkeypatch.setattr(bundle, "RUN_BYTES", 100)
    entries = [(number * 7919 % 1000, b"%d\n" % number) for number in range(1000)]
    got = list(bundle._in_time_order(iter(entries)))
    assert got == [line for _moment, line in sorted(entries, key=lambda entry: entry[0])]


@pytest.fixture(scope="module")
def vm_with_history(installed_vm):
    """A VM with a fixed history in its journal and in a rotating audit file, and no traffic."""
    vm = installed_vm
    log = os.path.join(vm.layout.logs, "audit.log")
    vm.configure(
        "LOG_LEVEL=debug", "LOG_FILE_AUDIT=/var/log/cryptosense-analyzer/audit.log", "LOG_ROTATE_DAILY_AUDIT=true"
    )
    assert vm.simulator("write-history", "--days", "3", "--records", "600", "--end", "2026-11-24 09:30:00")[0] == 0
    assert len(glob.glob(log + ".*")) == 3
    return vm


@pytest.fixture
def idle(vm_with_history, make_settings):
    """The VM with a history, with the settings that it was installed with."""
    vm_with_history.set(**make_settings(vm_with_history.root))
    return vm_with_history


@pytest.fixture(scope="module")
def everything(vm_with_history, make_settings):
    """All records, as `cs logs bundle` prints them."""
    vm_with_history.set(**make_settings(vm_with_history.root))
    return vm_with_history.cs("logs", "bundle")


def test_without_a_file_the_bundle_goes_to_the_console(everything):
    status, output, errors = everything
    assert (status, output.count(b"\n"), errors) == (0, 600, "")


def test_all_six_options_at_once(idle, everything, tmp_path):
    path = tmp_path / "b"
    options = ["--date-from", "2026-11-22", "--date-to=2026-11-23 12:00:00", "--log-type", "AUDIT,ANALYSIS"]
    options += ["--log-level=ERROR,WARNING", "--out-file", str(path), "--compress"]
    assert idle.cs("logs", "bundle", *options)[0] == 0
    records = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")[:-1]]
    every = [json.loads(line) for line in everything[1].decode("utf-8").split("\n")[:-1]]
    expected = [
        record
        for record in every
        if "2026-11-22" <= record["created_at"] < "2026-11-23T12:00:01"
        and record["log_type"] in ("audit", "analysis")
        and record["level"] in ("error", "warning")
    ]
    assert records == expected
    assert len(records) > 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--date-from", "2026-02-29"], "2026-02-29"),
        (["--date-from", "2026-1-1"], "2026-1-1"),
        (["--date-to", "2026-01-01T00:00:00"], "2026-01-01T00:00:00"),
        (["--date-to", "2026-01-01 24:00:00"], "24:00:00"),
        (["--date-from", "2026-01-02", "--date-to", "2026-01-01"], "later"),
        (["--log-type", "WEB"], "WEB"),
        (["--log-type", "audit"], "audit"),
        (["--log-type", "AUDIT,"], "''"),
        (["--log-level", "CRITICAL"], "CRITICAL"),
        (["--log-level", ""], "''"),
        (["--compress"], "--out-file"),
        (["--out-file", ""], "empty"),
        (["--out", "x"], "--out"),
        (["surplus"], "surplus"),
    ],
)
def test_an_invalid_option_exits_with_status_2(installed_vm, options, message):
    status, output, errors = installed_vm.cs("logs", "bundle", *options)
    assert (status, output) == (2, b"")
    assert message in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("arguments", [[], ["logs"], ["database", "init"], ["log", "bundle"]])
def test_an_unknown_command_exits_with_status_2(installed_vm, arguments):
    status, _output, errors = installed_vm.cs(*arguments)
    assert status == 2
    assert "usage: cs" in errors


def test_a_file_that_cannot_be_written_is_reported_in_one_line(idle, tmp_path):
    status, _output, errors = idle.cs("logs", "bundle", "--out-file", str(tmp_path / "no" / "b"))
    assert (status, errors.count("\n")) == (1, 1)
    assert str(tmp_path) in errors


def unpack(path, compression):
    if compression == "gzip":
        return gzip.decompress(path.read_bytes())
    if compression == "zip":
        with zipfile.ZipFile(str(path)) as archive:
            assert archive.testzip() is None
            return archive.read(archive.namelist()[0])
    with tarfile.open(str(path), "r:gz") as archive:
        return archive.extractfile(archive.getnames()[0]).read()


ENDINGS = {"gzip": ".gz", "tar.gz": ".tar.gz", "zip": ".zip"}


@pytest.mark.parametrize(
    ("name", "compression", "compress"),
    list(itertools.product(("exact", "ending", "archive"), ("gzip", "tar.gz", "zip"), (True, False))),
)
def test_every_variant_holds_the_same_records(idle, everything, tmp_path, name, compression, compress):
    idle.set(bundle_name=name, bundle_compression=compression)
    options = ["--compress"] if compress else []
    assert idle.cs("logs", "bundle", "--out-file", "b", *options, cwd=str(tmp_path))[0] == 0
    (left,) = os.listdir(str(tmp_path))
    if name == "archive":
        assert left.startswith("cs-logs-vm1-")
        assert left.endswith(ENDINGS[compression])
        compress = True
    else:
        assert left == "b" + ((ENDINGS[compression] if compress else ".log") if name == "ending" else "")
    path = tmp_path / left
    assert (unpack(path, compression) if compress else path.read_bytes()) == everything[1]


def test_slow_takes_longer(idle):
    idle.set(misbehaviour="slow", misbehaviour_seconds=1.5)
    start = time.time()
    assert idle.cs("logs", "bundle")[0] == 0
    assert time.time() - start >= 1.5


def test_fail_leaves_half_of_the_output(idle, tmp_path):
    idle.set(misbehaviour="fail")
    status, output, errors = idle.cs("logs", "bundle")
    assert status == 1
    assert 200 < output.count(b"\n") < 400
    assert "simulated failure half-way" in errors
    assert idle.cs("logs", "bundle", "--out-file", str(tmp_path / "b"), "--compress")[0] == 1
    with pytest.raises(EOFError):
        gzip.GzipFile(fileobj=io.BytesIO((tmp_path / "b").read_bytes())).read()


def test_huge_writes_to_both_outputs(idle, tmp_path):
    idle.set(misbehaviour="huge", misbehaviour_bytes=3000000)
    status, output, errors = idle.cs("logs", "bundle", "--out-file", str(tmp_path / "b"))
    assert status == 0
    assert len(output) >= 3000000
    assert len(errors) == 3000000
    assert (tmp_path / "b").read_bytes().count(b"\n") == 600


def test_empty_and_nothing_succeed(idle, tmp_path):
    path = tmp_path / "b"
    idle.set(misbehaviour="nothing")
    assert idle.cs("logs", "bundle", "--out-file", str(path))[0] == 0
    assert not path.exists()
    idle.set(misbehaviour="empty")
    assert idle.cs("logs", "bundle", "--out-file", str(path))[0] == 0
    assert path.read_bytes() == b""


def ignores_sigterm(pid):
    with open(f"/proc/{pid}/status") as file:
        (mask,) = (text.split()[1] for text in file if text.startswith("SigIgn:"))
    return int(mask, 16) >> (signal.SIGTERM - 1) & 1


def test_hang_ignores_sigterm_and_has_a_child(idle, tmp_path):
    idle.set(misbehaviour="hang")
    process = subprocess.Popen(
        [idle.path("bin/cs"), "logs", "bundle", "--out-file", str(tmp_path / "b")],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        end = time.time() + 60
        while time.time() < end and not ignores_sigterm(process.pid):
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.3)
        process.kill()
        process.wait()
        with pytest.raises(subprocess.TimeoutExpired):  # the child keeps the pipe open
            process.communicate(timeout=0.3)
        assert 200 < (tmp_path / "b").read_bytes().count(b"\n") < 400
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
