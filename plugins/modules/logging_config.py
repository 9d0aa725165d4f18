#!/usr/bin/python
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: logging_config
short_description: Put the logging settings into the configuration file of an AQtive Guard VM
version_added: 1.0.0
description:
  - Owns one marked block in the configuration file, validates what goes into it, and removes assignments of the eight
    logging keys from outside of it.
  - Every other byte of the file stays as it is. Comments, order, other keys, line ends, invalid UTF-8, the owner, the
    mode, the SELinux context and a symbolic link that leads to the file are preserved.
  - The file holds secrets of others. Neither the result nor the difference nor an error repeats a line that is not a
    logging key's.
  - Everything is checked before anything is written, and everything that is wrong is reported at once. The file is
    replaced in one step.
  - Refuses a file where systemd and a shell would read a logging key or the block as part of another line, because of a
    quote or a backslash. It names the line.
extends_documentation_fragment:
  - ansible.builtin.files
  - community.aqtive_guard.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows the assignments of logging keys alone.
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
      - What stands in the block, without its markers.
      - May hold comments, blank lines, and each of the eight logging keys once, as C(KEY=value).
      - Required with O(state=present).
    type: str
  state:
    description:
      - V(present) puts O(block) where the block is, or at the end of the file, and removes logging keys from elsewhere.
      - V(absent) removes the block, and leaves logging keys outside of it alone.
    type: str
    choices: [present, absent]
    default: present
  backup:
    description:
      - Whether to keep the old file beside the new one, with its owner and its mode, when its content changes.
    type: bool
    default: false
  create:
    description:
      - Whether to make the file, readable by its owner alone unless O(mode) says otherwise, where there is none.
    type: bool
    default: false
  root:
    description:
      - Where the product's file system begins, for a product that runs in a container or a change root.
      - RV(outdated_directories) are looked for below it. Has no bearing on O(path).
    type: str
    default: ""
  directory_owner:
    description:
      - The owner that the directories of log files should have. This module only looks, see RV(outdated_directories).
    type: str
  directory_group:
    description:
      - The group that they should have.
    type: str
  directory_mode:
    description:
      - The mode that they should have.
    type: raw
  pending_marker:
    description:
      - Where to note on the VM that the file has changed, and that the product does not run with it yet. The note is a
        symbolic link to the backup, made right before the file is replaced. Requires O(backup=true).
      - A note that is there already is kept, because it leads to the last file that the product is known to run with.
        One that leads nowhere is replaced.
      - Whoever restarts the product with success removes the note.
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

- name: Give the file back as it was
  community.aqtive_guard.logging_config:
    state: absent
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
  returned: success
  type: dict
  sample:
    LOG_LEVEL: info
digest:
  description: SHA-256 of the canonical settings. VMs with the same settings have the same digest.
  returned: success
  type: str
  sample: ce705679c69d8e0e8c206cf1e5e266cb6341b5950d15b172c4f5adf8c6835136
previous_settings:
  description: The logging keys that the file set before.
  returned: success
  type: dict
  sample: {}
removed:
  description:
    - With O(state=present), the assignments that stood outside of the block and were removed.
    - With O(state=absent), the assignments that went with the block.
  returned: success
  type: list
  elements: str
  sample:
    - LOG_LEVEL=debug
needed:
  description:
    - Whether there was anything to do. The file was not as asked for, or RV(outdated_directories) has one, or O(pending_marker) existed.
  returned: success
  type: bool
  sample: true
outdated:
  description: Whether the file was not as asked for. The same as C(changed), which C(changed_when) can hide.
  returned: success
  type: bool
  sample: true
backup_file:
  description: The copy of the old file.
  returned: when the content has changed and O(backup=true)
  type: str
  sample: /etc/cryptosense-analyzer/config.4711.2026-11-24@14:08:00~
missing_directories:
  description: Directories of log files that do not exist on the VM.
  returned: success
  type: list
  elements: str
  sample:
    - /var/log/cryptosense-analyzer
outdated_directories:
  description: Those, and the ones that have another owner, group or mode than O(directory_owner), O(directory_group) and
    O(directory_mode).
  returned: success
  type: list
  elements: str
  sample:
    - /var/log/cryptosense-analyzer
pending:
  description: Whether O(pending_marker) existed at the start, or exists now, or would exist outside of check mode.
  returned: success
  type: bool
  sample: false
rollback_file:
  description: The file that O(pending_marker) leads to, and that can be gone back to. Null where there is none.
  returned: success
  type: str
  sample: /etc/cryptosense-analyzer/config.4711.2026-11-24@14:08:00~
errors:
  description: Everything that is wrong.
  returned: when refused
  type: list
  elements: dict
  contains:
    key:
      description: The key, the option, or the line.
      type: str
    value:
      description: Its value, or null where it has none.
      type: str
    rule:
      description: What is wrong with it.
      type: str
    remedy:
      description: What to do.
      type: str
"""

import contextlib
import os
import posixpath
import signal
import tempfile
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Error, error, message
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.config_file import (
    Block,
    File,
    in_file,
    load,
    merge,
    parse,
    parse_block,
    remove_block,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    KEYS,
    PATH,
    check,
    digest,
    reportable,
)

NO_BLOCK = Block([], {}, [], [])


class Marker:
    """The note that the product does not run with the file yet: a symbolic link to the file it is known to run with."""

    def __init__(self, path: t.Optional[str]) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        return self.path is not None and os.path.islink(self.path)

    @property
    def leads_to(self) -> t.Optional[str]:
        """The file to go back to, or None where there is none."""
        if self.path is None or not self.exists:
            return None
        target = os.path.join(os.path.dirname(self.path), os.readlink(self.path))
        return target if os.path.isfile(target) else None

    def errors(self, file: File, backup: bool) -> t.List[Error]:
        if self.path is None:
            return []
        broken = []
        if not backup:
            broken.append(("leads to the backup, so it needs one", "Set backup to true"))
        if file.content is None and not file.errors:
            broken.append(
                ("leads to the old file, and there is none", "Leave pending_marker out, or make the file first")
            )
        if os.path.lexists(self.path) and not self.exists:
            broken.append(("is not a symbolic link", "Choose a path that nothing else uses"))
        if not os.path.isdir(os.path.dirname(self.path)):
            broken.append(("its directory does not exist", "Choose a path in an existing directory"))
        return [error("validate", f"pending_marker {self.path}", *problem) for problem in broken]

    def point_to(self, backup: str) -> None:
        """Make the note in one step, unless there is one that still leads somewhere."""
        if self.path is None or self.leads_to is not None:
            return
        unfinished = f"{self.path}.{os.getpid()}"
        os.symlink(backup, unfinished)
        os.replace(unfinished, self.path)


def refuse(module: AnsibleModule, errors: t.List[Error]) -> None:
    if errors:
        module.fail_json(msg=message(errors), errors=errors)


@contextlib.contextmanager
def uninterrupted() -> t.Iterator[None]:
    """A lost connection waits until this is done: it would leave a copy of the file, or a part of one as its backup."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def write(module: AnsibleModule, file: File, content: bytes, marker: Marker) -> t.Optional[str]:
    """Replace the file in one step, unless someone else has changed it since it was read. Returns the backup."""
    temporary = backup = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=module.tmpdir)
        with open(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(descriptor)
        if module.params["backup"] and file.content is not None:
            backup = module.backup_local(file.path)
        if load(file.path, create=file.content is None) == file:
            if backup is not None:
                marker.point_to(backup)
            module.atomic_move(temporary, file.path, unsafe_writes=module.params["unsafe_writes"])
            return backup
        problem = "was changed by someone else in the meantime, and was left alone", "Run this again"
    except OSError as raised:
        problem = f"cannot be replaced ({raised.strerror}: {raised.filename})", "Check rights and free space"
    for leftover in (temporary, backup):
        if leftover is not None and leftover != marker.leads_to and os.path.exists(leftover):
            os.unlink(leftover)
    refuse(module, [error("write", file.path, *problem)])
    return None


def bring_about(module: AnsibleModule, file: File, content: bytes, marker: Marker) -> t.Dict[str, t.Any]:
    """Make content and attributes of the file what they should be, and tell what that changes."""
    result = {"pending": marker.exists}  # type: t.Dict[str, t.Any]
    outdated = content != file.content
    if outdated:
        result["pending"] = marker.path is not None
        if not module.check_mode:
            with uninterrupted():
                backup = write(module, file, content, marker)
            if backup is not None:
                result["backup_file"] = backup
    attributes = {}  # type: t.Dict[str, t.Any]
    wanted = module.load_file_common_arguments(module.params, path=file.path)
    outdated = module.set_fs_attributes_if_different(wanted, outdated, diff=attributes)
    return dict(result, changed=outdated, outdated=outdated, rollback_file=marker.leads_to, attributes=attributes)


def difference(what: str, before: t.Iterable[str], after: t.Iterable[str]) -> t.Dict[str, str]:
    return {
        "before_header": what,
        "before": "".join(text + "\n" for text in before),
        "after_header": what,
        "after": "".join(text + "\n" for text in after),
    }


def log_directories(block: Block, root: str) -> t.List[str]:
    files = [block.settings[key.name] for key in KEYS if key.kind == PATH and key.name in block.settings]
    return list(dict.fromkeys(root + posixpath.dirname(file) for file in files))


def is_outdated(module: AnsibleModule, directory: str) -> bool:
    """Whether a directory is missing, or has other attributes than it should have. Changes nothing."""
    if not os.path.isdir(directory):
        return True
    names = ("owner", "group", "mode")
    wanted = module.load_file_common_arguments(
        {name: module.params["directory_" + name] for name in names}, path=directory
    )
    check_mode, module.check_mode = module.check_mode, True
    try:
        return bool(module.set_fs_attributes_if_different(wanted, False))
    finally:
        module.check_mode = check_mode


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "default": "/etc/cryptosense-analyzer/config"},
            "block": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "backup": {"type": "bool", "default": False},
            "create": {"type": "bool", "default": False},
            "root": {"type": "str", "default": ""},
            "directory_owner": {"type": "str"},
            "directory_group": {"type": "str"},
            "directory_mode": {"type": "raw"},
            "pending_marker": {"type": "path"},
        },
        required_if=[("state", "present", ["block"])],
        add_file_common_args=True,
        supports_check_mode=True,
    )
    # Not even for a moment may others read the temporary file, a new file, or the backup.
    os.umask(0o077)
    params = module.params
    present = params["state"] == "present"

    marker = Marker(params["pending_marker"])
    file = load(params["path"], create=params["create"] if present else None)
    original = file.content or b""
    block = parse_block(params["block"] or "") if present else NO_BLOCK
    merged = merge(original, block.lines) if present else remove_block(original)
    refuse(
        module,
        block.errors + file.errors + marker.errors(file, params["backup"]) + in_file(file.path, merged.errors),
    )

    before, after = parse(original), parse(merged.content)
    errors, warnings = check(after.settings)
    for warning in [message([each]) for each in errors] + warnings:
        module.warn(warning)
    directories = log_directories(block, params["root"])
    outdated_directories = [directory for directory in directories if is_outdated(module, directory)]
    was_pending = marker.exists
    result = bring_about(module, file, merged.content, marker)
    attributes = dict(difference(f"{file.path} (attributes)", [], []), **result.pop("attributes"))
    if module._diff:
        result["diff"] = [difference(f"{file.path} (logging keys)", before.lines, after.lines), attributes]
    module.exit_json(
        path=file.path,
        settings=reportable(after.settings),
        digest=digest(after.settings),
        previous_settings=reportable(before.settings),
        removed=merged.removed,
        missing_directories=[directory for directory in directories if not os.path.isdir(directory)],
        outdated_directories=outdated_directories,
        needed=bool(result["outdated"] or outdated_directories or was_pending),
        **result,
    )


if __name__ == "__main__":
    main()
