# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A limit for the time that a VM takes to answer. It may keep its connection and never do so."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import typing as t

from ansible.errors import AnsibleConnectionFailure

_LONGEST = 365 * 86400.0
"""Seconds from which a limit is none: timers have their limits as well."""


class _Expired(BaseException):
    """Not an ``Exception``: ansible-core handles some of those by another attempt."""


@contextlib.contextmanager
def answer_deadline(seconds: float) -> t.Iterator[None]:
    """Raise ``AnsibleConnectionFailure`` if the block takes longer, unless a timer is set that expires earlier.

    Such a timer is ansible-core's, for the ``timeout`` of a task, and it is restored afterwards. ``math.inf`` is no limit.
    """
    other = signal.getitimer(signal.ITIMER_REAL)[0]
    if seconds > _LONGEST or 0 < other <= seconds or threading.current_thread() is not threading.main_thread():
        yield
        return
    begin = time.monotonic()
    handler = signal.signal(signal.SIGALRM, _expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _Expired:
        raise AnsibleConnectionFailure(f"the VM kept its connection, but did not answer within {seconds:g} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if other:
            signal.setitimer(signal.ITIMER_REAL, max(begin + other - time.monotonic(), 0.001))


def _expire(*dummy: t.Any) -> t.NoReturn:
    raise _Expired
