#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: log_manifest
short_description: Write the manifest of collected AQtive Guard logs
version_added: 1.0.0
description:
  - Writes C(manifest.json) on the controller, which lists for every VM the files that were collected, or the errors that prevented it.
  - Connects to no VM, so that it also works when none can be reached. Use it with C(run_once), see the example.
  - The file has mode V(0600) and is written completely or not at all. Its format is published as JSON Schema in
    C(docs/schemas/manifest-1.schema.json).
  - VMs that are not in O(results), but whose bundle is stored below O(dest) with the record of
    M(community.aqtive_guard.log_bundle), are described from that record.
  - Fails if O(dest) has bundles of a request with other options.
extends_documentation_fragment:
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: full
    details:
      - Returns the manifest without writing it, and without its path.
  diff_mode:
    support: none
  platform:
    support: full
options:
  dest:
    description:
      - The directory of all runs on the controller. The run directory, which has the name O(run_id) in it, is created with mode
        V(0700) if it does not exist.
      - A relative path begins in the directory in which C(ansible-playbook) was started.
    type: path
    required: true
  run_id:
    description:
      - The name of this run, of ASCII letters, digits, dots, underscores and dashes, beginning with a letter or digit.
      - Required, unless O(begin=true). Then the default is the UTC time and a random suffix.
    type: str
  options:
    description:
      - The options of M(community.aqtive_guard.log_bundle) in this run. They are validated, and recorded in the manifest.
    type: dict
    default: {}
  hosts:
    description:
      - Every VM that the manifest has to list, including VMs that were not selected.
    type: list
    elements: str
    required: true
  results:
    description:
      - The results of M(community.aqtive_guard.log_bundle), by VM.
      - A VM without a result was not selected. One with an empty result failed.
      - A result whose only key is C(unfinished), which is true, is that of a VM whose turn is still to come, such as one of a later batch under C(serial).
    type: dict
    required: true
  begin:
    description:
      - Whether this is the start of the run. Then O(results) names the selected VMs, and its values are ignored. VMs whose bundle is
        stored already are described from its record, the others are V(unfinished).
      - All variables of the VMs of the play are validated before, as by M(community.aqtive_guard.validate_variables).
      - This reports invalid options, and options that differ from those of the stored bundles, before a connection to any VM, and leaves
        a manifest even if the run is killed.
    type: bool
    default: false
  earlier:
    description:
      - What this module has returned with O(begin=true) in earlier batches of a play with C(serial). Unless O(run_id) is set, the run that
        they have begun is continued. Results of other plays are ignored.
    type: list
    elements: dict
    default: []
seealso:
  - module: community.aqtive_guard.log_bundle
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
"""

EXAMPLES = r"""
- name: Validate the options, and begin the manifest
  community.aqtive_guard.log_manifest:
    dest: /srv/aqtive-guard-logs
    hosts: "{{ groups['aqtive_guard'] }}"
    results: "{{ dict(ansible_play_hosts_all | product([{}])) }}"
    begin: true
  run_once: true
  register: run

- name: Write the manifest
  community.aqtive_guard.log_manifest:
    dest: /srv/aqtive-guard-logs
    run_id: "{{ run.run_id }}"
    hosts: "{{ groups['aqtive_guard'] }}"
    results: "{{ dict(ansible_play_hosts_all | zip(bundles)) }}"
  vars:
    bundles: "{{ ansible_play_hosts_all | map('extract', hostvars) | map(attribute='bundle', default={}) }}"
  run_once: true
"""

RETURN = r"""
path:
  description: The path of the manifest.
  type: str
  returned: success, not in check mode
  sample: /srv/aqtive-guard-logs/case-4711/manifest.json
run_id:
  description: The name of this run.
  type: str
  returned: success
  sample: case-4711
play:
  description: An identifier of the play, for O(earlier).
  type: str
  returned: success
  sample: 5254008b-8c1f-3e4c-0d43-000000000004
start:
  description: When the run was started, in UTC; for an interrupted run that is completed, the first time.
  type: str
  returned: success
  sample: "2026-11-24T14:05:00Z"
directory:
  description: The run directory.
  type: str
  returned: success
  sample: /srv/aqtive-guard-logs/case-4711
manifest:
  description: The content of the manifest.
  type: dict
  returned: success
  contains:
    format_version:
      description: The version of the manifest's format.
      type: int
    run_id:
      description: The name of the run.
      type: str
    start:
      description: When the run was started; for an interrupted run that was completed later, the first time.
      type: str
    end:
      description: When the manifest was written, in UTC.
      type: str
    versions:
      description: The versions of the collection, of ansible-core, and of Python on the controller.
      type: dict
    request:
      description: The options that identify the request, normalized.
      type: dict
      contains:
        date_from: {description: See M(community.aqtive_guard.log_bundle). None without a limit., type: str}
        date_to: {description: See M(community.aqtive_guard.log_bundle). None without a limit., type: str}
        log_types: {description: The selected types. Empty without a filter., type: list, elements: str}
        log_levels: {description: The selected levels. Empty without a filter., type: list, elements: str}
        compress: {description: Whether the command was to compress the bundle., type: bool}
        command: {description: The vendor's command., type: list, elements: str}
    limits:
      description: The options that limit time and disk space.
      type: dict
      contains:
        timeout: {description: Seconds that the command may run., type: int}
        directory: {description: Where bundles are created on a VM., type: str}
        minimum_free: {description: MiB that must stay free there., type: int}
        maximum_size: {description: MiB that a bundle may have. V(0) is no limit., type: int}
        minimum_free_dest: {description: MiB that must stay free on the controller., type: int}
    excluded_by_filters:
      description: The types and levels of records that the filters exclude.
      type: dict
    complete:
      description: Whether the logs of every VM were collected.
      type: bool
    vms:
      description: An entry for each VM, by its name in the inventory. Values that are not known are none.
      type: dict
      contains:
        status:
          description:
            - V(collected), V(failed) or V(unreachable).
            - V(unfinished) if the run was interrupted before the VM's logs were collected, or the VM is in a later batch under C(serial).
            - V(not_selected) if the VM was excluded, for instance by C(--limit).
            - V(checked) in check mode.
          type: str
        errors:
          description: Why the logs were not collected.
          type: list
          elements: dict
          contains:
            phase:
              description: The phase that failed, see the return values of M(community.aqtive_guard.log_bundle).
              type: str
            subject:
              description: The option, file or command concerned.
              type: str
            cause: {description: What is wrong with it., type: str}
            remedy: {description: What to do., type: str}
        request:
          description: What was requested from this VM. V(null) unless it was collected.
          type: dict
        files:
          description: The collected files.
          type: list
          elements: dict
          contains:
            path: {description: The path below RV(directory)., type: str}
            size: {description: The size in bytes., type: int}
            sha256: {description: The SHA-256 digest., type: str}
            format:
              description: The format, see RV(community.aqtive_guard.log_bundle#module:format).
              type: str
            empty: {description: Whether the file has no records., type: bool}
        start:
          description: When the command was started, by the VM's clock, in UTC.
          type: str
        end:
          description: When the command ended, by the VM's clock, in UTC.
          type: str
        bundle_seconds: {description: How long the command ran., type: float}
        download_seconds: {description: How long the download took., type: float}
        reused: {description: Whether an earlier call under the same run ID collected the bundle., type: bool}
        leftover: {description: A directory that could not be removed from the VM., type: str}
        clock:
          description: How many seconds the VM's clock was ahead of the controller's (C(offset)), and the C(uncertainty) of that.
          type: dict
          contains:
            offset:
              description: The difference in seconds, negative if the VM's clock is behind.
              type: float
            uncertainty: {description: By how many seconds the offset may be wrong., type: float}
        logging_settings:
          description: The VM's logging settings, by key.
          type: dict
        logging_digest: {description: The digest of the VM's logging settings., type: str}
        product_packages:
          description: The version and release of the product's packages, by name.
          type: dict
        machine_id_digest:
          description: The digest of the VM's machine ID, see RV(community.aqtive_guard.log_bundle#module:machine_id_digest).
          type: str
        excluded_by_filters:
          description: The types and levels of records that the filters exclude from this VM's files.
          type: dict
  sample:
    format_version: 1
    run_id: case-4711
    start: "2026-11-24T14:05:00Z"
    end: "2026-11-24T14:06:10Z"
    versions:
      community.aqtive_guard: 1.0.0
      ansible-core: 2.21.5
      python: 3.12.1
    request:
      date_from:
      date_to:
      log_types: []
      log_levels: []
      compress: true
      command: [cs]
    limits:
      timeout: 3600
      directory: /var/tmp
      minimum_free: 512
      maximum_size: 0
      minimum_free_dest: 512
    excluded_by_filters:
      log_types: []
      log_levels: []
    complete: true
    vms:
      web1:
        status: collected
        errors: []
        request:
          date_from:
          date_to:
          log_types: []
          log_levels: []
          compress: true
          command: [cs]
        files:
          - path: web1/aqtive-guard-logs.log.gz
            size: 1048576
            sha256: 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
            format: gzip
            empty: false
        start: "2026-11-24T14:05:01.234Z"
        end: "2026-11-24T14:05:08.567Z"
        bundle_seconds: 7.333
        download_seconds: 1.25
        reused: false
        leftover:
        clock:
          offset: 0.012
          uncertainty: 0.154
        logging_settings:
          LOG_LEVEL: info
        logging_digest: ce705679c69d8e0e8c206cf1e5e266cb6341b5950d15b172c4f5adf8c6835136
        product_packages:
          cryptosense-analyzer-web: 3.4.1-1.el8
        machine_id_digest: 0d5ac0cc4a6c5c0e1a5f3f4c7d1a64f6c98cd3d28ed34f2a7f1f1d7a3d3b6a55
        excluded_by_filters:
          log_types: []
          log_levels: []
table:
  description: The manifest as aligned lines.
  type: list
  elements: str
  returned: success
  sample:
    - VM    STATUS     FILE                           SIZE     SECONDS  LOGGING
    - web1  collected  web1/aqtive-guard-logs.log.gz  1.0 MiB  8.6      ce705679c69d
    - 1 of 1 VMs collected
complete:
  description: Whether the logs of every VM were collected.
  type: bool
  returned: success
  sample: true
missing:
  description: The selected VMs whose logs were not collected.
  type: list
  elements: str
  returned: success
  sample: []
errors:
  description: What is wrong with the arguments, or why the manifest could not be written.
  type: list
  elements: dict
  returned: failure
  contains:
    phase:
      description: V(validate) or V(store).
      type: str
    subject:
      description: The argument or path concerned.
      type: str
    cause:
      description: What is wrong with it.
      type: str
    remedy:
      description: What to do.
      type: str
"""
