#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Documentation only: the action plugin of the same name runs on the controller.

DOCUMENTATION = r"""
module: validate_variables
short_description: Validate the variables of this collection's roles
version_added: 1.0.0
description:
  - Fails if a variable begins like those of a role of this collection, or is very similar to one, but does not exist. The
    error has the nearest name that does.
  - Fails if a variable has another form than its role documents, such as a text in place of a list.
  - Fails if a fact has the name of a variable. Facts take precedence over the inventory, and modules return them from a VM.
  - Fails if the strategy of the play lets VMs run ahead of each other, such as V(free).
  - Reports all errors at once, each once for all VMs. Runs on the controller, without a connection to a VM.
  - The roles of this collection run it before anything else.
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
      - Changes nothing, so there is no diff.
  platform:
    support: full
options:
  hosts:
    description:
      - The VMs whose variables are validated. By default, all VMs of the play.
    type: list
    elements: str
author:
  - community.aqtive_guard contributors (@aqtive-guard-contributors)
"""

EXAMPLES = r"""
- name: Validate the variables of all VMs of the play
  community.aqtive_guard.validate_variables:
  run_once: true
"""

RETURN = r"""
errors:
  description: Everything that is wrong.
  returned: failure
  type: list
  elements: dict
  contains:
    phase:
      description: V(validate).
      type: str
    subject:
      description: The variable, and the VMs that it belongs to unless it belongs to all.
      type: str
    cause:
      description: What is wrong with it.
      type: str
    remedy:
      description: What to do.
      type: str
  sample:
    - phase: validate
      subject: aqtive_guard_logging_flie
      cause: is not a variable of this collection
      remedy: Correct it to aqtive_guard_logging_file
"""
