#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: log_bundle
short_description: Make a bundle of AQtive Guard's logs on a VM, and bring it to the controller
version_added: 1.0.0
description:
  - Runs the vendor's command C(cs logs bundle) on a VM in a fresh directory that nobody else can read, within a time
    limit, and identifies what it leaves by content, whatever its name. A gzip file is read to its end there, and is
    not brought if it is cut off or damaged.
  - With O(dest), brings the bundle to the controller through the connection's own file transfer, so that nothing is
    held in memory, compares its SHA-256 digest, and removes it from the VM whatever happened.
  - Bad values are refused all at once, before the VM is connected to.
  - A failure names the VM, the phase, the cause and a remedy, and leaves nothing behind on the VM or on the controller.
  - The bundle is made by a process of its own on the VM, so that it survives a connection that drops. A lost connection is made
    anew until the time is over that the command may take.
  - A run that was killed while the VM made its bundle can be finished with the same O(dest) and options. The VM then goes on with
    what it has begun.
  - What a run that was killed left on the VM ends after O(timeout) at the latest, and is removed by the next run, one hour after
    it was made and not before nobody reads it any more.
  - Bundles hold personal data. Handle them as you handle the logs themselves.
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: partial
    details:
      - Checks the values, the command, the directory and the free space, and runs nothing. There is no bundle to
        describe, so most return values are missing. A bundle is always new, so RV(ignore:changed) is V(true).
  diff_mode:
    support: none
  platform:
    support: full
options:
  _job:
    description: Not for playbooks, which are refused if they give it. By this the action tells the VM which bundle to make or to wait for.
    type: dict
  date_from:
    description:
      - Leave out what was logged before this date, which is V(YYYY-MM-DD) or V(YYYY-MM-DD HH:MM:SS), in UTC.
    type: str
  date_to:
    description:
      - Leave out what was logged after this date, written as O(date_from).
      - Whether a date alone includes that day is not documented by the vendor. To include it for sure, write its last second.
    type: str
  log_types:
    description:
      - Bring these types of records only. The command knows V(AUDIT), V(ANALYSIS) and V(APPLICATION).
      - Without a filter, records of every type are brought. With one, those of the types C(WEB) and C(TANIUM) cannot
        be, see RV(cannot_bring).
    type: list
    elements: str
    default: []
  log_levels:
    description:
      - Bring records of these levels only. The command knows V(DEBUG), V(INFO), V(WARNING) and V(ERROR).
      - This is an exact set and no threshold. Records of the level C(CRITICAL) come without a filter only, see
        RV(cannot_bring).
    type: list
    elements: str
    default: []
  compress:
    description:
      - Whether to ask the command to compress the bundle.
    type: bool
    default: true
  timeout:
    description:
      - How long the command may run, in seconds. After that, it and all processes of its group are ended.
    type: int
    default: 3600
  command:
    description:
      - The vendor's command, with arguments that stand before C(logs bundle) where it needs any.
      - A name is looked for in E(PATH) and in the usual directories. A path must be absolute.
      - Use C(become) for privilege. A command such as V(sudo) here could not be ended when its time is over.
    type: list
    elements: str
    default: [cs]
  directory:
    description:
      - Where the private directory is made on the VM. The login user must be able to reach it.
    type: str
    default: /var/tmp
  minimum_free:
    description:
      - How many MiB must stay free in O(directory), before and while the command runs. The command is ended when there
        are fewer.
    type: int
    default: 512
  maximum_size:
    description:
      - How many MiB a bundle may have. V(0) is no limit.
      - The command is ended as soon as a file that it writes has more, and a larger bundle does not travel.
    type: int
    default: 0
  minimum_free_dest:
    description:
      - How many MiB must stay free on the controller, where O(dest) is. That is looked at before the VM is asked and, with the
        size of the bundle, before it travels. Bundles of other VMs that travel at the same time are not reckoned with.
    type: int
    default: 512
  bandwidth:
    description:
      - How many Kbit/s the transfer of a bundle may use. V(0) is no limit. The bundles of several VMs travel at the same time.
      - SFTP and SCP of the connection plugin P(ansible.builtin.ssh#connection) know such a limit. It is refused with any other
        connection, and with the transfer method C(piped).
    type: int
    default: 0
  progress:
    description:
      - Whether to tell on the controller's standard error in which phase the VM is and, every few seconds, how many bytes there are
        and how fast they travel. Not in check mode.
    type: bool
    default: true
  owner:
    description:
      - The user of the VM who is given the bundle, by ownership or, where that cannot be changed, by an access control
        list.
      - By default the user who logs in, if that is not the one who runs the command.
    type: str
  config_path:
    description:
      - The VM's configuration file, of whose logging settings RV(logging_digest) is made. To fail to read it fails nothing.
    type: path
    default: /etc/cryptosense-analyzer/config
  dest:
    description:
      - A directory on the controller that becomes the bundle's home. It is made with mode V(0700) where it does not
        exist, and must be yours, and writable by nobody else, where it does. The bundle gets mode V(0600).
      - When a bundle that was asked for with the same O(date_from), O(date_to), O(log_types), O(log_levels), O(compress) and
        O(command) lies there already, and its digest is still that of what was collected, the VM is not asked again, see
        RV(taken_over). This is how a run that was cut off is finished. With other options it is refused.
      - What was asked for, and what the VM has answered, is kept in the hidden file C(.bundle.json) beside the bundle.
      - A file that has the bundle's name already is never replaced. One with the same content is left as it is.
      - Without this option, the bundle stays on the VM, in the directory RV(directory), and it is for you to fetch and
        remove.
    type: path
notes:
  - When the command fails, the last two kilobytes of its error output are returned. What looks like a password is
    masked there, but the command is not ours, so look before you share them.
  - Files travel by SFTP or, where that fails, SCP with the connection plugin P(ansible.builtin.ssh#connection). Its
    third method, C(piped), is used only when you choose it, since it holds the whole file in memory.
seealso:
  - module: community.aqtive_guard.log_manifest
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
"""

EXAMPLES = r"""
- name: Bring all logs of a VM
  community.aqtive_guard.log_bundle:
    dest: "/srv/aqtive-guard-logs/case-4711/{{ inventory_hostname }}"
  become: true

- name: Bring the audit logs of January
  community.aqtive_guard.log_bundle:
    date_from: "2026-01-01"
    date_to: "2026-01-31 23:59:59"
    log_types:
      - AUDIT
    dest: "/srv/aqtive-guard-logs/january/{{ inventory_hostname }}"
  become: true
"""

RETURN = r"""
dest:
  description: The bundle on the controller.
  type: str
  returned: success, with O(dest), not in check mode
  sample: /srv/aqtive-guard-logs/case-4711/web1/aqtive-guard-logs.log.gz
path:
  description: The bundle on the VM.
  type: str
  returned: success, without O(dest), not in check mode
  sample: /var/tmp/aqtive_guard_log_bundle.x3k9_1qz/aqtive-guard-logs.log.gz
directory:
  description: The directory on the VM that was made for this bundle.
  type: str
  returned: success, without O(dest), not in check mode
  sample: /var/tmp/aqtive_guard_log_bundle.x3k9_1qz
name:
  description: The bundle's name, whose ending tells its format.
  type: str
  returned: success, not in check mode
  sample: aqtive-guard-logs.log.gz
size:
  description: The bundle's size in bytes.
  type: int
  returned: success, not in check mode
  sample: 1048576
sha256:
  description: The bundle's SHA-256 digest.
  type: str
  returned: success, not in check mode
  sample: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
format:
  description:
    - The bundle's format, told by its content.
    - One of V(text), V(gzip), V(tar), V(tar.gz), V(zip), V(bzip2), V(xz), V(zstd) and V(unknown).
  type: str
  returned: success, not in check mode
  sample: gzip
empty:
  description:
    - Whether the bundle holds nothing. With dates, types or levels that means that no record matches; without any of them
      it is a failure.
  type: bool
  returned: success, not in check mode
  sample: false
left_as:
  description: The name under which the command left the bundle, or V(console) when it printed the logs.
  type: str
  returned: success, not in check mode
  sample: aqtive-guard-logs.log
not_taken:
  description: What the command left besides, which was removed. Ten names at most.
  type: list
  elements: str
  returned: success, not in check mode
  sample: []
cannot_bring:
  description: The types and levels of records that a bundle with these filters cannot hold.
  type: dict
  returned: success
  contains:
    log_types:
      description: Types of records. Empty without O(log_types).
      type: list
      elements: str
    log_levels:
      description: Levels of records. Empty without O(log_levels).
      type: list
      elements: str
  sample:
    log_types: [WEB, APPLICATION, ANALYSIS, TANIUM]
    log_levels: []
command:
  description: The command as it was run.
  type: list
  elements: str
  returned: when the command was run
  sample: [cs, logs, bundle, --out-file, /var/tmp/aqtive_guard_log_bundle.x3k9_1qz/work/aqtive-guard-logs.log, --compress]
rc:
  description: The command's exit status. Negative is the signal that ended it, none when it had to be ended.
  type: int
  returned: when the command was run
  sample: 0
start:
  description: When the command was started, by the VM's clock, in UTC.
  type: str
  returned: when the command was run
  sample: "2026-11-24T14:05:00.123Z"
end:
  description: When the command had ended, by the VM's clock, in UTC.
  type: str
  returned: when the command was run
  sample: "2026-11-24T14:05:07.456Z"
duration:
  description: How long the command took, in seconds.
  type: float
  returned: when the command was run
  sample: 7.333
transfer_duration:
  description: How long the transfer took, in seconds.
  type: float
  returned: success, with O(dest), not in check mode
  sample: 1.25
taken_over:
  description:
    - Whether the bundle was collected and verified by an earlier run, so that the VM was not asked. The other values are
      what that run returned.
  type: bool
  returned: success, with O(dest), not in check mode unless it is V(true)
  sample: false
logging_digest:
  description: The digest of the VM's logging settings, as M(community.aqtive_guard.logging_config_info) tells it. None where
    O(config_path) cannot be read.
  type: str
  returned: when the VM was asked
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
clock:
  description: How far the VM's clock is from the controller's.
  type: dict
  returned: when the VM has answered
  contains:
    offset:
      description: How many seconds it is ahead, or behind where it is negative.
      type: float
    uncertainty:
      description: By how many seconds RV(clock.offset) may be wrong, which is half of what the question and the answer took.
      type: float
  sample:
    offset: -3.217
    uncertainty: 0.154
leftovers:
  description: What dead runs had left on the VM and this run removed.
  type: list
  elements: str
  returned: success, not in check mode
  sample: []
phase:
  description:
    - What was being done when it failed.
    - One of V(refuse), V(prepare), V(run), V(identify), V(hand over), V(transfer), V(verify), V(store) and V(clean).
  type: str
  returned: failure
  sample: run
left_on_vm:
  description: The directory that could not be removed from the VM.
  type: str
  returned: failure, when there is one
  sample: /var/tmp/aqtive_guard_log_bundle.x3k9_1qz
errors:
  description: Every value that was refused.
  type: list
  elements: dict
  returned: when values were refused
  contains:
    option:
      description: The option.
      type: str
    value:
      description: Its value.
      type: raw
    rule:
      description: What it must be.
      type: str
    remedy:
      description: What to do.
      type: str
  sample:
    - option: log_types
      value: WEB
      rule: one of AUDIT, ANALYSIS, APPLICATION, exactly as written here
      remedy: leave log_types out to get every record
stderr_tail:
  description: The end of the command's error output.
  type: str
  returned: when the command failed
  sample: "error: the journal cannot be read"
"""

import os
import time
from typing import Any, Dict, List, Optional

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import background_job, bundle
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import (
    PREFIX,
    PrivateDirectory,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import (
    config_file,
    document,
    logging_keys,
)

# What the action says besides: the name of the work, whether to start it if it is not there, how many seconds to wait for
# it, and whether the bundle will be left here.
ARGUMENT_SPEC = dict(bundle.ARGUMENT_SPEC, _job={"type": "dict"})


def logging_digest(path: str) -> Optional[str]:
    """The digest of the VM's logging settings. Not to know it fails nothing: this is about logs."""
    file = config_file.load(path)
    return None if file.errors else logging_keys.digest(document.parse(file.content or b"").settings)


def start_or_wait(options: Dict[str, Any]) -> Dict[str, Any]:
    """The bundle, or how far its making is: it goes on when this process ends."""
    job = options["_job"]
    path = os.path.join(options["directory"], PREFIX + job["name"])
    if job["start"] and not os.path.lexists(path):
        private, leftovers = bundle.begin(options, job["name"])
        with private, bundle.trouble_in("prepare"):
            background_job.start(private, lambda: outcome(options, private, leftovers))
    try:
        result = background_job.wait(path, job["wait"])
    except background_job.Lost as error:
        remedy = "Was the VM restarted, or the bundle's making killed? Collect again"
        raise bundle.BundleError("run", f"the bundle is not made: {error}", remedy, directory=path) from error
    except bounded_command.Interrupted as error:
        background_job.cancel(path)
        raise bundle.BundleError("run", str(error), "Nothing was kept. Run it again") from error
    if result is None:
        return {"pending": True, "made_so_far": bundle.made_so_far(path)}
    if job["keep"]:
        background_job.forget(path)
    return result


def outcome(options: Dict[str, Any], private: PrivateDirectory, leftovers: List[str]) -> Dict[str, Any]:
    """What the module returns in the end, when the bundle is made or has failed."""
    told = {"logging_digest": logging_digest(options["config_path"]), "leftovers": leftovers}
    try:
        return dict(bundle.make(options, private), **told)
    except bundle.BundleError as error:
        return dict(told, failed=True, **error.as_result())


def main() -> None:
    # By these two moments, one here and one at the end, the action finds out how far the VM's clock is from its own.
    asked = time.time()
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    bounded_command.stop_on_signals()
    result: Dict[str, Any]
    try:
        bundle.refuse(bundle.refusals(module.params))
        if module.check_mode:
            bundle.prepare(module.params)
            settings = logging_digest(module.params["config_path"])
            result = {"cannot_bring": bundle.cannot_bring(module.params), "logging_digest": settings}
        else:
            result = start_or_wait(module.params)
    except bundle.BundleError as error:
        settings = logging_digest(module.params["config_path"])
        result = dict(error.as_result(), logging_digest=settings, failed=True)
    result["clock"] = [asked, time.time()]
    if result.pop("failed", False):
        module.fail_json(**result)
    for name in result.get("not_taken", []):
        module.warn(f"Besides the bundle, the command left {name!r}, which was not taken.")
    module.exit_json(changed=True, **result)


if __name__ == "__main__":
    main()
