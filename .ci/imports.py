# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""imports.py [DIRECTORY]: check that the collection's Python code imports only what its place in the tree allows."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

COLLECTION = "ansible_collections.community.aqtive_guard"
ANALYZE = "plugins/plugin_utils/_analyze"
SIMULATOR = "roles/aqtive_guard_simulator/"
# What a file may import: a pattern of its path, and one of the paths of the imported files. The first that matches counts.
RULES = (
    (r"plugins/modules/", r"plugins/module_utils/"),
    (r"plugins/action/", r"plugins/(plugin|module)_utils/"),
    (r"plugins/module_utils/_common/", r"plugins/module_utils/_common/"),
    (r"plugins/module_utils/(?P<flow>_\w+)/", r"plugins/module_utils/({flow}|_common)/"),
    # Along the flow: what comes later is not known.
    *(
        (rf"{ANALYZE}/{folder}/", rf"({ANALYZE}/({allowed}|libraries\.py)|plugins/(plugin|module)_utils/_common/)")
        for folder, allowed in (
            ("reading", "(reading|records/(damage|entry))"),
            ("records", "(records|reading/lines)"),
            ("ordering", "(ordering|records|reading)"),
            ("dataset", "dataset"),
            ("findings", "(findings|dataset|ordering|records)"),
            ("report", "report"),
            # The scan shares nothing with the redaction but what is known of the records.
            ("redaction/scan", r"redaction/(scan/|(fields|known_values|words)\.py)"),
        )
    ),
    (r"plugins/plugin_utils/_common/", r"plugins/(plugin|module)_utils/_common/"),
    (r"plugins/plugin_utils/(?P<flow>_\w+)/", r"plugins/(plugin|module)_utils/({flow}|_common)/"),
    (r"plugins/", r"$^"),
    (SIMULATOR, SIMULATOR),
)
# Code for VMs: the standard library, and what Ansible sends with a module.
ON_VMS = re.compile(r"plugins/module(s|_utils)/|" + SIMULATOR)


def imported_names(path: Path, root: Path) -> Iterator[str]:
    """Yield the absolute dotted name of everything that a file imports, names inside modules included."""
    package = [*COLLECTION.split("."), *path.relative_to(root).parent.parts]
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        sys.exit(f"{path.relative_to(root)}:{error.lineno}: {error.msg}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def file_of(name: str, root: Path) -> Path | None:
    """Return the file of the collection that a dotted name refers to: a module, or a name inside one."""
    parts = name.removeprefix(f"{COLLECTION}.").split(".") if name.startswith(f"{COLLECTION}.") else []
    for length in (len(parts), len(parts) - 1):
        path = root.joinpath(*parts[:length]).with_suffix(".py")
        if length > 0 and path.is_file():
            return path
    return None


def import_graph(root: Path, *folders: str) -> dict[Path, set[Path]]:
    """Map each Python file below the folders to the files of the collection that it imports."""
    files = [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]
    return {path: {file for name in imported_names(path, root) if (file := file_of(name, root))} for path in files}


def _is_standard(name: str) -> bool:
    top = name.partition(".")[0]
    return top in sys.stdlib_module_names or name.startswith("ansible.module_utils.")


def violations(root: Path) -> list[str]:
    """Return every import that breaks a rule, and the first cycle, one line each."""
    found = []
    graph = import_graph(root, "plugins", SIMULATOR)
    for path, imported in graph.items():
        place = path.relative_to(root).as_posix()
        match, allowed = next((match, rule[1]) for rule in RULES if (match := re.match(rule[0], place)))
        pattern = re.compile(allowed.format(**match.groupdict()))
        targets = [file.relative_to(root).as_posix() for file in sorted(imported)]
        found += [f"{place} must not import {target}" for target in targets if not pattern.match(target)]
        if ON_VMS.match(place):
            ours = (COLLECTION, "aqtive_guard_simulator") if place.startswith(SIMULATOR) else (COLLECTION,)
            foreign = {
                name for name in imported_names(path, root) if not _is_standard(name) and not name.startswith(ours)
            }
            found += [f"{place} must not import {name}: it is not in the standard library" for name in sorted(foreign)]
        if re.match(r"plugins/module_utils/", place) and "ansible.module_utils.basic.AnsibleModule" in imported_names(
            path, root
        ):
            found.append(f"{place} must not import AnsibleModule: that is for plugins/modules")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append("import cycle: " + " -> ".join(path.relative_to(root).as_posix() for path in error.args[1]))
    return found


def main(root: str = ".") -> int:
    found = violations(Path(root).resolve())
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
