# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from types import SimpleNamespace

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.bundle import BundleError
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect import bundle_store
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._collect.bundle_store import Incoming

DATA = b"logs\n" * 100000
SENT = (len(DATA), hashlib.sha256(DATA).hexdigest())


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "run" / "web1"
    bundle_store.make_home(path)
    return path


def receive(home, data=DATA, sent=SENT):
    with Incoming(home, "logs", sent[0]) as incoming:
        incoming.partial.write_bytes(data)
        incoming.verify(*sent)
        return incoming.store(*sent)


class TestRefusals:
    @pytest.mark.parametrize("dest", ["/srv/logs", "/srv//logs/", "/a b/é/it's", "/x/..."])
    def test_good_destinations(self, dest):
        assert bundle_store.refusals(dest, "web1") == []

    @pytest.mark.parametrize(
        "dest", ["", "/", "//", "logs", "./logs", "/a/../b", "/a/./b", "/a/-rf", "/a\n", "/a/\x1b[2J"]
    )
    def test_bad_destinations(self, dest):
        assert [(error["option"], error["value"]) for error in bundle_store.refusals(dest, "web1")] == [("dest", dest)]

    @pytest.mark.parametrize("host", ["", ".", "..", "a/b", "../x", "-web", "web\n1", "web\0"])
    def test_bad_names_of_vms(self, host):
        assert [(e["option"], e["value"]) for e in bundle_store.refusals("/srv", host)] == [
            ("inventory_hostname", host)
        ]

    @pytest.mark.parametrize("host", ["web1", "web1.example.com", "fe80::1", "web [1]"])
    def test_good_names_of_vms(self, host):
        assert bundle_store.refusals("/srv", host) == []


class TestHome:
    def test_it_and_what_leads_there_is_private(self, tmp_path):
        before = os.umask(0)
        try:
            bundle_store.make_home(tmp_path / "a" / "b")
        finally:
            os.umask(before)
        assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700

    def test_one_that_is_there_is_accepted_and_left_alone(self, tmp_path):
        tmp_path.chmod(0o755)
        bundle_store.make_home(tmp_path)
        assert mode(tmp_path) == 0o755

    @pytest.mark.parametrize("bits", [0o777, 0o770, 0o1777])
    def test_one_that_others_can_write_to_is_refused(self, tmp_path, bits):
        tmp_path.chmod(bits)
        with pytest.raises(BundleError, match="others could change files"):
            bundle_store.make_home(tmp_path)

    def test_a_file_or_a_link_is_refused(self, tmp_path):
        (tmp_path / "file").touch()
        (tmp_path / "link").symlink_to(tmp_path)
        for name in ("file", "link"):
            with pytest.raises(BundleError, match="is no directory"):
                bundle_store.make_home(tmp_path / name)

    def test_a_file_on_the_way_is_named(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(BundleError, match=r"store: .*file/x"):
            bundle_store.make_home(tmp_path / "file" / "x")


class TestIncoming:
    def test_a_file_gets_its_name_when_it_is_whole(self, home):
        assert receive(home) is True
        assert os.listdir(home) == ["logs"]
        assert (home / "logs").read_bytes() == DATA
        assert mode(home / "logs") == 0o600

    def test_it_is_private_while_it_arrives_whatever_the_connection_does(self, home):
        with Incoming(home, "logs", 1) as incoming:
            assert mode(incoming.partial) == 0o600
            incoming.partial.chmod(0o666)
            incoming.partial.write_bytes(DATA)
            incoming.verify(*SENT)
            assert mode(incoming.partial) == 0o600

    @pytest.mark.parametrize("data", [b"", DATA[:-1], DATA + b"x", b"L" + DATA[1:]])
    def test_anything_else_than_what_was_sent_is_thrown_away(self, home, data):
        with pytest.raises(BundleError, match="verify: .*arrived"):
            receive(home, data)
        assert os.listdir(home) == []

    def test_a_link_in_its_place_is_not_followed(self, home, tmp_path):
        (tmp_path / "other").write_bytes(DATA)
        with Incoming(home, "logs", 1) as incoming:
            incoming.partial.unlink()
            incoming.partial.symlink_to(tmp_path / "other")
            with pytest.raises(BundleError, match="verify: "):
                incoming.verify(*SENT)
        assert (tmp_path / "other").read_bytes() == DATA

    def test_the_same_file_again_changes_nothing(self, home):
        receive(home)
        assert receive(home) is False
        assert os.listdir(home) == ["logs"]

    def test_a_different_file_is_never_replaced(self, home):
        (home / "logs").write_text("older")
        with pytest.raises(BundleError, match="store: .*is there already, and is different"):
            receive(home)
        assert (home / "logs").read_text() == "older"
        assert os.listdir(home) == ["logs"]

    def test_neither_is_a_link_nor_a_directory(self, home, tmp_path):
        (tmp_path / "same").write_bytes(DATA)
        (home / "logs").symlink_to(tmp_path / "same")
        with pytest.raises(BundleError, match="is there already"):
            receive(home)
        (home / "logs").unlink()
        (home / "logs").mkdir()
        with pytest.raises(BundleError, match="is there already"):
            receive(home)

    def test_what_a_dead_run_left_is_taken_over(self, home):
        (home / ".logs.partial").write_bytes(b"half of something long" * 100000)
        assert receive(home) is True
        assert os.listdir(home) == ["logs"]

    def test_a_home_is_for_one_run_at_a_time(self, tmp_path):
        home = tmp_path / "run" / "web1"
        with (
            bundle_store.held(home),
            pytest.raises(BundleError, match=f"another run is writing {home}.*Wait for it to end"),
            bundle_store.held(home),
        ):
            pytest.fail("both runs have it")
        with bundle_store.held(home):
            assert mode(home) == 0o700

    def test_a_home_that_its_last_run_removes_is_made_anew(self, tmp_path, monkeypatch):
        home = tmp_path / "web1"
        flock = fcntl.flock

        def flock_late(descriptor, how):
            monkeypatch.undo()
            home.rmdir()
            flock(descriptor, how)

        monkeypatch.setattr(fcntl, "flock", flock_late)
        with bundle_store.held(home):
            assert mode(home) == 0o700

    def test_room_is_looked_for_before_anything_travels(self, home):
        with pytest.raises(BundleError, match="bytes free"):
            Incoming(home, "logs", 1 << 60)
        assert os.listdir(home) == []

    def test_and_so_is_what_must_stay_free(self, home, monkeypatch):
        monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_bavail=10, f_frsize=1 << 20))
        with Incoming(home, "logs", 6 << 20, 4):
            pass
        with pytest.raises(
            BundleError, match=r"10485760 bytes free.* 6291457 and 4 MiB must stay free \(minimum_free_dest"
        ):
            Incoming(home, "logs", (6 << 20) + 1, 4)
        with pytest.raises(BundleError, match=r"but the bundle has 10485761\. Make room, or give another dest\."):
            Incoming(home, "logs", (10 << 20) + 1, 0)
        assert os.listdir(home) == []

    def test_room_is_looked_for_where_the_home_will_be(self, tmp_path, monkeypatch):
        asked = []
        answer = SimpleNamespace(f_bavail=10, f_frsize=1 << 20)
        monkeypatch.setattr(os, "statvfs", lambda path: asked.append(path) or answer)
        bundle_store.require_room(tmp_path / "a" / "b", 0, 10)
        with pytest.raises(BundleError, match="but 11 MiB must stay free"):
            bundle_store.require_room(tmp_path / "a" / "b", 0, 11)
        assert asked == [tmp_path] * 2

    def test_a_link_in_place_of_the_partial_file_is_not_followed(self, home, tmp_path):
        (tmp_path / "elsewhere").write_text("another's")
        (home / ".logs.partial").symlink_to(tmp_path / "elsewhere")
        assert receive(home) is True
        assert (tmp_path / "elsewhere").read_text() == "another's"

    def test_a_directory_in_its_place_is_refused_and_left_alone(self, home):
        (home / ".logs.partial" / "theirs").mkdir(parents=True)
        with pytest.raises(BundleError, match=r"store: .*logs\.partial: File exists"):
            receive(home)
        assert (home / ".logs.partial" / "theirs").is_dir()


class TestWritePrivate:
    def test_whole_and_private(self, tmp_path):
        (tmp_path / "m").write_text("older and longer")
        (tmp_path / "m").chmod(0o644)
        bundle_store.write_private(tmp_path / "m", b"new")
        assert (tmp_path / "m").read_bytes() == b"new"
        assert mode(tmp_path / "m") == 0o600
        assert os.listdir(tmp_path) == ["m"]

    def test_or_not_at_all(self, tmp_path, monkeypatch):
        def full(*dummy):
            raise OSError(28, "No space left on device")

        (tmp_path / "m").write_text("older")
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(BundleError, match="No space left on device"):
            bundle_store.write_private(tmp_path / "m", b"new")
        assert (tmp_path / "m").read_text() == "older"
        assert os.listdir(tmp_path) == ["m"]
