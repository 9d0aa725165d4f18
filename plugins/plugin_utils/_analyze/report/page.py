# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report: one self-contained page from the findings and the answers of a run."""

from __future__ import annotations

import base64
import hashlib
import typing as t
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.facts import RunFacts
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.questions import Answers
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.view import view

_TEMPLATES = Path(__file__).parent / "templates"
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(findings: t.Mapping[str, t.Any], answers: Answers, run: RunFacts) -> str:
    """Return the page as HTML: the same text for the same findings, answers and facts."""
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _ENVIRONMENT.get_template("report.html.j2").render(
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        style=Markup(style),  # noqa: S704 (the collection's own file)
        **view(findings, answers, run),
    )
