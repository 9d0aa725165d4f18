# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The making of a bundle on a VM, as the controller sees it: what to ask, how often, and for how long."""

from __future__ import annotations

import re
import secrets
import string
import time
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.private_directory import PREFIX

_NEVER_CONNECTED = re.compile("ssh: connect to host|Could not resolve|Permission denied|Host key verification failed")

# Seconds that a VM is asked to wait for its bundle before it says that there is none yet.
_FIRST_WAIT = 3.0
_LONGEST_WAIT = 30.0
_LONGEST_PAUSE = 10.0
# Seconds on top of the time that the command may take: it is given ten to end, and the bundle has to be read.
_MARGIN = 300.0


class BundleJob:
    """The making of one bundle on the VM, which goes on there when the connection is lost."""

    def __init__(self, options: dict[str, t.Any], name: str | None = None) -> None:
        # Ours to choose, so that a VM can be asked again after an answer that never came.
        self.name = name or "".join(secrets.choice(string.ascii_lowercase + string.digits) for dummy in range(8))
        self.directory = f"{options['directory'].rstrip('/')}/{PREFIX}{self.name}"
        self.deadline = time.monotonic() + options["timeout"] + _MARGIN
        self.keep = not options["dest"]
        self.is_known = False
        self._failures = 0
        self._wait = _FIRST_WAIT

    def question(self) -> dict[str, t.Any]:
        """What to ask the VM. It is asked to wait for longer and longer: only a quick bundle has to be here quickly."""
        wait, self._wait = self._wait, min(self._wait * 2, _LONGEST_WAIT)
        return {"name": self.name, "start": not self.is_known, "wait": wait, "keep": self.keep}

    def was_heard_of(self) -> None:
        """It goes on. How long that may last is for the VM to say, as long as it says something."""
        self.is_known = True
        self._failures = 0
        self.deadline = max(self.deadline, time.monotonic() + _MARGIN)

    def may_ask_again(self, error: AnsibleError) -> bool:
        """Whether to go on after a failed question: always once the VM has answered, or else once, if it was reached."""
        self._failures += 1
        if self.is_known:
            return True
        lost = isinstance(error, AnsibleConnectionFailure) and not _NEVER_CONNECTED.search(str(error))
        return lost and self._failures == 1

    def pause(self) -> float:
        """How many seconds to leave a lost connection alone."""
        self._wait = _FIRST_WAIT
        return min(0.5 * 2**self._failures, _LONGEST_PAUSE)
