#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Documentation only: the action plugin of the same name runs on the controller.

DOCUMENTATION = r"""
module: compare_logging
short_description: Compare the logging settings of AQtive Guard VMs with each other and with the wanted settings
version_added: 1.0.0
description:
  - The vendor strongly recommends identical settings on all VMs. This module reports the VMs and keys that differ, and
    returns a table of all VMs and keys.
  - A key that is not set differs from one that is set to the vendor's default.
  - Invalid values on VMs are not shown, and are compared with each other by their length.
  - Runs on the controller, without a connection to the VM.
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: full
    details:
      - Changes nothing.
  diff_mode:
    support: none
    details:
      - Changes nothing, so there is no diff.
  platform:
    support: full
options:
  found:
    description:
      - Each VM with the result of M(community.aqtive_guard.logging_config_info). A result without settings, or null, counts
        as a VM that could not be read, and its message or errors as the reason.
    type: dict
    required: true
  wanted:
    description:
      - Each VM with the result of M(community.aqtive_guard.validate_logging). When settings are invalid, the task fails with
        their errors, and nothing is compared.
      - A VM that is in O(wanted) but not in O(found) counts as one that could not be read.
    type: dict
    default: {}
  may_differ:
    description:
      - Keys that may differ between VMs, such as V(LOG_LEVEL) or V(log_level).
      - They are compared with O(wanted) nevertheless.
    type: list
    elements: str
    default: []
  assert_identical:
    description:
      - Whether to fail when settings differ, or when a VM could not be read.
    type: bool
    default: true
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
seealso:
  - module: community.aqtive_guard.logging_config_info
  - module: community.aqtive_guard.validate_logging
"""

EXAMPLES = r"""
- name: Read the settings of every VM
  community.aqtive_guard.logging_config_info:
  become: true
  register: logging

- name: Fail unless they are identical, except for the level
  community.aqtive_guard.compare_logging:
    found: "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, 'logging'))) }}"
    may_differ:
      - LOG_LEVEL
  run_once: true
"""

RETURN = r"""
identical:
  description: Whether all VMs could be read and differ only in keys that may differ.
  returned: when the options and the wanted settings are valid
  type: bool
  sample: false
msg:
  description: A line for every error.
  returned: always
  type: str
differences:
  description: The keys that differ between VMs, except for those that may differ.
  returned: when the options and the wanted settings are valid
  type: list
  elements: dict
  contains:
    key:
      description: The vendor's key.
      type: str
      sample: LOG_LEVEL
    variants:
      description: Its values, the most common one first.
      type: list
      elements: dict
      contains:
        value:
          description: The value, or null where the key is not set.
          type: str
          sample: info
        vms:
          description: The VMs that have it.
          type: list
          elements: str
          sample: [web1, web2]
drift:
  description: The keys that differ from O(wanted).
  returned: when the options and the wanted settings are valid
  type: list
  elements: dict
  contains:
    vm:
      description: The VM.
      type: str
      sample: worker1
    key:
      description: The vendor's key.
      type: str
      sample: LOG_LEVEL
    found:
      description: The value on the VM, or null where the key is not set.
      type: str
      sample: debug
    wanted:
      description: The wanted value, or null where the key should not be set.
      type: str
      sample: info
vms:
  description: All VMs.
  returned: when the options and the wanted settings are valid
  type: list
  elements: str
  sample: [web1, web2, worker1]
as_wanted:
  description: The VMs that could be read and have the settings in O(wanted).
  returned: when the options and the wanted settings are valid
  type: list
  elements: str
  sample: [web1, web2]
missing:
  description: The VMs that could not be read, each with the message of its result, or with null where there is none.
  returned: when the options and the wanted settings are valid
  type: dict
  sample:
    worker2: No route to host
digest:
  description: The digest of the settings, where all VMs have the same; otherwise null.
  returned: when the options and the wanted settings are valid
  type: str
  sample: null
table:
  description:
    - The lines of a table with a row for each VM and a column for each key. V(-) marks a key that is not set, V(?) a VM that
      could not be read.
  returned: when the options and the wanted settings are valid
  type: list
  elements: str
  sample:
    - VM       LOG_LEVEL  LOG_FILE
errors:
  description: All errors of the options, or everything that is not identical.
  returned: always
  type: list
  elements: dict
  contains:
    phase:
      description: What was being done. V(validate) for an option, V(check) for a difference, or the phase in which reading a VM failed.
      type: str
      sample: check
    subject:
      description: The option, or the key and the VMs.
      type: str
      sample: LOG_LEVEL on worker1
    cause:
      description: What is wrong with it, with the value and the rule.
      type: str
      sample: is 'debug', but should be 'info'
    remedy:
      description: What to do about it.
      type: str
      sample: Apply the settings again, with the playbook configure_logging
"""
