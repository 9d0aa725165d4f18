# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


def pytest_configure(config):
    # ansible-test runs each test in a process of its own, which takes as long as the tests themselves.
    forked = config.pluginmanager.get_plugin("ansible_forked")
    if forked:
        config.pluginmanager.unregister(forked)
