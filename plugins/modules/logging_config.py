#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: logging_config
short_description: Put the logging settings into the configuration file of an AQtive Guard VM
version_added: 1.0.0
description:
  - Manages one marked block in the configuration file, validates it, and removes assignments of the eight logging keys
    from outside of it.
  - Every other byte of the file stays, and so do its owner, mode, SELinux context, access control list and other extended
    attributes, and a symbolic link that leads to it. Extended attributes that cannot be preserved are warned of.
  - The file holds credentials. Results, diffs and errors show nothing but logging keys, and a value in the file that is not
    valid for its key as its length, such as C(<17 characters, not shown>).
  - Everything is validated before anything is written, and all errors are reported at once. The file is replaced atomically.
  - Creates the directories of the log files that O(block) names, and gives existing ones the wanted owner, group and mode.
  - Refuses to change what another user could replace while it is being changed. The configuration file, its directory and all
    directories above have to belong to root or the user who runs the module, and must not be writable by others. Sticky
    directories such as C(/tmp) are accepted above the file's own directory. Symbolic links are followed where only these
    users can change them.
  - For root, the file itself may belong to anyone. Any other user has to be its owner and a member of its group, because its
    replacement could not get them otherwise. A file with several names (hard links) is not replaced, because the other names
    would keep the old content.
  - The directories above a directory of log files have to be such directories as well, or belong to O(directory_owner).
  - A logging key is an assignment that systemd, shells and python-dotenv read alike, C(KEY=value) on a line of its own,
    optionally indented, exported, quoted, or followed by a comment, which stays in the file. The value must be free of white
    space and of characters that could separate it from something else. Any other line that could set a logging key is an
    error, and so is a line before a logging key or the block where a quote or a backslash could hide it, and a logging key
    or the block inside a compound command, function, array or substitution of a shell, such as between C(then) and C(fi).
    Errors name the line's number.
  - Where the file exports variables, the block exports its keys, too.
extends_documentation_fragment:
  - ansible.builtin.files
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows only the assignments of logging keys, a hundred at most.
  platform:
    support: full
options:
  path:
    description:
      - The product's configuration file on the VM.
    type: path
    default: /etc/cryptosense-analyzer/config
  block:
    description:
      - The content of the block, without its markers.
      - May contain comments that begin with C(#), blank lines, and each of the eight logging keys once, as C(KEY=value).
      - Required with O(state=present).
      - With O(state=absent), the keys that have to remain in the file. Those that no other line sets are assigned where the
        block was. Without a block, nothing is changed.
    type: str
  state:
    description:
      - V(present) puts O(block) where the block is, or at the end of the file, and removes logging keys from elsewhere.
      - V(absent) removes the block, and does not change logging keys outside of it. A file that does not exist needs no change.
      - V(rolled_back) replaces the file atomically by a copy of the backup that O(pending_link) leads to, with the owner, mode
        and SELinux context of that backup. The change stays pending, until the product was restarted with the old file. Without
        a pending change, nothing is changed. O(unsafe_writes) has no effect.
      - V(confirmed) ends the pending change. It removes O(pending_link) and, with O(backup=false), the backup that it leads to.
    type: str
    choices: [present, absent, rolled_back, confirmed]
    default: present
  backup:
    description:
      - Whether to keep a copy of the old file beside it, with owner and mode, when its content changes.
      - With O(state=confirmed), whether to keep the copy that O(pending_link) leads to.
    type: bool
    default: false
  create:
    description:
      - Whether to create a missing file, readable by its owner alone unless O(mode) is set.
    type: bool
    default: false
  root:
    description:
      - Root of the product's file system, for a product that runs in a container or a change root.
      - Prepended to the directories of log files, but not to O(path).
    type: str
    default: ""
  directory_owner:
    description:
      - The owner that the directories of log files should have, a name or a uid. Unset, a new directory belongs to the user who
        runs the module, and the owner of an existing one is not changed.
    type: str
  directory_group:
    description:
      - The group that they should have, a name or a gid. Unset as with O(directory_owner).
    type: str
  directory_mode:
    description:
      - The mode that they should have. Unset, a new directory gets V(0750), and the mode of an existing one is not changed.
    type: raw
  pending_link:
    description:
      - Path of a symbolic link on the VM that marks a pending change. The file has changed, but the product has not been
        restarted with it successfully. It leads to the backup, and is created right before the file is replaced.
        Requires O(backup=true). Required with O(state=rolled_back) and O(state=confirmed).
      - An existing link is kept, because it leads to the last file that the product is known to run with, unless that
        file is missing.
      - Use O(state=confirmed) after a successful restart.
      - An existing link has to lead to a backup that this module has created beside the file.
      - Its directory must not be writable by others.
    type: path
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
seealso:
  - module: community.aqtive_guard.validate_logging
  - module: community.aqtive_guard.logging_config_info
"""

EXAMPLES = r"""
- name: Log to a file, and keep a week of it
  community.aqtive_guard.logging_config:
    block: |
      LOG_LEVEL=info
      LOG_FILE=/var/log/cryptosense-analyzer/aqtive-guard.log
      LOG_ROTATE_DAILY=true
      LOG_ROTATE_MAX=7
    backup: true
  become: true
  notify: Restart AQtive Guard

- name: Change the settings, to be confirmed after a restart
  community.aqtive_guard.logging_config:
    block: LOG_LEVEL=debug
    backup: true
    pending_link: /etc/cryptosense-analyzer/config.pending
  become: true

- name: Restore the old file, if AQtive Guard does not start with the new one
  community.aqtive_guard.logging_config:
    state: rolled_back
    pending_link: /etc/cryptosense-analyzer/config.pending
  become: true

- name: Confirm the change, once AQtive Guard runs, and keep the backup
  community.aqtive_guard.logging_config:
    state: confirmed
    pending_link: /etc/cryptosense-analyzer/config.pending
    backup: true
  become: true

- name: Remove the settings, except for the key that the product requires
  community.aqtive_guard.logging_config:
    state: absent
    block: LOG_LEVEL=info
  become: true
  notify: Restart AQtive Guard
"""

RETURN = r"""
path:
  description: The file itself, behind any symbolic link.
  returned: success
  type: str
  sample: /etc/cryptosense-analyzer/config
settings:
  description: The logging keys that the file sets now, or would set outside of check mode, each with its text.
  returned: success, except with O(state=confirmed)
  type: dict
  sample:
    LOG_LEVEL: info
digest:
  description: SHA-256 of the canonical settings. VMs with the same settings have the same digest.
  returned: success, except with O(state=confirmed)
  type: str
  sample: ce705679c69d8e0e8c206cf1e5e266cb6341b5950d15b172c4f5adf8c6835136
previous_settings:
  description: The logging keys that the file set before, an invalid value as its length.
  returned: success, except with O(state=confirmed)
  type: dict
  sample: {}
removed:
  description:
    - With O(state=present), the assignments that stood outside of the block and were removed.
    - With O(state=absent), the assignments that were removed with the block.
    - A hundred at most.
  returned: success with O(state=present) and O(state=absent)
  type: list
  elements: str
  sample:
    - LOG_LEVEL=debug
needed:
  description:
    - Whether the VM needs a change. The file was outdated, RV(outdated_directories) is not empty, or a change was pending.
  returned: success with O(state=present) and O(state=absent)
  type: bool
  sample: true
outdated:
  description: Whether the content or the attributes of the file differed from what the options request.
  returned: success, except with O(state=confirmed)
  type: bool
  sample: true
backup_file:
  description: The copy of the old file.
  returned: when the content has changed and O(backup=true)
  type: str
  sample: /etc/cryptosense-analyzer/config.4711.2026-11-24@14:08:00~
missing_directories:
  description: Directories of log files that did not exist on the VM. Outside of check mode they have been created.
  returned: success with O(state=present) and O(state=absent)
  type: list
  elements: str
  sample:
    - /var/log/cryptosense-analyzer
outdated_directories:
  description: Those, and the ones that had another owner, group or mode than O(directory_owner), O(directory_group) and
    O(directory_mode). Outside of check mode they have been changed.
  returned: success with O(state=present) and O(state=absent)
  type: list
  elements: str
  sample:
    - /var/log/cryptosense-analyzer
pending:
  description: Whether O(pending_link) existed at the start, or exists now, or would exist outside of check mode.
  returned: success
  type: bool
  sample: false
rollback_file:
  description: The file to roll back to, which O(pending_link) leads to. Null if there is none.
  returned: success
  type: str
  sample: /etc/cryptosense-analyzer/config.4711.2026-11-24@14:08:00~
errors:
  description: Everything that prevents the change.
  returned: failure
  type: list
  elements: dict
  contains:
    phase:
      description: V(validate), V(read) or V(write).
      type: str
    subject:
      description: The key, the option, the line or the file that is wrong.
      type: str
    cause:
      description: What is wrong with it.
      type: str
    remedy:
      description: What to do.
      type: str
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.phase import phase
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.change import apply
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.rollback import confirm, roll_back

ARGUMENT_SPEC = {
    "path": {"type": "path", "default": "/etc/cryptosense-analyzer/config"},
    "block": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent", "rolled_back", "confirmed"], "default": "present"},
    "backup": {"type": "bool", "default": False},
    "create": {"type": "bool", "default": False},
    "root": {"type": "str", "default": ""},
    "directory_owner": {"type": "str"},
    "directory_group": {"type": "str"},
    "directory_mode": {"type": "raw"},
    "pending_link": {"type": "path"},
}

CHANGES = {"rolled_back": roll_back, "confirmed": confirm}


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        required_if=[
            ("state", "present", ["block"]),
            ("state", "rolled_back", ["pending_link"]),
            ("state", "confirmed", ["pending_link"]),
        ],
        add_file_common_args=True,
        supports_check_mode=True,
    )
    # The temporary file, a new file and the backup must never be readable by others.
    os.umask(0o077)
    try:
        # Other programs may remove or replace a file between any two steps.
        with phase("write"):
            result = CHANGES.get(module.params["state"], apply)(module)
    except Failure as failure:
        module.fail_json(**failure.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
