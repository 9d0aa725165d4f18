# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's log schemas, one for each variant of a record, and which of them a record has to conform to."""

from __future__ import annotations

import contextlib
import functools
import json
import typing as t
from pathlib import Path

with contextlib.suppress(ImportError):  # see libraries.py
    import jsonschema_rs


Record = dict[str, t.Any]

SCHEMAS = Path(__file__).parent / "schemas"

UNRECOGNIZED = "baseline"
"""The variant of a record whose ``log_type`` the vendor's page does not name."""

_ACTIONS = {
    "login_attempt": "login_attempt",
    "setting_change": "setting_change",
    "api_request": "api_request",
    **dict.fromkeys(("access", "create", "update", "remove", "export_jira"), "user_activity"),
}


class Variant:
    """A schema, and the fields that it describes."""

    def __init__(self, name: str) -> None:
        schema = flat_schema(name)
        strict = {**schema, "additionalProperties": False}
        self.name = name
        self.fields = frozenset(schema["properties"])
        self._validator = jsonschema_rs.Draft202012Validator(schema)
        self.is_ordinary: t.Callable[[Record], bool] = jsonschema_rs.Draft202012Validator(strict).is_valid
        """Return whether a record conforms to the schema and has no unknown field."""

    def violations(self, record: Record) -> list[tuple[str, str]]:
        """Return a JSON pointer and the violated keyword for each violation. Neither contains a value of the record."""
        found = []
        for error in self._validator.iter_errors(record):
            path = [str(part) for part in error.instance_path]
            if error.kind.name == "required":
                path.append(error.kind.as_dict()["property"])
            found.append(("/" + "/".join(path), error.kind.name))
        return sorted(set(found))


class Variants:
    """All variants, by name."""

    def __init__(self) -> None:
        self.by_name = {name: _variant(name) for name in schemas()}
        self._by_action = {action: self.by_name[name] for action, name in _ACTIONS.items()}
        self._by_log_type = {name: self.by_name[name] for name in ("web", "application", "analysis")}

    def by_name_and_action(self) -> dict[str, Variant]:
        """Return the variants by name, and those of audit records by each of their actions as well: none has the name of another."""
        return {**self.by_name, **self._by_action}

    def of(self, record: Record) -> Variant:
        """Return the variant that a record claims to be, by ``log_type``, ``action`` and ``target``."""
        log_type = record.get("log_type")
        if log_type == "audit":
            return _get(self._by_action, record.get("action")) or self.by_name["audit"]
        if log_type == "tanium":
            return self.by_name["tanium_api_request" if "target" in record else "tanium"]
        return _get(self._by_log_type, log_type) or self.by_name[UNRECOGNIZED]


@functools.cache
def _variant(name: str) -> Variant:
    return Variant(name)


def _get(variants: t.Mapping[str, Variant], key: t.Any) -> Variant | None:
    return variants.get(key) if isinstance(key, str) else None


@functools.cache
def schemas() -> dict[str, dict[str, t.Any]]:
    """Return the schemas by the names of their files."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMAS.glob("*.json"))}


def log_type_of(name: str) -> str:
    """Return the ``log_type`` of a variant."""
    return str(flat_schema(name)["properties"]["log_type"].get("const", "unrecognized"))


def flat_schema(name: str) -> dict[str, t.Any]:
    """Return a schema that contains those that it refers to: it is validated in two thirds of the time."""
    schema = {key: value for key, value in schemas()[name].items() if key not in ("$id", "$ref")}
    inherited = schemas()[name].get("$ref")
    if not inherited:
        return schema
    base = flat_schema(inherited.rpartition(":")[2])
    properties = {**base["properties"], **schema["properties"]}
    required = [*base["required"], *schema.get("required", [])]
    return {**base, **schema, "properties": properties, "required": list(dict.fromkeys(required))}
