#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Documentation only: the action plugin of the same name runs on the controller.

DOCUMENTATION = r"""
module: log_report
short_description: Render the report of an analysis
version_added: 1.0.0
description:
  - Renders what M(community.aqtive_guard.log_analysis) has found as one HTML file that needs no network and no script.
  - The report contains names, addresses and texts of the logs. It is written with mode V(0600).
  - Runs on the controller, without a connection to a VM.
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details:
      - There is no diff.
  platform:
    support: full
options:
  dest:
    description:
      - The directory with the results of the analysis, in which C(report.html) is written.
    type: path
    required: true
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
seealso:
  - module: community.aqtive_guard.log_analysis
"""

EXAMPLES = r"""
- name: Render the report
  community.aqtive_guard.log_report:
    dest: "{{ analysis.dest }}"
  run_once: true
"""

RETURN = r"""
path:
  description: The report.
  returned: success
  type: str
  sample: /srv/aqtive-guard-logs/20261027T060211Z-4f1d2c/analysis/report.html
size:
  description: Its size in bytes.
  returned: success
  type: int
  sample: 93169
errors:
  description: What prevented the report, as in RV(community.aqtive_guard.log_analysis#module:errors).
  returned: failure
  type: list
  elements: dict
  sample:
    - phase: read
      subject: /srv/case-4711/analysis/report.json
      cause: "cannot be used: No such file or directory"
      remedy: Check this path and its file system on the controller
"""
