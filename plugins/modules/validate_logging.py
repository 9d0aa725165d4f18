#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Documentation only: the action plugin of the same name runs on the controller.

DOCUMENTATION = r"""
module: validate_logging
short_description: Validate logging settings of AQtive Guard
version_added: 1.0.0
description:
  - Validates the settings by the vendor's rules, and returns them as the text that is written to the configuration file.
  - Reports all violations at once, each with the key, its value, the rule and a remedy.
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
  hosts:
    description:
      - The names of VMs. The settings are not those of the other options, but those in the variables of the role
        C(aqtive_guard_logging) of each of these VMs, O(log_level) in C(aqtive_guard_logging_level) and so on. For a VM whose
        C(aqtive_guard_logging_state) is V(absent), they are C(LOG_LEVEL=info) alone, which the product requires.
      - All variables of these VMs are validated before, as by M(community.aqtive_guard.validate_variables).
      - Meant for a task with C(run_once). Excludes the other options, except for O(may_differ).
    type: list
    elements: str
  may_differ:
    description:
      - Keys that may differ between O(hosts), such as V(LOG_LEVEL) or V(log_level). When it is not given, all may.
    type: list
    elements: str
  log_level:
    description:
      - The least severe level that is logged, C(LOG_LEVEL).
      - One of V(debug), V(info), V(warning), V(error) and V(critical).
      - Required, unless O(hosts) is set.
    type: raw
  log_file:
    description:
      - The absolute path of the log file, C(LOG_FILE). When it is not set, logs go to the journal.
      - Must not contain white space, quotes, parentheses, braces, backslashes, backticks or control characters, nor C($), C(#),
        C(;), C(&), C(|), C(<), C(>), C(,), C(=) or C(:~).
    type: raw
  log_rotate_daily:
    description:
      - Whether the log file is rotated daily, C(LOG_ROTATE_DAILY). A boolean.
      - When true, requires O(log_file).
    type: raw
  log_rotate_max:
    description:
      - How many log files are kept, C(LOG_ROTATE_MAX). A whole number greater than 0. All are kept when it is not set.
      - Requires O(log_rotate_daily=true).
    type: raw
  log_level_audit:
    description:
      - The least severe level of audit logs, C(LOG_LEVEL_AUDIT). The vendor's default is V(info).
      - One of V(debug), V(info), V(warning), V(error) and V(critical).
    type: raw
  log_file_audit:
    description:
      - The absolute path of the audit log file, C(LOG_FILE_AUDIT). The same rules apply as to O(log_file).
      - When it is not set, audit logs are written with the other logs.
      - Must differ from O(log_file) when either file is rotated.
    type: raw
  log_rotate_daily_audit:
    description:
      - Whether the audit log file is rotated daily, C(LOG_ROTATE_DAILY_AUDIT). A boolean.
      - When true, requires O(log_file_audit).
    type: raw
  log_rotate_max_audit:
    description:
      - How many audit log files are kept, C(LOG_ROTATE_MAX_AUDIT). A whole number greater than 0.
      - Requires O(log_rotate_daily_audit=true).
    type: raw
notes:
  - A value that is null, or empty where the option is not required, means that the key is not set.
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
seealso:
  - module: community.aqtive_guard.logging_config
  - module: community.aqtive_guard.validate_variables
"""

EXAMPLES = r"""
- name: Validate the settings
  community.aqtive_guard.validate_logging:
    log_level: info
    log_file: /var/log/cryptosense-analyzer/aqtive-guard.log
    log_rotate_daily: true
    log_rotate_max: 7
  register: logging

- name: Validate the variables of all VMs, whose levels alone may differ
  community.aqtive_guard.validate_logging:
    hosts: "{{ ansible_play_hosts_all }}"
    may_differ: [LOG_LEVEL]
  run_once: true

- name: Write the settings
  community.aqtive_guard.logging_config:
    block: |
      {% for key, value in logging.settings.items() %}
      {{ key }}={{ value }}
      {% endfor %}
  become: true
"""

RETURN = r"""
vms:
  description: RV(settings) and RV(digest) of each VM.
  returned: success, when O(hosts) is set
  type: dict
  sample:
    web1:
      changed: false
      settings:
        LOG_LEVEL: info
      digest: ce705679c69d8e0e8c206cf1e5e266cb6341b5950d15b172c4f5adf8c6835136
settings:
  description: Each key that is set, with the text that is written to the configuration file.
  returned: success, unless O(hosts) is set
  type: dict
  sample:
    LOG_LEVEL: info
    LOG_ROTATE_DAILY: "false"
digest:
  description: SHA-256 of the canonical settings. Equal settings have equal digests.
  returned: success, unless O(hosts) is set
  type: str
  sample: 1d93ffb4d467002de1d59a4214a12eb9360cc2fe5c7974d4b411e5310577b051
warnings:
  description: Settings that are valid but probably a mistake.
  returned: success
  type: list
  elements: str
errors:
  description: All violations, each with the VMs that share it when O(hosts) is set.
  returned: failure
  type: list
  elements: dict
  contains:
    phase:
      description: What was being done, here V(validate).
      type: str
      sample: validate
    subject:
      description: The vendor's key, or the name of an unknown option.
      type: str
      sample: LOG_ROTATE_MAX
    cause:
      description: What is wrong with it, with the value and the rule.
      type: str
      sample: >-
        is 'abc', but must be a whole number greater than 0, in the digits 0 to 9 and without leading zeros
    remedy:
      description: What to do about it.
      type: str
      sample: Set it to the number of files to keep, or leave it out to keep all
"""
