# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role aqtive_guard_logging and its playbooks pass on, where an integration test would not notice a mistake."""

from __future__ import annotations

import re
import shlex
import typing as t
from pathlib import Path

import ansible.template
import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

ROOT = Path(__file__).parents[3]
PLAYBOOKS = ROOT / "playbooks"
ROLE = ROOT / "roles/aqtive_guard_logging"
MODULE = "community.aqtive_guard."
LOGGING_ROLE = "community.aqtive_guard.aqtive_guard_logging"

Yaml = dict[str, t.Any]


def load(path: Path) -> list[Yaml]:
    content: list[Yaml] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def tasks_of(tasks: list[Yaml]) -> t.Iterator[Yaml]:
    """Yield all tasks, including those in blocks."""
    for task in tasks:
        yield task
        for section in ("block", "rescue", "always"):
            yield from tasks_of(task.get(section, []))


def trusted(value: t.Any) -> t.Any:
    """Return a text that is a template, or a list of them."""
    if isinstance(value, list):
        return [trusted(each) for each in value]
    trust: t.Callable[[str], str] = getattr(ansible.template, "trust_as_template", str)  # since ansible-core 2.19
    return trust(value)


def templated(template: str, templates: dict[str, t.Any], **variables: t.Any) -> t.Any:
    variables = {**{name: trusted(value) for name, value in templates.items()}, **variables}
    return ansible.template.Templar(loader=DataLoader(), variables=variables).template(trusted(template))


def role_task(file: str, action: str) -> Yaml:
    (task,) = [task for task in tasks_of(load(ROLE / "tasks" / file)) if action in task]
    return task


def plays_by_entry_point(playbook: str) -> dict[str, Yaml]:
    """Return the plays of a playbook by the entry point of the role that they use."""
    plays = {}
    for play in load(PLAYBOOKS / playbook):
        for task in tasks_of(play.get("tasks", [])):
            for action in ("ansible.builtin.import_role", "ansible.builtin.include_role"):
                if task.get(action, {}).get("name") == LOGGING_ROLE:
                    plays[task[action]["tasks_from"]] = play
    return plays


CONFIGURE = plays_by_entry_point("configure_logging.yml")
SELECTION = next(task for task in CONFIGURE["plan"]["tasks"] if "ansible.builtin.set_fact" in task)
COMPARE = MODULE + "compare_logging"
FINAL_COMPARISON = load(PLAYBOOKS / "configure_logging.yml")[-2]["tasks"][0]


class TestRollOut:
    @pytest.mark.parametrize("entry_point", ["validate", "plan", "preflight"])
    def test_an_error_before_any_change_stops_the_roll_out_on_all_vms(self, entry_point: str) -> None:
        assert CONFIGURE[entry_point]["any_errors_fatal"] is True

    def test_an_error_during_a_change_stops_the_roll_out_after_the_batch(self) -> None:
        assert CONFIGURE["change"]["max_fail_percentage"] == 0
        assert "any_errors_fatal" not in CONFIGURE["change"]

    def test_vms_are_planned_and_checked_before_any_is_changed(self) -> None:
        plays = load(PLAYBOOKS / "configure_logging.yml")
        positions = [plays.index(CONFIGURE[name]) for name in ("validate", "plan", "preflight", "change", "read")]
        assert positions == sorted(positions)
        assert len(set(positions[1:])) == 4

    @pytest.mark.parametrize(
        ("playbook", "entry_point"), [("configure_logging.yml", "plan"), ("verify_logging.yml", "read")]
    )
    def test_settings_are_compared_before_any_vm_is_reached(self, playbook: str, entry_point: str) -> None:
        tasks = list(tasks_of(plays_by_entry_point(playbook)[entry_point]["tasks"]))
        roles = [task.get("ansible.builtin.import_role", {}).get("tasks_from") for task in tasks]
        validation = roles.index("validate")
        assert validation < roles.index(entry_point)
        options = role_task("validate.yml", MODULE + "validate_logging")[MODULE + "validate_logging"]
        assert options["may_differ"] == "{{ aqtive_guard_logging_may_differ }}"

    def test_only_vms_that_need_a_change_are_checked_changed_and_read(self) -> None:
        assert "['aqtive_guard_logging_plan', 'needed']" in SELECTION["vars"]["__configure_logging_needed"]
        hosts = {CONFIGURE[name]["hosts"] for name in ("preflight", "change", "read")}
        assert hosts == {"{{ hostvars.localhost.__configure_logging_hosts | default([]) }}"}

    def test_one_vm_at_a_time_is_changed_by_default(self) -> None:
        facts = SELECTION["ansible.builtin.set_fact"]
        fact = re.search(r"hostvars\.localhost\.(\w+)", CONFIGURE["change"]["serial"])
        assert fact is not None
        assert facts[fact.group(1)] == "{{ aqtive_guard_logging_serial | default(1) }}"

    def test_the_final_comparison_reads_changed_vms_again(self) -> None:
        variables = FINAL_COMPARISON["vars"]
        assert "'aqtive_guard_logging_plan'" in variables["__configure_logging_plans"]
        assert variables["__aqtive_guard_changed"] == "{{ hostvars.localhost.__configure_logging_vms }}"
        assert variables["__configure_logging_read"] == "{{ [] if ansible_check_mode else __aqtive_guard_changed }}"
        assert "'aqtive_guard_logging_current'" in variables["__configure_logging_current"]
        found = variables["__aqtive_guard_found"]
        assert found == "{{ __configure_logging_plans | combine(__configure_logging_current) }}"

    @pytest.mark.parametrize("task", [FINAL_COMPARISON, load(PLAYBOOKS / "verify_logging.yml")[1]["tasks"][-1]])
    def test_the_final_comparison_knows_what_is_wanted_and_the_keys_that_may_differ(self, task: Yaml) -> None:
        (comparison,) = [each for each in tasks_of(load(PLAYBOOKS / "tasks/compare_vms.yml")) if COMPARE in each]
        passed_on = {name: comparison[COMPARE][name] for name in ("found", "wanted", "may_differ")}
        assert passed_on == {name: "{{ __aqtive_guard_%s }}" % name for name in passed_on}
        assert "aqtive_guard_logging_may_differ | default([])" in task["vars"]["__aqtive_guard_may_differ"]
        assert "aqtive_guard_logging_validation.vms }}" in task["vars"]["__aqtive_guard_wanted"]

    @pytest.mark.parametrize(
        "path",
        [*PLAYBOOKS.glob("*.yml"), *PLAYBOOKS.glob("tasks/*.yml"), *ROOT.glob("roles/*/tasks/*.yml")],
        ids=lambda path: str(path.relative_to(ROOT)),
    )
    def test_no_variable_of_a_task_has_a_name_that_extra_variables_could_have(self, path: Path) -> None:
        tasks = [task for entry in load(path) for task in tasks_of(entry.get("tasks", [entry]))]
        assert [
            name for task in tasks for name in task.get("vars", {}) if not name.startswith(("__", "aqtive_guard_"))
        ] == []

    @pytest.mark.parametrize("playbook", ["configure_logging.yml", "verify_logging.yml", "collect_logs.yml"])
    def test_every_playbook_requires_vms_first(self, playbook: str) -> None:
        first = load(PLAYBOOKS / playbook)[0]
        assert first["hosts"] == "all:localhost"
        assert [task["ansible.builtin.import_tasks"] for task in first["tasks"]] == ["tasks/require_vms.yml"]


class TestReport:
    """What the playbooks show at the end, and pass on to the next job of a workflow."""

    (REPORT,) = load(PLAYBOOKS / "tasks/compare_vms.yml")

    def task(self, action: str) -> Yaml:
        (task,) = [each for each in self.REPORT["block"] if f"ansible.builtin.{action}" in each]
        return task

    def template(self, template: str, **variables: t.Any) -> t.Any:
        comparison = {"vms": ["web1", "web2", "db1"], "as_wanted": ["web1"], "table": ["VM"]}
        return templated(
            template,
            {**self.REPORT["vars"], **self.task("debug")["vars"], "__aqtive_guard_left_out": "{{ left_out }}"},
            **{
                "__aqtive_guard_comparison": comparison,
                "__aqtive_guard_changed": [],
                "ansible_check_mode": False,
                "left_out": [],
                **variables,
            },
        )

    def lines(self, **variables: t.Any) -> list[str]:
        (header, *lines) = self.template(self.task("debug")["ansible.builtin.debug"]["msg"], **variables)
        assert header == "VM"
        return lines

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_the_vms_that_are_as_wanted_are_counted(self, check_mode: bool) -> None:
        assert self.lines(ansible_check_mode=check_mode) == ["1 of 3 VMs as wanted"]

    def test_vms_that_were_changed_are_named(self) -> None:
        lines = self.lines(__aqtive_guard_changed=["web1", "web2"])
        assert lines == ["1 of 3 VMs as wanted", "Changed and restarted: web1, web2"]

    def test_check_mode_names_what_would_be_changed_and_restarted(self) -> None:
        assert self.lines(__aqtive_guard_changed=["web1", "web2"], ansible_check_mode=True) == [
            "2 of 3 VMs would be changed and restarted: web1, web2. The table shows the result"
        ]

    def test_vms_that_are_left_out_are_named(self) -> None:
        assert self.lines(left_out=["db2", "db3"])[1:] == ["Left out by --limit: db2, db3"]
        assert "inventory_hostnames" in self.REPORT["vars"]["__aqtive_guard_left_out"]

    def test_a_workflow_gets_the_vms_of_each_kind(self) -> None:
        task = self.task("set_stats")
        (statistics,) = task["ansible.builtin.set_stats"]["data"].values()
        comparison = {"identical": False, "drift": [{"vm": "web2"}, {"vm": "web2"}], "missing": {"db1": None}}
        found = {
            name: self.template(value, __aqtive_guard_comparison=comparison, left_out=["db2"])
            for name, value in statistics.items()
        }
        assert found == {
            "identical": False,
            "changed": [],
            "different": ["web2"],
            "missing": ["db1"],
            "left_out": ["db2"],
        }
        assert task["when"] == "not ansible_check_mode"

    def test_it_is_shown_before_a_difference_fails(self) -> None:
        assert [next(iter(set(task) - {"name", "vars", "when", "register"})) for task in self.REPORT["block"]] == [
            COMPARE,
            "ansible.builtin.debug",
            "ansible.builtin.set_stats",
            "ansible.builtin.fail",
        ]


class TestOldBackups:
    def test_they_are_removed_once_all_vms_are_as_wanted(self) -> None:
        (last,) = [play for play in load(PLAYBOOKS / "configure_logging.yml")[-1:] if play is not CONFIGURE["read"]]
        assert last["tasks"][0]["ansible.builtin.import_role"]["tasks_from"] == "clean_up"
        assert load(ROLE / "tasks/main.yml")[-1]["ansible.builtin.import_tasks"] == "clean_up.yml"

    def test_they_are_kept_unless_a_number_is_set(self) -> None:
        defaults: t.Any = load(ROLE / "defaults/main.yml")
        assert defaults["aqtive_guard_logging_keep_backups"] == 0
        task = role_task("clean_up.yml", MODULE + "backup_retention")
        assert task["when"] == "aqtive_guard_logging_keep_backups | int != 0"
        facts = SELECTION["ansible.builtin.set_fact"]
        assert (
            facts["__configure_logging_cleans_up"] == "{{ aqtive_guard_logging_keep_backups | default(0) | int != 0 }}"
        )

    def test_the_backup_of_a_pending_change_is_known(self) -> None:
        assert role_task("clean_up.yml", MODULE + "backup_retention")[MODULE + "backup_retention"] == {
            "path": "{{ aqtive_guard_logging_config_path }}",
            "keep": "{{ aqtive_guard_logging_keep_backups }}",
            "pending_link": "{{ __aqtive_guard_logging_pending_link }}",
        }

    @pytest.mark.parametrize(("check_mode", "verb"), [(False, "were"), (True, "would be")])
    def test_they_are_named(self, check_mode: bool, verb: str) -> None:
        task = role_task("clean_up.yml", "ansible.builtin.debug")
        shown = templated(
            task["ansible.builtin.debug"]["msg"],
            {},
            ansible_check_mode=check_mode,
            __aqtive_guard_logging_old_backups={"removed": ["/etc/a~"]},
        )
        assert shown == [f"These old backups {verb} removed:", "/etc/a~"]


class TestRemoval:
    def test_it_is_the_roll_out_of_another_state(self) -> None:
        (play,) = load(PLAYBOOKS / "remove_logging.yml")
        assert play["ansible.builtin.import_playbook"] == "configure_logging.yml"
        assert play["vars"] == {"aqtive_guard_logging_state": "absent"}

    @pytest.mark.parametrize("file", ["plan.yml", "change.yml"])
    def test_the_plan_and_the_change_have_the_same_state(self, file: str) -> None:
        options = role_task(file, MODULE + "logging_config")[MODULE + "logging_config"]
        assert options["state"] == "{{ aqtive_guard_logging_state }}"

    def test_the_records_after_it_are_expected_where_the_remaining_settings_write_them(self) -> None:
        variables: t.Any = load(ROLE / "vars/main.yml")
        for file in variables["__aqtive_guard_logging_sink_files"].values():
            assert set(re.findall(r"aqtive_guard_logging_\w+", file)) == {"aqtive_guard_logging_change"}


class TestRestart:
    OPTIONS = role_task("restart.yml", MODULE + "logging_health")

    def test_records_count_since_the_restart(self) -> None:
        restart = role_task("restart.yml", MODULE + "product_restart")
        assert self.OPTIONS[MODULE + "logging_health"]["since"] == "{{ " + restart["register"] + ".start }}"

    def test_log_files_and_the_journal_are_checked_by_sink(self) -> None:
        health = self.OPTIONS[MODULE + "logging_health"]
        assert health["files"].startswith("{{ __aqtive_guard_logging_files | select ")
        assert "aqtive_guard_logging_root" in health["files"]
        assert health["journal"] == "{{ __aqtive_guard_logging_files | reject | length > 0 }}"
        assert "__aqtive_guard_logging_sinks " in self.OPTIONS["vars"]["__aqtive_guard_logging_files"]

    @pytest.mark.parametrize(
        ("option", "variable"),
        [
            ("units", "units"),
            ("health_command", "health_command"),
            ("health_url", "health_url"),
            ("validate_certs", "health_validate_certs"),
            ("timeout", "health_timeout"),
        ],
    )
    def test_each_option_has_its_own_variable(self, option: str, variable: str) -> None:
        value = self.OPTIONS[MODULE + "logging_health"][option]
        assert re.findall(r"aqtive_guard_logging_\w+", value) == [f"aqtive_guard_logging_{variable}"]

    def test_the_restart_has_command_timeout_and_configuration_file(self) -> None:
        assert role_task("restart.yml", MODULE + "product_restart")[MODULE + "product_restart"] == {
            "command": "{{ aqtive_guard_logging_command }}",
            "timeout": "{{ aqtive_guard_logging_restart_timeout }}",
            "config_path": "{{ aqtive_guard_logging_config_path }}",
        }

    def test_new_settings_require_records_and_old_settings_do_not(self) -> None:
        sinks = {}
        for file in ("change.yml", "rollback.yml"):
            (task,) = [
                task
                for task in tasks_of(load(ROLE / "tasks" / file))
                if task.get("ansible.builtin.include_tasks") == "restart.yml"
            ]
            sinks[file] = task["vars"]["__aqtive_guard_logging_sinks"]
        assert sinks == {"change.yml": "{{ aqtive_guard_logging_health_sinks }}", "rollback.yml": []}


class TestChange:
    @pytest.mark.parametrize("file", ["plan.yml", "change.yml"])
    def test_every_change_has_a_backup_and_a_pending_link(self, file: str) -> None:
        options = role_task(file, MODULE + "logging_config")[MODULE + "logging_config"]
        assert options["backup"] is True
        assert options["pending_link"] == "{{ __aqtive_guard_logging_pending_link }}"
        assert options["block"] == "{{ __aqtive_guard_logging_block }}"
        for option in ("directory_owner", "directory_group", "directory_mode"):
            assert options[option] == "{{ aqtive_guard_logging_%s or omit }}" % option

    def test_the_plan_changes_nothing(self) -> None:
        task = role_task("plan.yml", MODULE + "logging_config")
        assert (task["check_mode"], task["changed_when"]) == (True, False)

    def test_the_preflight_check_has_command_and_units(self) -> None:
        assert role_task("preflight.yml", MODULE + "logging_health")[MODULE + "logging_health"] == {
            "preflight": True,
            "command": "{{ aqtive_guard_logging_command }}",
            "units": "{{ aqtive_guard_logging_units }}",
        }

    def test_the_old_file_is_restored_before_the_restart_and_the_pending_link_is_removed_after_it(self) -> None:
        names = [str(task) for task in load(ROLE / "tasks/rollback.yml")[1]["block"]]
        assert "rollback_file" in names[0] and "restart.yml" in names[1]
        assert "complete.yml" in str(load(ROLE / "tasks/rollback.yml")[2])

    def test_a_vm_is_in_service_before_the_pending_link_is_removed(self) -> None:
        validation, first, second = load(ROLE / "tasks/complete.yml")
        assert validation["community.aqtive_guard.validate_variables"] == {"hosts": ["{{ inventory_hostname }}"]}
        assert "aqtive_guard_logging_undrain_tasks" in first["ansible.builtin.include_tasks"]
        assert second[MODULE + "logging_config"] == {
            "path": "{{ aqtive_guard_logging_config_path }}",
            "state": "confirmed",
            "pending_link": "{{ __aqtive_guard_logging_pending_link }}",
            "backup": "{{ aqtive_guard_logging_backup }}",
        }

    def test_the_rollback_follows_the_link_of_the_change(self) -> None:
        task = role_task("rollback.yml", MODULE + "logging_config")
        assert task[MODULE + "logging_config"] == {
            "path": "{{ aqtive_guard_logging_config_path }}",
            "state": "rolled_back",
            "pending_link": "{{ __aqtive_guard_logging_pending_link }}",
        }

    def test_only_modules_of_this_collection_change_files(self) -> None:
        others = {"ansible.builtin.file", "ansible.builtin.copy", "ansible.builtin.shell"}
        tasks = [task for path in (ROLE / "tasks").glob("*.yml") for task in tasks_of(load(path))]
        assert [task["name"] for task in tasks if others & set(task)] == []

    def test_the_variables_of_all_vms_are_validated_first(self) -> None:
        (validation,) = load(ROLE / "tasks/validate.yml")
        assert validation[MODULE + "validate_logging"]["hosts"] == "{{ ansible_play_hosts_all }}"
        assert validation["run_once"] is True


class TestPrivateVariables:
    @pytest.mark.parametrize("path", sorted(PLAYBOOKS.rglob("*.yml")), ids=lambda path: path.name)
    def test_playbooks_use_no_private_variable_of_a_role(self, path: Path) -> None:
        assert not re.findall(r"__aqtive_guard_log(?:ging|_bundle)_\w+", path.read_text(encoding="utf-8"))

    def test_the_role_uses_no_private_variable_of_another_one(self) -> None:
        text = "".join(path.read_text(encoding="utf-8") for path in ROLE.rglob("*") if path.is_file())
        assert all(name.startswith("__aqtive_guard_logging_") for name in re.findall(r"\b__\w+", text))

    def test_the_results_of_the_role_are_documented(self) -> None:
        results = {
            task["register"]
            for path in (ROLE / "tasks").glob("*.yml")
            for task in tasks_of(load(path))
            if not task.get("register", "__").startswith("__")
        }
        documented = set(re.findall(r"^\| `(\w+)`", (ROLE / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
        assert results == documented


HOST_PATTERNS: t.Any = CONFIGURE["plan"]["vars"]


class TestSelectionOfVms:
    """The plays that change VMs name exactly those that need it, whatever characters their names have."""

    NAMES = ("web1", "a.b", "a,b", "fe80::1%eth0", "::1", "a b", "v*", "x|y", "(z", "!n", "&m", "~t", "\u00e9")
    OTHERS = ("web11", "axb", "a", "b", "vv", "x", "y", "z", "n", "m", "t", "1", "e")

    def patterns(self, vms: list[str]) -> t.Any:
        template = SELECTION["ansible.builtin.set_fact"]["__configure_logging_hosts"]
        return templated(template, HOST_PATTERNS, __configure_logging_names=vms)

    def inventory(self) -> InventoryManager:
        inventory = InventoryManager(loader=DataLoader())
        for name in (*self.NAMES, *self.OTHERS):
            inventory.add_host(name)
        inventory.reconcile_inventory()
        return inventory

    def selected(self, vms: list[str], groups: t.Iterable[str] = ()) -> list[str]:
        inventory = self.inventory()
        for name in groups:
            inventory.add_group(name)
            inventory.add_host(self.OTHERS[0], name)
        return [str(host) for host in inventory.get_hosts(self.patterns(vms))]

    @pytest.mark.parametrize("name", NAMES)
    def test_one_vm_is_selected_by_its_name_alone(self, name: str) -> None:
        assert self.selected([name]) == [name]

    def test_several_vms_are_selected(self) -> None:
        assert sorted(self.selected(list(self.NAMES))) == sorted(self.NAMES)

    def test_their_order_is_kept(self) -> None:
        assert self.selected(["web1", "a.b"]) == ["web1", "a.b"]
        assert self.selected(["a.b", "web1"]) == ["a.b", "web1"]

    def test_a_group_of_the_same_name_is_not_selected(self) -> None:
        assert self.selected(["web1"], groups=["web1"]) == ["web1"]

    def test_no_vm_is_selected_if_none_needs_a_change(self) -> None:
        assert self.patterns([]) == []

    @pytest.mark.parametrize("play", ["plan", "preflight"])
    def test_the_plays_before_a_change_end_unless_all_vms_have_succeeded(self, play: str) -> None:
        imports = [task.get("ansible.builtin.import_tasks") for task in CONFIGURE[play]["tasks"]]
        assert "tasks/require_success.yml" in imports
        assert CONFIGURE[play]["vars"] is HOST_PATTERNS
        # Otherwise the failure of one VM would end the play before the others have reported theirs.
        (block,) = [task for task in CONFIGURE[play]["tasks"] if "block" in task]
        assert block["any_errors_fatal"] is False

    def message(self, failed: list[str], **variables: t.Any) -> str:
        (task,) = load(PLAYBOOKS / "tasks/require_success.yml")
        variables["ansible_play_hosts_all"] = [*self.NAMES, *self.OTHERS]
        variables["ansible_play_hosts"] = [name for name in variables["ansible_play_hosts_all"] if name not in failed]
        assert task["when"] == "__configure_logging_names | length > 0"
        return str(templated(task["ansible.builtin.fail"]["msg"], {**HOST_PATTERNS, **task["vars"]}, **variables))

    def test_vms_that_have_failed_are_named(self) -> None:
        text = "Nothing was changed, because %s failed: see above. Correct the cause, or leave %s out: --limit "
        assert self.message(["web1"]) == text % ("web1", "this VM") + "'!web1'"
        assert self.message(["web1", "a.b"]) == text % ("web1, a.b", "these VMs") + "'!web1:!a.b'"

    @pytest.mark.parametrize("limit", [None, "", "*", "*:!web11", "*,!web11"])
    @pytest.mark.parametrize("failed", [["web1"], ["web1", "b"], list(NAMES)])
    def test_the_limit_that_the_message_suggests_leaves_out_these_vms_alone(
        self, limit: str | None, failed: list[str]
    ) -> None:
        message = self.message(failed, **({} if limit is None else {"ansible_limit": limit}))
        (pattern,) = shlex.split(message.rpartition(" --limit ")[2])
        inventory = self.inventory()
        inventory.subset(pattern)
        excluded = {*failed, *(["web11"] if "web11" in (limit or "") else [])}
        assert {str(host) for host in inventory.get_hosts()} == {*self.NAMES, *self.OTHERS} - excluded
