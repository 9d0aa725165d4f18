#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: log_manifest
short_description: Write the account of a collection of AQtive Guard's logs
version_added: 1.0.0
description:
  - Writes C(manifest.json) on the controller, which says of every VM whether its logs are here and, if not, why.
  - Connects to no VM, so it also works when none can be reached. Let it run once, see the example.
  - The file has mode V(0600) and is either written as a whole or not at all.
  - VMs that are not in O(results), but whose bundle lies in O(dest) with the record that
    M(community.aqtive_guard.log_bundle) keeps of it, are told from that record.
  - When O(dest) has a manifest already, of a run that asked for something else, this is refused.
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: full
    details:
      - Returns what would be written, and writes nothing.
  diff_mode:
    support: none
  platform:
    support: full
options:
  dest:
    description:
      - The directory on the controller that holds this run. It is made with mode V(0700) where it does not exist.
    type: path
    required: true
  run_id:
    description:
      - The name of this run.
    type: str
    required: true
  start:
    description:
      - When the run was started.
    type: str
  options:
    description:
      - What was asked for, to be kept in the manifest.
    type: dict
    default: {}
  hosts:
    description:
      - Every VM that has to be accounted for, also those that were not selected.
    type: list
    elements: str
    required: true
  results:
    description:
      - VMs, and what M(community.aqtive_guard.log_bundle) returned there.
      - A VM without an entry was not selected. One with an empty entry has failed.
    type: dict
    required: true
  begin:
    description:
      - Whether the run only begins. Then O(results) names the VMs that will be asked, and what it says of them is not used. Those
        whose bundle lies here already are told from its record, the others as V(unfinished).
      - This refuses other options before any VM is asked, and a run that is killed leaves a manifest all the same.
    type: bool
    default: false
seealso:
  - module: community.aqtive_guard.log_bundle
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
"""

EXAMPLES = r"""
- name: Begin the manifest, and refuse other options than those the run was begun with
  community.aqtive_guard.log_manifest:
    dest: /srv/aqtive-guard-logs/case-4711
    run_id: case-4711
    hosts: "{{ groups['aqtive_guard'] }}"
    results: "{{ dict(ansible_play_hosts_all | product([{}])) }}"
    begin: true
  run_once: true

- name: Write the manifest
  community.aqtive_guard.log_manifest:
    dest: /srv/aqtive-guard-logs/case-4711
    run_id: case-4711
    hosts: "{{ groups['aqtive_guard'] }}"
    results: "{{ dict(ansible_play_hosts_all | zip(bundles)) }}"
  vars:
    bundles: "{{ ansible_play_hosts_all | map('extract', hostvars) | map(attribute='bundle', default={}) }}"
  run_once: true
"""

RETURN = r"""
path:
  description: The manifest's file.
  type: str
  returned: success
  sample: /srv/aqtive-guard-logs/case-4711/manifest.json
manifest:
  description: What was written.
  type: dict
  returned: success
  contains:
    run_id:
      description: The name of the run.
      type: str
    start:
      description: When it was started, the first time if it was cut off and finished later.
      type: str
    end:
      description: When the manifest was written, in UTC.
      type: str
    versions:
      description: The versions of the collection, of ansible-core, and of Python on the controller.
      type: dict
    options:
      description: What was asked for.
      type: dict
    complete:
      description: Whether the logs of every VM are here.
      type: bool
    vms:
      description: An entry for each VM, by its name in the inventory.
      type: dict
      contains:
        status:
          description:
            - One of V(collected), V(failed), V(unreachable), V(not_selected) (it was left out by C(--limit)) and
              V(checked) (it was looked at in check mode), V(unfinished) (the run was cut off before it was done with it).
          type: str
        phase:
          description: In which phase it failed, see the return values of M(community.aqtive_guard.log_bundle).
          type: str
        reason:
          description: Why it failed, and what helps.
          type: str
        files:
          description: The files that are here, each with C(path) (below O(dest)), C(size), C(sha256),
            C(format) and C(empty), as M(community.aqtive_guard.log_bundle) tells them.
          type: list
          elements: dict
        start:
          description: When the command was started, by the VM's clock, in UTC.
          type: str
        end:
          description: When the command had ended, by the VM's clock, in UTC.
          type: str
        bundle_seconds:
          description: How long the command took.
          type: float
        transfer_seconds:
          description: How long the transfer took.
          type: float
        cannot_bring:
          description: The types and levels of records that the files cannot hold, because of the filters.
          type: dict
        left_on_vm:
          description: A directory that could not be removed from the VM.
          type: str
        clock:
          description: How far the VM's clock was from the controller's, in seconds, as C(offset) and C(uncertainty). See the return
            values of M(community.aqtive_guard.log_bundle).
          type: dict
        logging_digest:
          description: The digest of the VM's logging settings.
          type: str
        taken_over:
          description: Whether an earlier run under the same id has collected it, so that the VM was not asked.
          type: bool
  sample:
    run_id: case-4711
    start: "2026-11-24T14:05:00Z"
    end: "2026-11-24T14:06:10Z"
    versions:
      community.aqtive_guard: 1.0.0
      ansible-core: 2.21.5
      python: 3.12.1
    options:
      compress: true
    complete: true
    vms:
      web1:
        status: collected
        phase:
        reason:
        files:
          - path: web1/aqtive-guard-logs.log.gz
            size: 1048576
            sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
            format: gzip
            empty: false
        start: "2026-11-24T14:05:01.234Z"
        end: "2026-11-24T14:05:08.567Z"
        bundle_seconds: 7.333
        transfer_seconds: 1.25
        cannot_bring:
          log_types: []
          log_levels: []
        left_on_vm:
        clock:
          offset: 0.012
          uncertainty: 0.154
        logging_digest: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        taken_over: false
table:
  description: The account as aligned lines.
  type: list
  elements: str
  returned: success
  sample:
    - VM    STATUS     FILE                           SIZE     SECONDS  LOGGING
    - web1  collected  web1/aqtive-guard-logs.log.gz  1.0 MiB  8.6      9f86d081884c
    - 1 of 1 VMs collected
complete:
  description: Whether the logs of every VM are here. One that was not selected is not.
  type: bool
  returned: success
  sample: true
missing:
  description: The VMs that were asked, and whose logs are not here.
  type: list
  elements: str
  returned: success
  sample: []
"""
