# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import product_packages
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command

QUERY = r"-q --queryformat %{NAME} %{VERSION}-%{RELEASE}\n cryptosense-analyzer-web cryptosense-analyzer-worker"


@pytest.fixture
def rpm(tmp_path, monkeypatch):
    """Replace rpm by a shell script."""
    monkeypatch.setattr(product_packages, "SYSTEM_PATH", f"{tmp_path}:{product_packages.SYSTEM_PATH}")

    def install(script):
        program = tmp_path / "rpm"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)

    return install


def test_installed_packages(rpm):
    rpm("echo cryptosense-analyzer-web 1.2.3-4.el8; echo cryptosense-analyzer-worker 1.2~rc1-1_x+y^z")
    assert product_packages.installed() == {
        "cryptosense-analyzer-web": "1.2.3-4.el8",
        "cryptosense-analyzer-worker": "1.2~rc1-1_x+y^z",
    }


def test_no_descriptor_is_left_open(rpm):
    rpm("exit 0")
    before = len(os.listdir("/proc/self/fd"))
    product_packages.installed()
    assert len(os.listdir("/proc/self/fd")) == before


def test_package_that_is_not_installed_before_one_that_is(rpm):
    rpm("echo package cryptosense-analyzer-web is not installed; echo cryptosense-analyzer-worker 1-1; exit 1")
    assert product_packages.installed() == {"cryptosense-analyzer-worker": "1-1"}


def test_query_and_locale(rpm, tmp_path):
    rpm(f"printf '%s\\n' \"$*\" $LC_ALL >{tmp_path}/query")
    assert product_packages.installed() == {}
    assert (tmp_path / "query").read_text() == QUERY + "\nC\n"


@pytest.mark.parametrize(
    "script",
    [
        "exit 1",
        "exit 0",
        "printf 'cryptosense-analyzer-web 1-1\\033[2J\\n'",
        "printf 'cryptosense-analyzer-web %0101d\\n' 1",
        "echo other 1-1",
        "printf 'cryptosense-analyzer-web \\377\\n'",
    ],
    ids=["failure", "no output", "control characters", "too long", "another package", "not ASCII"],
)
def test_unusable_output(rpm, script):
    rpm(script)
    assert product_packages.installed() == {}


def test_rpm_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(product_packages, "SYSTEM_PATH", str(tmp_path))
    assert product_packages.installed() == {}


def test_rpm_has_five_seconds_and_is_killed_at_once(monkeypatch):
    calls = []
    monkeypatch.setattr(bounded_command, "run", lambda *arguments, **more: calls.append((arguments, more)) or 0)
    # Nothing can be read from a pipe that nobody has written to.
    assert product_packages.installed() == {}
    (((argv, _writer, _null, directory, _environment, timeout), more),) = calls
    assert (" ".join(argv), directory, timeout, more) == ("rpm " + QUERY, "/", 5, {"grace": 0})


@pytest.mark.parametrize("script", ["exec sleep 300", "exec yes"], ids=["hangs", "prints endlessly"])
def test_rpm_is_terminated(rpm, monkeypatch, script):
    monkeypatch.setattr(product_packages, "_TIMEOUT", 0.5)
    rpm(script)
    assert product_packages.installed() == {}


@pytest.mark.parametrize(("size", "version"), [(4096, "1-12"), (4097, "1-1")])
def test_output_is_read_up_to_a_limit(rpm, size, version):
    line = "cryptosense-analyzer-web 1-12"
    rpm(f"printf '%0{size - len(line) - 1}d\\n{line}' 0")
    assert product_packages.installed() == {"cryptosense-analyzer-web": version}
