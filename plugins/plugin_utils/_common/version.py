# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's version, as it is written into manifests; a unit test holds it against ``galaxy.yml``."""

COLLECTION_VERSION = "1.0.0"
