# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import growth, query
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.answers import QUESTIONS


@pytest.fixture
def dataset(tmp_path, stage_records):
    error = {"level": "error", "message": "\x1b[31mfailed: é"}
    root = tmp_path / "it's a set"
    growth.append(
        root, {"web1": stage_records("web1", {"minute": 0, **error}, {"minute": 1, **error}, {"minute": 2})}, {}
    )
    return root


def ask(*arguments):
    return subprocess.run(
        [sys.executable, query.__file__, *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_answer_is_printed_a_row_on_each_line_without_control_characters(dataset):
    result = ask(dataset, "error_signatures")
    (row,) = map(json.loads, result.stdout.splitlines())
    assert (row["records"], row["sample"], row["vms"]) == (2, "\x1b[31mfailed: é", ["web1"])
    assert row["first_seen"] == "2026-10-25 12:00:00"
    assert result.stdout.isascii() and "\x1b" not in result.stdout
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name", list(QUESTIONS))
def test_every_question_can_be_asked(dataset, name, capsys):
    assert query.main([str(dataset), name]) == 0
    for line in capsys.readouterr().out.splitlines():
        json.loads(line)


def test_question_may_be_a_file(dataset, tmp_path, capsys):
    (tmp_path / "own.sql").write_text("SELECT vm, line, day FROM records ORDER BY line")
    assert query.main([str(dataset), str(tmp_path / "own.sql")]) == 0
    assert list(map(json.loads, capsys.readouterr().out.splitlines())) == [
        {"vm": "web1", "line": line, "day": "2026-10-25"} for line in (1, 2, 3)
    ]


def test_long_answer_is_complete(dataset, tmp_path, capsys):
    (tmp_path / "long.sql").write_text("SELECT range AS number FROM range(2500)")
    assert query.main([str(dataset), str(tmp_path / "long.sql")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2500


def test_pipe_that_is_closed_is_no_error(dataset, tmp_path):
    (tmp_path / "long.sql").write_text("SELECT range AS number FROM range(100000)")
    command = f"{shlex.join([sys.executable, query.__file__, str(dataset), str(tmp_path / 'long.sql')])} | head -n 1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == ('{"number": 0}\n', "")


@pytest.mark.parametrize("question", ["no_such_question", "broken.sql"])
def test_error_is_one_line_and_a_status(dataset, tmp_path, question, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.sql").write_text("SELECT nothing FROM records\n\n")
    assert query.main([str(dataset), question]) == 1
    output = capsys.readouterr()
    assert (output.out, len(output.err.splitlines())) == ("", 1)


def test_missing_data_set_is_an_error(dataset):
    shutil.rmtree(dataset)
    assert ask(dataset, "logins").returncode == 1


@pytest.mark.parametrize("arguments", [[], ["dataset"], ["dataset", "logins", "more"]])
def test_other_arguments_show_the_usage(arguments, capsys):
    assert query.main(arguments) == 2
    assert "query.py DATASET QUESTION" in capsys.readouterr().err
