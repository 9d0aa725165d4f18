#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Documentation only: the action plugin of the same name runs on the controller.

DOCUMENTATION = r"""
module: log_retention
short_description: Remove old runs of collected AQtive Guard logs
version_added: 1.0.0
description:
  - Removes the oldest run directories below a directory on the controller. The newest complete run is always kept.
  - Removes a directory only if it was written by M(community.aqtive_guard.log_manifest), as its manifest and the run ID in it show,
    and if it and everything in it belong to the user who runs Ansible.
  - Warns of a run that is in use, and of one that contains a symbolic link or a file of another user, and keeps it.
  - Runs on the controller, without a connection to a VM. Use it with C(run_once).
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: full
    details:
      - Returns the runs that would be removed. Whether they are in use is not checked.
  diff_mode:
    support: none
  platform:
    support: full
options:
  dest:
    description:
      - The directory on the controller that has a directory for each run. Only the user who runs Ansible, or root, may be able to write
        to it.
    type: path
    required: true
  keep:
    description:
      - How many runs to keep, the newest by their start, complete or not. At least 1.
    type: int
    required: true
  current:
    description:
      - The ID of the run that this play has collected. It is kept, and counts as the newest.
    type: str
seealso:
  - module: community.aqtive_guard.log_manifest
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
"""

EXAMPLES = r"""
- name: Keep the last ten runs
  community.aqtive_guard.log_retention:
    dest: /srv/aqtive-guard-logs
    keep: 10
  run_once: true
"""

RETURN = r"""
removed:
  description: The run directories that were removed, or in check mode would be, the newest first.
  returned: success
  type: list
  elements: str
  sample:
    - /srv/aqtive-guard-logs/20261124T140500Z-3fa9c1
errors:
  description: Why nothing was removed.
  returned: failure
  type: list
  elements: dict
  contains:
    phase:
      description: V(validate) for an option, V(store) for a directory to which other users can write, V(cleanup) otherwise.
      type: str
    subject:
      description: The option or the directory.
      type: str
    cause:
      description: What is wrong with it.
      type: str
    remedy:
      description: What to do.
      type: str
  sample:
    - phase: validate
      subject: keep
      cause: is 0, but must be at least 1
      remedy: Set it to the number of runs to keep
"""
