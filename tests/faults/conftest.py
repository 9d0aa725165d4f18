# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site that is collected from: three VMs behind cables that can be pulled, and a controller."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from loopback import Fleet, missing
from site_under_test import VMS, Site


def pytest_addoption(parser):
    parser.addoption("--table", type=Path, help="write what the operator has read in each test to this file")


@pytest.fixture(scope="session")
def fleet(tmp_path_factory):
    if reason := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with Fleet(tmp_path_factory.mktemp("fleet") / "fleet", list(VMS)) as brought_up:
        brought_up.install_simulator()
        yield brought_up


@pytest.fixture(scope="session")
def cabled(fleet, pytestconfig):
    site = Site(fleet)
    yield site
    site.close()
    if path := pytestconfig.getoption("table"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(site.table())


@pytest.fixture
def site(cabled, tmp_path, request):
    """The site in good order, with an empty controller."""
    cabled.begin(tmp_path, request.node.name)
    yield cabled
    cabled.mend()
