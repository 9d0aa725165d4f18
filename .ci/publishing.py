# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions of noxfile.py that build what others build of the collection: its docs site, and an execution environment."""

from __future__ import annotations

import re
import shutil
import textwrap
import zlib
from pathlib import Path

import nox

GUIDE = Path("docs/docsite/rst/job_templates.rst")
ANSIBLE_DOCS = "https://docs.ansible.com/ansible/devel/"
ANSIBLE_LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_collections.ansible.builtin.local_connection": "collections/ansible/builtin/local_connection.html",
    "ansible_collections.ansible.builtin.ssh_connection": "collections/ansible/builtin/ssh_connection.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
"""What the site refers to in Ansible's own documentation, without downloading the list of all its labels."""


def _link_collection(session: nox.Session, root: Path) -> Path:
    """Return a folder in which Ansible finds this collection."""
    tree = Path(session.create_tmp()).resolve() / "collections"
    link = tree / "ansible_collections" / "community" / "aqtive_guard"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(root)
    return tree


def _write_inventory(path: Path) -> None:
    """Write the list of labels in the format of Sphinx, so that any other unknown label is a warning."""
    header = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: devel\n# The remainder of this file is compressed using zlib.\n"
    lines = [f"{label} std:label -1 {page}#$ {label}\n" for label, page in ANSIBLE_LABELS.items()]
    path.write_bytes(header.encode() + zlib.compress("".join(lines).encode()))


def build_docs(session: nox.Session, root: Path, site: Path) -> None:
    """Build the docs site with every guide, module and role; a warning is an error."""
    session.install("--requirement", "requirements/docs.txt")
    session.env["ANSIBLE_COLLECTIONS_PATH"] = str(_link_collection(session, root))
    shutil.rmtree(site, ignore_errors=True)
    name = "community.aqtive_guard"
    options = ["--use-current", "--squash-hierarchy", "--fail-on-error"]
    site.mkdir(parents=True)
    session.run("antsibull-docs", "sphinx-init", *options, "--lenient", "--dest-dir", str(site), name)
    _write_inventory(site / "ansible.inv")
    with (site / "conf.py").open("a", encoding="utf-8") as configuration:
        configuration.write(
            f"\nintersphinx_mapping = {{'ansible': ({ANSIBLE_DOCS!r}, {str(site / 'ansible.inv')!r})}}\n"
        )
    session.run("antsibull-docs", "collection", *options, "--cleanup", "everything", "--dest-dir", f"{site}/rst", name)
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-c", str(site), f"{site}/rst", f"{site}/html")
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
    text = example[1] if example else session.error(f"{GUIDE} has no execution-environment.yml")
    definition = tree.parent / "execution-environment.yml"
    definition.write_text(textwrap.dedent(text), encoding="utf-8")
    context = tree.parent / "context"
    session.run("ansible-builder", "create", "--file", str(definition), "--context", str(context))
    # Its name depends on the container engine.
    if not any((context / name).exists() for name in ("Containerfile", "Dockerfile")):
        session.error("ansible-builder create has written no Containerfile")
