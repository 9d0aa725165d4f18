# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schemas of answers, and what the modules document that they return."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.answer import ANSWER, BUNDLE, REQUIRED
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.schema import Some, matches, violations
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure import answers
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._configure.answers import ANSWERS

MODULES = Path(__file__).parents[5] / "plugins/modules"
SCHEMAS = {**ANSWERS, "log_bundle": ANSWER}
# Set by the action, or exchanged between the action and the module alone.
OF_THE_ACTION = {"dest", "download_seconds", "request", "reused", "leftover", "clock"}
INTERNAL = {"pending", "bytes_written", "clock"}


def documented(module):
    text = (MODULES / f"{module}.py").read_text(encoding="utf-8")
    return yaml.safe_load(text.partition('RETURN = r"""')[2].partition('"""')[0])


@pytest.mark.parametrize("module", SCHEMAS)
def test_a_module_documents_what_it_may_answer(module):
    own = OF_THE_ACTION if module == "log_bundle" else set()
    internal = INTERNAL if module == "log_bundle" else set()
    assert set(documented(module)) - {"errors"} - own == set(SCHEMAS[module]) - internal


@pytest.mark.parametrize(
    ("required", "schema"),
    [
        (REQUIRED, BUNDLE),
        (answers.OF_A_CHANGE, ANSWERS["logging_config"]),
        *((required, ANSWERS[module]) for module, required in answers.REQUIRED.items()),
    ],
)
def test_required_keys_are_keys_of_the_schema(required, schema):
    assert [key for key in required if key not in schema] == []


@pytest.mark.parametrize("module", SCHEMAS)
def test_the_documented_samples_conform_to_the_schema(module):
    samples = {key: entry["sample"] for key, entry in documented(module).items() if "sample" in entry}
    samples = {key: sample for key, sample in samples.items() if key not in {"errors", *OF_THE_ACTION}}
    assert len(samples) > 1
    assert list(violations(samples, Some(SCHEMAS[module]))) == []


@pytest.mark.parametrize(
    ("module", "key", "accepted", "rejected"),
    [
        ("log_bundle", "rc", [-64, 0, 255, None], [-65, 256, True]),
        (
            "log_bundle",
            "start",
            ["2026-01-31T23:59:59.999Z"],
            ["2026-01-31T23:59:59Z", "2026-01-31 23:59:59.999", None],
        ),
        ("log_bundle", "name", ["aqtive-guard-logs.log.gz", "aqtive-guard-logs.bin"], ["aqtive-guard-logs", "x.log"]),
        ("log_bundle", "format", ["gzip", "unknown"], ["rar"]),
        (
            "log_bundle",
            "product_packages",
            [{}, {"cryptosense-analyzer-web": "x" * 100}],
            [{"cryptosense-analyzer-web": "x" * 101}, {"bash": "1-1"}],
        ),
        ("log_bundle", "stderr_tail", ["a\n\tb", "x" * 4096], ["a\x1b[2J", "x" * 4097]),
        ("log_bundle", "excluded_by_filters", [{"log_types": ["WEB"], "log_levels": []}], [{"log_types": ["WEB"]}]),
        ("log_bundle", "size", [0, 1 << 62], [-1, 1.5]),
        ("log_bundle", "bundle_seconds", [0, 1.5], [-1]),
        ("log_bundle", "clock", [[1795530118.25, 1795530118]], [["now"]]),
        ("log_bundle", "logging_digest", ["0a" * 32, None], ["x"]),
        ("log_bundle", "machine_id_digest", ["0a" * 32, None], ["0a" * 16, ["x"]]),
        ("logging_config", "rollback_file", ["/a", None], [3]),
        ("logging_config", "previous_settings", [{"LOG_LEVEL": "info"}, {}], [{"PASSWORD": "x"}]),
        (
            "logging_config_info",
            "duplicates",
            [[{"key": "LOG_LEVEL", "lines": [1, 3]}]],
            [[{"key": "X", "lines": [1]}]],
        ),
        ("logging_health", "units", [{"a.service": "x" * 100}], [{"a.service": "x" * 101}]),
    ],
)
def test_an_answer_is_limited_to_what_the_module_can_mean(module, key, accepted, rejected):
    schema = SCHEMAS[module][key]
    assert [matches(value, schema) for value in accepted] == [True] * len(accepted)
    assert [matches(value, schema) for value in rejected] == [False] * len(rejected)
