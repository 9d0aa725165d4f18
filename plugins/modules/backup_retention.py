#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: backup_retention
short_description: Remove old backups of the configuration file of an AQtive Guard VM
version_added: 1.0.0
description:
  - Removes the oldest backups that M(community.aqtive_guard.logging_config) has created beside the configuration file. They contain the
    credentials that the file had then.
  - Removes nothing while a change is pending, which needs its backup for a rollback.
  - Removes only regular files with a single name and the name of a backup, which belong to root, to the user who runs the module or to
    the owner of the configuration file.
  - Refuses to work in a directory in which another user could exchange files meanwhile, as M(community.aqtive_guard.logging_config) does.
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details:
      - Would show credentials.
  platform:
    support: full
options:
  path:
    description:
      - The product's configuration file on the VM.
    type: path
    default: /etc/cryptosense-analyzer/config
  keep:
    description:
      - How many backups to keep, the newest by the time in their names. At least 1.
    type: int
    required: true
  pending_link:
    description:
      - The path that is O(community.aqtive_guard.logging_config#module:pending_link) when the file is changed.
    type: path
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
seealso:
  - module: community.aqtive_guard.logging_config
"""

EXAMPLES = r"""
- name: Keep the last three backups
  community.aqtive_guard.backup_retention:
    keep: 3
    pending_link: /etc/cryptosense-analyzer/config.aqtive_guard-pending
  become: true
"""

RETURN = r"""
path:
  description: The configuration file itself, behind any symbolic link.
  returned: success
  type: str
  sample: /etc/cryptosense-analyzer/config
removed:
  description: The backups that were removed, or in check mode would be, the newest first.
  returned: success
  type: list
  elements: str
  sample:
    - /etc/cryptosense-analyzer/config.4711.2026-11-24@14:08:00~
errors:
  description: Why not all old backups were removed.
  returned: failure
  type: list
  elements: dict
  contains:
    phase:
      description: V(validate), V(read) or V(cleanup).
      type: str
    subject:
      description: The option or the file.
      type: str
    cause:
      description: What is wrong with it.
      type: str
    remedy:
      description: What to do.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.backups import remove_old_backups

ARGUMENT_SPEC = {
    "path": {"type": "path", "default": "/etc/cryptosense-analyzer/config"},
    "keep": {"type": "int", "required": True},
    "pending_link": {"type": "path"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = remove_old_backups(module.params, module.check_mode)
    except Failure as failed:
        module.fail_json(**failed.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
