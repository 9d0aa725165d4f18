# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Analyze collected logs on the controller."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible import constants as C
from ansible.plugins.action import ActionBase

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import (
    libraries,
    pipeline,
    results,
    source,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.arguments import parse

Values = dict[str, t.Any]

_ARGUMENT_SPEC: dict[str, Values] = {
    "source": {"type": "list", "elements": "path", "default": []},
    "runs": {"type": "path"},
    "dest": {"type": "path"},
    "dataset": {"type": "path", "required": True},
    "keep_days": {"type": "int"},
    "keep_records": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: Values | None = None) -> Values:
        super().run(tmp, task_vars)
        if self._task.check_mode:
            return {"changed": False, "skipped": True, "msg": "Nothing is analyzed in check mode."}
        try:
            libraries.require()
            request = _request(parse(_ARGUMENT_SPEC, self._task.args))
            outcome = pipeline.analyze(request)
        except Failure as failure:
            return failure.as_result()
        return {
            "changed": True,
            "source": list(map(str, request.sources)),
            "dest": str(request.dest),
            "merged": str(request.dest / pipeline.MERGED),
            "findings_file": str(request.dest / results.FINDINGS),
            "dataset": str(request.dataset),
            "records": outcome.records,
            "added": outcome.added,
            "verdicts": {vm: entry["verdict"] for vm, entry in outcome.findings["vms"].items()},
            "kinds": _kinds(outcome.findings),
            "table": outcome.table,
        }


def _request(arguments: Values) -> pipeline.Request:
    sources = [Path(each).absolute() for each in arguments["source"]]
    if not sources:
        sources = [source.newest_run(Path(arguments["runs"] or ".").absolute())]
    dest = Path(arguments["dest"]).absolute() if arguments["dest"] else sources[0] / "analysis"
    dataset = Path(arguments["dataset"]).absolute()
    return pipeline.Request(
        sources, dest, dataset, arguments["keep_days"], int(C.DEFAULT_FORKS), arguments["keep_records"]
    )


def _kinds(findings: Values) -> list[str]:
    reasons = [reason for entry in findings["vms"].values() for reason in entry["reasons"]]
    return sorted({each["kind"] for each in [*reasons, *findings["fleet"]]})
