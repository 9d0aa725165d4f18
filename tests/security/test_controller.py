# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another user of the controller, who can write to a directory above the destination."""

from __future__ import annotations

import hashlib
import json

FORGED = b"no incident here\n"


def test_a_forged_record_below_a_directory_of_others_is_not_believed(controller):
    """The record and its bundle are consistent; only the directory above says that somebody else can have put them there."""
    file = {
        "name": "aqtive-guard-logs.log",
        "size": len(FORGED),
        "sha256": hashlib.sha256(FORGED).hexdigest(),
        "format": "text",
        "empty": False,
    }
    request = {"date_from": None, "date_to": None, "log_types": [], "log_levels": [], "compress": True}
    record = {
        "format_version": 1,
        "request": {**request, "command": [str(controller.command)]},
        "directory": None,
        "file": file,
    }
    destination = controller.logs / "run" / "honest"
    destination.mkdir(parents=True, mode=0o700)
    (destination / file["name"]).write_bytes(FORGED)
    (destination / ".bundle.json").write_text(json.dumps(record))
    for each in (destination, destination.parent):
        each.chmod(0o700)

    controller.logs.chmod(0o777)
    outcome = controller.play("collect_logs")
    assert outcome.status == 2
    assert f"can be replaced by every user, because {controller.logs} has the mode 0777" in outcome.output
    assert (outcome.manifest, "already" in outcome.output) == ({}, False)

    controller.logs.chmod(0o755)
    assert controller.play("collect_logs").manifest["vms"]["honest"]["reused"] is True
