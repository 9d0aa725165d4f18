# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import yaml

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.version import COLLECTION_VERSION


def test_manifests_name_the_version_that_is_released() -> None:
    galaxy = Path(__file__).parents[5] / "galaxy.yml"
    assert yaml.safe_load(galaxy.read_text(encoding="utf-8"))["version"] == COLLECTION_VERSION
