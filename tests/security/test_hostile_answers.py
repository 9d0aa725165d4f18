# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VM against the controller and the other VMs: every module answers what an attacker wants."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

CONFIGURATION = Path(__file__).parents[2] / "playbooks" / "ansible.cfg"
SHA256 = "0" * 64


BUNDLE = {
    "changed": True,
    "name": "aqtive-guard-logs.log",
    "size": 5,
    "sha256": SHA256,
    "format": "text",
    "empty": False,
}


def assert_the_honest_vm_is_collected(outcome, controller):
    assert (outcome.status, outcome.manifest["vms"]["honest"]["status"]) == (2, "collected"), outcome.output
    assert (controller.logs / "run/honest/aqtive-guard-logs.log").is_file()
    assert "Traceback" not in outcome.output


@pytest.mark.every_core
class TestFacts:
    """A module's result may have facts, which ansible-core prefers to the inventory."""

    @pytest.fixture
    def poison(self, controller):
        tasks = controller.directory / "tasks.yml"
        tasks.write_text(
            f"- ansible.builtin.copy: {{content: x, dest: {controller.directory}/owned}}\n  delegate_to: localhost\n"
        )
        return {
            "aqtive_guard_log_bundle_dest": str(controller.directory / "elsewhere"),
            "aqtive_guard_log_bundle_run_id": "other",
            "aqtive_guard_logging_command": ["/nowhere/cs"],
            "aqtive_guard_logging_serial": 100,
            "aqtive_guard_logging_drain_tasks": str(tasks),
            "aqtive_guard_logging_undrain_tasks": str(tasks),
        }

    def test_of_a_vm_are_not_used_by_the_plays_that_follow(self, controller, poison):
        """Neither in this process, nor by way of a fact cache."""
        controller.environment |= {
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(controller.directory / "cache"),
        }
        controller.add_poisoned_vm("hostile", {"ansible_facts": poison})
        playbook, facts = controller.directory / "all.yml", controller.directory / "facts"
        playbook.write_text(
            "- ansible.builtin.import_playbook: community.aqtive_guard.collect_logs\n"
            "- ansible.builtin.import_playbook: community.aqtive_guard.configure_logging\n"
            "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - ansible.builtin.copy:\n"
            f"        content: \"{{{{ hostvars['hostile'].ansible_facts }}}}\"\n        dest: {facts}\n"
        )
        outcome = controller.play(playbook, aqtive_guard_logging_level="info")
        assert outcome.status == 0, outcome.output
        assert {vm["status"] for vm in outcome.manifest["vms"].values()} == {"collected"}
        assert "LOG_LEVEL=info" in (controller.directory / "hostile/config").read_text()
        assert "aqtive_guard" not in facts.read_text()
        assert not (controller.directory / "owned").exists()
        assert not (controller.directory / "elsewhere").exists()
        assert "aqtive_guard" not in json.dumps([path.read_text() for path in controller.directory.glob("cache/*")])

    def test_that_another_module_returned_are_refused(self, controller, poison):
        """A role of the user's, before ours, may run any module on the VM."""
        controller.add_hostile_vm("hostile", {"changed": False, "rc": 0, "ansible_facts": poison})
        play = controller.directory / "play.yml"
        play.write_text(
            "- hosts: aqtive_guard\n  gather_facts: false\n  tasks:\n    - ansible.builtin.command: {argv: [id]}\n"
        )
        outcome = controller.play(play, "configure_logging")
        assert outcome.status == 2
        for name in poison:
            assert (
                f"{name} of hostile is a fact of hostile, but must not be a fact, which a VM could set"
                in outcome.output
            )
        assert not (controller.directory / "owned").exists()
        assert controller.directory.joinpath("honest/config").read_text() == "LOG_LEVEL=warning\n"

    def test_that_another_module_returned_replace_nothing_with_the_settings_of_this_collection(
        self, controller, poison
    ):
        """Not even where nothing refuses them, as in plays of the user's."""
        controller.environment["ANSIBLE_CONFIG"] = str(CONFIGURATION)
        controller.add_hostile_vm("hostile", {"changed": False, "rc": 0, "ansible_facts": poison})
        play = controller.directory / "play.yml"
        play.write_text(
            "- hosts: hostile\n  gather_facts: false\n  tasks:\n    - ansible.builtin.command: {argv: [id]}\n"
            "    - ansible.builtin.debug: {var: aqtive_guard_log_bundle_dest}\n"
        )
        assert f'"aqtive_guard_log_bundle_dest": "{controller.logs}"' in controller.play(play).output

    def test_that_appear_while_a_vm_is_drained_are_refused(self, controller, poison):
        drain = controller.directory / "drain.yml"
        drain.write_text(
            "- ansible.builtin.set_fact: {aqtive_guard_logging_undrain_tasks: '%s', cacheable: true}\n"
            % poison["aqtive_guard_logging_undrain_tasks"]
        )
        outcome = controller.play("configure_logging", aqtive_guard_logging_drain_tasks=str(drain))
        assert outcome.status == 2
        assert "aqtive_guard_logging_undrain_tasks is a fact of honest" in outcome.output
        assert not (controller.directory / "owned").exists()


class TestValues:
    """Each of these VMs fails alone, all in one run."""

    WRONG = [
        ("size", "5"),
        ("size", True),
        ("size", -1),
        ("size", 1 << 80),
        ("sha256", "A" * 64),
        ("name", "../../x"),
        ("logging_digest", ["a"]),
        ("logging_settings", {"LOG_LEVEL": {"a": 1}}),
        ("bundle_seconds", "abc"),
        ("start", "x" * 100),
        ("rc", 1.5),
        ("errors", "x"),
        ("failed", "yes"),
        ("removed_leftovers", ["\x1b[2J"]),
    ]

    def collect(self, controller, answers):
        """Return the outcome, and the entry of each hostile VM."""
        for number, answer in enumerate(answers):
            controller.add_hostile_vm(f"hostile{number}", answer)
        outcome = controller.play("collect_logs")
        assert_the_honest_vm_is_collected(outcome, controller)
        entries = [outcome.manifest["vms"][f"hostile{number}"] for number in range(len(answers))]
        assert {(entry["status"], len(entry["files"]), len(entry["errors"]) > 0) for entry in entries} == {
            ("failed", 0, True)
        }
        # Nothing is left for a later run to believe.
        assert not list(controller.logs.glob("run/hostile*/*"))
        assert not list(controller.logs.glob("run/hostile*/.b*"))
        return outcome, entries

    def test_of_another_form_are_named(self, controller):
        _outcome, entries = self.collect(controller, [{**BUNDLE, field: value} for field, value in self.WRONG])
        for (field, _value), entry in zip(self.WRONG, entries, strict=True):
            (only,) = entry["errors"]
            assert (only["phase"], only["cause"].startswith(f"returned an invalid result: {field}")) == (
                "verify",
                True,
            ), only

    def test_under_unknown_keys_are_dropped(self, controller):
        keys = ("dest", "duration", "unreachable", "ansible_facts", "results", "leftover")
        # Of a failure, because what describes no bundle of this job is not used at all.
        failed = {"failed": True, "msg": "x", **BUNDLE}
        outcome, _entries = self.collect(controller, [{**failed, key: "/etc/shadow"} for key in keys])
        assert "shadow" not in outcome.output + json.dumps(outcome.manifest)

    def test_that_name_another_file_of_the_controller_are_not_listed(self, controller):
        answer = {"failed": True, "msg": "x", **BUNDLE, "dest": f"{controller.logs}/run/hostile0/../../../etc/shadow"}
        outcome, _entries = self.collect(controller, [answer])
        assert "shadow" not in outcome.output + json.dumps(outcome.manifest)

    def test_that_are_too_large_do_not_reach_the_table(self, controller):
        """One text, all texts together, or the whole output: each has a limit of its own."""
        error = {"phase": "run", "subject": "cs", "cause": "failed", "remedy": "Run it"}
        errors = [
            *([{**error, field: "x" * 5000}] for field in error),
            [{**error, "cause": "x" * 3000}] * 50,
            [{**error, "cause": "x" * 2000000}],
        ]
        outcome, _entries = self.collect(controller, [{"failed": True, "errors": each} for each in errors])
        assert "x" * 300 not in outcome.output + json.dumps(outcome.manifest)

    def test_that_are_missing_are_that_vms_failure(self, controller):
        controller.add_hostile_vm("zevil", {})
        outcome = controller.play("configure_logging")
        assert outcome.status == 2
        # The other VM reports that nothing was changed.
        assert re.findall(r"fatal: \[(\w+)\]", outcome.output) == ["zevil", "honest"]
        assert "returned an invalid result: needed is missing" in outcome.output
        assert "Nothing was changed, because zevil failed" in outcome.output

    def test_that_are_no_object_are_failures(self, controller):
        self.collect(controller, ["[" * 100000, '{"a":' * 100000, "null", "5", '"x"', "", "\x00" * 1000])


@pytest.mark.every_core
class TestTerminal:
    """Escape sequences in what a VM answers do not reach the terminal."""

    ESCAPE = "\x1b]0;owned\x07\x1b[2J"
    ANSWERS = [
        {"failed": True, "msg": "x", "warnings": [ESCAPE], "deprecations": [{"msg": ESCAPE, "version": "2.0"}]},
        {"failed": True, "msg": ESCAPE, "exception": ESCAPE},
        {"failed": True, "exception": {"event": {"msg": ESCAPE, "formatted_traceback": ESCAPE}}},
        {"failed": True, "errors": [{"phase": "run", "subject": ESCAPE, "cause": "x", "remedy": "y"}]},
        {"changed": False, "stdout": ESCAPE, "module_stdout": ESCAPE, "invocation": {"module_args": ESCAPE}},
        f"{ESCAPE}\n{{}}\n{ESCAPE}",
        ESCAPE,
        f'{{"a": 1}} {ESCAPE}',
    ]

    @pytest.mark.parametrize(
        ("playbook", "verbosity"), [("collect_logs", 3), ("configure_logging", 3), ("verify_logging", 0)]
    )
    def test_at_any_verbosity(self, controller, playbook, verbosity):
        controller.environment["ANSIBLE_VERBOSITY"] = str(verbosity)
        for number, answer in enumerate(self.ANSWERS):
            controller.add_hostile_vm(f"hostile{number}", answer)
        output = controller.play(playbook).output
        assert "hostile7" in output
        assert re.findall("[\x00-\x08\x0b-\x1f\x7f].{,50}", output) == []
