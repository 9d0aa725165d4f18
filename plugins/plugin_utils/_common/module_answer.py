# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module on a VM printed, reduced to the keys that its schema knows. The VM is not trusted."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import (
    PHASES,
    Error,
    Failure,
    error,
    message,
)
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import on_one_line, shortened
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.schema import (
    Integer,
    OneOf,
    Text,
    violations,
)

Answer = dict[str, t.Any]
Schema = t.Mapping[str, t.Any]

MAXIMUM_OUTPUT = 1 << 20
"""Characters of a module's output that are parsed."""
MAXIMUM_SIZE = 64 << 10
"""Characters of an answer as JSON."""

ERROR: Schema = {"phase": OneOf(PHASES), "subject": Text(), "cause": Text(), "remedy": Text()}
# The diff of a file's attributes has mappings in place of texts: mode, owner, SELinux context.
_DIFF = (Text(16 << 10, lines=True), {str: (Text(), Integer(), [Text()])})
# What AnsibleModule itself returns, but for warnings.
_STANDARD: Schema = {
    "changed": bool,
    "failed": bool,
    "errors": [ERROR],
    "diff": [{"before_header": Text(), "after_header": Text(), "before": _DIFF, "after": _DIFF}],
}
_WARNINGS = 20
_WARNING_LENGTH = 1000
_REMEDY = "Nothing of it was used. Check this module and its Python on the VM, and whether the VM can be trusted"


def parse(output: str, schema: Schema, phase: str, module_name: str) -> Answer | None:
    """Return the answer in a module's output, or the result of a failure if it violates the schema.

    Return None where the output holds no answer. Keys that the schema does not know are dropped, ``ansible_facts`` among
    them, and so is what surrounds the answer.
    """
    content = _json_object(output[:MAXIMUM_OUTPUT])
    if content is None:
        return None
    if content.get("failed") and not content.get("errors"):
        content = {**content, "errors": [_without_errors(content, phase, module_name)]}
    known = {**_STANDARD, **schema}
    answer = {key: content[key] for key in known if key in content}
    invalid = [
        error("verify", f"module {module_name}", f"returned an invalid result: {field} {cause}", _REMEDY)
        for field, cause in violations(answer, {key: known[key] for key in answer})
    ]
    if size := _excess(answer):
        cause = f"returned an invalid result: it has {size} characters, but may have {MAXIMUM_SIZE}"
        invalid = [error("verify", f"module {module_name}", cause, _REMEDY)]
    if invalid:
        return Failure(invalid).as_result()
    if answer.get("failed"):
        answer["msg"] = message(answer["errors"])
    if warnings := texts(content.get("warnings")):
        answer["warnings"] = warnings
    return answer


def texts(warnings: t.Any) -> list[str]:
    """Return the texts of warnings, printable and bounded, whether they are texts or ansible-core's objects."""
    found = [_event_text(each) for each in warnings[:_WARNINGS]] if isinstance(warnings, (list, tuple)) else []
    return [shortened(on_one_line(text), _WARNING_LENGTH) for text in found if text]


def traceback(output: str) -> list[str]:
    """Return the lines of the traceback in a module's output, printable and bounded."""
    exception = (_json_object(output[:MAXIMUM_OUTPUT]) or {}).get("exception")
    if isinstance(exception, dict):
        event = exception.get("event")
        exception = event.get("formatted_traceback") if isinstance(event, dict) else None
    lines = exception[:MAXIMUM_SIZE].splitlines() if isinstance(exception, str) else []
    return [shortened(line, _WARNING_LENGTH) for line in lines]


def _json_object(output: str) -> Answer | None:
    """Return the first JSON object that begins a line. A shell may print greetings before and after it."""
    start = 0 if output.startswith("{") else output.find("\n{") + 1
    try:
        content = json.JSONDecoder().raw_decode(output[start:])[0]
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _without_errors(content: Answer, phase: str, module_name: str) -> Error:
    """Return the error of a module that failed without an error of ours, such as one that raised an exception."""
    subject = f"module {module_name}"
    if isinstance(content.get("msg"), str):
        cause = f"failed: {on_one_line(content['msg'][:MAXIMUM_SIZE])}"
        return error(phase, subject, cause, "Run the command again with -vvv to see the details")
    cause = f"raised an exception: {on_one_line(_event_text(content.get('exception')) or 'without a message')}"
    return error(phase, subject, cause, "Set ANSIBLE_DISPLAY_TRACEBACK=error and use -vvv to see the traceback")


def _event_text(value: t.Any) -> str:
    """Return the message of a warning or an exception, which ansible-core 2.19 and newer transport as an object."""
    if isinstance(value, str):
        return value[:MAXIMUM_SIZE]
    event = value.get("event") if isinstance(value, dict) else getattr(value, "event", None)
    text = event.get("msg") if isinstance(event, dict) else getattr(event, "msg", None)
    return text[:MAXIMUM_SIZE] if isinstance(text, str) else ""


def _excess(answer: Answer) -> int:
    """Return the size of an answer that is too large, otherwise 0."""
    size = len(json.dumps(answer))
    return size if size > MAXIMUM_SIZE else 0
