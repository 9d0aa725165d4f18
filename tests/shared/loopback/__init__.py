# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet of "VMs" on 127.0.0.1 that are namespaces of this machine, each with a real sshd and a real sudo.

For tests and benchmarks. Nothing of the machine is changed: a VM writes to a directory of its own or to memory,
and everything else is read-only for it. A VM ends with the program that started it, however that ends.
"""

import prerequisites
from prerequisites import missing_for_namespaces as missing
from problem import Problem

from loopback.fleet import REPOSITORY, Fleet
from loopback.proxy import Proxy
from loopback.vm import ALLOW_ALL, LOGIN_USER, PLACE, Vm

__all__ = [
    "ALLOW_ALL",
    "LOGIN_USER",
    "PLACE",
    "REPOSITORY",
    "Fleet",
    "Problem",
    "Proxy",
    "Vm",
    "missing",
    "prerequisites",
]
