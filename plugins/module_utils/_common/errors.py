# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one model of errors: a dictionary that travels unchanged from where an error arises to results, manifest and findings."""

import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.text import printable

PHASES = (
    "validate",
    "read",
    "check",
    "prepare",
    "run",
    "identify",
    "grant",
    "download",
    "verify",
    "store",
    "cleanup",
    "write",
    "health",
)
TEXT_LIMIT = 4000
"""Characters that a subject, a cause or a remedy may have."""
ERRORS_LIMIT = 50
"""Errors of a result; how many more there are is the last one."""

Error = t.Dict[str, str]
"""``phase``: what was being done; ``subject``: the option, key, file or command concerned; ``cause``: a predicate of the
subject that includes the offending value and the rule; ``remedy``: what the operator can do. No trailing full stops."""


def error(phase: str, subject: str, cause: str, remedy: str) -> Error:
    """Return one error. Read aloud, subject and cause form a sentence: ``LOG_LEVEL`` ``is 'loud', but must be ...``."""
    return {"phase": phase, "subject": _bounded(subject), "cause": _bounded(cause), "remedy": _bounded(remedy)}


def bounded(errors: t.Sequence[Error]) -> t.List[Error]:
    """Return at most ``ERRORS_LIMIT`` errors."""
    if len(errors) <= ERRORS_LIMIT:
        return list(errors)
    listed, more = list(errors[: ERRORS_LIMIT - 1]), len(errors) - ERRORS_LIMIT + 1
    return [*listed, error(errors[0]["phase"], f"{more} more errors", "are not listed", "Correct these first")]


def _bounded(text: str) -> str:
    text = printable(text)
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}... ({len(text)} characters)"


def message(errors: t.Iterable[Error]) -> str:
    """Return the text for ``msg``: one line per error, composed once, at the edge of a module or action."""
    return "\n".join("{subject} {cause}. {remedy}.".format(**each) for each in errors)


class Failure(Exception):
    """One or more errors, and what is already known of the result."""

    def __init__(self, errors: t.Sequence[Error], **details: t.Any) -> None:
        super().__init__(message(errors))
        self.errors = list(errors)
        self.details = details

    def as_result(self) -> t.Dict[str, t.Any]:
        """Return the keys of a failed result."""
        errors = bounded(self.errors)
        return dict(self.details, failed=True, changed=False, msg=message(errors), errors=errors)


def failure(phase: str, subject: str, cause: str, remedy: str, **details: t.Any) -> Failure:
    """Return a ``Failure`` of a single error."""
    return Failure([error(phase, subject, cause, remedy)], **details)
