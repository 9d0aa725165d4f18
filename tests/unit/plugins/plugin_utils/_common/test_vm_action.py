# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.vm_action import (
    crash,
    minimum_python,
    no_answer,
    unusable_python,
)


class TestMinimumPython:
    def test_is_the_oldest_that_the_core_looks_for(self):
        assert minimum_python(["python3.14", "python3.9", "/usr/bin/python3", "python3"]) == (3, 9)

    def test_python_2_is_too_old_for_this_collection_even_where_a_core_supports_it(self):
        assert minimum_python(["python3.12", "python3.5", "python2.7", "python"]) == (3, 6)

    def test_a_core_that_names_no_version_is_given_the_benefit_of_the_doubt(self):
        assert minimum_python(["/usr/bin/python3"]) == (3, 6)

    def test_ten_is_more_than_nine(self):
        assert minimum_python(["python3.10", "python3.11"]) == (3, 10)


class TestUnusablePython:
    def test_rhel_8_and_a_new_core(self):
        line = unusable_python("/usr/libexec/platform-python", "3.6.8", (3, 9), "2.21.5")
        assert line is not None and "\n" not in line
        for part in (
            "Python 3.6.8",
            "/usr/libexec/platform-python",
            "ansible-core 2.21.5",
            "3.9",
            "ansible_python_interpreter",
            "2.16",
        ):
            assert part in line

    def test_an_interpreter_that_is_not_there(self):
        line = unusable_python("/usr/bin/python3.12", None, (3, 6), "2.16.19")
        assert line is not None and "/usr/bin/python3.12 cannot be started" in line
        assert "last one that supports" not in line

    @pytest.mark.parametrize("found", ["3.9.0", "3.10.1", "3.14.0"])
    def test_a_python_that_is_good_enough_is_not_to_blame(self, found):
        assert unusable_python("/usr/bin/python3", found, (3, 9), "2.21.5") is None


class TestNoAnswer:
    def test_names_the_last_thing_that_was_said(self):
        line = no_answer(
            {"rc": 1, "module_stdout": "", "module_stderr": "sudo: sorry, you must have a tty to run sudo\n"}, True
        )
        assert line.startswith("the module gave no answer: sudo: sorry, you must have a tty to run sudo. ")
        assert "--ask-become-pass" in line

    def test_leaves_the_traceback_out(self):
        said = 'Traceback (most recent call last):\r\n  File "x"\r\nMemoryError: no room\r\n\r\n'
        line = no_answer({"module_stdout": said, "module_stderr": "Shared connection to vm closed.\r\n"}, False)
        assert "MemoryError: no room" in line and "Traceback" not in line and "\n" not in line
        assert "sudo" not in line

    def test_names_the_status_where_nothing_was_said(self):
        assert "it ended with status 137" in no_answer({"rc": 137}, True)


class TestCrash:
    def test_names_what_the_core_handed_over(self):
        exception = SimpleNamespace(event=SimpleNamespace(msg="name 'x'\n is not defined."))
        line = crash({"failed": True, "exception": exception})
        assert line == "the module failed: name 'x' is not defined. Set ANSIBLE_DISPLAY_TRACEBACK=error to see where."

    @pytest.mark.parametrize(
        "result",
        [
            {"changed": False},
            {"failed": True, "msg": "it is full"},
            {"failed": True, "msg": "it is full", "exception": SimpleNamespace(event=SimpleNamespace(msg="x"))},
            {"failed": True, "exception": "Traceback of an older core"},
        ],
    )
    def test_an_answer_speaks_for_itself(self, result):
        assert crash(result) is None
