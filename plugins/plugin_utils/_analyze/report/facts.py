# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the report needs to know of a run besides its findings and answers."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Thresholds:
    """From when on something counts as unusual."""

    burst_factor: float = 5.0
    """How many times the usual number of errors a burst has."""
    burst_minimum: int = 20
    """Errors in one bucket below which there is no burst, whatever is usual."""
    denied: int = 10
    """Denied log-ins of one user from one address, or records of one invalid API key, that are worth a finding."""


@dataclass(frozen=True)
class RunFacts:
    """The facts of a run. Times without a zone are in UTC."""

    title: str
    query: str
    """Where the complete answer is found, with {question} in the place of the question's name."""
    collected_at: datetime | None = None
    window_from: datetime | None = None
    window_to: datetime | None = None
    versions: t.Mapping[str, str] = field(default_factory=dict)
    """The product's version on each VM where it is known."""
    thresholds: Thresholds = field(default_factory=Thresholds)
