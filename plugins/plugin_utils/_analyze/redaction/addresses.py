# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses in whatever form they are written."""

from __future__ import annotations

import ipaddress
import re

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.tokens import Address

_BRACKETS = re.compile(r"\[([^\]]*)\](?::\d{1,5})?")
_PORT = re.compile(r"([0-9.]+):\d{1,5}")
_HARMLESS = tuple(map(ipaddress.ip_network, ("127.0.0.0/8", "0.0.0.0/32", "255.0.0.0/8", "::/127")))


def parsed(text: str) -> Address | None:
    """Return the address in a text, without brackets, port and zone; None if it is none.

    An IPv4 address that is mapped to IPv6 is the IPv4 address.
    """
    text = text.strip()
    if match := _BRACKETS.fullmatch(text) or _PORT.fullmatch(text):
        text = match[1]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def is_harmless(address: Address) -> bool:
    """Return whether an address says nothing about a network: that of the machine itself, none, or a mask."""
    return any(address in network for network in _HARMLESS)
