# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The validator against the simulator, which implements the vendor's page on its own: both accept the same files."""

import importlib.util
import itertools
import os
import sys

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.document import parse
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    KEYS,
    check,
    is_plain,
)

pytest.importorskip("hypothesis", reason="the property tests need hypothesis")

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

# Hypothesis for Python 3.6 is several times slower; the code does not depend on the version.
EXAMPLES = 500 if sys.version_info >= (3, 7) else 100
settings.register_profile("oracle", deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 5))
SIMULATOR = os.path.join(ROOT, "roles/aqtive_guard_simulator/files/aqtive_guard_simulator/config.py")


def load_simulator():
    specification = importlib.util.spec_from_file_location("simulator_config", SIMULATOR)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


simulator = load_simulator()

LIKELY = {
    "level": [b"debug", b"info", b"warning", b"error", b"critical", b"INFO", b"warn"],
    "flag": [b"true", b"false", b"True", b"yes", b"1"],
    "count": [b"1", b"7", b"365", b"0", b"-1", b"07", b"7.0", b"+7", b"\xd9\xa3", b"\xef\xbc\x97", b"abc"],
    "path": [
        b"/var/log/a",
        b"/var/log/a",
        b"/var/log/./a",
        b"/var//log/a",
        b"//var/log/a",
        b"/var/log/b",
        b"/var/log/",
        b"/var/log/..",
        b"log",
        b"/\xff",
        b"/\xe6\x97\xa5",
        b"/a b",
        b"/a;B=c",
        b"/a&B=c",
        b"/a|B=c",
        b"/\xc2\x85",
        b"/\xe2\x80\xa8",
        b"/\xe2\x80\x8b",
        b"/\xed\xa0\x80",
        b"/\0",
    ],
}
HOSTILE = st.one_of(
    st.just(b""),
    st.binary(max_size=6).map(lambda data: data.replace(b"\n", b"")),
    st.text(max_size=4).map(lambda text: b"/" + text.replace("\n", "").encode("utf-8", "surrogatepass")),
)


def assignment(key):
    before = [before + key.name.encode() for before in (b"", b"", b"", b" ", b"\t", b"export ", b"#")]
    between = [b"=", b"=", b"=", b" =", b"= "]
    after = [b"", b"", b" ", b"\r"]
    # One choice instead of four: drawing them takes longer than what is tested.
    likely = st.sampled_from(list(map(b"".join, itertools.product(before, between, LIKELY[key.kind], after))))
    hostile = st.builds(
        lambda *parts: b"".join(parts),
        st.sampled_from(before),
        st.sampled_from(between),
        HOSTILE,
        st.sampled_from(after),
    )
    return st.one_of(likely, likely, likely, likely, hostile)


# Each key now and then, so that its absence is met as often; and sometimes once more.
ASSIGNMENTS = st.tuples(*[st.one_of(st.just(b"# nothing"), assignment(key), assignment(key)) for key in KEYS])
OTHERS = st.sampled_from(
    [b"", b"DATABASE_URL=postgres://", b"LOG_FORMAT=json", b"LOG_LEVEL", b"export", b"\xef\xbb\xbf"]
)
FILES = st.builds(
    lambda lines, more: b"\n".join([*lines, *more]),
    ASSIGNMENTS,
    st.lists(st.one_of(OTHERS, *map(assignment, KEYS)), max_size=2),
)


def both(data):
    theirs = simulator.parse(data)
    ours = {key: value.decode("utf-8", "surrogateescape") for key, value in theirs.items()}
    errors, warnings = check(ours)
    violations, their_warnings = simulator.check(theirs)
    return ours, theirs, errors, violations, warnings, their_warnings


@given(FILES)
@settings(settings.get_profile("oracle"), max_examples=EXAMPLES)
@example(b"LOG_LEVEL=info\nLOG_FILE=/a\nLOG_FILE_AUDIT=/./a\nLOG_ROTATE_DAILY_AUDIT=true\n")
@example(b"LOG_LEVEL=info\nLOG_FILE=/a&B=c\n")
def test_they_read_and_accept_the_same_files(data):
    ours, theirs, errors, violations, warnings, their_warnings = both(data)
    document = parse(data)
    assert document.errors or set(document.settings) == set(theirs)
    # It is not asked for values that a shell does not read literally.
    assert (not errors) == (not violations) or not all(map(is_plain, ours.values()))
    if not errors:
        assert {key: value.encode() for key, value in ours.items()} == theirs
        assert len(warnings) == len(their_warnings)


@pytest.mark.parametrize("value", [b"/a b", b"/a;B=c", b"/a&B=c", b"/a|B=c", b"/a`b`"])
def test_a_value_that_a_shell_reads_otherwise_is_ambiguous(value):
    assert parse(b"LOG_LEVEL=info\nLOG_FILE=" + value + b"\n").errors


VALID = {
    "level": st.sampled_from(LIKELY["level"][:5]),
    "flag": st.sampled_from(LIKELY["flag"][:2]),
    "count": st.sampled_from(LIKELY["count"][:3]),
    "path": st.sampled_from(LIKELY["path"][:6]),
}


@given(st.tuples(*[st.one_of(st.none(), VALID[key.kind]) for key in KEYS]))
@settings(settings.get_profile("oracle"), max_examples=EXAMPLES)
def test_they_agree_on_dependencies_between_values_that_are_valid_alone(values):
    data = b"\n".join(key.name.encode() + b"=" + value for key, value in zip(KEYS, values) if value is not None)
    _ours, _theirs, errors, violations, warnings, their_warnings = both(data)
    assert (not errors) == (not violations)
    assert len(warnings) == len(their_warnings)
    # Here every violation is one of its own, so they count the same, too.
    assert len(errors) == len(violations)
