# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collect with pyinfra."""

from pyinfra import host
from pyinfra.operations import files, server

server.shell(
    commands=[f"cs logs bundle --out-file /var/tmp/bench && chown {host.data.ssh_user} /var/tmp/bench"], _sudo=True
)
files.get(src="/var/tmp/bench", dest=f"{host.data.dest}/{host.name}")
server.shell(commands=["rm /var/tmp/bench"])
