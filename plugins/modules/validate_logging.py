#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is documentation alone: the action plugin of the same name does the work, on the controller.

DOCUMENTATION = r"""
module: validate_logging
short_description: Check logging settings for AQtive Guard before anything is touched
version_added: 1.0.0
description:
  - Checks the settings against the vendor's rules, and returns them as the text that is written into the configuration
    file.
  - Reports every violation at once, each with the key, its value, the rule, and what to do.
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
  log_level:
    description:
      - The least level that is logged, C(LOG_LEVEL).
      - One of V(debug), V(info), V(warning), V(error) and V(critical).
    type: raw
    required: true
  log_file:
    description:
      - The absolute path of a file that takes the logs instead of the journal, C(LOG_FILE).
      - Must not hold white space, quotes, C($), backslashes, C(#), backticks, C(;) or control characters.
    type: raw
  log_rotate_daily:
    description:
      - Whether a new file is begun every day, C(LOG_ROTATE_DAILY). A boolean.
      - When true, requires O(log_file).
    type: raw
  log_rotate_max:
    description:
      - How many files are kept, C(LOG_ROTATE_MAX). A whole number greater than 0. All are kept when it is not set.
      - Requires O(log_rotate_daily=true).
    type: raw
  log_level_audit:
    description:
      - The least level of audit logs, C(LOG_LEVEL_AUDIT). The vendor's default is V(info).
      - One of V(debug), V(info), V(warning), V(error) and V(critical).
    type: raw
  log_file_audit:
    description:
      - The absolute path of a file that takes the audit logs, C(LOG_FILE_AUDIT). The same rules as for O(log_file).
      - When it is not set, audit logs go along with the rest of the logs.
      - Must not be the same as O(log_file) when one of the two rotates.
    type: raw
  log_rotate_daily_audit:
    description:
      - Whether a new file of audit logs is begun every day, C(LOG_ROTATE_DAILY_AUDIT). A boolean.
      - When true, requires O(log_file_audit).
    type: raw
  log_rotate_max_audit:
    description:
      - How many files of audit logs are kept, C(LOG_ROTATE_MAX_AUDIT). A whole number greater than 0.
      - Requires O(log_rotate_daily_audit=true).
    type: raw
notes:
  - A value that is null, or empty where the option is not required, means that the key is not set.
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
seealso:
  - module: community.aqtive_guard.logging_config
"""

EXAMPLES = r"""
- name: Check the settings
  community.aqtive_guard.validate_logging:
    log_level: info
    log_file: /var/log/cryptosense-analyzer/aqtive-guard.log
    log_rotate_daily: true
    log_rotate_max: 7
  register: logging

- name: Write them
  community.aqtive_guard.logging_config:
    block: |
      {% for key, value in logging.settings.items() %}
      {{ key }}={{ value }}
      {% endfor %}
  become: true
"""

RETURN = r"""
settings:
  description: Each key that is set, with the text that is written into the configuration file.
  returned: success
  type: dict
  sample:
    LOG_LEVEL: info
    LOG_ROTATE_DAILY: "false"
digest:
  description: SHA-256 of the canonical settings. The same settings have the same digest.
  returned: success
  type: str
  sample: 1d93ffb4d467002de1d59a4214a12eb9360cc2fe5c7974d4b411e5310577b051
warnings:
  description: What is allowed, but hardly meant.
  returned: success
  type: list
  elements: str
errors:
  description: Every violation.
  returned: failure
  type: list
  elements: dict
  contains:
    key:
      description: The vendor's key, or the name of an option that does not exist.
      type: str
      sample: LOG_ROTATE_MAX
    value:
      description: Its value, or null where it has none.
      type: str
      sample: abc
    rule:
      description: The rule that it breaks.
      type: str
      sample: must be a whole number greater than 0, in the digits 0 to 9 and without leading zeros
    remedy:
      description: What to do.
      type: str
      sample: Set it to the number of files to keep, or leave it out to keep all
"""
