# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from unittest.mock import MagicMock

import pytest

from ansible_collections.community.aqtive_guard.plugins.action import (
    compare_logging,
    logging_config,
    logging_config_info,
    validate_logging,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import digest


def action(plugin, args, **task):
    task = MagicMock(args=args, async_val=0, **{"check_mode": False, "diff": False, **task})
    return plugin.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())


def validate(**args):
    return action(validate_logging, args).run()


def compare(**args):
    return action(compare_logging, args).run()


@pytest.mark.parametrize("plugin", [compare_logging, validate_logging])
def test_what_runs_on_the_controller_needs_no_connection(plugin):
    assert plugin.ActionModule._requires_connection is False


class TestValidateLogging:
    def test_returns_the_text_that_is_written(self):
        result = validate(
            log_level="info", log_file="/a", log_rotate_daily="yes", log_rotate_max=7, log_file_audit=None
        )
        settings = {"LOG_LEVEL": "info", "LOG_FILE": "/a", "LOG_ROTATE_DAILY": "true", "LOG_ROTATE_MAX": "7"}
        assert (result["settings"], result["digest"]) == (settings, digest(settings))
        assert (result["changed"], result["warnings"]) == (False, [])
        assert not result.get("failed")

    def test_warns(self):
        assert len(validate(log_level="info", log_file="/a", log_file_audit="/a")["warnings"]) == 1

    def test_fails_with_every_violation(self):
        result = validate(log_level="loud", log_rotate_max="abc", log_fiel="/a")
        assert result["failed"]
        assert [error["subject"] for error in result["errors"]] == [
            "log_fiel",
            "LOG_LEVEL",
            "LOG_ROTATE_MAX",
            "LOG_ROTATE_MAX",
        ]
        assert len(result["msg"].splitlines()) == 4
        assert "settings" not in result


class TestCompareLogging:
    def test_passes_when_all_are_identical(self):
        result = compare(found={"web1": {"LOG_LEVEL": "info"}, "web2": {"LOG_LEVEL": "info"}})
        assert (result["failed"], result["identical"], result["digest"]) == (False, True, digest({"LOG_LEVEL": "info"}))

    def test_fails_and_says_what_differs_and_shows_the_table(self):
        result = compare(found={"web1": {"LOG_LEVEL": "info"}, "web2": {"LOG_LEVEL": "debug"}})
        assert result["failed"]
        assert "LOG_LEVEL differs between VMs: info on web1; debug on web2." in result["msg"]
        assert len(result["table"]) == 3

    def test_tells_without_failing_when_so_asked(self):
        result = compare(found={"web1": None}, assert_identical="no")
        assert (result["failed"], result["identical"], result["missing"]) == (False, False, {"web1": None})

    def test_compares_what_is_wanted_where_nothing_was_found_yet(self):
        result = compare(wanted={"web1": {"LOG_LEVEL": "info"}, "web2": {"LOG_LEVEL": "debug"}})
        assert [difference["key"] for difference in result["differences"]] == ["LOG_LEVEL"]
        assert (result["drift"], result["missing"]) == ([], {})

    def test_nothing_found_is_not_the_same_as_nothing_looked_for(self):
        assert compare(found={}, wanted={"web1": {"LOG_LEVEL": "info"}})["missing"] == {"web1": None}

    def test_keys_that_may_differ(self):
        found = {"web1": {"LOG_LEVEL": "info"}, "web2": {"LOG_LEVEL": "debug"}}
        assert compare(found=found, may_differ=["log_level"])["identical"]

    def test_settings_that_were_refused_are_not_compared(self):
        refused = validate(log_level="loud")
        result = compare(wanted={"web1": refused, "web2": validate(log_level="info"), "worker1": refused}, found={})
        assert result["failed"]
        assert result["msg"] == f"web1, worker1:\n{refused['msg']}"
        assert "identical" not in result

    @pytest.mark.parametrize(
        ("args", "said"),
        [
            ({}, "found, wanted"),
            ({"found": {}, "fond": {}}, "fond"),
            ({"found": "web1"}, "found"),
            ({"found": {"web1": {"LOG_LEVL": "info"}}}, "LOG_LEVL"),
            ({"found": {}, "may_differ": ["LOG_LEVL"]}, "LOG_LEVL"),
        ],
    )
    def test_refuses_options_that_make_no_sense(self, args, said):
        result = compare(**args)
        assert result["failed"]
        assert said in result["msg"]


@pytest.mark.parametrize("plugin", [logging_config, logging_config_info])
def test_what_runs_on_a_vm_runs_the_module_of_its_name_with_its_options(plugin, monkeypatch):
    ran = []

    def run(self, module_name, module_args, task_vars):
        ran.append((module_name, module_args, task_vars))
        return {"changed": False}

    monkeypatch.setattr(plugin.ActionModule, "run_on_vm", run)
    assert action(plugin, {"path": "/etc/config"}).run(task_vars={"a": 1}) == {"changed": False}
    name = plugin.__name__.rpartition(".")[2]
    assert ran == [(f"community.aqtive_guard.{name}", {"path": "/etc/config"}, {"a": 1})]
