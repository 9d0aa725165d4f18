#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Documentation only: the action plugin of the same name runs on the controller.

DOCUMENTATION = r"""
module: log_archive
short_description: Create a redacted archive of analyzed logs for the vendor's support
version_added: 1.0.0
description:
  - Creates one C(tar.gz) with the records of all VMs, the findings and the report, in which tokens replace names, hosts, ids and
    addresses, and secrets are masked. Every field is redacted by what the schema says that it contains, and texts by all values that
    fields of any record contain, in whatever encoding.
  - Reads the finished archive, decodes it, and searches it for values that must not be in it. If it finds any, or if anything else
    goes wrong, there is no archive, not even that of an earlier call.
  - Lines that could not be read are not in the archive.
  - Runs on the controller, without a connection to a VM. Several VMs are redacted at the same time, as many as C(forks) allows.
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: none
    details:
      - No archive is created in check mode.
  diff_mode:
    support: none
    details:
      - There is no diff.
  platform:
    support: full
options:
  source:
    description:
      - What was analyzed, as in RV(community.aqtive_guard.log_analysis#module:source). Its logs are read unless the analysis has kept
        their records, with O(community.aqtive_guard.log_analysis#module:keep_records).
    type: list
    elements: path
    required: true
  dest:
    description:
      - The directory with the results of the analysis, in which the archive is created. Its name is C(aqtive-guard-support-) and the
        name of the run or of the folder.
    type: path
    required: true
  key:
    description:
      - The secret from which tokens are derived, of at least 43 characters, such as C(openssl rand -base64 32) prints. With the same
        key, a value has the same token in every archive.
      - By default a random key is used for this archive and is not kept.
    type: str
  recipients:
    description:
      - Public keys of age (C(age1...)) or SSH for which the archive is encrypted.
      - By default it is not encrypted.
    type: list
    elements: str
    default: []
requirements:
  - the Python libraries that C(meta/ee-requirements.txt) of this collection lists, on the controller
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
seealso:
  - module: community.aqtive_guard.log_analysis
"""

EXAMPLES = r"""
- name: Create the archive for support
  community.aqtive_guard.log_archive:
    source: "{{ analysis.source }}"
    dest: "{{ analysis.dest }}"
    key: "{{ vault_archive_key }}"
  run_once: true
"""

RETURN = r"""
path:
  description: The archive.
  returned: success
  type: str
  sample: /srv/aqtive-guard-logs/20261027T060211Z-4f1d2c/analysis/aqtive-guard-support-20261027T060211Z-4f1d2c.tar.gz
size:
  description: Its size in bytes.
  returned: success
  type: int
  sample: 48321177
tokens:
  description: A file with every token and what it stands for, except for masked secrets. It is not for the vendor.
  returned: success
  type: str
  sample: /srv/aqtive-guard-logs/20261027T060211Z-4f1d2c/analysis/tokens-0c1f9a2b3c4d5e6f7a8b.csv
manifest:
  description: What is in the archive, with which redaction, and how often what was replaced. It is in the archive as well.
  returned: success
  type: dict
  sample:
    format_version: 1
    records:
      host-1c8f0a2b3c4d5e6f7a8b: 571204
    replaced:
      in_fields:
        user_name: 240117
      in_texts:
        user: 8123
table:
  description: The same as lines of text.
  returned: success
  type: list
  elements: str
  sample:
    - 1,142,757 records of 5 VMs, findings and report; 3 unreadable places were left out
errors:
  description: What prevented the archive, as in RV(community.aqtive_guard.log_analysis#module:errors).
  returned: failure
  type: list
  elements: dict
  sample:
    - phase: validate
      subject: The key for tokens
      cause: has 8 characters, 8 of them different, but at least 43 and 10 are required
      remedy: Create one with openssl rand -base64 32
"""
