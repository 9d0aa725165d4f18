# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change the logging settings in a VM's configuration file: validate everything, then write."""

import os
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, error, message
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import printable
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.config_file import (
    File,
    load_to_change,
    replace,
    replacement_errors,
    size_problem,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.document import (
    Assignment,
    Document,
    parse,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.log_directories import (
    LogDirectories,
    log_directories,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    Settings,
    check,
    digest,
    reportable,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.merge import (
    NO_BLOCK,
    merge,
    parse_block,
    remove_block,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.pending_change import PendingChange

_RETURNED_LINES = 100


class Plan(t.NamedTuple):
    """What the file is and what it becomes."""

    file: File
    content: t.Optional[bytes]  # None if the file does not exist, and is not to be created
    previous: Document
    removed: t.List[Assignment]
    settings: Settings
    diff: t.Dict[str, str]
    warnings: t.List[str]
    directories: LogDirectories


def plan(module: t.Any, pending: PendingChange) -> Plan:
    """Return the change that the parameters request, or raise ``Failure`` with all errors."""
    params = module.params
    present = params["state"] == "present"
    file = load_to_change(params["path"], create=params["create"] or not present)
    original = file.content or b""
    document = parse(original, file.path, strays=present)
    creates_file = present and file.content is None and not file.errors
    errors = [*file.errors, *pending.errors(), *pending.creation_errors(params["backup"], creates_file)]
    block = parse_block(params["block"] or "") if present or params["block"] else NO_BLOCK
    errors = block.errors + errors
    if present:
        content, settings, warnings = merge(original, document, block), block.settings, block.warnings
        after = [f"{key}={printable(value)}" for key, value in settings.items()]
        paths = [] if block.errors else log_directories(settings, params["root"])
    else:
        content = remove_block(original, document, block)
        remaining = parse(content, file.path, strays=False)
        settings = remaining.settings
        violations, warnings = check(settings, confidential=True)
        warnings = [message([violation]) for violation in violations] + warnings
        after, paths = [each.text for each in remaining.assignments], []
    too_large = size_problem(len(content))
    if too_large:
        remedy = "Shorten the file, or the comments of the block"
        errors.append(error("validate", f"{file.path} with the new settings", too_large[0], remedy))
    if file.content not in (None, content):
        errors += replacement_errors(file.path)
    directories = LogDirectories(module, paths)
    errors = errors + document.errors + directories.errors
    if errors:
        raise Failure(errors)
    difference = diff(f"{file.path} (logging keys)", [each.text for each in document.assignments], after)
    removed = document.where(managed=not present)
    new = content if present or file.content is not None else None
    return Plan(file, new, document, removed, settings, difference, warnings, directories)


def apply(module: t.Any) -> t.Dict[str, t.Any]:
    """Make the file what the parameters of the ``AnsibleModule`` request, and return the module's result."""
    pending = PendingChange(module.params["pending_link"], os.path.realpath(module.params["path"]))
    change = plan(module, pending)
    for warning in change.warnings:
        module.warn(warning)
    directories = change.directories
    was_pending = pending.exists
    if not module.check_mode:
        directories.change()
    result = _write(module, change, pending)
    return dict(
        result,
        changed=bool(result["outdated"] or directories.outdated),
        path=change.file.path,
        settings=reportable(change.settings),
        digest=digest(change.settings),
        previous_settings=reportable(change.previous.settings),
        removed=[each.text for each in change.removed[:_RETURNED_LINES]],
        missing_directories=directories.missing,
        outdated_directories=directories.outdated,
        needed=bool(result["outdated"] or directories.outdated or was_pending),
    )


def _write(module: t.Any, change: Plan, pending: PendingChange) -> t.Dict[str, t.Any]:
    """Bring content and attributes of the file up to date, and return what that changes."""
    result = {"pending": pending.exists}  # type: t.Dict[str, t.Any]
    outdated = change.content != change.file.content
    if outdated:
        result["pending"] = pending.link is not None
        backup = None if module.check_mode else replace(module, change.file, change.content or b"", pending)
        if backup is not None:
            result["backup_file"] = backup
    attributes = {}  # type: t.Dict[str, t.Any]
    if change.content is not None:
        desired = module.load_file_common_arguments(module.params, path=change.file.path)
        outdated = module.set_fs_attributes_if_different(desired, outdated, diff=attributes)
    if module._diff:
        of_file = dict(diff(f"{change.file.path} (attributes)", [], []), **attributes)
        result["diff"] = [change.diff, of_file, *change.directories.diff]
    return dict(result, outdated=outdated, rollback_file=pending.rollback_file)


def diff(header: str, before: t.Iterable[str], after: t.Iterable[str]) -> t.Dict[str, str]:
    return {
        "before_header": header,
        "before": _listed(before),
        "after_header": header,
        "after": _listed(after),
    }


def _listed(texts: t.Iterable[str]) -> str:
    """Return the first ``_RETURNED_LINES`` texts, one a line, and how many more there are."""
    lines = [text + "\n" for text in texts]
    more = len(lines) - _RETURNED_LINES
    return "".join(lines[:_RETURNED_LINES]) + (f"... and {more} more\n" if more > 0 else "")
