# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A wrong clock on one VM: its records are an hour off, and the operator is warned."""

from __future__ import annotations

import re

from loopback import PLACE, prerequisites
from site_under_test import FAULTY, OTHERS, VMS

HOUR = 3600
# No namespace has a clock of its own, so it is the VM's Python whose clock is wrong.
SITECUSTOMIZE = f"""
import datetime, time
shift, now, now_ns = {HOUR}, time.time, time.time_ns
time.time = lambda: now() + shift
time.time_ns = lambda: now_ns() + shift * 10**9
class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)
    @classmethod
    def utcnow(cls):
        return cls.utcfromtimestamp(time.time())
datetime.datetime = Shifted
"""


def test_a_clock_that_is_an_hour_ahead_on_one_vm(site):
    site.faulty.put("bin/sitecustomize.py", SITECUSTOMIZE, 0o644)
    python = f"{PLACE}/bin/python3"
    site.faulty.put(
        "bin/python3", f'#!/bin/sh\nPYTHONPATH={PLACE}/bin exec {prerequisites.system_python()} "$@"\n', 0o755
    )
    site.faulty.put("bin/date", f'#!/bin/sh\nexec /bin/date --date "{HOUR} seconds" "$@"\n')
    hosts = {vm: site.address(vm) for vm in VMS}
    hosts[FAULTY]["ansible_python_interpreter"] = python
    try:
        outcome = site.collect(hosts=hosts)
    finally:
        for name in ("python3", "date", "sitecustomize.py"):
            site.faulty.directory.joinpath("bin", name).unlink()
    site.assert_contract(outcome, collected=VMS)
    ahead = {vm: entry["clock"]["offset"] for vm, entry in outcome.manifest["vms"].items()}
    assert abs(ahead[FAULTY] - HOUR) < 60
    assert all(abs(ahead[vm]) < 60 for vm in OTHERS)
    (warning,) = re.findall(rf'"(The clock of {FAULTY} is [^"]*)"', outcome.output)
    site.add_row(warning, outcome.status, "3 of 3")
