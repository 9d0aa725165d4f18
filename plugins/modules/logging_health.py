#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: logging_health
short_description: Wait until AQtive Guard is up on a VM and its logs arrive
version_added: 1.0.0
description:
  - Waits, in one round trip, until the product's units are active, its sinks have received a record since a given time, and a
    command and a URL of your choice answer well, and stay so for a moment.
  - Changes nothing on the VM.
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: full
    details:
      - Looks at the VM as it does outside of check mode.
  diff_mode:
    support: none
    details:
      - Changes nothing, so there is no difference to show.
  platform:
    support: full
options:
  state:
    description:
      - V(healthy) waits until all that was asked for is well.
      - V(installed) does not wait, and asks only whether O(cs) can be run and O(units) exist. It tells a VM that can be changed
        from one where a name is wrong, also when the product is down.
    type: str
    choices: [healthy, installed]
    default: healthy
  cs:
    description:
      - The product's command, which must be executable. Not looked for when unset.
    type: str
  units:
    description:
      - The product's systemd units, by name or by pattern. At least one must match.
      - Units found by a pattern that are neither active nor enabled are left out.
    type: list
    elements: str
    default: []
  files:
    description:
      - Log files that must have received a record after O(since).
    type: list
    elements: path
    default: []
  journal:
    description:
      - Whether the journal of O(units) must have received a record after O(since).
    type: bool
    default: false
  since:
    description:
      - From when on a record counts, in the VM's local time, as C(start) in the result of M(ansible.builtin.command) gives it.
      - Required by O(files) and O(journal).
    type: str
  command:
    description:
      - A command and its arguments that must exit with status 0. No shell is involved.
    type: list
    elements: str
    default: []
  url:
    description:
      - A URL that must answer with a status below 400 when asked from the VM.
    type: str
  validate_certs:
    description:
      - Whether the certificate of O(url) must be valid.
    type: bool
    default: true
  timeout:
    description:
      - How long to wait at most, in seconds.
    type: int
    default: 120
  interval:
    description:
      - How long to wait between two looks, in seconds.
    type: float
    default: 1.0
  settle:
    description:
      - For how long all must stay well, in seconds. A service that dies just after its start is not healthy.
    type: float
    default: 2.0
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
"""

EXAMPLES = r"""
- name: Restart AQtive Guard
  ansible.builtin.command:
    cmd: cs restart
  register: restart
  changed_when: true

- name: Wait until it is back and writes its log file
  community.aqtive_guard.logging_health:
    units:
      - cryptosense-analyzer-*.service
    files:
      - /var/log/cryptosense-analyzer/aqtive-guard.log
    since: "{{ restart.start }}"
    url: http://localhost:8080/
    timeout: 180
"""

RETURN = r"""
units:
  description: The units that were found, and their state.
  type: dict
  returned: always
  sample:
    cryptosense-analyzer-web.service: active
waited:
  description: How long it took, in seconds.
  type: float
  returned: always
  sample: 3.1
problems:
  description: All that is not well, one line each.
  type: list
  elements: str
  returned: failure
  sample:
    - >-
      unit cryptosense-analyzer-web.service is failed (failed, result exit-code), not active:
      `journalctl -u cryptosense-analyzer-web.service -n 50` tells why
"""

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.urls import open_url

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import health

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["healthy", "installed"], "default": "healthy"},
    "cs": {"type": "str"},
    "units": {"type": "list", "elements": "str", "default": []},
    "files": {"type": "list", "elements": "path", "default": []},
    "journal": {"type": "bool", "default": False},
    "since": {"type": "str"},
    "command": {"type": "list", "elements": "str", "default": []},
    "url": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 120},
    "interval": {"type": "float", "default": 1.0},
    "settle": {"type": "float", "default": 2.0},
}


def find_units(module: AnsibleModule, names: t.List[str]) -> t.List[health.Unit]:
    """The product's units as systemd sees them."""
    if not names:
        return []
    command = ["systemctl", "show", "--property=" + ",".join(health.UNIT_PROPERTIES), "--", *names]
    dummy, out, dummy = module.run_command(command, check_rc=True)
    return health.parse_units(out)


def cs_problems(module: AnsibleModule, command: t.Optional[str]) -> t.List[str]:
    """Whether the product's command can be run."""
    if command is None or module.get_bin_path(command) or (os.path.isfile(command) and os.access(command, os.X_OK)):
        return []
    return [
        f"{command} is not a command that can be run on this VM: give its path (role variable aqtive_guard_logging_command)"
    ]


def file_problems(paths: t.List[str], since: float) -> t.List[str]:
    """Which log files have received nothing."""
    problems = []
    for path in paths:
        try:
            stat_result = os.stat(path)
        except FileNotFoundError:
            stat_result = None
        problems.append(health.file_problem(path, stat_result, since))
    return [problem for problem in problems if problem]


def journal_problems(module: AnsibleModule, wanted: bool, units: t.List[health.Unit], since: float) -> t.List[str]:
    """Whether the journal of the units has received nothing."""
    if not wanted or not units:
        return []
    command = ["journalctl", "--quiet", "--no-pager", "--lines=1", "--output=cat", f"--since=@{since:.6f}"]
    # Not --unit: that would take systemd's own words, such as that it has started the unit, for records.
    dummy, out, dummy = module.run_command(command + ["_SYSTEMD_UNIT=" + unit["Id"] for unit in units])
    if out.strip():
        return []
    return [
        "the journal has received no record of {0} since the restart".format(", ".join(unit["Id"] for unit in units))
    ]


def command_problems(module: AnsibleModule, command: t.List[str]) -> t.List[str]:
    """Whether the user's command fails. Its output may hold secrets and is not repeated."""
    if not command:
        return []
    status, dummy, dummy = module.run_command(command)
    return [] if status == 0 else [f"the health command {command[0]} exits with status {status}"]


def url_problems(url: t.Optional[str], validate_certs: bool) -> t.List[str]:
    """Whether the user's URL does not answer, or answers with an error."""
    if not url:
        return []
    try:
        open_url(url, validate_certs=validate_certs, timeout=10).close()
    except Exception as error:  # urllib, ssl and socket each raise their own
        return [f"the health URL {url} does not answer well: {error}"]
    return []


def look(module: AnsibleModule, since: float) -> health.Findings:
    """One look at the VM: all that is not well, and the state of each unit."""
    options = module.params
    units = find_units(module, options["units"])
    states = {unit["Id"]: unit.get("ActiveState", "unknown") for unit in units}
    problems = cs_problems(module, options["cs"])
    if options["state"] == "installed":
        return problems + health.unit_problems(units, options["units"], installed_only=True), states
    problems += health.unit_problems(units, options["units"])
    problems += file_problems(options["files"], since)
    problems += journal_problems(module, options["journal"], units, since)
    problems += command_problems(module, options["command"])
    problems += url_problems(options["url"], options["validate_certs"])
    return problems, states


def start_of_time(module: AnsibleModule) -> float:
    """From when on a record counts, in seconds since the epoch."""
    text = module.params["since"]
    if text is None and (module.params["files"] or module.params["journal"]):
        module.fail_json(
            msg="files and journal need since: give the time of the restart, such as `start` of the command's result."
        )
    since = 0.0
    try:
        if text:
            since = health.local_timestamp(text)
    except ValueError:
        module.fail_json(msg=f"since is {text!r}: it must be a time such as '2026-11-24 14:05:00.123456'.")
    return since


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    since = start_of_time(module)
    timing = [module.params[name] for name in ("timeout", "interval", "settle")]
    if module.params["state"] == "installed":
        timing = [0, 0, 0]
    problems, waited, states = health.wait(lambda: look(module, since), *timing)
    if problems:
        module.fail_json(msg="; ".join(problems) + ".", problems=problems, units=states, waited=round(waited, 1))
    module.exit_json(changed=False, units=states, waited=round(waited, 1))


if __name__ == "__main__":
    main()
