# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration files whose lines look like a logging key's alone, but hold a secret. None may be lost or shown."""

from __future__ import annotations

import json
import os

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.text.converters import to_bytes

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import logging_keys
from ansible_collections.community.aqtive_guard.plugins.modules import logging_config, logging_config_info
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.comparison import compare

SECRET = "planted-1"
URL = f"DATABASE_URL=postgres://u:{SECRET}@h/db"

# What may stand between two assignments on one line, for a reader or for the person who wrote it.
SEPARATORS = {
    "carriage return": "\r",
    "vertical tab": "\v",
    "form feed": "\f",
    "NUL": "\0",
    "unit separator": "\x1f",
    "next line": "\x85",
    "no-break space": "\xa0",
    "zero width space": "\u200b",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "ideographic space": "\u3000",
    "space": " ",
    "tab": "\t",
    "comma": ",",
    "semicolon": ";",
    "ampersand": "&",
    "pipe": "|",
    "number sign": "#",
    "backslash": "\\",
}
TWO_ASSIGNMENTS = [
    *(
        pytest.param(f"{key}={value}{separator}{URL}", id=f"{key} and {name}")
        for key, value in (("LOG_LEVEL", "debug"), ("LOG_FILE", "/var/log/a"))
        for name, separator in SEPARATORS.items()
    ),
    *(
        pytest.param(f"LOG_FILE='/var/log/a{separator}{URL}'", id=f"quoted {name}")
        for name, separator in SEPARATORS.items()
    ),
    *(
        pytest.param(f"LOG_FILE=/var/log/a{separator}{SECRET}", id=f"path, {name} and no equals sign")
        for name, separator in SEPARATORS.items()
    ),
    pytest.param(f"LOG_LEVEL=debug X = {SECRET}", id="spaces around the equals sign"),
    pytest.param(f"LOG_LEVEL='debug' {URL}", id="quoted value"),
    pytest.param(f'export LOG_LEVEL=debug "{URL}"', id="quoted assignment"),
    pytest.param(f"LOG_LEVEL=a-b={SECRET}", id="second equals sign"),
    pytest.param(f"LOG_FILE=/var/log/a={SECRET}", id="second equals sign in a path"),
    pytest.param(f"LOG_LEVEL=$(echo {SECRET})", id="command substitution"),
    pytest.param(f'LOG_LEVEL="$(echo {SECRET})"', id="quoted command substitution"),
    pytest.param(f"LOG_LEVEL=`echo {SECRET}`", id="backticks"),
    pytest.param(f"LOG_LEVEL=${{X:-{SECRET}}}", id="default of a variable"),
    pytest.param(f"export LOG_LEVEL={{info,{SECRET}}}", id="braces"),
    pytest.param(f'PRIVATE_KEY="-----BEGIN\nLOG_LEVEL={SECRET}\n-----END"', id="line of a secret in double quotes"),
    pytest.param(f"PRIVATE_KEY='-----BEGIN\nLOG_LEVEL={SECRET}\n-----END'", id="line of a secret in single quotes"),
    pytest.param(f"PRIVATE_KEY=-----BEGIN\\\nLOG_LEVEL={SECRET}\\\n-----END", id="line of a secret with backslashes"),
]
# One assignment for every reader, of a value that cannot be meant.
INVALID_VALUES = [
    f"LOG_LEVEL={SECRET}",
    f"LOG_LEVEL='{SECRET}'",
    f"export LOG_ROTATE_MAX={SECRET}",
    f"LOG_FILE=postgres://u:{SECRET}@h/db",
    f"PRIVATE_KEY=-----BEGIN\nLOG_LEVEL={SECRET}\n-----END",
]
VALID = {"settings": {"LOG_LEVEL": "info"}, "digest": logging_keys.digest({"LOG_LEVEL": "info"})}


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config"

    def write(line):
        path.write_bytes(f"A=1\n{line}\nB=2\n".encode())
        return path

    return write


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run a module in this process and return its result, after checking all that it printed."""
    umask = os.umask(0o022)
    warnings = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, text, **_more: warnings.append(text))

    def run(module, **options):
        arguments = {**options, "_ansible_diff": True, "_ansible_remote_tmp": str(tmp_path)}
        try:
            from ansible.module_utils.testing import patch_module_args
        except ImportError:
            monkeypatch.setattr(basic, "_ANSIBLE_ARGS", to_bytes(json.dumps({"ANSIBLE_MODULE_ARGS": arguments})))
            with pytest.raises(SystemExit):
                module.main()
        else:
            with patch_module_args(arguments), pytest.raises(SystemExit):
                module.main()
        printed = capsys.readouterr()
        assert SECRET not in printed.out + printed.err + repr(warnings)
        return json.loads(printed.out)

    yield run
    os.umask(umask)


@pytest.mark.parametrize("line", TWO_ASSIGNMENTS)
def test_a_line_with_more_than_one_assignment_is_refused_by_its_number(run, config, line):
    path = config(line)
    before = path.read_bytes()
    result = run(logging_config, path=str(path), block="LOG_LEVEL=info")
    assert result["failed"]
    assert {error["subject"] for error in result["errors"]} == {f"{path}, line 2"}
    assert all(error["remedy"] for error in result["errors"])
    assert path.read_bytes() == before


@pytest.mark.parametrize("line", TWO_ASSIGNMENTS)
def test_a_line_with_more_than_one_assignment_is_a_problem_when_it_is_read(run, config, line):
    path = config(line)
    result = run(logging_config_info, path=str(path))
    assert f"{path}, line 2" in {problem["subject"] for problem in result["problems"]}


@pytest.mark.parametrize("line", INVALID_VALUES)
def test_an_invalid_value_is_replaced_without_being_shown(run, config, line):
    path = config(line)
    result = run(logging_config, path=str(path), block="LOG_LEVEL=info")
    assert "not shown" in result["removed"][0] and "not shown" in str(result["previous_settings"])
    assert "not shown" in result["diff"][0]["before"]
    assert run(logging_config, path=str(path), block="LOG_LEVEL=info")["removed"] == []


@pytest.mark.parametrize("line", INVALID_VALUES)
def test_an_invalid_value_is_a_problem_without_being_shown(run, config, line):
    result = run(logging_config_info, path=str(config(line)))
    assert any("not shown>, but must" in problem["cause"] for problem in result["problems"])


@pytest.mark.parametrize("line", INVALID_VALUES)
def test_an_invalid_value_is_not_shown_when_the_block_is_removed(run, config, line):
    run(logging_config, path=str(config(line)), state="absent")


@pytest.mark.parametrize("line", INVALID_VALUES)
def test_an_invalid_value_is_not_shown_when_it_is_rolled_back(run, config, line):
    """Neither that of the backup, nor that of the file, which somebody has edited meanwhile."""
    path = config(line)
    link = f"{path}.pending"
    run(logging_config, path=str(path), block="LOG_LEVEL=info", backup=True, pending_link=link)
    result = run(logging_config, path=str(config(f"C=3\n{line}")), state="rolled_back", pending_link=link)
    assert "not shown" in str(result["settings"]) and "not shown" in str(result["previous_settings"])
    assert path.read_bytes() == f"A=1\n{line}\nB=2\n".encode()


def test_a_plain_value_in_the_wrong_case_is_replaced(run, config):
    path = config("LOG_LEVEL=DEBUG")
    assert run(logging_config, path=str(path), block="LOG_LEVEL=info")["removed"] == [
        "LOG_LEVEL=<5 characters, not shown>"
    ]
    assert b"DEBUG" not in path.read_bytes()


def test_a_comment_behind_an_assignment_stays_in_the_file(run, config):
    path = config(f"LOG_LEVEL=debug # {URL}")
    run(logging_config, path=str(path), block="LOG_LEVEL=info")
    assert path.read_bytes().startswith(f"A=1\n# {URL}\nB=2\n".encode())


def test_a_comparison_shows_no_invalid_value_whatever_the_vm_has_answered():
    found = {"web1": {"settings": {"LOG_LEVEL": SECRET}}, "web2": VALID}
    for wanted in ({}, {"web1": VALID, "web2": VALID}):
        comparison = compare(found, wanted)
        assert not comparison.identical
        assert "<9 characters, not shown>" in str(comparison.table)
        assert SECRET not in str([comparison, comparison.errors])


def test_the_digest_of_an_invalid_value_does_not_give_it_away(run, config):
    digests = {run(logging_config_info, path=str(config(f"LOG_LEVEL={value}")))["digest"] for value in ("aaaa", "bbbb")}
    assert len(digests) == 1


@pytest.mark.parametrize("text", [*"$`#;&|()<>{},=", ":~"])
def test_a_path_that_a_reader_takes_for_more_is_found_on_the_controller(text):
    errors, _warnings = logging_keys.check({"LOG_LEVEL": "info", "LOG_FILE": f"/a{text}b"})
    assert [error["subject"] for error in errors] == ["LOG_FILE"]
