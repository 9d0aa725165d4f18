# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A health URL with a password or a token, whose request fails. The failure must show neither."""

from __future__ import annotations

import base64
import http.client
import urllib.error

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure import health

PUBLIC = "https://web1.example.com:8443/health"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://:planted-1@[::1]:8443/", "https://[::1]:8443/"),
        ("https://guard:planted-1@web1.example.com:8443/health", PUBLIC),
        ("https://web1.example.com:8443/health?token=planted-1", PUBLIC),
        ("https://web1.example.com:8443/health#planted-1", PUBLIC),
        ("https://:planted%2d1@web1.example.com:8443/health", PUBLIC),
        ("https://guard:12/planted-1@web1.example.com/", "(not shown)"),
        ("https://guard:12?planted-1@web1.example.com/", "(not shown)"),
        ("https://web1.example.com/?token=a@planted-1", "(not shown)"),
        ("planted-1@web1.example.com", "(not shown)"),
        ("planted-1 https://web1.example.com/", "(not shown)"),
    ],
)
@pytest.mark.parametrize(
    "raised",
    [
        lambda url: ValueError(f"unknown url type: {url!r}"),
        lambda url: http.client.InvalidURL(f"URL can't contain control characters. {url!r}"),
        lambda url: urllib.error.URLError(OSError(111, f"Connection to {url} refused")),
        lambda url: OSError("cannot log in with planted-1"),
        lambda url: ValueError(f"Invalid header value {base64.b64encode(b'planted-1')!r}"),
    ],
)
def test_the_failure_of_a_request_shows_what_is_public_alone(monkeypatch, url, shown, raised):
    def open_url(url, **_options):
        raise raised(url)

    monkeypatch.setattr(health, "open_url", open_url)
    (error,) = health.url_errors(url, validate_certs=True)
    assert error["subject"] == f"Health URL {shown}"
    assert "planted" not in str(error) and "cGxhbnRlZC0x" not in str(error)


@pytest.mark.parametrize(
    "url",
    [
        "http://guard:planted-1@127.0.0.1:1/?token=planted-2",
        "planted-1",
        "http://h /?planted-1",
        "planted-1 https://localhost/",
    ],
)
def test_a_real_request_that_fails(url):
    (error,) = health.url_errors(url, validate_certs=True)
    assert "planted" not in str(error)
    assert "did not respond successfully: " in error["cause"]


def test_the_cause_of_a_refused_connection_stays_readable():
    (error,) = health.url_errors("http://127.0.0.1:1/?token=planted-1", validate_certs=True)
    assert "refused" in error["cause"]
