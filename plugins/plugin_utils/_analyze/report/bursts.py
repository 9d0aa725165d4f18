# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bursts of errors: buckets of time with many times the errors that are usual on a VM."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import text
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.facts import Thresholds
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.history import History

# Of a VM's buckets, the share with the most errors that does not count as usual.
_UNUSUAL = 0.05


@dataclass(frozen=True)
class Burst:
    """Consecutive buckets of one VM with unusually many errors."""

    vm: str
    start: datetime
    end: datetime
    errors: int
    peak: int
    usual: float
    """Errors in a bucket that are usual on this VM."""

    @property
    def factor(self) -> int:
        """How many times the usual number the peak is; 0 where next to no errors are usual."""
        return round(self.peak / self.usual) if self.usual >= 1 else 0

    @property
    def clause(self) -> str:
        rise = f"rose {self.factor}-fold" if self.factor else f"rose to {text.number(self.peak)}"
        return f"errors {rise} at {text.moment(self.start)} on {text.name(self.vm)}"


def bursts_of(history: History, thresholds: Thresholds) -> tuple[Burst, ...]:
    """Return the bursts of all VMs, by VM and time."""
    return tuple(burst for vm in history.vms for burst in _bursts(vm, history, thresholds))


def _bursts(vm: str, history: History, thresholds: Thresholds) -> list[Burst]:
    errors = history.errors(vm)
    usual = _usual(errors, _buckets(vm, history))
    least = max(thresholds.burst_factor * usual, thresholds.burst_minimum)
    found: list[Burst] = []
    for bucket, count in errors.items():
        if count < least:
            continue
        if found and found[-1].end == bucket:
            last = found.pop()
            start, total, peak = last.start, last.errors + count, max(last.peak, count)
        else:
            start, total, peak = bucket, count, count
        found.append(Burst(vm, start, bucket + history.width, total, peak, usual))
    return found


def _buckets(vm: str, history: History) -> int:
    """Return the number of buckets between a VM's first record and its last, at most those of the whole fleet's records."""
    first, last = history.span(vm) or (None, None)
    spanned = 0 if first is None or last is None else (last - first) // history.width + 1
    # A record from the future or from 1970 makes no thousands of quiet buckets.
    return min(spanned, len(history.totals))


def _usual(errors: Counter[datetime], buckets: int) -> float:
    """Return the mean number of errors in a bucket, without the buckets that have the most."""
    unusual = max(1, round(buckets * _UNUSUAL))
    rest = sorted(errors.values(), reverse=True)[unusual:]
    return sum(rest) / max(1, buckets - unusual)
