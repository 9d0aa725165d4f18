# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.phase import phase


@pytest.mark.parametrize(
    ("filename", "subject"), [("/x", "/x"), (None, "the operating system")], ids=["with file", "without file"]
)
def test_system_error_becomes_a_failure_of_the_phase(filename, subject):
    with pytest.raises(Failure) as caught, phase("store", rc=0):
        raise OSError(28, "No space left on device", filename)
    (error,) = caught.value.errors
    assert (error["phase"], error["subject"]) == ("store", subject)
    assert error["cause"] == "caused the error 'No space left on device'"
    assert error["remedy"] == "Check this path and its file system on the VM"
    assert caught.value.details == {"rc": 0}


def test_failure_keeps_its_phase_and_details_and_gets_further_ones():
    with pytest.raises(Failure) as caught, phase("store", rc=0, start=1):
        raise failure("run", "it", "failed", "Retry", rc=7)
    assert caught.value.errors[0]["phase"] == "run"
    assert caught.value.details == {"rc": 7, "start": 1}


def test_other_errors_pass():
    with pytest.raises(KeyError), phase("store"):
        raise KeyError


def test_success():
    with phase("store"):
        pass
