# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site that is collected from: three VMs behind cables that can be pulled, and a controller."""

from __future__ import annotations

import os

import pytest
from loopback import Fleet, missing
from site_under_test import VMS, Site


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
def cabled(fleet):
    site = Site(fleet)
    yield site
    site.close()


@pytest.fixture
def site(cabled, tmp_path):
    """The site in good order, with an empty controller."""
    cabled.begin(tmp_path)
    yield cabled
    cabled.mend()
