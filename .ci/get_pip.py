# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for the get-pip script that ansible-test would download: installs pip with the pip that Python bundles."""

import ensurepip
import glob
import os
import runpy
import shutil
import sys
import sysconfig
import tempfile
import zipfile


def bundled_pip():
    """Return the path of the wheel: part of the standard library, or where a Linux distribution moved it."""
    places = (os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"), sysconfig.get_config_var("WHEEL_PKG_DIR"))
    for place in places:
        for wheel in sorted(glob.glob(os.path.join(place or "", "pip-*.whl"))):
            return wheel
    sys.exit("%s has no bundled pip: install its ensurepip (Debian: python3-venv)" % sys.executable)


def main():
    """Run pip from an unpacked wheel: an old pip does not find its certificates inside a zip file."""
    directory = tempfile.mkdtemp(prefix="get-pip-")
    try:
        with zipfile.ZipFile(bundled_pip()) as wheel:
            wheel.extractall(directory)
        sys.path.insert(0, directory)
        sys.argv[1:] = ["install", "--upgrade"] + [
            arg for arg in sys.argv[1:] if arg not in ("--no-setuptools", "--no-wheel")
        ]
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
