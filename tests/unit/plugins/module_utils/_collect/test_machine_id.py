# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import hashlib

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import machine_id

ID = "0123456789abcdef" * 2


@pytest.fixture
def path(tmp_path, monkeypatch):
    path = tmp_path / "machine-id"
    monkeypatch.setattr(machine_id, "PATH", str(path))
    return path


def test_the_digest_does_not_reveal_the_machine_id(path):
    path.write_text(ID + "\n")
    assert machine_id.digest() == hashlib.sha256(b"community.aqtive_guard:" + ID.encode()).hexdigest()
    assert machine_id.digest() != hashlib.sha256(ID.encode()).hexdigest()


def test_the_machine_id_is_that_of_the_operating_system():
    assert machine_id.PATH == "/etc/machine-id"


def test_a_file_without_a_newline_has_the_same_digest(path):
    path.write_text(ID + "\n")
    with_newline = machine_id.digest()
    path.write_text(ID)
    assert machine_id.digest() == with_newline


@pytest.mark.parametrize("content", ["", "uninitialized\n", ID[1:], ID + "0", ID.upper(), f"{ID}\n\n", f" {ID}"])
def test_a_file_without_a_machine_id_has_none(path, content):
    path.write_text(content)
    assert machine_id.digest() is None


def test_a_missing_file_has_none(path):
    assert machine_id.digest() is None
