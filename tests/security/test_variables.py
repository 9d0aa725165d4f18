# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator mistypes, and what his environment sets, must not change what he wanted."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.every_core

PLAYBOOKS = pytest.mark.parametrize("playbook", ["configure_logging", "verify_logging", "collect_logs"])


@pytest.mark.parametrize("playbook", ["configure_logging", "collect_logs"])
def test_a_mistyped_variable_is_refused_before_anything_runs(controller, playbook):
    outcome = controller.play(
        playbook, aqtive_guard_logging_flie="/var/log/x", aqtive_guard_log_bundle_date_form="2026-01-01"
    )
    assert outcome.status == 2
    for wrong, right in (("logging_flie", "logging_file"), ("log_bundle_date_form", "log_bundle_date_from")):
        line = f"aqtive_guard_{wrong} is not a variable of this collection. Correct it to aqtive_guard_{right}."
        assert line in outcome.output
    assert controller.directory.joinpath("honest/config").read_text() == "LOG_LEVEL=warning\n"
    assert not controller.logs.exists()


@PLAYBOOKS
def test_the_strategy_of_ansible_cfg_does_not_matter(controller, playbook):
    controller.add_vm("second")
    controller.environment["ANSIBLE_STRATEGY"] = "free"
    outcome = controller.play(playbook, aqtive_guard_logging_level="warning")
    assert outcome.status == 0, outcome.output
    if playbook == "collect_logs":
        assert {vm: entry["status"] for vm, entry in outcome.manifest["vms"].items()} == {
            "honest": "collected",
            "second": "collected",
        }


@PLAYBOOKS
def test_every_play_names_its_strategy(playbook):
    """A run shows the difference for some of them alone."""
    plays = yaml.safe_load((ROOT / "playbooks" / f"{playbook}.yml").read_text())
    assert {play["strategy"] for play in plays} == {"ansible.builtin.linear"}


@pytest.mark.parametrize("role", ["aqtive_guard_logging", "aqtive_guard_log_bundle"])
def test_a_role_that_is_used_alone_refuses_the_strategy_free(controller, role):
    play = controller.directory / "play.yml"
    play.write_text(
        f"- hosts: aqtive_guard\n  gather_facts: false\n  strategy: free\n  roles: [community.aqtive_guard.{role}]\n"
    )
    outcome = controller.play(play)
    assert outcome.status == 2
    assert "strategy is free, but the roles need one under which all VMs run each task together" in outcome.output
    assert controller.directory.joinpath("honest/config").read_text() == "LOG_LEVEL=warning\n"
    assert not controller.logs.exists()


@pytest.mark.parametrize(("pwd", "dest"), [("", "aqtive-guard-logs"), ("/nowhere", "collected/here")])
def test_a_relative_destination_begins_where_the_operator_stands(controller, pwd, dest):
    controller.environment["PWD"] = pwd
    outcome = controller.play("collect_logs", aqtive_guard_log_bundle_dest=dest)
    assert outcome.status == 0, outcome.output
    assert (controller.directory / dest / "run/manifest.json").is_file()


def test_a_destination_behind_a_link_that_leads_nowhere_is_not_created(controller):
    controller.logs.symlink_to("nowhere")
    outcome = controller.play("collect_logs")
    assert (outcome.status, f"{controller.logs}/run cannot be used" in outcome.output) == (2, True), outcome.output
    assert not (controller.directory / "nowhere").exists()


def test_an_invalid_serial_does_not_restart_all_vms_at_once(controller):
    controller.add_vm("second")
    outcome = controller.play("configure_logging", aqtive_guard_logging_level="info", aqtive_guard_logging_serial=0)
    assert outcome.status == 2
    assert "aqtive_guard_logging_serial is 0, but must be a number of VMs of at least 1" in outcome.output
    assert controller.directory.joinpath("honest/config").read_text() == "LOG_LEVEL=warning\n"
