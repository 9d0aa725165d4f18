#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: logging_config_info
short_description: Read the logging settings from the configuration file of an AQtive Guard VM
version_added: 1.0.0
description:
  - Returns the logging keys that the file sets, whether it contains the managed block of
    M(community.aqtive_guard.logging_config), and its problems.
  - Never returns another line of the file, which holds credentials. A value that is not valid for its key may be one,
    too, so it is returned as its length, such as C(<17 characters, not shown>).
  - Settings that violate a rule are no failure, but listed in RV(problems).
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
  path:
    description:
      - The product's configuration file on the VM.
    type: path
    default: /etc/cryptosense-analyzer/config
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
seealso:
  - module: community.aqtive_guard.compare_logging
  - module: community.aqtive_guard.logging_config
"""

EXAMPLES = r"""
- name: Read the logging settings
  community.aqtive_guard.logging_config_info:
  become: true
  register: logging

- name: Show them
  ansible.builtin.debug:
    var: logging.settings
"""

RETURN = r"""
path:
  description: The file itself, behind any symbolic link.
  returned: success
  type: str
  sample: /etc/cryptosense-analyzer/config
settings:
  description: The logging keys that the file sets, each with its text, or with its length where that is not valid. Of a key
    that is set twice, the last one counts.
  returned: success
  type: dict
  sample:
    LOG_LEVEL: info
digest:
  description: SHA-256 of the canonical settings. VMs with the same settings have the same digest.
  returned: success
  type: str
  sample: ce705679c69d8e0e8c206cf1e5e266cb6341b5950d15b172c4f5adf8c6835136
managed:
  description: Whether the managed block is in the file.
  returned: success
  type: bool
  sample: true
duplicates:
  description: The keys that are set more than once.
  returned: success
  type: list
  elements: dict
  contains:
    key:
      description: The key.
      type: str
      sample: LOG_LEVEL
    lines:
      description: The first hundred lines that set it.
      type: list
      elements: int
      sample: [3, 17]
problems:
  description: Violated rules, and what prevents M(community.aqtive_guard.logging_config) from changing the file.
  returned: success
  type: list
  elements: dict
  contains:
    phase:
      description: V(validate).
      type: str
    subject:
      description: The key or the line.
      type: str
    cause:
      description: What is wrong with it.
      type: str
    remedy:
      description: What to do.
      type: str
errors:
  description: Why the file cannot be read.
  returned: failure
  type: list
  elements: dict
  contains:
    phase:
      description: V(read).
      type: str
    subject:
      description: The file.
      type: str
    cause:
      description: What is wrong with it.
      type: str
    remedy:
      description: What to do.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, bounded
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.config_file import load
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.document import parse
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    check,
    digest,
    reportable,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={"path": {"type": "path", "default": "/etc/cryptosense-analyzer/config"}},
        supports_check_mode=True,
    )
    file = load(module.params["path"])
    if file.errors:
        module.fail_json(**Failure(file.errors).as_result())
    document = parse(file.content or b"", file.path)
    violations, warnings = check(document.settings, confidential=True)
    for warning in warnings:
        module.warn(warning)
    module.exit_json(
        changed=False,
        path=file.path,
        settings=reportable(document.settings),
        digest=digest(document.settings),
        managed=document.block is not None,
        duplicates=document.duplicates,
        problems=bounded(violations + document.errors),
    )


if __name__ == "__main__":
    main()
