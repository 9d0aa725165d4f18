#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: log_bundle
short_description: Collect a bundle of AQtive Guard logs from a VM
version_added: 1.0.0
description:
  - Runs the vendor's command C(cs logs bundle) on a VM in a new private directory, within limits of time and size, and identifies
    its output by content, whatever its name. A gzip, bzip2, xz or zip file is decompressed on the VM as a check, and a truncated or
    damaged one is a failure.
  - With O(dest), downloads the bundle to the controller with the file transfer of the connection plugin, without keeping it in
    memory, verifies its SHA-256 digest, and removes it from the VM in any case.
  - All options are validated at once, before the connection to the VM is opened.
  - A failure names the phase, the cause and a remedy, and leaves nothing behind on the VM or on the controller.
  - The command runs in a background job on the VM, which survives a lost connection. The module reconnects and polls until the job
    has finished or its time is up.
  - A run that was killed can be resumed with the same O(dest) and options. It then polls the job that the earlier run started.
  - A directory that an interrupted run left on the VM is removed by the next run when it is older than an hour and no process works
    in it.
  - Bundles contain personal data. Protect them like the logs themselves.
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: partial
    details:
      - Validates the options, checks the command, the directory and the free disk space, and runs nothing. Most return values
        are missing, since there is no bundle. A bundle is always new, so RV(ignore:changed) is V(true).
  diff_mode:
    support: none
  platform:
    support: full
options:
  date_from:
    description:
      - Exclude records before this date, which is V(YYYY-MM-DD) or V(YYYY-MM-DD HH:MM:SS), in UTC.
      - V(last) is the time up to which O(dataset) has the records of this VM, minus an hour. A VM of which it has none is asked for
        everything. See RV(request) for the date.
    type: str
  date_to:
    description:
      - Exclude records after this date, in the same format as O(date_from).
      - The vendor does not document whether a date without a time includes that day. Add V(23:59:59) to include it.
    type: str
  log_types:
    description:
      - Select the types of records.
      - Without this filter, records of every type are collected. With it, records of the types C(WEB) and C(TANIUM) are always
        excluded, see RV(excluded_by_filters).
    type: list
    elements: str
    choices: [AUDIT, ANALYSIS, APPLICATION]
    default: []
  log_levels:
    description:
      - Select the levels of records. This is an exact set, not a threshold.
      - Without this filter, records of every level are collected. With it, records of the level C(CRITICAL) are always excluded,
        see RV(excluded_by_filters).
    type: list
    elements: str
    choices: [DEBUG, INFO, WARNING, ERROR]
    default: []
  compress:
    description:
      - Whether the command compresses the bundle.
    type: bool
    default: true
  timeout:
    description:
      - How many seconds the command may run. After that, it and all processes of its group are terminated.
    type: int
    default: 3600
  command:
    description:
      - The vendor's command, with arguments to insert before C(logs bundle) where it needs any.
      - A name is searched for in E(PATH) and in the system's directories for executables. A path must be absolute.
      - Use C(become) for privileges. A command such as V(sudo) here cannot be terminated after O(timeout).
    type: list
    elements: str
    default: [cs]
  directory:
    description:
      - The directory on the VM in which the private directory is created. The login user must be able to reach it.
      - It and all directories above it have to belong to root or the user who runs the module, and must not be writable by others
        unless they are sticky.
    type: str
    default: /var/tmp
  minimum_free:
    description:
      - How many MiB must remain free in O(directory), before and while the command runs. Below that, the command is terminated.
    type: int
    default: 512
  maximum_size:
    description:
      - The maximum size of a bundle in MiB. V(0) is no limit.
      - The command is terminated as soon as a file that it writes is larger, and a larger bundle is not downloaded.
    type: int
    default: 0
  minimum_free_dest:
    description:
      - How many MiB must remain free on the controller in O(dest). This is checked before the VM is contacted and, with the size of
        the bundle, before the download. Concurrent downloads from other VMs are not included.
    type: int
    default: 512
  stall_timeout:
    description:
      - After how many seconds with hardly any progress the download ends in failure. It has to receive 64 KiB in this time, of a
        large bundle a thousandth, or the rest if that is less.
      - The connection plugins P(ansible.builtin.ssh#connection) and P(ansible.builtin.local#connection) download in a process of
        their own for that. With any other plugin, its connection is closed, which may not end the download.
    type: int
    default: 300
  progress:
    description:
      - Whether to show on the controller's standard error the phase of the VM and, every few seconds, the bytes written or
        downloaded. Not in check mode.
    type: bool
    default: true
  owner:
    description:
      - The user of the VM who is granted access to the bundle, by ownership or, where that cannot be changed, by an access
        control list.
      - By default the login user, if another user runs the command. That is C(ansible_user) or, where the VM has no such user because
        a gateway expects more in that name, the user whom C(id -un) prints through the connection.
    type: str
  config_path:
    description:
      - The VM's configuration file, from which RV(logging_settings) is read. A file that cannot be read is not a failure.
    type: path
    default: /etc/cryptosense-analyzer/config
  dest:
    description:
      - The directory on the controller for the bundle. It is created with mode V(0700). An existing one must be yours and writable
        by nobody else. The bundle gets mode V(0600).
      - When a bundle of the same request (O(date_from), O(date_to), O(log_types), O(log_levels), O(compress) and O(command)) is
        there already and its digest is correct, it is reused and the VM is not contacted, see RV(reused). A bundle of another
        request is an error.
      - The request and the metadata of the bundle are stored in the hidden file C(.bundle.json) beside the bundle.
      - An existing file with the name of the bundle is never replaced. One with the same content is kept.
      - Without this option, the bundle remains on the VM in RV(directory). Fetch it within an hour. After that, it is a leftover
        that a later run removes.
    type: path
  dataset:
    description:
      - The data set of M(community.aqtive_guard.log_analysis) on the controller, for O(date_from=last). It need not exist.
    type: path
  vm_job:
    description: Internal. The action plugin sets it, and playbooks must not.
    type: dict
notes:
  - When the command fails, the last two kilobytes of its error output are returned. Values that look like passwords are masked, but
    the format is the vendor's, so check the text before you share it.
  - The plugin P(ansible.builtin.ssh#connection) downloads with SFTP or, where that fails, SCP. Its method C(piped) keeps the whole
    file in memory, and is used only if you select it.
  - SCP of OpenSSH 9 and newer uses SFTP as well. For a VM on which SFTP is switched off, set C(ansible_ssh_transfer_method) to V(scp)
    and C(ansible_scp_extra_args) to V(-O).
  - To limit the bandwidth, set C(ansible_sftp_extra_args) to C(-l) and a number of Kbit/s. To limit how many VMs are collected from
    at once, use C(forks) or the keyword C(throttle).
seealso:
  - module: community.aqtive_guard.log_manifest
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
"""

EXAMPLES = r"""
- name: Collect all logs of a VM
  community.aqtive_guard.log_bundle:
    dest: "/srv/aqtive-guard-logs/case-4711/{{ inventory_hostname }}"
  become: true

- name: Collect the audit logs of January
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
  description: The path of the bundle on the controller.
  type: str
  returned: success, with O(dest), not in check mode
  sample: /srv/aqtive-guard-logs/case-4711/web1/aqtive-guard-logs.log.gz
path:
  description: The path of the bundle on the VM.
  type: str
  returned: success, without O(dest), not in check mode
  sample: /var/tmp/aqtive_guard_log_bundle.x3k9_1qz/aqtive-guard-logs.log.gz
directory:
  description: The private directory on the VM.
  type: str
  returned: success, without O(dest), not in check mode
  sample: /var/tmp/aqtive_guard_log_bundle.x3k9_1qz
name:
  description: The name of the bundle. Its ending states the format.
  type: str
  returned: success, not in check mode
  sample: aqtive-guard-logs.log.gz
size:
  description: The size of the bundle in bytes.
  type: int
  returned: success, not in check mode
  sample: 1048576
sha256:
  description: The SHA-256 digest of the bundle.
  type: str
  returned: success, not in check mode
  sample: 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
format:
  description:
    - The format of the bundle, identified by content.
    - One of V(text), V(gzip), V(tar), V(tar.gz), V(zip), V(bzip2), V(xz), V(zstd) and V(unknown).
  type: str
  returned: success, not in check mode
  sample: gzip
empty:
  description:
    - Whether the bundle has no content, because no record matches the dates, types and levels. Without any of these options, an
      empty bundle is a failure.
  type: bool
  returned: success, not in check mode
  sample: false
original_name:
  description: The name that the command gave the bundle, or V(console) when it printed the logs.
  type: str
  returned: success, not in check mode
  sample: aqtive-guard-logs.log
ignored_files:
  description: Other files that the command left, which were removed. Ten names at most.
  type: list
  elements: str
  returned: success, not in check mode
  sample: []
excluded_by_filters:
  description: The types and levels of records that the filters exclude from the bundle.
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
  description: The command line.
  type: list
  elements: str
  returned: when the command was run
  sample: [cs, logs, bundle, --compress, --out-file, /var/tmp/aqtive_guard_log_bundle.x3k9_1qz/work/aqtive-guard-logs.log]
rc:
  description: The exit status of the command, negative for the signal that killed it, V(null) when it was terminated or not started.
  type: int
  returned: when the command was run
  sample: 0
start:
  description: When the command started, in UTC, by the clock of the VM.
  type: str
  returned: when the command was run
  sample: "2026-11-24T14:05:00.123Z"
end:
  description: When the command ended, in UTC, by the clock of the VM.
  type: str
  returned: when the command was run
  sample: "2026-11-24T14:05:07.456Z"
bundle_seconds:
  description: How many seconds the command took.
  type: float
  returned: when the command was run
  sample: 7.333
download_seconds:
  description: How many seconds the download took.
  type: float
  returned: success, with O(dest), not in check mode
  sample: 1.25
request:
  description: What was requested from this VM, with the date that O(date_from=last) stands for.
  type: dict
  returned: success, with O(dest), not in check mode unless RV(reused) is V(true)
  sample:
    date_from: "2026-11-23 23:05:07"
    date_to:
    log_types: []
    log_levels: []
    compress: true
    command: [cs]
reused:
  description:
    - Whether an earlier run collected and verified the bundle, so that the VM was not contacted. The other values are those of that
      run.
  type: bool
  returned: success, with O(dest), not in check mode unless it is V(true)
  sample: false
logging_settings:
  description: The logging settings in O(config_path), by key, as in M(community.aqtive_guard.logging_config_info). V(null) where the
    file cannot be read.
  type: dict
  returned: when the VM was contacted
  sample:
    LOG_LEVEL: info
logging_digest:
  description: The digest of RV(logging_settings), as in M(community.aqtive_guard.logging_config_info).
  type: str
  returned: when the VM was contacted
  sample: ce705679c69d8e0e8c206cf1e5e266cb6341b5950d15b172c4f5adf8c6835136
product_packages:
  description: The versions and releases of the product's RPM packages, by name. Empty where none is installed, or rpm fails.
  type: dict
  returned: when the VM was contacted
  sample:
    cryptosense-analyzer-web: 2026.1-1.el8
machine_id_digest:
  description:
    - The SHA-256 digest of C(/etc/machine-id) behind a prefix of this collection, so that the machine ID itself stays on the VM.
      V(null) where there is none. Equal digests are one VM under several names, or clones that kept the machine ID.
  type: str
  returned: when the VM was contacted
  sample: 0d5ac0cc4a6c5c0e1a5f3f4c7d1a64f6c98cd3d28ed34f2a7f1f1d7a3d3b6a55
clock:
  description: The difference between the clocks of the VM and the controller.
  type: dict
  returned: when the VM was contacted
  contains:
    offset:
      description: How many seconds the VM's clock is ahead. Negative where it is behind.
      type: float
    uncertainty:
      description: By how many seconds RV(clock.offset) may be wrong, which is half of the round-trip time.
      type: float
  sample:
    offset: -3.217
    uncertainty: 0.154
removed_leftovers:
  description: Directories of earlier runs that were removed from the VM.
  type: list
  elements: str
  returned: success, not in check mode
  sample: []
leftover:
  description: The directory that could not be removed from the VM.
  type: str
  returned: failure, when there is one
  sample: /var/tmp/aqtive_guard_log_bundle.x3k9_1qz
errors:
  description: Every error, with invalid options all at once.
  type: list
  elements: dict
  returned: failure
  contains:
    phase:
      description:
        - The phase that failed.
        - One of V(validate), V(prepare), V(run), V(identify), V(grant), V(download), V(verify), V(store) and V(cleanup).
      type: str
    subject:
      description: The option, file or command concerned.
      type: str
    cause:
      description: What is wrong with it.
      type: str
    remedy:
      description: What to do.
      type: str
  sample:
    - phase: validate
      subject: log_types
      cause: is 'WEB', but must be one of AUDIT, ANALYSIS, APPLICATION, in capitals
      remedy: Omit log_types to collect every record
stderr_tail:
  description: The end of the command's error output.
  type: str
  returned: when the command failed
  sample: "error: the journal cannot be read"
"""

import time
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import (
    bundle_job,
    machine_id,
    product_packages,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import ARGUMENT_SPEC
from ansible_collections.community.aqtive_guard.plugins.module_utils._common import bounded_command
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import (
    config_file,
    document,
    logging_keys,
)


def vm_facts(config_path: str) -> Dict[str, Any]:
    """Return the logging settings, the product's packages and the machine's identity. A file that cannot be read is not a failure."""
    facts = {"logging_settings": None, "logging_digest": None}  # type: Dict[str, Any]
    file = config_file.load(config_path)
    if not file.errors:
        settings = document.parse(file.content or b"").settings
        facts["logging_settings"] = logging_keys.reportable(settings)
        facts["logging_digest"] = logging_keys.digest(settings)
    return dict(facts, product_packages=product_packages.installed(), machine_id_digest=machine_id.digest())


def main() -> None:
    # The action calculates the offset of the VM's clock from this moment and the one below.
    received = time.time()
    module = AnsibleModule(argument_spec=dict(ARGUMENT_SPEC, vm_job={"type": "dict"}), supports_check_mode=True)
    bounded_command.stop_on_signals()
    result = bundle_job.run(module.params, module.check_mode, lambda: vm_facts(module.params["config_path"]))
    result["clock"] = [received, time.time()]
    if result.pop("failed", False):
        module.fail_json(**result)
    for name in result.get("ignored_files", []):
        module.warn(f"The command also left {name!r}, which was ignored.")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
