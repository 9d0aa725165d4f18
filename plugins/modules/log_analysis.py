#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Documentation only: the action plugin of the same name runs on the controller.

DOCUMENTATION = r"""
module: log_analysis
short_description: Analyze collected logs of AQtive Guard
version_added: 1.0.0
description:
  - Reads every record in the bundles of all VMs, validates it against the vendor's log schema, and writes all records in the order
    of their time. Judges for each VM whether its logs are complete.
  - Adds the records that it does not have yet to a data set of Parquet files, one for each day.
  - Runs on the controller, without a connection to a VM. Several VMs are read at the same time, as many as C(forks) allows.
  - Neither results nor findings contain text of a record that could not be read.
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: none
    details:
      - Nothing is analyzed in check mode.
  diff_mode:
    support: none
    details:
      - There is no diff.
  platform:
    support: full
options:
  source:
    description:
      - What is analyzed. Each is a run directory with a C(manifest.json), or any folder with one folder for each VM.
      - In a folder of logs, a folder with a C(findings.json) or a C(collections.json) is no VM, but has earlier results.
      - By default the newest run directory below O(runs).
    type: list
    elements: path
    default: []
  runs:
    description:
      - The directory below which the run directories are.
      - By default the current directory.
    type: path
  dest:
    description:
      - The directory for the results. It is created with mode V(0700), and must not be writable by others.
      - By default the directory C(analysis) in the first source.
    type: path
  dataset:
    description:
      - The directory of the data set.
    type: path
    required: true
  keep_days:
    description:
      - How many days before today the data set keeps. Older records are removed from it.
      - By default all are kept.
    type: int
  keep_records:
    description:
      - Whether the records stay in O(dest), in a hidden directory, in the form in which M(community.aqtive_guard.log_archive) needs
        them. It then need not read the logs again, and removes them.
    type: bool
    default: false
requirements:
  - the Python libraries that C(meta/ee-requirements.txt) of this collection lists, on the controller
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
seealso:
  - module: community.aqtive_guard.log_bundle
  - module: community.aqtive_guard.log_report
"""

EXAMPLES = r"""
- name: Analyze the newest run
  community.aqtive_guard.log_analysis:
    runs: /srv/aqtive-guard-logs
    dataset: /srv/aqtive-guard-logs/dataset
  register: analysis
  run_once: true

- name: Analyze logs that came by other means
  community.aqtive_guard.log_analysis:
    source:
      - /srv/case-4711
    dest: /srv/case-4711-analysis
    dataset: /srv/case-4711-analysis/dataset
  run_once: true
"""

RETURN = r"""
source:
  description: The directories that were analyzed.
  returned: success
  type: list
  elements: str
  sample:
    - /srv/aqtive-guard-logs/20261027T060211Z-4f1d2c
dest:
  description: The directory with the results.
  returned: success
  type: str
  sample: /srv/aqtive-guard-logs/20261027T060211Z-4f1d2c/analysis
merged:
  description: The file with all records, one a line, in the order of time, VM, file and line.
  returned: success
  type: str
  sample: /srv/aqtive-guard-logs/20261027T060211Z-4f1d2c/analysis/merged.jsonl.gz
findings_file:
  description: The file with the findings. C(docs/schemas/findings-1.schema.json) is its schema.
  returned: success
  type: str
  sample: /srv/aqtive-guard-logs/20261027T060211Z-4f1d2c/analysis/findings.json
dataset:
  description: The directory of the data set.
  returned: success
  type: str
  sample: /srv/aqtive-guard-logs/dataset
records:
  description: Number of records in RV(merged).
  returned: success
  type: int
  sample: 1142757
added:
  description: Number of records that the data set did not have before.
  returned: success
  type: int
  sample: 412003
verdicts:
  description: Whether the logs of each VM are V(complete), V(incomplete) or V(unknown).
  returned: success
  type: dict
  sample:
    web1: complete
    web2: incomplete
kinds:
  description: The kinds of all findings, each once.
  returned: success
  type: list
  elements: str
  sample:
    - days_missing
table:
  description: The findings as lines of text, 30 at most.
  returned: success
  type: list
  elements: str
  sample:
    - 1 of 2 VMs is complete
errors:
  description: What prevented the analysis.
  returned: failure
  type: list
  elements: dict
  contains:
    phase:
      description: What was being done, such as V(read).
      type: str
      sample: read
    subject:
      description: The path or library concerned.
      type: str
      sample: /srv/aqtive-guard-logs
    cause:
      description: What is wrong with it.
      type: str
      sample: contains no run directory
    remedy:
      description: What to do about it.
      type: str
      sample: Collect logs first, or set the source
"""
