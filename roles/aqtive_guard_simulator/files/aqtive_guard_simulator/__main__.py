# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run as `python3 -I PACKAGE_DIRECTORY SETTINGS_FILE PROGRAM ARGUMENTS`, which is what the installed commands do."""

import os
import sys

# Python puts the package's own directory first; its parent is what makes the package importable.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from aqtive_guard_simulator.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
