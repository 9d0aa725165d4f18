#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is documentation alone: the action plugin of the same name does the work, on the controller.

DOCUMENTATION = r"""
module: compare_logging
short_description: Compare the logging settings of AQtive Guard VMs with each other, and with what they should be
version_added: 1.0.0
description:
  - The vendor strongly recommends identical settings on all VMs. This finds the VMs and keys that differ, and draws
    a table of VMs against keys.
  - A key that is not set differs from one that is set to the vendor's default.
  - Runs on the controller, and needs no connection to a VM.
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
      - Changes nothing, so there is no difference to show.
  platform:
    support: full
options:
  found:
    description:
      - Each VM with what M(community.aqtive_guard.logging_config_info) has returned for it, or with the settings in that.
      - Where they could not be read, with a text that says why, or with null.
      - When it is not given, O(wanted) is compared instead, VM with VM.
      - One of O(found) and O(wanted) is required.
    type: dict
  wanted:
    description:
      - Each VM with what M(community.aqtive_guard.validate_logging) has returned for it, or with the settings in that. A VM
        whose settings were refused is an error, and nothing is compared then.
      - A VM that is named here and not in O(found) counts as one that could not be read.
    type: dict
  may_differ:
    description:
      - Keys that may differ between VMs, such as V(LOG_LEVEL) or V(log_level).
      - They are still compared with O(wanted).
    type: list
    elements: str
    default: []
  assert_identical:
    description:
      - Whether to fail when something differs, or a VM could not be read.
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

- name: Demand that they are identical, except for the level
  community.aqtive_guard.compare_logging:
    found: "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, 'logging'))) }}"
    may_differ:
      - LOG_LEVEL
  run_once: true
"""

RETURN = r"""
identical:
  description: Whether nothing differs that may not, and every VM could be read.
  returned: when the options are valid, and no settings were refused
  type: bool
  sample: false
msg:
  description: A line for everything that is not identical, with the VMs, the key, and what to do.
  returned: always
  type: str
differences:
  description: The keys that differ between VMs and may not.
  returned: when the options are valid, and no settings were refused
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
  description: The keys that are not as O(wanted).
  returned: when the options are valid, and no settings were refused
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
      description: The value found, or null where the key is not set.
      type: str
      sample: debug
    wanted:
      description: The value wanted, or null where the key should not be set.
      type: str
      sample: info
missing:
  description: The VMs that could not be read, each with the reason, or with null where none was given.
  returned: when the options are valid, and no settings were refused
  type: dict
  sample:
    worker2: No route to host
digest:
  description: The digest of the settings that all VMs share. Null where they differ.
  returned: when the options are valid, and no settings were refused
  type: str
  sample: null
table:
  description:
    - The lines of a table of VMs against keys. V(-) stands for a key that is not set, V(?) for a VM that was not read.
  returned: when the options are valid, and no settings were refused
  type: list
  elements: str
  sample:
    - VM       LOG_LEVEL  LOG_FILE
errors:
  description: What is wrong with the options.
  returned: when they are invalid
  type: list
  elements: dict
  contains:
    key:
      description: The option.
      type: str
    value:
      description: Its value, or null where it has none.
      type: str
    rule:
      description: What is wrong with it.
      type: str
    remedy:
      description: What to do.
      type: str
"""
