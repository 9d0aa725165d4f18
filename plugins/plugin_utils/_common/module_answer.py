# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module on a VM printed, reduced to the keys that its schema knows. The VM is not trusted."""

from __future__ import annotations

import itertools
import json
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import (
    ERRORS_LIMIT,
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


def parse(output: str, schema: Schema, phase: str, module_name: str, required: t.Collection[str] = ()) -> Answer | None:
    """Return the answer in a module's output, or the result of a failure if it violates the schema.

    Keys that the schema does not know are dropped, ``ansible_facts`` among them, and so is what surrounds the answer. An
    answer that is no failure has the ``required`` keys. Return None where the output holds no answer.
    """
    content = _json_object(output[:MAXIMUM_OUTPUT])
    if content is None:
        return None
    if content.get("failed") and not content.get("errors"):
        content = {**content, "errors": [_without_errors(content, phase, module_name)]}
    known = {**_STANDARD, **schema}
    answer = {key: content[key] for key in known if key in content}
    if causes := list(itertools.islice(_causes(answer, known, required), ERRORS_LIMIT)):
        subject = f"module {module_name}"
        return Failure(
            [error("verify", subject, f"returned an invalid result: {cause}", _REMEDY) for cause in causes]
        ).as_result()
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


def _causes(answer: Answer, known: Schema, required: t.Collection[str]) -> t.Iterator[str]:
    """Yield what is wrong with an answer; of a large one no more than that, since each violation takes time."""
    size = len(json.dumps(answer))
    if size > MAXIMUM_SIZE:
        yield f"it has {size} characters, but may have {MAXIMUM_SIZE}"
        return
    if answer.get("failed") is not True:
        yield from (f"{key} is missing" for key in required if key not in answer)
    for field, cause in violations(answer, {key: known[key] for key in answer}):
        yield f"{field} {cause}"
