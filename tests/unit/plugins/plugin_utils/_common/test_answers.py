# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schemas of answers, and what the modules document that they return."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.answer import ANSWER
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.schema import Some, violations
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.answers import ANSWERS

MODULES = Path(__file__).parents[5] / "plugins/modules"
SCHEMAS = {**ANSWERS, "log_bundle": ANSWER}
# Set by the action, or exchanged between the action and the module alone.
OF_THE_ACTION = {"dest", "download_seconds", "reused", "leftover", "clock"}
INTERNAL = {"pending", "bytes_written", "clock"}


def documented(module):
    text = (MODULES / f"{module}.py").read_text(encoding="utf-8")
    return yaml.safe_load(text.partition('RETURN = r"""')[2].partition('"""')[0])


@pytest.mark.parametrize("module", SCHEMAS)
def test_a_module_documents_what_it_may_answer(module):
    own = OF_THE_ACTION if module == "log_bundle" else set()
    internal = INTERNAL if module == "log_bundle" else set()
    assert set(documented(module)) - {"errors"} - own == set(SCHEMAS[module]) - internal


@pytest.mark.parametrize("module", SCHEMAS)
def test_the_documented_samples_conform_to_the_schema(module):
    samples = {key: entry["sample"] for key, entry in documented(module).items() if "sample" in entry}
    samples = {key: sample for key, sample in samples.items() if key not in {"errors", *OF_THE_ACTION}}
    assert len(samples) > 1
    assert list(violations(samples, Some(SCHEMAS[module]))) == []
