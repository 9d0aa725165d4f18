# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection's tarball contains: what a user needs, and nothing that cannot work there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest
import yaml

ROOT = Path(__file__).parents[3]
IGNORED = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["build_ignore"]


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the tarball that ansible-galaxy builds, by their path."""
    output = tmp_path_factory.mktemp("build")
    command = [
        sys.executable,
        "-m",
        "ansible.cli.galaxy",
        "collection",
        "build",
        "--output-path",
        str(output),
        str(ROOT),
    ]
    environment = {**os.environ, "HOME": str(output), "PYTHONPATH": os.pathsep.join(sys.path)}
    built = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (path,) = output.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        files = {member.name: archive.extractfile(member) for member in archive.getmembers()}
        return {name: file.read() for name, file in files.items() if file}


def test_it_has_these_files_and_folders_and_no_other(contents: dict[str, bytes]) -> None:
    assert {PurePosixPath(name).parts[0] for name in contents} == {
        *("FILES.json", "MANIFEST.json", "README.md", "CHANGELOG.md", "COPYING", "LICENSES"),
        *("CHANGELOG.md.license", "CODE_OF_CONDUCT.md", "MAINTAINERS", "SECURITY.md"),
        *("changelogs", "docs", "meta", "playbooks", "plugins", "roles", "tests"),
    }
    assert {"/".join(PurePosixPath(name).parts[:2]) for name in contents if name.startswith(("docs/", "tests/"))} == {
        *("docs/docsite", "docs/lnav", "docs/schemas", "tests/config.yml"),
    }


def test_it_has_all_of_the_folders_that_ansible_reads(contents: dict[str, bytes]) -> None:
    folders = ("meta", "playbooks", "plugins", "roles")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    names = [str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts]
    assert [name for name in names if name not in contents] == []


def test_it_is_small(contents: dict[str, bytes]) -> None:
    # Galaxy accepts 20 MB.
    assert sum(map(len, contents.values())) < 3 << 20


def test_relative_links_lead_to_files_of_the_tarball(contents: dict[str, bytes]) -> None:
    broken = []
    for name in contents:
        if name.endswith(".md"):
            for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", contents[name].decode()):
                if os.path.normpath(PurePosixPath(name).parent / link) not in contents:
                    broken.append(f"{name}: {link}")
    assert broken == []


def test_what_is_left_out_exists_or_is_not_in_git() -> None:
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()}
    assert [name for name in IGNORED if name not in ignored and not list(ROOT.glob(name))] == []


def test_nothing_that_git_ignores_gets_into_it() -> None:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    names = [line.strip("/") for line in lines if line and not line.startswith("#")]
    # What ansible-galaxy leaves out itself.
    always = {"__pycache__", "*.py[co]", "*.retry"}
    ours = [name for name in names if name not in always]
    assert [name for name in ours if not any(fnmatch(name, each) for each in IGNORED)] == []


def test_sanity_tests_ignore_nothing() -> None:
    assert list(ROOT.glob("tests/sanity/*")) == []


def test_ansible_lint_skips_no_rule() -> None:
    settings = yaml.safe_load((ROOT / ".ansible-lint").read_text(encoding="utf-8"))
    assert settings["profile"] == "production"
    assert not {"skip_list", "warn_list", "mock_modules"} & set(settings)
    assert not (ROOT / ".ansible-lint-ignore").exists()
