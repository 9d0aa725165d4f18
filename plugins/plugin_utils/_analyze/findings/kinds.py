# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of findings: what each says of a VM, and what it means for the VM's verdict."""

from __future__ import annotations

import typing as t

INCOMPLETE, UNKNOWN = "incomplete", "unknown"


class Kind(t.NamedTuple):
    """A row of the table."""

    verdict: str
    """What a VM with such a reason is; empty if the kind says nothing about missing records."""
    subject: str
    """What the subject of such a finding is, for the documentation."""
    sentence: str
    """How the detail is composed. The names in braces are what a rule provides."""


KINDS: t.Final = {
    "vm_missing": Kind(INCOMPLETE, "phase of the collection, or status", "Its logs were not collected: {cause}"),
    "bundle_damaged": Kind(INCOMPLETE, "file", "The file {predicate}, so that records may be missing"),
    "bytes_unreadable": Kind(INCOMPLETE, "file", "The file {predicate}, so that it was not read, or not completely"),
    "days_missing": Kind(
        INCOMPLETE,
        "first missing day",
        "There is no record from {start} to {end}, {days} in all, although it logs at this time on other days",
    ),
    "silence": Kind(
        INCOMPLETE,
        "begin",
        "There is no record for {duration}, from {start} to {end}, although it logs at this time otherwise",
    ),
    "messages_lost": Kind(INCOMPLETE, "journald", "journald dropped {messages}: its rate limit was exceeded"),
    "window_uncovered": Kind(INCOMPLETE, "end of the window that is not covered", "{what} by {duration}{explanation}"),
    "lines_unreadable": Kind(INCOMPLETE, "file", "{lines} {predicate}{more}"),
    "no_records": Kind(UNKNOWN, "logs", "There is no record{explanation}: whether any is missing cannot be determined"),
    "clock_skew": Kind("", "how it was measured", "{what}: its records are at the wrong place in the order of all VMs"),
    "future_times": Kind(
        "", "newest time", "{records} dated after {limit}, when the logs were collected: the newest one has {newest}"
    ),
    "id_conflict": Kind("", "file, or VMs", "{records} with different content{place}: all were kept"),
    "schema_violations": Kind(
        "",
        "field",
        "{records} of the variant {variant} {verb} not conform to the schema: {keyword} at {pointer}, first in line {line} of {file}",
    ),
    "settings_changed": Kind("", "key", "{what}, so that its logs before and after that are different"),
    "settings_differ": Kind("", "key", "It is {values}"),
    "machine_id_shared": Kind("", "names", "{vms} have the same machine ID: one VM under several names, or clones"),
    "levels_suppressed": Kind("", "key", "It is {value}, so that the VM writes no record of {levels}"),
    "filtered": Kind("", "filter", "The filter {filter} excludes records of {values}"),
}
"""By name, the worst first."""
