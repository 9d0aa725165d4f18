# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import copy
import functools
import hashlib
import re
from collections import Counter

import html5lib
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.findings.kinds import KINDS
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report.page import render
from ansible_collections.community.aqtive_guard.tests.unit.plugins.plugin_utils._analyze.report.report_fleets import (
    calm,
    counts,
    empty,
    facts,
    failed_requests,
    large,
    many,
    planted,
    planted_answers,
    verdict,
)

SVG = "{http://www.w3.org/2000/svg}"
# Of the fields that are text, those whose values are words that the data set and the findings define.
DEFINED = ("kind", "verdict", "level", "from", "to")
# The texts are short: what makes a failing one shorter takes longer than it saves.
QUICKLY = settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
TEXTS = st.one_of(
    st.text(min_size=1, max_size=40),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "</style><img src=x onerror=alert(1)>",
            "\"' onmouseover='alert(1)",
            "--><!--",
            "]]><svg onload=alert(1)>",
            "</td></tr></table>",
            "{{ 7 * 7 }}{% raw %}",
            "&lt;b&gt;&#60;b",
            "\u202e\u2066\u0000\u001b[31m\r\n\ud800",
            "<" * 600,
        ]
    ),
)


def parsed(page):
    """Return the tree that a browser makes of the bytes of a page."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    return parser.parse(page.encode(), transport_encoding="utf-8")


@functools.cache
def page_of(fleet):
    return render(*fleet())


@functools.cache
def document_of(fleet):
    return parsed(page_of(fleet))


def every(document, *tags):
    return [item for item in document.iter() if item.tag in tags]


def nodes(document):
    """Return the number of elements, and that of elements, texts and comments."""
    elements = list(document.iter())
    return len(elements), len(elements) + sum(bool(item.text) + bool(item.tail) for item in elements)


def structure(document):
    """Return everything of a page but its texts: elements with their attributes, and what these are set to where it is not text."""
    return [
        (
            item.tag,
            sorted(
                (key, value if key in ("class", "id", "href", "role") else "") for key, value in item.attrib.items()
            ),
        )
        for item in document.iter()
    ]


@functools.cache
def small():
    """Return a fleet with one row of every question, so that no text decides how many rows there are."""
    findings, _answers, run = planted()
    answers = {name: rows[:1] for name, rows in planted_answers().items()}
    by_time = counts((run.window_from, "web1", "info", 3))
    return findings, {**answers, "failed_requests": failed_requests()[:1], "records_by_time": by_time}, run


def with_texts(value, text):
    """Return a copy of findings or answers with a text in the place of every text that is not defined."""
    if isinstance(value, dict):
        return {key: item if key in DEFINED else with_texts(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [with_texts(item, text) for item in value]
    return text if isinstance(value, str) else value


@pytest.mark.parametrize("fleet", [planted, calm, empty, large, many])
def test_the_page_is_bounded(fleet):
    page = page_of(fleet)
    elements, _all_nodes = nodes(document_of(fleet))
    assert len(page.encode()) < 2_000_000
    assert elements < 5000


def test_five_vms_have_fewer_than_5000_nodes_of_every_kind():
    _elements, all_nodes = nodes(document_of(large))
    assert all_nodes < 5000


def test_a_cell_has_at_most_500_characters():
    for element in every(document_of(large), "td", "th", "pre", "a"):
        assert len(element.text or "") <= 500


def test_the_same_input_gives_the_same_page():
    first, second = planted(), copy.deepcopy(planted())
    for answers in (second[1], second[0]["vms"]):
        items = list(answers.items())
        answers.clear()
        answers.update(reversed(items))
    assert render(*first) == render(*second)


def test_the_page_loads_nothing_and_runs_nothing():
    page = page_of(planted)
    document = document_of(planted)
    assert not every(document, "script", "link", "img", "iframe", "object", "embed", "form", "base")
    for element in document.iter():
        assert "style" not in element.attrib
        assert not [name for name in element.attrib if name.startswith("on") or name in ("src", "srcset", "action")]
        assert element.attrib.get("href", "#").startswith("#")
    assert "url(http" not in page and "@import" not in page


def test_the_policy_allows_the_own_style_alone():
    document = document_of(planted)
    policy = next(item for item in every(document, "meta") if item.get("http-equiv")).get("content")
    style = every(document, "style")[0].text
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_the_policy_comes_before_what_it_governs():
    page = page_of(planted)
    assert page.startswith("<!DOCTYPE html>\n")
    assert page.index("Content-Security-Policy") < page.index("<style>")


def test_every_link_leads_to_an_element_and_every_id_is_unique():
    for fleet in (planted, calm, empty, many, large):
        document = document_of(fleet)
        ids = Counter(item.get("id") for item in document.iter() if item.get("id"))
        assert max(ids.values()) == 1
        named = [item.get("href")[1:] for item in every(document, "a")]
        named += [name for item in document.iter() for name in item.get("aria-labelledby", "").split()]
        assert set(named) <= set(ids)


def test_a_chart_has_a_title_a_description_and_colours_without_the_style():
    charts = [item for item in every(document_of(planted), f"{SVG}svg") if item.get("role") == "img"]
    assert len(charts) == 2
    for chart in charts:
        title, description = chart[0], chart[1]
        assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
        assert title.text and description.text
        assert chart.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert all(item.get("fill") for item in every(chart, f"{SVG}path", f"{SVG}rect", f"{SVG}text"))
        assert all(item.get("stroke") for item in every(chart, f"{SVG}line"))


def test_the_first_screen_comes_in_the_order_of_need():
    headings = [item.text for item in every(document_of(planted), "h1", "h2")]
    assert headings[0].startswith("The logs of 3 of 5 VMs are complete;")
    assert headings[1:6] == ["VMs", "Time line", "Worst findings", "On this page", "Completeness and integrity"]


def test_what_is_fine_is_folded():
    document = document_of(calm)
    sections = {item.get("id"): item for item in every(document, "details") if item.get("id")}
    assert [name for name, item in sections.items() if "open" in item.attrib] == ["levels"]
    assert "No exceptions" in [item.text for item in sections["nothing"].iter("li")]


def test_a_fleet_without_vms_is_a_page_too():
    page = render({"vms": {}, "fleet": []}, {}, facts())
    assert "<h1>No VM was analyzed.</h1>" in page


def test_times_and_names_may_be_missing():
    findings, answers, run = planted()
    kept = {"records_by_time", "failed_requests"}
    nullable = (
        "user_name",
        "client_ip",
        "reason",
        "element",
        "old_value",
        "new_value",
        "sample",
        "api_key",
        "method",
        "path",
        "target",
    )
    nulls = {
        name: rows if name in kept else [{**row, **{key: None for key in nullable if key in row}} for row in rows]
        for name, rows in answers.items()
    }
    assert "None" not in re.sub(r"<p class=\"calm\">.*?</p>", "", render(findings, nulls, run))


def hostile_page(text):
    """Return the tree of a page with this text in every field."""
    findings, answers, _run = small()
    vms, fleet, answers = with_texts([findings["vms"], findings["fleet"], answers], text)
    run = facts(title=text, query=text, versions={"web1": text})
    return parsed(render({"vms": vms, "fleet": fleet}, answers, run))


def named_page(vm, kind):
    """Return the tree of a page with a VM of this name that has a finding of this kind."""
    reasons = [{"kind": kind, "subject": "", "detail": "x"}]
    by_time = counts((facts().window_from, vm, "error", 50))
    findings = {"vms": {vm: verdict("incomplete", 50, reasons)}, "fleet": []}
    return parsed(render(findings, {"records_by_time": by_time}, facts()))


@functools.cache
def expected(page, *texts):
    return structure(page(*texts))


@QUICKLY
@given(text=TEXTS)
def test_no_text_in_any_field_becomes_markup(text):
    assert structure(hostile_page(text)) == expected(hostile_page, "plain")


@QUICKLY
@given(name=TEXTS, kind=TEXTS.filter(lambda kind: kind not in KINDS))  # a known one has a link of its own
def test_no_name_of_a_vm_or_finding_becomes_markup(name, kind):
    assert structure(named_page(name, kind)) == expected(named_page, "plain", "plain")
