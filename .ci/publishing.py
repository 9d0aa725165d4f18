# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions of noxfile.py that build what others build of the collection: its docs site, and an execution environment."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path

import nox

GUIDE = Path("docs/docsite/rst/job_templates.rst")


def _link_collection(session: nox.Session, root: Path) -> Path:
    """Return a folder in which Ansible finds this collection."""
    tree = Path(session.create_tmp()).resolve() / "collections"
    link = tree / "ansible_collections" / "community" / "aqtive_guard"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(root)
    return tree


def build_docs(session: nox.Session, root: Path, site: Path) -> None:
    """Build the docs site with every guide, module and role; a warning is an error."""
    session.install("--requirement", "requirements/docs.txt")
    session.env["ANSIBLE_COLLECTIONS_PATH"] = str(_link_collection(session, root))
    shutil.rmtree(site, ignore_errors=True)
    name = "community.aqtive_guard"
    options = ["--use-current", "--squash-hierarchy", "--fail-on-error"]
    # Lenient: a reference to another collection is no error, since nothing is downloaded.
    session.run("antsibull-docs", "sphinx-init", *options, "--lenient", "--dest-dir", str(site), name)
    with (site / "conf.py").open("a", encoding="utf-8") as configuration:
        configuration.write("\nintersphinx_mapping = {}\n")
    session.run("antsibull-docs", "collection", *options, "--cleanup", "everything", "--dest-dir", f"{site}/rst", name)
    shutil.copy(site / "conf.py", site / "rst" / "conf.py")
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", f"{site}/rst", f"{site}/html")
    session.log("The site: %s", site / "html" / "index.html")


def build_execution_environment(session: nox.Session, root: Path) -> None:
    """Let ansible-builder read the collection's metadata, and the definition in the guide to job templates."""
    session.install("--constraint", "requirements/lint.txt", "ansible-builder")
    tree = _link_collection(session, root)
    found = str(session.run("ansible-builder", "introspect", str(tree), silent=True))
    for path in ("meta/ee-requirements.txt", "meta/ee-bindep.txt"):
        for line in (root / path).read_text(encoding="utf-8").splitlines():
            entry = line.split(" [")[0]
            if line and not line.startswith("#") and entry not in found:
                session.error(f"ansible-builder introspect does not find {entry} of {path}")
    example = re.search(
        r"code-block:: yaml\n\n(    # execution-environment\.yml\n(?:    .*\n|\n)+)", GUIDE.read_text(encoding="utf-8")
    )
    if not example:
        session.error(f"{GUIDE} has no execution-environment.yml")
    definition = tree.parent / "execution-environment.yml"
    definition.write_text(textwrap.dedent(example[1]), encoding="utf-8")
    context = tree.parent / "context"
    session.run("ansible-builder", "create", "--file", str(definition), "--context", str(context))
    if not (context / "Containerfile").exists():
        session.error("ansible-builder create has written no Containerfile")
