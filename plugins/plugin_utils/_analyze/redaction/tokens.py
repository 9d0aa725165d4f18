# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens: what replaces a value. The same value has the same token wherever the key is the same."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import Kind
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.normal import normal

KEY_LENGTH = 43
"""Characters that a key has at least: those of 32 random bytes in base64."""
_DISTINCT = 10
"""Different characters that a key has at least."""

_DIGEST_SIZE = 10
_PERSON = b"aqtive-guard"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PRIVATE: t.Final = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10"),
    )
)
"""Networks that are private. Their addresses are replaced by others of the same network."""


def key_of(text: str | None) -> bytes:
    """Return the key that an operator has chosen, or a random one. Raise a ``Failure`` if it is too easy to guess."""
    if not text:
        return secrets.token_bytes(32)
    if len(text) < KEY_LENGTH or len(set(text)) < _DISTINCT:
        cause = f"has {len(text)} characters, {len(set(text))} of them different, but at least {KEY_LENGTH} and {_DISTINCT} are required"
        raise failure("validate", "The key for tokens", cause, "Create one with openssl rand -base64 32")
    return hashlib.blake2b(text.encode(), digest_size=64, person=_PERSON).digest()


class Tokens:
    """Derives tokens from values with a key."""

    def __init__(self, key: bytes) -> None:
        self._hashes = {
            purpose: hashlib.blake2b(b"%b\0" % purpose, key=key, digest_size=_DIGEST_SIZE, person=_PERSON)
            for purpose in (b"key id", b"value", b"address")
        }

    @property
    def key_id(self) -> str:
        """A name of the key, from which it cannot be derived."""
        return self._digest(b"key id", b"").hex()

    def token(self, kind: Kind, value: str) -> str:
        """Return the token of a value, such as ``user-1c8f...``. It depends on the value's normal form alone, not on its kind."""
        return f"{kind.value}-{self._digest(b'value', normal(value).encode('utf-8', 'surrogatepass')).hex()}"

    def address(self, address: Address) -> str:
        """Return the token of an address: in a private network ``addr-`` and an address of this network.

        Addresses that have a common prefix keep one that is as long.
        """
        network = next((each for each in PRIVATE if address in each), None)
        if network is None:
            return self.token(Kind.ADDRESS, str(address))
        bits, width = int(address), address.max_prefixlen
        result = bits
        for position in range(network.prefixlen, width):
            rest = width - position
            prefix = b"%d/%d/%d" % (address.version, position, bits >> rest)
            result ^= (self._digest(b"address", prefix)[0] & 1) << (rest - 1)
        return f"{Kind.ADDRESS.value}-{type(address)(result)}"

    def _digest(self, purpose: bytes, value: bytes) -> bytes:
        computed = self._hashes[purpose].copy()
        computed.update(value)
        return computed.digest()
