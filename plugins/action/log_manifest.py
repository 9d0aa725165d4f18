# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the manifest of a run directory on the controller."""

from __future__ import annotations

import contextlib
import datetime
import json
import platform
import re
import secrets
import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible.release import __version__ as core_version

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import options as bundle_options
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure, error
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import shortened
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import arguments, manifest, record
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common import files, run_directory
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.arguments import parse
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.variable_validation import (
    VariableValidation,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.version import COLLECTION_VERSION

Values = dict[str, t.Any]

_ARGUMENT_SPEC: dict[str, Values] = {
    "dest": {"type": "path", "required": True},
    "run_id": {"type": "str"},
    "options": {"type": "dict", "default": {}},
    "hosts": {"type": "list", "elements": "str", "required": True},
    "results": {"type": "dict", "required": True},
    "begin": {"type": "bool", "default": False},
    "earlier": {"type": "list", "elements": "dict", "default": []},
}
_RUN_ID = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: Values | None = None) -> Values:
        super().run(tmp, task_vars)
        try:
            values = parse(_ARGUMENT_SPEC, self._task.args)
            if values["begin"]:
                self._validate_variables(task_vars or {})
                values["run_id"] = values["run_id"] or self._begun_run_id(values["earlier"]) or _new_run_id()
            # A link is not resolved: one that leads nowhere is an error.
            values["dest"] = str(Path(values["dest"]).absolute())
            options = _validate(values)
            path = Path(values["dest"], values["run_id"], run_directory.MANIFEST_NAME)
            # What another user put there must not be believed.
            (files.require_trusted if self._task.check_mode else files.make_private_directory)(path.parent)
            earlier = _earlier(path)
            if earlier and any(_stored(path.parent, vm) for vm in earlier["vms"]):
                # Without the command, whose path may differ between VMs: each bundle's record has its own.
                request = bundle_options.request(options)
                record.check_request(path, earlier["request"], {k: v for k, v in request.items() if k != "command"})
            content = _manifest(values, options, earlier)
            if not self._task.check_mode:
                files.write_private_file(path, f"{json.dumps(content, indent=2)}\n".encode("ascii"))
        except Failure as failure:
            return failure.as_result()
        return {
            "changed": True,
            **({} if self._task.check_mode else {"path": str(path)}),
            "run_id": content["run_id"],
            "play": self._play_id(),
            "start": content["start"],
            "directory": str(path.parent),
            "manifest": content,
            "table": manifest.table(content["vms"]),
            "complete": content["complete"],
            "missing": manifest.missing(content["vms"]),
        }

    def _play_id(self) -> str:
        return str(self._task.get_play()._uuid)

    def _begun_run_id(self, earlier: list[Values]) -> str | None:
        """Return the ID of the run that earlier batches of this play have begun. Results of another play may have remained."""
        return next((run["run_id"] for run in reversed(earlier) if run.get("play") == self._play_id()), None)

    def _validate_variables(self, task_vars: Values) -> None:
        if errors := VariableValidation(self._task, self._templar, self._loader, task_vars).errors():
            raise Failure(errors)


def _new_run_id() -> str:
    time = datetime.datetime.now(datetime.timezone.utc)
    return f"{time:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def _validate(values: Values) -> Values:
    """Return the options of the bundles, or raise a ``Failure`` with everything that is wrong with the arguments."""
    options = arguments.parse_bundle_options(values["options"])
    errors = arguments.validate_dest(values["dest"]) + arguments.validate_bundle_options(options)
    if not _RUN_ID.fullmatch(values["run_id"] or ""):
        rule = "ASCII letters, digits, dots, underscores and dashes, and begin with a letter or digit"
        cause = f"is {shortened(repr(values['run_id']))}, but must be {rule}"
        errors.insert(0, error("validate", "run_id", cause, "Set a name such as case-4711"))
    if errors:
        raise Failure(errors)
    return options


def _manifest(values: Values, options: Values, earlier: Values | None) -> Values:
    directory, results = Path(values["dest"], values["run_id"]), values["results"]
    now = datetime.datetime.now(datetime.timezone.utc).strftime(_TIME_FORMAT)
    stored = {vm: found for vm in values["hosts"] if (found := _stored(directory, vm))}
    if values["begin"]:
        results = dict.fromkeys(results, manifest.UNFINISHED)
    results = {vm: result for vm, result in results.items() if result != manifest.UNFINISHED or vm not in stored}
    vms = manifest.vm_entries(values["hosts"], {**stored, **results}, directory)
    return {
        "format_version": run_directory.FORMAT_VERSION,
        "run_id": values["run_id"],
        # A run that was interrupted and is completed now was started by its first call.
        "start": (earlier or {}).get("start") or now,
        "end": now,
        "versions": {
            "community.aqtive_guard": COLLECTION_VERSION,
            "ansible-core": core_version,
            "python": platform.python_version(),
        },
        "request": bundle_options.request(options),
        "limits": {name: options[name] for name in run_directory.MANIFEST["limits"]},
        "excluded_by_filters": bundle_options.excluded_by_filters(options),
        "complete": manifest.is_complete(vms),
        "vms": vms,
    }


def _stored(directory: Path, vm: str) -> Values | None:
    """Return what an earlier call collected from a VM, as a result; its digest is verified where the VM is selected."""
    if arguments.component_error(vm):
        return None
    found = record.load(directory / vm)
    if not found or not found.file:
        return None
    path = directory / vm / found.file["name"]
    if path.stat().st_size != found.file["size"]:
        return None
    return {**found.file, "request": found.request, "dest": str(path), "reused": True}


def _earlier(path: Path) -> Values | None:
    """Return the manifest of an earlier call; None where there is none that can be read."""
    with contextlib.suppress(Failure):
        return run_directory.load(path)
    return None
