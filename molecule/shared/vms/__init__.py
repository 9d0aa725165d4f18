# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual machines for Molecule, run by qemu.

Standard library only, because this runs in the environment of whoever calls Molecule.
"""

import sys
from pathlib import Path

# The modules that all test fleets share.
sys.path.append(str(Path(__file__).resolve().parents[3] / "tests" / "shared"))
