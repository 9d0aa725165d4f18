# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import Kind
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.tokens import (
    PRIVATE,
    Tokens,
    key_of,
)

TEXT = "k3y-of-the-tests-0123456789-abcdefghijklmnopqrstuvw"
TOKENS = Tokens(key_of(TEXT))


def address(text):
    return TOKENS.address(ipaddress.ip_address(text))


def test_tokens_have_a_label_and_eighty_bits():
    assert re.fullmatch("user-[0-9a-f]{20}", TOKENS.token(Kind.USER, "alice"))


def test_the_same_value_has_the_same_token_with_the_same_key():
    assert Tokens(key_of(TEXT)).token(Kind.USER, "alice") == TOKENS.token(Kind.USER, "alice")


def test_tokens_depend_on_the_value_and_on_the_key():
    assert TOKENS.token(Kind.USER, "alice") != TOKENS.token(Kind.USER, "bob")
    assert Tokens(key_of(TEXT + "x")).token(Kind.USER, "alice") != TOKENS.token(Kind.USER, "alice")


@pytest.mark.parametrize("form", ["ANDRÉ.MÜLLER", "andre\u0301.mu\u0308ller", "an\u200bdré.müller", "ａndré.müller"])
def test_forms_of_one_name_have_one_token(form):
    assert TOKENS.token(Kind.USER, form) == TOKENS.token(Kind.USER, "andré.müller")


def test_a_value_keeps_its_digest_with_another_label():
    assert TOKENS.token(Kind.USER, "alice")[5:] == TOKENS.token(Kind.HOST, "alice")[5:]


def test_half_a_surrogate_pair_has_a_token():
    assert TOKENS.token(Kind.USER, "a\ud800")


@pytest.mark.parametrize("text", ["x" * 43, "abcdefghi" * 5, TEXT[:42]])
def test_a_key_that_is_easy_to_guess_is_an_error_that_does_not_contain_it(text):
    with pytest.raises(Failure) as failed:
        key_of(text)
    assert text not in str(failed.value)


@pytest.mark.parametrize("text", [TEXT[:43], "0123456789" * 5])
def test_a_key_of_the_least_length_and_variety_is_accepted(text):
    assert len(key_of(text)) == 64


@pytest.mark.parametrize("text", [None, ""])
def test_without_a_key_each_archive_has_a_random_one(text):
    assert key_of(text) != key_of(text)
    assert len(key_of(text)) == 32


def test_the_id_of_a_key_does_not_contain_it_and_is_the_same_for_the_same_key():
    assert TOKENS.key_id == Tokens(key_of(TEXT)).key_id
    assert TOKENS.key_id != Tokens(key_of(TEXT + "x")).key_id
    assert TOKENS.key_id not in key_of(TEXT).hex()


def test_public_addresses_become_tokens():
    assert re.fullmatch("addr-[0-9a-f]{20}", address("203.0.113.9"))
    assert re.fullmatch("addr-[0-9a-f]{20}", address("2a00:babe::303"))


@pytest.mark.parametrize("network", PRIVATE, ids=str)
def test_private_addresses_stay_in_their_network_and_are_others(network):
    addresses = [network[5], network[6], network[300]]
    found = [address(str(each)) for each in addresses]
    assert len(set(found)) == 3
    assert all(ipaddress.ip_address(each.removeprefix("addr-")) in network for each in found)
    assert sum(str(old) == new.removeprefix("addr-") for old, new in zip(addresses, found, strict=True)) < 3


def common_prefix(one, other):
    return 32 - (int(one) ^ int(other)).bit_length()


@given(st.integers(0, 2**24 - 1), st.integers(0, 2**24 - 1))
def test_private_addresses_keep_the_length_of_their_common_prefix(one, other):
    old = [ipaddress.IPv4Address((10 << 24) + each) for each in (one, other)]
    new = [ipaddress.IPv4Address(TOKENS.address(each).removeprefix("addr-")) for each in old]
    assert common_prefix(*old) == common_prefix(*new)
