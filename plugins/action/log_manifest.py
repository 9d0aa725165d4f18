# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the account of a collection beside what was collected. Needs no VM."""

from __future__ import annotations

import contextlib
import datetime
import json
import platform
import typing as t
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as core_version

from ansible_collections.community.aqtive_guard.plugins.module_utils._bundle import BundleError, refusal, refuse
from ansible_collections.community.aqtive_guard.plugins.plugin_utils import _bundle_store, _manifest
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._version import COLLECTION_VERSION

_ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "dest": {"type": "path", "required": True},
    "run_id": {"type": "str", "required": True},
    "start": {"type": "str"},
    "options": {"type": "dict", "default": {}},
    "hosts": {"type": "list", "elements": "str", "required": True},
    "results": {"type": "dict", "required": True},
    "settings": {"type": "dict", "default": {}},
}


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        try:
            arguments = self._arguments()
            path = Path(arguments["dest"]) / "manifest.json"
            # Dates that were written without quotes are told as text.
            text = json.dumps(_manifest_of(arguments, _earlier_vms(path)), indent=2, default=str)
            manifest = json.loads(text)
            if not self._task.check_mode:
                _bundle_store.make_home(path.parent)
                _bundle_store.write_private(path, f"{text}\n".encode("ascii"))
        except BundleError as error:
            return {"failed": True, "changed": False, **error.as_result()}
        return {
            "changed": True,
            "path": str(path),
            "manifest": manifest,
            "table": _manifest.table(manifest["vms"]),
            "complete": manifest["complete"],
            "missing": _manifest.missing(manifest["vms"]),
        }

    def _arguments(self) -> dict[str, t.Any]:
        validation = ArgumentSpecValidator(_ARGUMENT_SPEC).validate(dict(self._task.args))
        if validation.error_messages:
            raise BundleError("refuse", "; ".join(validation.error_messages).rstrip("."), "No manifest was written")
        arguments = validation.validated_parameters
        errors = _bundle_store.refusals(arguments["dest"])
        if reason := _bundle_store.unsafe_component(arguments["run_id"]):
            rule = f"a name that is safe for a directory, but it {reason}"
            errors.append(refusal("run_id", arguments["run_id"], rule, "give a name such as case-4711"))
        refuse(errors)
        return arguments


def _manifest_of(arguments: dict[str, t.Any], earlier: dict[str, t.Any]) -> dict[str, t.Any]:
    home = Path(arguments["dest"])
    digests = {vm: found.get("digest") for vm, found in arguments["settings"].items()}
    vms = _manifest.account(arguments["hosts"], arguments["results"], digests, earlier, home)
    return {
        "run_id": arguments["run_id"],
        "start": arguments["start"],
        "end": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "versions": {
            "community.aqtive_guard": COLLECTION_VERSION,
            "ansible-core": core_version,
            "python": platform.python_version(),
        },
        "options": arguments["options"],
        "complete": _manifest.is_complete(vms),
        "vms": vms,
    }


def _earlier_vms(path: Path) -> dict[str, t.Any]:
    """What a run under the same id has told before; nothing where that cannot be read."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return dict(json.loads(path.read_bytes())["vms"])
    return {}
