# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every field of the log schemas, and how its values are redacted. Fields that are not in the table are masked."""

from __future__ import annotations

import enum
import typing as t

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.logging_keys import KEYS


class Treatment(enum.Enum):
    """What becomes of the values of a field. A value that is not of the expected form is masked."""

    UUID = "kept if it is a random UUID, otherwise replaced by a token"
    TIME = "kept if it is a time"
    NUMBER = "kept if it is a number"
    BOOLEAN = "kept if it is true or false"
    WORD = "kept if it is a single word that is no known value"
    TOKEN = "replaced by a token"  # noqa: S105 (no password)
    HOST = "replaced by the token of the host in it"
    ADDRESS = "replaced by a token; one of a private network keeps this network"
    TEXT = "kept, except for known values, addresses and secrets in it"
    PATH = "as text, and the ids and parameters in it are replaced"
    SETTING = "masked, unless the setting is one of the logging keys"


class Kind(enum.Enum):
    """What a value names. A token begins with it."""

    USER = "user"
    HOST = "host"
    DOMAIN = "domain"
    ADDRESS = "addr"
    GROUP = "group"
    KEY = "key"
    ID = "id"
    EMAIL = "email"
    FIELD = "field"


class Field(t.NamedTuple):
    """A row of the table. Values of a field with a kind are known values: they are looked for in all texts."""

    treatment: Treatment
    kind: Kind | None = None


FIELDS: t.Final = {
    "id": Field(Treatment.UUID),
    "created_at": Field(Treatment.TIME),
    "hostname": Field(Treatment.HOST, Kind.HOST),
    "level": Field(Treatment.WORD),
    "log_type": Field(Treatment.WORD),
    "pid": Field(Treatment.NUMBER),
    "request_id": Field(Treatment.UUID),
    "user_id": Field(Treatment.TOKEN, Kind.USER),
    "user_name": Field(Treatment.TOKEN, Kind.USER),
    "stacktrace": Field(Treatment.TEXT),
    "action": Field(Treatment.WORD),
    "access_granted": Field(Treatment.BOOLEAN),
    "access_denied_reason": Field(Treatment.TEXT),
    "element": Field(Treatment.TEXT),
    "element_id": Field(Treatment.TOKEN, Kind.ID),
    "client_ip": Field(Treatment.ADDRESS, Kind.ADDRESS),
    "forwarded_for_client_ip": Field(Treatment.ADDRESS, Kind.ADDRESS),
    "setting": Field(Treatment.TEXT),
    "old_value": Field(Treatment.SETTING),
    "new_value": Field(Treatment.SETTING),
    "api_key": Field(Treatment.TOKEN, Kind.KEY),
    "method": Field(Treatment.WORD),
    "path": Field(Treatment.PATH),
    "status_code": Field(Treatment.NUMBER),
    "memory_mb": Field(Treatment.NUMBER),
    "module": Field(Treatment.TEXT),
    "message": Field(Treatment.TEXT),
    "computer_group": Field(Treatment.TOKEN, Kind.GROUP),
    "endpoint_id": Field(Treatment.TOKEN, Kind.ID),
    "target": Field(Treatment.HOST, Kind.HOST),
    "error": Field(Treatment.TEXT),
}

MASK: t.Final = "***"
"""What replaces a value of which nothing is kept."""

KEPT_SETTINGS: t.Final = frozenset(KEYS)
"""Settings whose old and new values are redacted as text. Those of all others are masked."""
