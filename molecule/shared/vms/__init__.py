# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual machines for Molecule: real ones, by qemu, without anything else than what Debian has.

Standard library only, because it runs wherever Molecule runs.
"""
