#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: product_restart
short_description: Restart AQtive Guard on a VM
version_added: 1.0.0
description:
  - Runs C(cs restart) within a time limit, and returns the time of its start for M(community.aqtive_guard.logging_health).
  - The output of the command may contain credentials. It is kept in a private temporary file, and only the last line of it is
    shown after a failure, with the values of the configuration file, and what looks like a secret, masked.
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: full
    details:
      - Runs nothing, and reports a change.
  diff_mode:
    support: none
    details:
      - Changes no file.
  platform:
    support: full
options:
  command:
    description:
      - The product's command, by name or by path, and arguments before C(restart). It is run without a shell, in the
        directory C(/).
    type: list
    elements: str
    default: [cs]
  timeout:
    description:
      - How long the command may take, in seconds. V(0) is no limit.
      - A command that takes longer is terminated, with all processes that it has started.
    type: int
    default: 300
  config_path:
    description:
      - The product's configuration file on the VM. Its values are masked in what is shown of the output.
    type: path
    default: /etc/cryptosense-analyzer/config
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
seealso:
  - module: community.aqtive_guard.logging_health
"""

EXAMPLES = r"""
- name: Restart AQtive Guard
  community.aqtive_guard.product_restart:
    timeout: 600
  become: true
  register: restart

- name: Wait until it is healthy and writes its log file
  community.aqtive_guard.logging_health:
    units:
      - cryptosense-analyzer-*.service
    files:
      - /var/log/cryptosense-analyzer/aqtive-guard.log
    since: "{{ restart.start }}"
  become: true
"""

RETURN = r"""
rc:
  description: The exit status of the command, negative for a signal. Null if it was terminated or could not be started.
  returned: unless in check mode
  type: int
  sample: 0
start:
  description: The VM's time when the command was started, in seconds since the epoch.
  returned: unless in check mode
  type: float
  sample: 1795530118.25
seconds:
  description: How long the command took.
  returned: unless in check mode
  type: float
  sample: 4.2
errors:
  description: Why the product was not restarted.
  returned: failure
  type: list
  elements: dict
  contains:
    phase:
      description: V(run).
      type: str
      sample: run
    subject:
      description: The command.
      type: str
      sample: cs restart
    cause:
      description: How it ended, and the last line of its output, masked.
      type: str
      sample: "exited with status 3; its last error line is: cannot connect to ***@db.example.com"
    remedy:
      description: What to do about it.
      type: str
      sample: Run `cs restart` manually on the VM to see the reason
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.restart import restart

ARGUMENT_SPEC = {
    "command": {"type": "list", "elements": "str", "default": ["cs"]},
    "timeout": {"type": "int", "default": 300},
    "config_path": {"type": "path", "default": "/etc/cryptosense-analyzer/config"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    if module.check_mode:
        module.exit_json(changed=True)
    try:
        result = restart(module.params, module.tmpdir)
    except Failure as failed:
        module.fail_json(**failed.as_result())
    module.exit_json(changed=True, **result)


if __name__ == "__main__":
    main()
