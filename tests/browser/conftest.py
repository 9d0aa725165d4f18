# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A browser without a network that shows pages from memory, and what each of them did."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest

ADDRESS = "http://report.test/"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MODULES = ("playwright", "axe_playwright_python")


def missing():
    """Return what the tests need and this machine lacks, as one line with the remedy; empty if nothing."""
    if not any(map(shutil.which, BROWSERS)):
        return "No browser is installed. On Debian or Ubuntu: apt-get install --no-install-recommends chromium"
    absent = [name for name in MODULES if not importlib.util.find_spec(name)]
    return f"Not installed: {', '.join(absent)}: pip install playwright axe-playwright-python" if absent else ""


@pytest.fixture(scope="session")
def browser():
    reason = missing()
    if reason:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    # Chromium's own sandbox does not work for root; the pages that are shown are those of these tests.
    options = ["--disable-background-networking", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=options)
        yield running
        running.close()


class Visit:
    """A page that is shown, the requests that it made, and the errors that it caused."""

    def __init__(self, browser, html, headers, **options):
        self.requests, self.errors = [], []
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(60_000)
        self.context.route("**/*", lambda route: route.fulfill(body=html, headers=headers))
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.goto(ADDRESS)

    def overflow(self):
        """Return by how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def axe(self):
        """Return the violations that axe-core finds, as one text."""
        from axe_playwright_python.sync_playwright import Axe

        results = Axe().run(self.page)
        return results.generate_report() if results.violations_count else ""

    def open_everything(self):
        """Unfold every section with a click, from the outside in."""
        folded = self.page.locator("details:not([open]) > summary:visible")
        while folded.count():
            folded.first.click()


@pytest.fixture
def visit(browser):
    """Return a function that shows a page: ``headers`` are those of the response, further options those of the window."""
    visits = []

    def visit(html, headers=None, width=1280, height=900, **options):
        sent = {"content-type": "text/html; charset=utf-8", **(headers or {})}
        visits.append(Visit(browser, html, sent, viewport={"width": width, "height": height}, **options))
        return visits[-1]

    yield visit
    for shown in visits:
        shown.context.close()
