#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: logging_health
short_description: Wait until AQtive Guard is healthy on a VM and writes its logs
version_added: 1.0.0
description:
  - Waits, in one round trip, until the product's units are active, its log files and journal have received a record since a
    given time, a command succeeds and a URL responds, and until all of it has lasted for a moment.
  - Changes nothing on the VM.
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: full
    details:
      - Changes nothing, so check mode makes no difference.
  diff_mode:
    support: none
    details:
      - Changes nothing, so there is no diff.
  platform:
    support: full
options:
  preflight:
    description:
      - Whether to check only, and without waiting, that O(command) is executable and O(units) exist. This finds wrong names
        before a VM is changed, even when the product is down.
    type: bool
    default: false
  command:
    description:
      - The product's command and its arguments. The command must be executable. Not checked when empty.
    type: list
    elements: str
    default: []
  units:
    description:
      - The product's systemd units, by name or by pattern. At least one must match.
      - Units that match a pattern and are neither active nor enabled are ignored.
    type: list
    elements: str
    default: []
  files:
    description:
      - Log files that must have received a record since O(since).
    type: list
    elements: path
    default: []
  journal:
    description:
      - Whether the journal of O(units) must have received a record since O(since).
    type: bool
    default: false
  since:
    description:
      - The VM's time since which records count, in seconds since the epoch, as
        RV(community.aqtive_guard.product_restart#module:start) returns it.
      - Required by O(files) and O(journal).
    type: float
  health_command:
    description:
      - A command and its arguments that must exit with status 0. It is run without a shell.
      - Ansible writes the arguments to the VM's system log, and other users see them in the list of processes, so they must not
        contain a secret. Let the command read it from a file.
    type: list
    elements: str
    default: []
  health_url:
    description:
      - A URL that must respond with a status below 400 when it is requested from the VM.
      - Ansible writes it to the VM's system log. After a failure, scheme, host, port and path are shown, but not user
        information and query.
    type: str
  validate_certs:
    description:
      - Whether the certificate of O(health_url) must be valid.
    type: bool
    default: true
  timeout:
    description:
      - How long to wait at most, in seconds.
    type: int
    default: 120
  interval:
    description:
      - How long to wait between two checks, in seconds.
    type: float
    default: 1.0
  settle:
    description:
      - How long the VM must stay healthy, in seconds. A service that fails shortly after its start is not healthy.
    type: float
    default: 2.0
seealso:
  - module: community.aqtive_guard.product_restart
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
"""

EXAMPLES = r"""
- name: Restart AQtive Guard
  community.aqtive_guard.product_restart:
  register: restart

- name: Wait until AQtive Guard is healthy and writes its log file
  community.aqtive_guard.logging_health:
    units:
      - cryptosense-analyzer-*.service
    files:
      - /var/log/cryptosense-analyzer/aqtive-guard.log
    since: "{{ restart.start }}"
    health_url: http://localhost:8080/
    timeout: 180

- name: Check command and units before anything is changed
  community.aqtive_guard.logging_health:
    preflight: true
    command: [cs]
    units:
      - cryptosense-analyzer-*.service
"""

RETURN = r"""
units:
  description: The units that were found, and their state.
  type: dict
  returned: unless an option is invalid, or systemd does not answer
  sample:
    cryptosense-analyzer-web.service: active
waited:
  description: How long the module has waited, in seconds.
  type: float
  returned: unless an option is invalid, or systemd does not answer
  sample: 3.1
errors:
  description: All failed checks.
  returned: failure
  type: list
  elements: dict
  contains:
    phase:
      description: V(check) for a preflight check, V(health) for a health check, V(validate) for an invalid option.
      type: str
      sample: health
    subject:
      description: The unit, file, command, or the URL without user information and query.
      type: str
      sample: unit cryptosense-analyzer-web.service
    cause:
      description: What is wrong with it.
      type: str
      sample: is failed (failed, result exit-code), but must be active
    remedy:
      description: What to do about it.
      type: str
      sample: Run `journalctl -u cryptosense-analyzer-web.service -n 50` on the VM to see why
"""

import functools

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.health import check_health

ARGUMENT_SPEC = {
    "preflight": {"type": "bool", "default": False},
    "command": {"type": "list", "elements": "str", "default": []},
    "units": {"type": "list", "elements": "str", "default": []},
    "files": {"type": "list", "elements": "path", "default": []},
    "journal": {"type": "bool", "default": False},
    "since": {"type": "float"},
    "health_command": {"type": "list", "elements": "str", "default": []},
    "health_url": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 120},
    "interval": {"type": "float", "default": 1.0},
    "settle": {"type": "float", "default": 2.0},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    run = functools.partial(module.run_command, handle_exceptions=False)
    try:
        result = check_health(module.params, run)
    except Failure as failed:
        module.fail_json(**failed.as_result())
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
