# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the installer of the package. Standard input has its sources and its input."""

import json
import os
import shutil
import sys
import tempfile

payload = json.load(sys.stdin)
sys.dont_write_bytecode = True
folder = tempfile.mkdtemp()
try:
    os.mkdir(os.path.join(folder, "aqtive_guard_simulator"))
    for name, text in payload["sources"].items():
        with open(os.path.join(folder, "aqtive_guard_simulator", name), "wb") as file:
            file.write(text.encode("utf-8"))
    sys.path.insert(0, folder)
    from aqtive_guard_simulator import install

    status = install.main(payload)
finally:
    shutil.rmtree(folder)
sys.exit(status)
