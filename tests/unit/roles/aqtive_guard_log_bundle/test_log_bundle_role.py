# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role passes every option under its own name, and uses no private variable of another role."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.plugins.filter import core, mathstuff
from jinja2 import StrictUndefined
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import ARGUMENT_SPEC
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.run_directory import MANIFEST

ROLE = Path(__file__).parents[4] / "roles" / "aqtive_guard_log_bundle"
PREFIX = "aqtive_guard_log_bundle"
CHECK_MODE = "No manifest was written: check mode"
RECORDED = {**MANIFEST["request"], **MANIFEST["limits"]}


def load(path: str) -> t.Any:
    return yaml.safe_load((ROLE / path).read_text(encoding="utf-8"))


def tasks() -> list[dict[str, t.Any]]:
    return [*load("tasks/main.yml"), *load("tasks/retention.yml")]


def arguments(module: str) -> list[dict[str, t.Any]]:
    return [task[module] for task in tasks() if module in task]


def test_every_option_of_the_module_is_passed() -> None:
    (passed,) = arguments("community.aqtive_guard.log_bundle")
    special = {
        "config_path": "{{ aqtive_guard_logging_config_path | default('/etc/cryptosense-analyzer/config') }}",
        "dataset": f"{{{{ aqtive_guard_log_analysis_dataset | default({PREFIX}_dest ~ '/dataset') }}}}",
        "dest": f"{{{{ {PREFIX}_run.directory }}}}/{{{{ inventory_hostname }}}}",
    }
    expected = {name: f"{{{{ {PREFIX}_{name} }}}}" for name in ARGUMENT_SPEC if name != "owner"}
    assert passed == {**expected, **special}


def test_the_manifest_records_request_and_limits() -> None:
    recorded = load("vars/main.yml")[f"__{PREFIX}_options"]
    assert recorded == {name: f"{{{{ {PREFIX}_{name} }}}}" for name in RECORDED}
    assert {each["options"] for each in arguments("community.aqtive_guard.log_manifest")} == {
        f"{{{{ __{PREFIX}_options }}}}"
    }


@pytest.mark.parametrize("name", ["log_types", "log_levels"])
def test_a_bad_filter_is_not_reported_for_each_vm_by_ansible_before_the_role_reports_it_once(name: str) -> None:
    option = load("meta/argument_specs.yml")["argument_specs"]["main"]["options"][f"{PREFIX}_{name}"]
    assert "choices" not in option
    first = load("tasks/main.yml")[0]
    assert first["run_once"]
    assert first["community.aqtive_guard.log_manifest"]["begin"]


def test_the_playbook_lets_the_role_alone_validate_the_variables() -> None:
    play = load("../../playbooks/collect_logs.yml")[-1]
    assert "roles" not in play
    (role,) = [task["ansible.builtin.import_role"] for task in play["tasks"]]
    assert role == {"name": f"community.aqtive_guard.{PREFIX}", "rolespec_validate": False}


def test_failures_of_a_vm_do_not_end_the_play_before_the_manifest_is_written() -> None:
    (task,) = [task for task in load("tasks/main.yml") if "community.aqtive_guard.log_bundle" in task]
    assert (task["ignore_errors"], task["ignore_unreachable"], task["register"]) == (True, True, f"{PREFIX}_result")
    assert "ansible.builtin.fail" in load("tasks/main.yml")[-1]


@pytest.mark.parametrize(("manifest", "last"), [({"path": "/x/manifest.json"}, "/x/manifest.json"), ({}, CHECK_MODE)])
def test_the_path_of_a_manifest_is_shown_only_where_one_was_written(manifest: dict[str, str], last: str) -> None:
    task, _old_runs = arguments("ansible.builtin.debug")
    values = {f"{PREFIX}_manifest": {"table": ["0 of 1 VMs collected"], **manifest}}
    shown: object = NativeEnvironment().from_string(task["msg"]).render(values)
    assert shown == ["0 of 1 VMs collected", last]


def test_old_runs_are_kept_unless_a_number_is_set() -> None:
    (retention,) = [task for task in load("tasks/main.yml") if "ansible.builtin.include_tasks" in task]
    (task,) = [task for task in tasks() if "community.aqtive_guard.log_retention" in task]
    assert load("defaults/main.yml")[f"{PREFIX}_keep_runs"] == 0
    assert (retention["when"], task["run_once"]) == (f"{PREFIX}_keep_runs | int != 0", True)
    assert task["community.aqtive_guard.log_retention"] == {
        "dest": f"{{{{ {PREFIX}_run.directory | dirname }}}}",
        "keep": f"{{{{ {PREFIX}_keep_runs }}}}",
        "current": f"{{{{ {PREFIX}_run.run_id }}}}",
    }
    names = [task["name"] for task in load("tasks/main.yml")]
    assert names.index("Write the manifest") < names.index("Remove old runs") < len(names) - 1


@pytest.mark.parametrize(("check_mode", "verb"), [(False, "were"), (True, "would be")])
def test_old_runs_that_were_removed_are_shown(check_mode: bool, verb: str) -> None:
    _collected, task = arguments("ansible.builtin.debug")
    values = {f"__{PREFIX}_old_runs": {"removed": ["/x/a"]}, "ansible_check_mode": check_mode}
    shown: object = NativeEnvironment(undefined=StrictUndefined).from_string(task["msg"]).render(values)
    assert shown == [f"These old runs {verb} removed:", "/x/a"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_vm_fails_with_the_path_of_a_manifest_that_exists(check_mode: bool) -> None:
    (task,) = arguments("ansible.builtin.fail")
    values = {
        f"{PREFIX}_manifest": {} if check_mode else {"path": "/x/manifest.json"},
        "ansible_check_mode": check_mode,
    }
    message = NativeEnvironment(undefined=StrictUndefined).from_string(task["msg"]).render(values)
    expected = (
        "cannot be collected: see the table above"
        if check_mode
        else "are missing: see the table above, or /x/manifest.json"
    )
    assert message == f"The logs of this VM {expected}"


@pytest.mark.parametrize(
    ("batch", "earlier"), [(["a", "b"], []), (["b"], []), (["c"], ["run of b"]), (["d"], ["run of b"])]
)
def test_a_later_batch_knows_the_runs_of_the_earlier_ones(batch: list[str], earlier: list[str]) -> None:
    begin = load("tasks/main.yml")[0]["community.aqtive_guard.log_manifest"]
    environment = NativeEnvironment()
    environment.filters |= core.FilterModule().filters()
    # The first VM has failed before the role.
    hostvars: dict[str, dict[str, t.Any]] = {"a": {}, "b": {f"{PREFIX}_run": "run of b"}, "c": {}, "d": {}}
    values = {"hostvars": hostvars, "ansible_play_hosts_all": list("abcd"), "ansible_play_batch": batch}
    rendered: object = environment.from_string(begin["earlier"]).render(values)
    assert rendered == earlier
    assert begin["run_id"] == f"{{{{ {PREFIX}_run_id or omit }}}}"


def test_vms_of_later_batches_are_those_without_a_result_that_have_not_failed() -> None:
    (task,) = [task for task in load("tasks/main.yml") if task["name"] == "Write the manifest"]
    environment = NativeEnvironment()
    environment.filters |= core.FilterModule().filters() | mathstuff.FilterModule().filters()
    names = ("collected", "failed_before", "current", "later")
    hostvars: dict[str, dict[str, t.Any]] = {name: {"inventory_hostname": name} for name in names}
    hostvars["collected"][f"{PREFIX}_result"] = {"size": 1}
    values: dict[str, t.Any] = {
        "hostvars": hostvars,
        "ansible_play_hosts_all": list(names),
        "ansible_play_hosts": ["collected", "current", "later"],
        "ansible_play_batch": ["current"],
    }
    for name in ("__aqtive_guard_log_bundle_later", "__aqtive_guard_log_bundle_results"):
        values[name] = environment.from_string(task["vars"][name]).render(values)
    results: object = environment.from_string(task["community.aqtive_guard.log_manifest"]["results"]).render(values)
    assert results == {"collected": {"size": 1}, "failed_before": {}, "current": {}, "later": {"unfinished": True}}


def test_results_are_documented() -> None:
    specification = " ".join(load("meta/argument_specs.yml")["argument_specs"]["main"]["description"])
    readme = (ROLE / "README.md").read_text(encoding="utf-8")
    for result in (f"{PREFIX}_result", f"{PREFIX}_manifest", f"{PREFIX}_run"):
        assert f"C({result})" in specification
        assert f"| `{result}` |" in readme


def test_private_variables_are_those_of_the_role() -> None:
    files = [*ROLE.glob("*/*.yml")]
    private = {name for path in files for name in re.findall(r"\b__\w+", path.read_text(encoding="utf-8"))}
    assert all(name.startswith(f"__{PREFIX}_") for name in private)
