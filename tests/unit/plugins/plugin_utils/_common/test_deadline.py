# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import math
import signal
import subprocess
import threading
import time

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.deadline import answer_deadline

LATE = 30.0


class TaskTimeout(BaseException):
    """What ansible-core raises at the end of the time for a task."""


@pytest.fixture
def core():
    """Set ansible-core's timer."""

    def raise_timeout(*dummy):
        raise TaskTimeout

    def start(seconds):
        signal.setitimer(signal.ITIMER_REAL, seconds)

    handler = signal.signal(signal.SIGALRM, raise_timeout)
    yield start
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, handler)


def remaining():
    return signal.getitimer(signal.ITIMER_REAL)[0]


def test_block_that_is_in_time_leaves_no_timer():
    handler = signal.getsignal(signal.SIGALRM)
    with answer_deadline(LATE):
        assert 0 < remaining() <= LATE
    assert remaining() == 0
    assert signal.getsignal(signal.SIGALRM) is handler


def test_block_that_takes_too_long_is_a_lost_connection():
    begin = time.monotonic()
    with pytest.raises(AnsibleConnectionFailure, match=r"did not answer within 0\.05 s"), answer_deadline(0.05):
        subprocess.run(["sleep", str(LATE)], check=False)
    assert time.monotonic() - begin < LATE / 2
    assert remaining() == 0


def test_handlers_of_ordinary_exceptions_do_not_prolong_the_block():
    with pytest.raises(AnsibleConnectionFailure), answer_deadline(0.05), contextlib.suppress(Exception):
        time.sleep(LATE)


def test_exception_of_the_block_passes_and_leaves_no_timer():
    with pytest.raises(KeyError), answer_deadline(LATE):
        raise KeyError
    assert remaining() == 0


def test_earlier_timer_of_ansible_core_is_kept(core):
    core(0.05)
    with pytest.raises(TaskTimeout), answer_deadline(LATE):
        time.sleep(LATE)


@pytest.mark.parametrize("duration", [0, 0.1])
def test_later_timer_of_ansible_core_is_restored(core, duration):
    core(LATE)
    with contextlib.suppress(AnsibleConnectionFailure), answer_deadline(0.05):
        time.sleep(duration)
    assert LATE / 2 < remaining() <= LATE - duration / 2
    core(0.01)
    with pytest.raises(TaskTimeout):
        time.sleep(LATE)


def test_timer_of_ansible_core_that_expired_meanwhile_fires_at_once(core):
    core(0.4)
    with pytest.raises(TaskTimeout):
        with answer_deadline(0.05):
            with contextlib.suppress(BaseException):
                time.sleep(LATE)
            time.sleep(0.4)
        time.sleep(LATE)


def test_inner_deadline_that_is_longer_does_not_extend_the_outer_one():
    with pytest.raises(AnsibleConnectionFailure, match=r"0\.05 s"), answer_deadline(0.05), answer_deadline(LATE):
        time.sleep(LATE)


@pytest.mark.parametrize("seconds", [math.inf, 1e300])
def test_no_limit_is_no_timer(seconds):
    with answer_deadline(seconds):
        assert remaining() == 0


def test_limit_of_a_year_is_the_longest_one():
    with answer_deadline(365 * 86400.0):
        assert remaining() > 0


def test_thread_has_no_timer():
    found = []

    def run():
        with answer_deadline(LATE):
            found.append(remaining())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [0]
