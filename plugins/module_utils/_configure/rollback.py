# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""End a pending change: restore the file that it has replaced, or confirm it."""

import os
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.change import diff
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.config_file import (
    File,
    load,
    remove,
    remove_leftover,
    restore,
    untrusted_error,
    write_failure,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.document import parse
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import digest, reportable
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.pending_change import PendingChange

Result = t.Dict[str, t.Any]


def roll_back(module: t.Any) -> Result:
    """Restore the file that the pending link leads to, and return the module's result. The change stays pending."""
    pending = _pending(module)
    # A file that is missing, or cannot be read, is restored as well.
    current = load(pending.path)
    backup = pending.rollback_file
    if backup is None and pending.exists:
        remedy = "Choose one of the other backups beside the file, and restore it manually"
        raise failure("read", f"pending_link {pending.link}", "leads to a file that no longer exists", remedy)
    old = load(backup) if backup else current
    if old.errors:
        raise Failure(old.errors)
    changed = _content_and_attributes(old) != _content_and_attributes(current)
    if changed and backup and not module.check_mode:
        restore(module, pending.path, backup)
    before, after = (parse(each.content or b"", each.path) for each in (current, old))
    header = f"{pending.path} (logging keys)"
    result = {
        "changed": changed,
        "outdated": changed,
        "path": pending.path,
        "settings": reportable(after.settings),
        "digest": digest(after.settings),
        "previous_settings": reportable(before.settings),
        "pending": pending.exists,
        "rollback_file": backup,
    }  # type: Result
    if module._diff:
        texts = ([each.text for each in document.assignments] for document in (before, after))
        result["diff"] = [diff(header, *texts)]
    return result


def confirm(module: t.Any) -> Result:
    """Remove the pending link, and without ``backup`` the file that it leads to, and return the module's result."""
    pending = _pending(module)
    existed, backup = pending.exists, None if module.params["backup"] else pending.rollback_file
    if existed and not module.check_mode:
        try:
            # The link last: without it, nothing would lead to the backup any more.
            remove_leftover(pending.path)
            remove(*[path for path in (backup, pending.link) if path])
        except OSError as raised:
            raise write_failure(str(pending.link), raised, "removed") from raised
    result = {"changed": existed, "path": pending.path, "pending": False, "rollback_file": None}  # type: Result
    if module._diff and existed:
        link = str(pending.link)
        states = {"before": {"state": "link"}, "after": {"state": "absent"}}
        result["diff"] = [dict(states, before_header=link, after_header=link)]
    return result


def _pending(module: t.Any) -> PendingChange:
    """Return the pending change, or raise ``Failure`` where it is not safe to change its files."""
    path = module.params["path"]
    pending = PendingChange(module.params["pending_link"], os.path.realpath(path))
    refused = untrusted_error(path)
    errors = ([refused] if refused else []) + list(pending.errors())
    if errors:
        raise Failure(errors)
    return pending


def _content_and_attributes(file: File) -> t.Optional[t.Tuple[t.Optional[bytes], int, int, int]]:
    if file.errors:
        return None
    status = os.stat(file.path)
    return file.content, status.st_uid, status.st_gid, status.st_mode
