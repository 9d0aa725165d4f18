# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures: a site of three VMs behind proxies, and a controller."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from loopback import Fleet, missing
from site_under_test import VMS, Site


def pytest_addoption(parser):
    parser.addoption("--table", type=Path, help="write a table of the tests and what the operator read to this file")


@pytest.fixture(scope="session")
def fleet(tmp_path_factory):
    if reason := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with Fleet(tmp_path_factory.mktemp("fleet") / "fleet", list(VMS)) as running:
        running.install_simulator()
        yield running


@pytest.fixture(scope="session")
def shared_site(fleet, pytestconfig):
    site = Site(fleet)
    yield site
    site.close()
    if path := pytestconfig.getoption("table"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(site.table())


@pytest.fixture
def site(shared_site, tmp_path, request):
    """Return a site without faults, with an empty directory on the controller."""
    shared_site.begin(tmp_path, request.node.name)
    yield shared_site
    shared_site.restore()
