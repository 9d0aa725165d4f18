# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mutants that `make mutants` generates and tests."""

from __future__ import annotations

import ast
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

CI = Path(__file__).parents[3] / ".ci"
sys.path.insert(0, str(CI))

import mutants  # noqa: E402


def mutated(path, source):
    path.write_text(source, encoding="utf-8")
    return [mutant.source.decode() for mutant in mutants.mutants_of(path)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b\n", ["pass\n", "x = (a <= b)\n"]),
        ("x = a and b\n", ["pass\n", "x = (a or b)\n"]),
        ("x = a + 1\n", ["pass\n", "x = (a - 1)\n", "x = a + (2)\n"]),
        ("x = 'ü', not a\n", ["pass\n", "x = ('üX'), not a\n", "x = 'ü', (a)\n"]),
        ("f(a, b=c)\n", ["pass\n", "(f(a))\n"]),
        ("if a:\n    raise b\n", ["if (not a):\n    raise b\n", "if a:\n    pass\n"]),
        ("while a: break\n", ["while (not a): break\n", "while a: continue\n"]),
        ("def f() -> 'x':\n    '''Text.'''\n    return g()\n", ["def f() -> 'x':\n    '''Text.'''\n    return None\n"]),
        ("import a\nDOCUMENTATION = 'x'\nResult = dict[str, 'x']\n", []),
        ("x = X = a[b]\nX[0] = b\n", ["pass\nX[0] = b\n", "x = X = a[b]\npass\n", "x = X = a[b]\nX[(1)] = b\n"]),
    ],
)
def test_each_operator_literal_branch_and_statement_is_changed_once(tmp_path, source, expected):
    assert mutated(tmp_path / "a.py", source) == expected


def test_mutants_of_a_plugin_are_valid_and_different_python():
    path = CI.parent / "plugins" / "module_utils" / "_common" / "text.py"
    original = ast.dump(ast.parse(path.read_bytes()))
    assert all(ast.dump(ast.parse(mutant.source)) != original for mutant in mutants.mutants_of(path))


def test_a_mutant_is_unnoticed_only_if_the_tests_run_to_their_end(tmp_path, monkeypatch):
    root = tmp_path / "checkout"
    (root / "plugins").mkdir(parents=True)
    file, test = root / "plugins" / "a.py", root / "test_a.py"
    file.write_text("", encoding="utf-8")
    test.write_text("def test():\n    exec(open('plugins/a.py').read())\n", encoding="utf-8")
    monkeypatch.setattr(mutants, "ROOT", root)
    copies = mutants.Copies(tmp_path / "copies", 1)
    sources = (b"", b"1 // 0", b"import os; os._exit(0)")
    assert [copies.passes(file, source, [test], 60) for source in sources] == [True, False, False]
    assert (copies.idle.get() / "plugins" / "a.py").read_bytes() == b""


class Copies:
    """Copies whose tests are expressions about the variables of the mutated file."""

    def passes(self, file, source, tests, seconds):
        variables = dict.fromkeys("xyz")
        exec(source, variables)
        return all(eval(test.read_text(), variables) for test in tests)


@pytest.fixture
def examine(tmp_path, monkeypatch):
    """A function that examines all mutants of a file with a test that imports it and one that does so indirectly."""

    def examine(direct, indirect):
        paths = {name: tmp_path / name for name in ("a.py", "direct", "indirect")}
        for path, text in zip(paths.values(), ("x = 2\ny = 3\nz = 4\n", direct, indirect)):
            path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(mutants, "ROOT", tmp_path)
        monkeypatch.setattr(mutants.check, "importing_tests", lambda file: [paths["direct"]] if direct else [])
        tests = [paths["direct"], paths["indirect"]] if indirect else []
        monkeypatch.setattr(mutants.check, "select_tests", lambda files: tests)
        with ThreadPoolExecutor(1) as pool:
            return mutants.examine(paths["a.py"], 100, Copies(), pool)

    return examine


def test_survivors_get_a_second_chance_in_the_tests_that_import_the_file_indirectly(examine, capsys):
    assert examine(direct="x == 2", indirect="y == 3 and z")
    assert capsys.readouterr().out.splitlines() == [
        "a.py: 5 of 6 noticed (83 %)",
        "    survived: a.py:3: 4 -> (5)",
    ]


@pytest.mark.parametrize(
    ("direct", "indirect", "reason"),
    [
        ("x == 3", "", "its tests fail, or take too long, without a mutant"),
        ("x == 2", "y == 4", "its tests fail, or take too long, without a mutant"),
        ("", "", "no unit test imports it"),
    ],
)
def test_file_without_passing_tests_is_reported(examine, capsys, direct, indirect, reason):
    assert not examine(direct, indirect)
    assert capsys.readouterr().out == f"a.py: {reason}\n"
