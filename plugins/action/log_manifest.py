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

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.bundle import (
    ARGUMENT_SPEC,
    BundleError,
    refusal,
    refuse,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import bundle_store
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import manifest as _manifest
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.version import COLLECTION_VERSION

# Not the command, whose path may differ between VMs: each bundle's record has it.
_ASKED = ("date_from", "date_to", "log_types", "log_levels", "compress")

_ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "dest": {"type": "path", "required": True},
    "run_id": {"type": "str", "required": True},
    "start": {"type": "str"},
    "options": {"type": "dict", "default": {}},
    "hosts": {"type": "list", "elements": "str", "required": True},
    "results": {"type": "dict", "required": True},
    "begin": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        try:
            arguments = self._arguments()
            path = Path(arguments["dest"]) / "manifest.json"
            earlier = _earlier(path)
            _refuse_other_options(path, earlier, arguments["options"])
            # Dates that were written without quotes are told as text.
            text = json.dumps(_manifest_of(arguments, earlier), indent=2, default=str)
            manifest = json.loads(text)
            if not self._task.check_mode:
                bundle_store.make_home(path.parent)
                bundle_store.write_private(path, f"{text}\n".encode("ascii"))
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
        errors = bundle_store.refusals(arguments["dest"])
        if reason := bundle_store.unsafe_component(arguments["run_id"]):
            rule = f"a name that is safe for a directory, but it {reason}"
            errors.append(refusal("run_id", arguments["run_id"], rule, "give a name such as case-4711"))
        refuse(errors)
        return arguments


def _manifest_of(arguments: dict[str, t.Any], earlier: dict[str, t.Any]) -> dict[str, t.Any]:
    home = Path(arguments["dest"])
    asked: dict[str, t.Any] = arguments["results"]
    results = dict.fromkeys(asked, _manifest.UNFINISHED) if arguments["begin"] else asked
    unasked = [vm for vm in arguments["hosts"] if arguments["begin"] or vm not in asked]
    earlier_results = {vm: found for vm in unasked if (found := _stored(home, vm))}
    vms = _manifest.account(arguments["hosts"], {**results, **earlier_results}, home)
    return {
        "run_id": arguments["run_id"],
        # A run that was cut off and is finished now has begun when it was begun first.
        "start": earlier.get("start") or arguments["start"],
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


def _stored(home: Path, vm: str) -> dict[str, t.Any] | None:
    """What an earlier run under the same id has brought from a VM, as its result; its digest is for those who ask the VM."""
    if bundle_store.unsafe_component(vm):
        return None
    record = bundle_store.read_record(home / vm)
    if record is None or (home / vm / record["name"]).stat().st_size != record["told"]["size"]:
        return None
    return {**record["told"], "dest": str(home / vm / record["name"]), "taken_over": True}


def _earlier(path: Path) -> dict[str, t.Any]:
    """The manifest of a run under the same id; nothing where that cannot be read."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return dict(json.loads(path.read_bytes()))
    return {}


def _refuse_other_options(path: Path, earlier: dict[str, t.Any], options: dict[str, t.Any]) -> None:
    """One run, one set of options: its bundles are to be read together. One that brought nothing binds nobody."""
    before, vms = earlier.get("options"), earlier.get("vms")
    if not isinstance(before, dict) or not isinstance(vms, dict) or not any(_stored(path.parent, vm) for vm in vms):
        return
    old, new = _comparable(before), _comparable(options)
    different = [option for option in new if option in old and old[option] != new[option]]
    if different:
        told = " and ".join(f"{option} {old[option]!r} (now {new[option]!r})" for option in different)
        raise BundleError(
            "refuse",
            f"{path} is of a run with {told}",
            "Nothing was run. Give the options it was begun with to finish it, or another run id",
        )


def _comparable(options: dict[str, t.Any]) -> dict[str, t.Any]:
    """What was asked of every VM, however it was written."""
    text = json.loads(json.dumps(options, default=str))
    spec = {name: ARGUMENT_SPEC[name] for name in _ASKED if name in text}
    validation = ArgumentSpecValidator(spec).validate({name: text[name] for name in spec})
    # A value that is none is refused by log_bundle, and better.
    values = text if validation.error_messages else validation.validated_parameters
    return {
        name: sorted(set(values[name])) if isinstance(values[name], list) else values[name] or None for name in spec
    }
