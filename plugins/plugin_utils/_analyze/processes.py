# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Call a function for every VM, in processes of their own."""

from __future__ import annotations

import os
import typing as t
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.child_process import end_with_parent

Result = t.TypeVar("Result")


def for_each(
    function: t.Callable[..., Result],
    arguments: t.Mapping[str, tuple[t.Any, ...]],
    workers: int,
    inherited: tuple[t.Any, ...] = (),
) -> t.Iterator[tuple[str, Result]]:
    """Yield the name of a VM and what a function has returned for its arguments, as they are completed.

    The last arguments of all calls are ``inherited``: they need not be objects that can be sent to another process.

    The processes are forked when this is called: they have what this process has, and should be forked before it starts threads.
    """
    count = max(1, min(workers, len(arguments), os.cpu_count() or 1))
    with ProcessPoolExecutor(count, get_context("fork"), _inherit, (inherited,)) as pool:
        try:
            jobs = {pool.submit(_call, function, each): name for name, each in arguments.items()}
            for job in as_completed(jobs):
                yield jobs[job], job.result()
        except BrokenProcessPool as broken:
            remedy = "Free memory on the controller, or set fewer forks, then analyze again"
            raise failure("run", "A process of the analysis", "was terminated", remedy) from broken
        finally:
            pool.shutdown(cancel_futures=True)


_inherited: tuple[t.Any, ...] = ()


def _inherit(inherited: tuple[t.Any, ...]) -> None:
    global _inherited
    end_with_parent()
    _inherited = inherited


def _call(function: t.Callable[..., Result], arguments: tuple[t.Any, ...]) -> Result:
    try:
        return function(*arguments, *_inherited)
    except Failure as failed:
        # Exceptions travel between processes by their arguments.
        raise _Failed(failed.errors) from None


class _Failed(Failure):
    def __reduce__(self) -> tuple[t.Any, ...]:
        return type(self), (self.errors,)
