# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


import pytest

yaml = pytest.importorskip("yaml")
basic = pytest.importorskip("ansible.module_utils.basic")

from ansible_collections.community.aqtive_guard.plugins.modules import logging_config_info


class Exit(Exception):
    """The result with which the module exited."""


@pytest.fixture
def run(monkeypatch):
    """Run the module for a file; return its argument spec, its result and its warnings."""

    def run_module(path):
        class Module:
            def __init__(self, argument_spec, supports_check_mode):
                assert supports_check_mode
                self.params = {"path": str(path)}
                self.spec = argument_spec
                self.warnings = []

            def warn(self, warning):
                self.warnings.append(warning)

            def exit_json(self, **result):
                raise Exit(self.spec, result, self.warnings)

        monkeypatch.setattr(logging_config_info, "AnsibleModule", Module)
        with pytest.raises(Exit) as caught:
            logging_config_info.main()
        return caught.value.args

    return run_module


def test_the_module_documents_its_options(run, tmp_path):
    (tmp_path / "config").write_text("LOG_LEVEL=info\n")
    documented = yaml.safe_load(logging_config_info.DOCUMENTATION)["options"]
    for option in documented.values():
        assert option.pop("description")
    assert run(tmp_path / "config")[0] == documented


def test_a_setting_that_is_probably_a_mistake_is_warned_of(run, tmp_path):
    (tmp_path / "config").write_text("LOG_LEVEL=info\nLOG_FILE=/a\nLOG_FILE_AUDIT=/a\n")
    _spec, result, warnings = run(tmp_path / "config")
    assert result["problems"] == []
    assert [warning.partition(".")[0] for warning in warnings] == [
        "LOG_FILE_AUDIT is '/a', the same file as LOG_FILE",
    ]


def test_of_an_invalid_value_the_length_alone_is_shown(run, tmp_path):
    (tmp_path / "config").write_text("LOG_LEVEL=info\nLOG_FILE=hunter2\n")
    _spec, result, _warnings = run(tmp_path / "config")
    (problem,) = result["problems"]
    assert problem["cause"] == "is <7 characters, not shown>, but must be an absolute path"


def test_the_file_is_a_program(run_as_program):
    run_as_program(logging_config_info.__file__)
