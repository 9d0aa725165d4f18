# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.ids import of_fleet


def test_vms_with_different_records_of_the_same_id_are_named():
    one, several = of_fleet([{"vms": ["web1", "web2"], "ids": 1}, {"vms": ["a", "b", "c", "d"], "ids": 1200}])
    assert (one.kind, one.subject, one.count) == ("id_conflict", "web1 and web2", 1)
    assert one.detail == "1 id is on records of web1 and web2 with different content: all were kept"
    assert (several.subject, several.count) == ("a, b and 2 more", 1200)
    assert several.detail == "1,200 ids are on records of a, b, c and d with different content: all were kept"


def test_findings_are_bounded():
    rows = [{"vms": ["a", str(number)], "ids": 1} for number in range(40)]
    assert len(of_fleet(rows)) == 10
    assert of_fleet([]) == []
