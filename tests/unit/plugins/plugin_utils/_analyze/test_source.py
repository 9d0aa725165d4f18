# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import source as source_module
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.source import find, newest_run

REPOSITORY = Path(__file__).parents[5]
TEXT = (REPOSITORY / "plugins/modules/log_manifest.py").read_text(encoding="utf-8")
MANIFEST = yaml.safe_load(TEXT.partition('RETURN = r"""')[2].partition('"""')[0])["manifest"]["sample"]
VM = MANIFEST["vms"]["web1"]
FILE = VM["files"][0]


def run(directory, **vms):
    """Create a run directory with files of these names for each VM."""
    manifest = {**copy.deepcopy(MANIFEST), "vms": {}}
    for vm, paths in vms.items():
        manifest["vms"][vm] = {**VM, "files": [{**FILE, "path": path} for path in paths]}
        for path in paths:
            if not path.startswith(("/", "..")):
                (directory / path).parent.mkdir(parents=True, exist_ok=True)
                (directory / path).write_bytes(b"x")
    directory.mkdir(exist_ok=True)
    (directory / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return directory


@contextlib.contextmanager
def read_error(cause):
    """Expect a failure of the phase read with this cause and a remedy."""
    with pytest.raises(Failure) as raised:
        yield
    (error,) = raised.value.errors
    assert error["phase"] == "read"
    assert re.search(cause, f"{error['subject']} {error['cause']}")
    assert error["remedy"].split()[0] in ("Choose", "Collect", "Check", "Use")


def files(source):
    return {name: vm.files for name, vm in source.vms.items()}


def test_files_of_a_run_directory_are_those_of_its_manifest(tmp_path):
    run(tmp_path / "run", web1=["web1/a.log.gz"], web0=[])
    (tmp_path / "run/web1/other").write_bytes(b"")
    source = find([tmp_path / "run"])
    assert files(source) == {"web0": {}, "web1": {"web1/a.log.gz": tmp_path / "run/web1/a.log.gz"}}
    assert [manifest["vms"].keys() for manifest in source.manifests] == [{"web0", "web1"}]
    assert source.vms["web1"].entries[0]["status"] == VM["status"]


def test_runs_of_job_slices_are_analyzed_together(tmp_path):
    paths = [run(tmp_path / "a", web1=["web1/x"]), run(tmp_path / "b", web2=["web2/x"], web1=["web1/x"])]
    source = find([*paths, paths[0]])
    assert files(source) == {
        "web1": {"a/web1/x": paths[0] / "web1/x", "b/web1/x": paths[1] / "web1/x"},
        "web2": {"b/web2/x": paths[1] / "web2/x"},
    }
    assert len(source.manifests) == len(source.vms["web1"].entries) == 2


def test_runs_of_the_same_name_are_told_apart(tmp_path):
    paths = [run(tmp_path / name / "run", web1=["web1/x"]) for name in ("a", "b") if not (tmp_path / name).mkdir()]
    assert files(find(paths)) == {"web1": {f"{path}/web1/x": path / "web1/x" for path in paths}}


def test_folder_of_earlier_results_is_no_vm(tmp_path):
    for name in ("vm1/x", "analysis/x", ".git/x"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"x")
    assert list(find([tmp_path], {tmp_path / "analysis"}).vms) == ["vm1"]


def test_folder_with_one_folder_a_vm_needs_no_manifest(tmp_path):
    for name in (
        "vm2/b.log",
        "vm2/a.log",
        "vm2/old/c.log",
        "vm1/x",
        "vm1/.hidden",
        "vm2/.git/x",
        "file",
        "empty/sub/.x",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    source = find([tmp_path])
    assert files(source) == {
        "vm1": {"vm1/x": tmp_path / "vm1/x"},
        "vm2": {name: tmp_path / name for name in ("vm2/a.log", "vm2/b.log", "vm2/old/c.log")},
    }
    assert list(files(source)["vm2"]) == ["vm2/a.log", "vm2/b.log", "vm2/old/c.log"]
    assert source.manifests == []


def test_links_between_folders_are_not_followed(tmp_path):
    (tmp_path / "outside/deep").mkdir(parents=True)
    (tmp_path / "outside/deep/x").write_bytes(b"x")
    (tmp_path / "source/vm1").mkdir(parents=True)
    (tmp_path / "source/vm2").symlink_to(tmp_path / "outside")
    (tmp_path / "source/vm1/link").symlink_to(tmp_path / "outside")
    (tmp_path / "source/vm1/file").symlink_to(tmp_path / "outside/deep/x")
    os.mkfifo(tmp_path / "source/vm1/fifo")
    # What is not a regular file is listed, so that its reader reports it.
    assert list(files(find([tmp_path / "source"]))["vm1"]) == ["vm1/fifo", "vm1/file"]


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside", "web1/../../outside", "link/x"])
def test_file_outside_of_the_run_directory_is_refused(path, tmp_path):
    directory = run(tmp_path / "run", web1=[])
    (directory / "link").symlink_to(tmp_path)
    (tmp_path / "x").write_bytes(b"x")
    manifest = json.loads((directory / "manifest.json").read_bytes())
    manifest["vms"]["web1"]["files"] = [{**FILE, "path": path}]
    (directory / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with read_error("not below the run directory"):
        find([directory])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "No such file or directory"),
        (lambda path: path.write_bytes(b""), "is not a directory"),
        (lambda path: path.mkdir(), "contains no folder of a VM"),
        (run, "contains no folder of a VM"),
        (lambda path: (path.mkdir(), (path / "manifest.json").write_bytes(b"{")), "is not valid JSON"),
        (lambda path: (path.mkdir(), (path / "manifest.json").write_bytes(b"{}")), "has format_version None"),
        (lambda path: (path.mkdir(), (path / "manifest.json").symlink_to("/nowhere")), "cannot be used"),
    ],
)
def test_unusable_source_is_refused(make, message, tmp_path):
    make(tmp_path / "source")
    with read_error(message):
        find([tmp_path / "source"])


def test_number_of_files_and_depth_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(source_module, "_DEPTH_LIMIT", 2)
    monkeypatch.setattr(source_module, "_FILES_LIMIT", 3)
    for name in ("vm1/1", "vm1/a/2", "vm1/a/b/3"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert list(files(find([tmp_path]))["vm1"]) == ["vm1/1", "vm1/a/2", "vm1/a/b/3"]
    (tmp_path / "vm1/5").write_bytes(b"x")
    with read_error("more than 3 files"):
        find([tmp_path])
    with read_error("more than 3 files"):
        find([run(tmp_path / "run", web1=["1", "2", "3", "4"])])
    shutil.rmtree(tmp_path / "run")
    (tmp_path / "vm1/5").unlink()
    (tmp_path / "vm1/a/b/c").mkdir()
    with read_error("nested more than 2 deep"):
        find([tmp_path])


@pytest.mark.parametrize("name", ["findings.json", "collections.json"])
def test_results_of_an_analysis_and_data_sets_in_a_folder_are_no_vms(tmp_path, name):
    for folder, file in (("web1", "app.log"), ("analysis-of-monday", name)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).write_bytes(b"x")
    assert set(find([tmp_path]).vms) == {"web1"}


def test_newest_run_is_the_one_whose_manifest_was_written_last(tmp_path):
    for number, name in enumerate(("b", "c", "a")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_bytes(b"")
        os.utime(tmp_path / name / "manifest.json", ns=(number, number))
    (tmp_path / "dataset").mkdir()
    (tmp_path / "manifest.json").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert newest_run(tmp_path) == tmp_path / "a"
    os.utime(tmp_path / "c" / "manifest.json", ns=(2, 2))
    assert newest_run(tmp_path) == tmp_path / "c"


def test_directory_without_a_run_is_an_error(tmp_path):
    (tmp_path / "dataset").mkdir()
    with pytest.raises(Failure) as raised:
        newest_run(tmp_path)
    (error,) = raised.value.errors
    assert (error["phase"], error["subject"]) == ("read", str(tmp_path))
    assert "contains no run directory" in error["cause"]
