# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The content of an archive as a few lines for the terminal."""

from __future__ import annotations

import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.finding import number
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.tables import aligned

_KINDS = {
    "user": "names and ids of users",
    "host": "hosts",
    "domain": "domains",
    "addr": "addresses",
    "group": "groups of computers",
    "key": "API keys",
    "id": "ids",
    "email": "e-mail addresses",
    "secret": "secrets",
}


def table(manifest: t.Mapping[str, t.Any]) -> list[str]:
    """Return what the archive holds, and how often what was replaced in it."""
    records, redaction = manifest["records"], manifest["redaction"]
    left_out = sum(sum(rules.values()) for rules in manifest["left_out"].values())
    key = "a random key, which was not kept" if redaction["key"] == "random" else f"the key {redaction['key_id']}"
    fields = [(name, f"{count:,}") for name, count in manifest["replaced"]["in_fields"].items()]
    texts = [(_KINDS[kind], f"{count:,}") for kind, count in manifest["replaced"]["in_texts"].items()]
    contents = f"{number(sum(records.values()), 'record')} of {number(len(records), 'VM')}, findings and report"
    return [
        f"{contents}; {number(left_out, 'unreadable place', 'was', 'were')} left out",
        f"Names are replaced by tokens, with {key}",
        *aligned([("FIELD", "VALUES REPLACED"), *fields]),
        *aligned([("IN TEXTS", "REPLACED"), *texts]),
    ]
